//! The changes of the Drive in order, so that a person can undo them.

use serde::Serialize;

/// A change. Paths are relative to the Drive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "did", rename_all = "kebab-case")]
pub enum Change {
    /// A folder was created.
    MadeFolder {
        /// Its path.
        path: String,
    },
    /// A file or folder was moved or renamed.
    Moved {
        /// Its old path.
        from: String,
        /// Its new path.
        to: String,
    },
    /// A file was deleted because another file has the same bytes.
    RemovedTwin {
        /// Its path.
        path: String,
        /// The path of the other file.
        same_as: String,
    },
    /// An empty folder was deleted.
    RemovedEmpty {
        /// Its path.
        path: String,
    },
    /// A backup beyond the number to keep was deleted.
    RemovedBackup {
        /// Its path.
        path: String,
    },
}

/// Changes, in order.
#[derive(Clone, Debug, Default)]
pub struct Undo(Vec<Change>);

impl Undo {
    /// Adds a change.
    pub fn push(&mut self, change: Change) {
        self.0.push(change);
    }

    /// All changes.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.0
    }

    /// Whether anything was moved or deleted. A new empty folder needs no undo.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        self.0.iter().any(|change| !matches!(change, Change::MadeFolder { .. }))
    }

    /// Appends another list.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

//! What was moved and taken away, in order, so that a person can take it back.

use serde::Serialize;

/// One change of the Drive. Paths are relative to the Drive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "did", rename_all = "kebab-case")]
pub enum Change {
    /// A folder was made.
    MadeFolder {
        /// Which.
        path: String,
    },
    /// A file or folder got another place or name.
    Moved {
        /// Where it was.
        from: String,
        /// Where it is.
        to: String,
    },
    /// A file was taken away, because another has the same bytes.
    RemovedTwin {
        /// Where it was.
        path: String,
        /// Where the same bytes are.
        same_as: String,
    },
    /// A folder was taken away, because nothing was in it.
    RemovedEmpty {
        /// Which.
        path: String,
    },
    /// A backup was taken away, because there are more than are kept.
    RemovedBackup {
        /// Which.
        path: String,
    },
}

/// Changes in the order in which they were made.
#[derive(Clone, Debug, Default)]
pub struct Undo(Vec<Change>);

impl Undo {
    /// Writes one down.
    pub fn push(&mut self, change: Change) {
        self.0.push(change);
    }

    /// All of them.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.0
    }

    /// Whether anything was moved or taken away; an empty folder that was made is nothing to take back.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        self.0.iter().any(|change| !matches!(change, Change::MadeFolder { .. }))
    }

    /// Takes over what another list has.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

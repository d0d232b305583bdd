//! The account during a task: its requests, its stored state, and the changes by the task.

use std::cell::{Cell, RefCell};
use std::path::Path;

use baton_plugin_kit::Findings;
use baton_plugin_sdk::Severity;
use serde_json::Value;

use super::files::{Files, RemoteFile};
use super::store::Store;

/// The place in the account that is synced with the folder `drive`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountPlace {
    /// The name of the folder that has the folders of databases.
    pub top: String,
    /// The id of a shared drive; empty: My Drive.
    pub shared_drive: String,
}

impl AccountPlace {
    /// The key of the place in the plugin's own database.
    pub(super) fn key(&self) -> String {
        format!("{}/{}", self.shared_drive, self.top)
    }
}

/// A database, and its folder below `drive`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DatabasePlace {
    /// The compared form of its id.
    pub(super) database: String,
    pub(super) folder: String,
}

/// The account during a task.
pub(super) struct Account<'a> {
    pub(super) files: Files<'a>,
    pub(super) store: Store<'a>,
    pub(super) place: &'a AccountPlace,
    pub(super) root: &'a Path,
    pub(super) now_ms: i64,
    pub(super) uploaded: Cell<usize>,
    pub(super) downloaded: Cell<usize>,
    pub(super) merged: Cell<usize>,
    /// The number of databases that the present step (download or upload) must compare with the account.
    pub(super) selected: Cell<usize>,
    pub(super) compared: Cell<usize>,
    /// Whether the account has no more space. Then nothing more is uploaded.
    pub(super) is_full: Cell<bool>,
    pub(super) changes: RefCell<Vec<Value>>,
    pub(super) findings: RefCell<Findings>,
}

impl Account<'_> {
    /// Begins to compare databases.
    pub(super) fn begin_comparing(&self, databases: usize) {
        self.selected.set(databases);
        self.compared.set(0);
    }

    /// True if a file is in another drive: somebody may have moved it to that drive.
    pub(super) fn is_elsewhere(&self, file: &RemoteFile) -> bool {
        file.drive != self.place.shared_drive
    }

    /// Records a change of the account for the report.
    pub(super) fn note(&self, change: Value) {
        self.changes.borrow_mut().push(change);
    }

    pub(super) fn report(&self, kind: &str, what: &str, severity: Severity, title: String, evidence: String) {
        self.findings.borrow_mut().add(kind, what, severity, title, evidence);
    }
}

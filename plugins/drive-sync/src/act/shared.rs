//! Shared by several actions: host services, errors and texts.

use std::time::Duration;

use baton_plugin_kit::host::{Locks, Tables, Writable};
use baton_plugin_kit::{Findings, time};
use baton_plugin_sdk::{Error, Severity};

use crate::account::Networks;
use crate::context::{DriveContext, SyncError};

/// The host services that the actions use.
#[derive(Clone, Copy)]
pub struct HostServices<'a> {
    /// The plugin's own database.
    pub own: &'a dyn Writable,
    /// The music catalog. Used only for the argument `catalog`.
    pub catalog: &'a dyn Tables,
    /// Locks.
    pub locks: &'a dyn Locks,
    /// Waits for the given time.
    pub pause: &'a dyn Fn(Duration),
    /// Requests to Google Drive and Google Sheets. Used only for the argument `place`.
    pub web: Networks<'a>,
}

impl std::fmt::Debug for HostServices<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HostServices")
    }
}

/// The error of a task that handles one database.
pub(super) fn task_error(trouble: SyncError) -> Error {
    match trouble {
        SyncError::Fatal(error) => error,
        SyncError::Refused(kind, text) => Error::Permanent(format!("{kind}: {text}")),
    }
}

/// Reports an error as a finding. Used after files were moved or written: returning the error would lose the report about them.
pub(super) fn report_error(findings: &mut Findings, id: &str, error: &Error) {
    let (Error::Retryable(text) | Error::Permanent(text) | Error::NeedsHuman(text) | Error::NeedsGrant(text)) = error;
    findings.add(
        "ended-early",
        id,
        Severity::High,
        text.clone(),
        "the reports list the completed steps; run the action again",
    );
}

/// Reports folders that have the id in their names but may belong to something else. A person decides.
pub(super) fn report_similar_folders(findings: &mut Findings, id: &str, folder: &str, others: &[String]) {
    if others.is_empty() {
        return;
    }
    findings.add(
        "perhaps-anothers",
        id,
        Severity::Medium,
        format!(
            "{folder}: other folders also end with the id {id}, but may belong to something else; they were not changed"
        ),
        format!(
            "{}\nmove the database's files into {folder} by hand, and rename the folders so that they do not end with \
             _{id}; to check again: baton run drive-sync diagnose",
            others.join("\n")
        ),
    );
}

/// The time suffix of report names.
pub(super) fn stamp(context: &DriveContext<'_>) -> String {
    time::stamp(context.now_ms).unwrap_or_default()
}

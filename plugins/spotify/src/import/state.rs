//! The state of an import: shared by playlists and the history.

use baton_plugin_kit::Findings;
use baton_plugin_sdk::Severity;

use super::model::{HostServices, Report};
use super::pending::PendingRows;
use crate::read::FoundFile;

pub(super) struct ImportState<'a> {
    pub(super) services: HostServices<'a>,
    pub(super) findings: &'a mut Findings,
    pub(super) pending: PendingRows,
    pub(super) report: Report,
}

impl ImportState<'_> {
    /// Reports a file that cannot be read.
    pub(super) fn report_unread(&mut self, found: &FoundFile, why: &str) {
        self.report.unread += 1;
        let title = format!("{} cannot be read: {why}", found.shown);
        self.findings.add("file", &found.shown, Severity::Medium, title, "");
    }
}

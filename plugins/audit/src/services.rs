//! The host services that an audit uses. If a service is missing, the report says so and the audit continues.

use baton_plugin_kit::host::{FileWatch, Git, Ledger, Progress, RequestSender, ReturnJudge, Writable};

/// The host services. `None` for a service that is missing or not granted.
pub struct HostServices<'a> {
    /// Progress and cancellation.
    pub progress: &'a dyn Progress,
    /// The repository of the audited folder.
    pub git: Option<&'a dyn Git>,
    /// The plugin's own database.
    pub memory: Option<&'a dyn Writable>,
    /// The ledger.
    pub ledger: Option<&'a dyn Ledger>,
    /// Requests to agents.
    pub requests: Option<&'a dyn RequestSender>,
    /// Judgements about RETURNs.
    pub judge: Option<&'a dyn ReturnJudge>,
    /// Watched files.
    pub files: Option<&'a dyn FileWatch>,
}

impl<'a> HostServices<'a> {
    /// The services of an audit that has only progress.
    #[must_use]
    pub fn nothing(progress: &'a dyn Progress) -> Self {
        Self { progress, git: None, memory: None, ledger: None, requests: None, judge: None, files: None }
    }
}

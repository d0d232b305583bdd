//! Why a file does not get its tag: a reason to leave it alone, or a failure. They are counted apart.

use std::io;

/// Why it ends here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StopReason {
    /// It is left alone, for this reason.
    Skipped(&'static str),
    /// It went wrong.
    Failed(String),
}

impl StopReason {
    /// A failure of the system.
    pub(super) fn io(what: &str, error: &io::Error) -> Self {
        Self::Failed(format!("{what} failed: {error}"))
    }
}

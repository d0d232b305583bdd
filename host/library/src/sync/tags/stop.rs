//! The reason why a file does not get its tag: it is skipped, or something failed. Reports count them separately.

use std::io;
use std::panic::{self, AssertUnwindSafe};

/// The reason why the write of one file stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StopReason {
    /// The file is skipped. Contains the code of the reason.
    Skipped(&'static str),
    /// Something failed.
    Failed(String),
}

impl StopReason {
    /// A failure of the system during `what`.
    pub(super) fn io(what: &str, error: &io::Error) -> Self {
        Self::Failed(format!("{what} failed: {error}"))
    }
}

/// Runs `work` and converts a panic to [`StopReason::Failed`].
///
/// lofty promises no panic, but it reads untrusted files. The file stays as it is, and the sync continues with the next one.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, StopReason>) -> Result<T, StopReason> {
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    done.unwrap_or_else(|_| {
        Err(StopReason::Failed("reading its tags failed with an internal error; nothing is written".to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_failure_of_the_file() {
        let done: Result<(), StopReason> = guarded(|| panic!("as a reader might"));
        assert!(matches!(done, Err(StopReason::Failed(_))));
        assert_eq!(guarded(|| Ok(1)), Ok(1));
    }
}

//! Where a panic of lofty is caught: it promises none and reads what anybody may have written. The file is left alone then, and
//! the sync goes on; what panicked is dropped.

use std::panic::{self, AssertUnwindSafe};

use super::stop::StopReason;

/// Does the work. A panic in it is a failure of the file.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, StopReason>) -> Result<T, StopReason> {
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    done.unwrap_or_else(|_| {
        Err(StopReason::Failed("the reader of its tags gave up on them; nothing is written".to_owned()))
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

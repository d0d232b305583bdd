//! The only place in this crate that catches panics.
//!
//! Symphonia promises not to panic on any input, but sometimes it does: an overflow in a rarely used part of a codec, or a
//! slice that is one element too short. A library of 20,000 files contains a file that causes such a panic. Baton reports
//! this file as corrupt, drops the decoder that panicked, and continues. While the file is decoded, the panic hook prints
//! nothing for this thread; it prints the panics of other threads as usual.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use super::fault;
use crate::Error;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` and converts a panic to an error for the file.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    install_hook_once();
    let before = QUIET.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    QUIET.set(before);
    done.unwrap_or_else(|_| Err(fault::corrupt("the decoder failed with an internal error")))
}

fn install_hook_once() {
    static HOOK_INSTALLED: Once = Once::new();
    HOOK_INSTALLED.call_once(|| {
        let default_hook = panic::take_hook();
        panic::set_hook(Box::new(move |panicked| {
            if !QUIET.get() {
                default_hook(panicked);
            }
        }));
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;

    #[test]
    fn a_panic_becomes_an_error_of_the_file() {
        let done: Result<(), Error> = guarded(|| panic!("as a decoder might"));
        assert_eq!(done.unwrap_err().reason, Reason::Corrupt);
        assert_eq!(guarded(|| Ok(1)), Ok(1));
        assert!(!QUIET.get());
    }
}

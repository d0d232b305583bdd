//! How a long audit is watched and stopped.
//!
//! The host's `progress` interface exists only inside a component; behind this trait the library runs and is tested
//! without it.

/// Whoever watches the audit.
pub trait Watch {
    /// Says how far the audit is: `percent` is 0 to 100.
    fn report(&self, percent: u8, message: &str);

    /// Whether the audit should end.
    fn cancelled(&self) -> bool;
}

/// Nobody watches and nobody stops it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn report(&self, _percent: u8, _message: &str) {}

    fn cancelled(&self) -> bool {
        false
    }
}

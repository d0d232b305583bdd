//! Judges what a plan promises against what is there.
//!
//! `resolve` finds the file that a path means, `content` reads what must be read, `judge` gives the status. Nothing is
//! ever written or made to look done.

pub(crate) mod content;
mod judge;
pub(crate) mod resolve;
mod status;

pub use judge::{Judge, Verdict};
pub use status::{Counts, Status};

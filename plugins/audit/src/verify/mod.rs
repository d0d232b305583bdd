//! Judges what a plan promises against what is there.
//!
//! `resolve` finds the file that a path means, `content` reads what must be read, `judge` gives the status. Nothing is
//! ever written or made to look done.

mod content;
mod judge;
mod resolve;
mod status;

pub(crate) use content::undefined;
pub use judge::{Judge, Verdict};
pub use status::{Counts, Status};

//! Handoffs: one model for every dialect in which agents write them, and the two that Baton writes.
//!
//! [`parse()`] reads bytes, [`compose`] writes a request, [`returns`] writes the RETURN. Which folder a file lay in and who
//! may have sent it are not known here.

mod dialect;
mod markdown;
mod model;
mod parse;
mod salvage;

pub mod compose;
pub mod returns;

pub use model::{Dialect, Handoff, Kind, Original, Priority};
pub use parse::{MAX_BYTES, ParseError, parse};

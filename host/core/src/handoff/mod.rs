//! Handoffs: one model for every dialect in which agents write them, and for the two dialects that Baton writes.
//!
//! [`parse()`] reads bytes, [`compose`] writes a request, [`returns`] writes Baton's RETURN, [`agent_return`] writes the
//! RETURN of an external agent. This module does not know the folder of a file or whether its sender was allowed to send
//! it.

pub mod check;
mod dialect;
mod error;
mod fields;
mod markdown;
mod model;
mod parse;
mod repair;
mod salvage;
mod sender;

pub mod agent_return;
pub mod compose;
pub mod notice;
pub mod returns;

pub use error::{ParseError, Position};
pub use model::{Chain, Dialect, Handoff, Kind, Original, Priority};
pub use parse::{MAX_BYTES, parse};
pub use sender::sender_in;

/// The JSON Schema (draft 2020-12) of the canonical form, which [`compose`] and other senders write. The schema is written
/// by hand, because Baton reads many more forms than senders should write.
pub const SCHEMA: &str = include_str!("handoff.schema.json");

//! The worker process: one connection to one database, for the statements of one plugin's attempt.
//!
//! A single instruction of SQLite cannot be interrupted, and SQLite's sorter writes temporary files without a limit. So
//! statements of plugins never run in the daemon. They run in a process with limits ([`bounds`]), which the daemon kills when
//! the attempt ends. The process reads [`Request`]s from its standard input and writes one [`Reply`] for each to its standard
//! output ([`frame`]). It ends when its input is closed, which also happens when the daemon is killed.

mod bounds;
mod frame;
mod message;
mod serve;
#[cfg(test)]
mod tests;

pub use bounds::Exit;
pub(super) use bounds::{log_bytes, log_is_full};
pub use frame::{FRAME_BYTES, HEADER_BYTES, decode, encode, length, read};
pub use message::{Answer, Reply, Request};
pub use serve::serve;

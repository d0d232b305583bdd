//! The pure domain of Baton: handoffs and their file names, agents, the states of a task, retries, the manifest of a
//! plugin.
//!
//! The crate does no input or output and uses no clock and no randomness: bytes and the current time are arguments. So
//! every rule can be tested with a table, and plugins (WebAssembly) use the same code as the host. This crate does not
//! depend on SQLite, tokio or wasmtime.

pub mod agents;
pub mod budget;
pub mod dedupe;
mod digest;
mod enum_names;
mod evidence;
pub mod file_name;
pub mod glob;
pub mod grants;
pub mod guard;
pub mod handoff;
pub mod log_gap;
pub mod manifest;
pub mod nearest;
mod outcome;
#[cfg(unix)]
pub mod path_text;
pub mod plugin_name;
pub mod quarantine;
pub mod retry;
pub mod shell;
mod state;
pub mod text;

pub use digest::Digest;
pub use enum_names::UnknownName;
pub use evidence::Evidence;
pub use outcome::OutcomeKind;
pub use state::State;

//! The pure domain of Baton: what a handoff is, what its file name says, who the agents are, which states a task has,
//! when it is tried again, what a plugin declares.
//!
//! No I/O, no clock, no randomness: bytes come in as slices and the present as an argument. So every rule here can be
//! tested with a table, and plugins (WebAssembly) use the same code as the host. Nothing here knows of SQLite, tokio or
//! wasmtime.

pub mod agents;
pub mod budget;
pub mod dedupe;
mod digest;
pub mod file_name;
pub mod guard;
pub mod handoff;
pub mod log_gap;
pub mod manifest;
mod names;
pub mod nearest;
mod outcome;
#[cfg(unix)]
pub mod path_text;
pub mod plugin_name;
pub mod quarantine;
mod recipients;
pub mod retry;
pub mod shell;
mod state;
pub mod text;

pub use digest::Digest;
pub use names::UnknownName;
pub use outcome::OutcomeKind;
pub use recipients::Recipients;
pub use state::State;

//! Databases that are granted to plugins: one for each plugin (`plugins/NAME.db`), and the catalog that all share.
//!
//! A statement of a plugin is untrusted. What it may do is judged while SQLite compiles it ([`authorizer`]); what it costs
//! is bounded ([`limits`]); it ends when its time is up or nobody waits for it any more ([`StopHandle`]). Who may use which
//! database is not decided here: the caller hands in an [`Access`] only where there is a grant. Statements of plugins run in
//! a process ([`worker`]), never in the daemon.
//!
//! Everything here blocks; it belongs on a thread that may.

#![expect(missing_docs, reason = "a field has no comment where its name and type say what it is")]

mod authorizer;
mod copy;
mod error;
pub mod limits;
mod open;
mod read;
mod session;
mod sources;
mod stop;
#[cfg(test)]
mod tests;
mod value;
pub mod worker;

use std::path::PathBuf;

use baton_core::manifest::Database;
use serde::{Deserialize, Serialize};

use copy::copy;
pub use error::GuestError;
pub use session::Session;
pub use stop::StopHandle;
pub use value::{Row, Table, Value};

/// One statement of a transaction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub statement: String,
    pub parameters: Row,
}

/// A database that is granted to one plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    pub database: Database,
    /// Created, with its folder, when it is missing.
    #[serde(with = "value::path")]
    pub path: PathBuf,
    pub writable: bool,
    /// The plugin as whose source it writes to the catalog. `None`, any source, is for the host only.
    pub writer: Option<String>,
    /// The message for a plugin that writes without the grant: it names the command that grants it.
    pub denial: String,
}

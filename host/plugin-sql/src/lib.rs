//! Databases for plugins: one for each plugin (`plugins/NAME.db`), the catalog that all share, and copies of other
//! programs' files.
//!
//! A statement of a plugin is untrusted. [`authorizer`] decides what it may do while SQLite compiles it, and [`limits`]
//! bound its cost. A statement ends at its time limit, or when no caller waits for it any more ([`StopHandle`]). The caller
//! decides which plugin may use which database and passes an [`Access`] only for a grant. Statements of plugins run in a
//! separate process ([`worker`]), never in the daemon.
//!
//! Every function blocks: call it on a thread that may block.

#![expect(missing_docs, reason = "a field has no comment where its name and type say what it is")]

mod authorizer;
mod copy;
mod error;
pub mod limits;
mod open;
mod read;
mod session;
mod sources;
mod split;
mod stop;
#[cfg(test)]
mod tests;
mod value;
pub mod worker;

use std::path::PathBuf;

use baton_core::grants::Database;
use serde::{Deserialize, Serialize};

use copy::copy;
pub use error::GuestError;
pub use session::Session;
pub use split::split_tables;
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
    /// The path of the database. If the file is missing, it is created with its folder.
    #[serde(with = "value::path")]
    pub path: PathBuf,
    pub writable: bool,
    /// The plugin that writes to the catalog. Its name is the source of the rows that it writes. `None` allows any source
    /// and is for the host only.
    pub writer: Option<String>,
    /// The error message for a plugin that writes without the grant. It contains the command for the grant.
    pub denial: String,
}

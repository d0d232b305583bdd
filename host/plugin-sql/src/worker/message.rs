//! Requests to a worker, and its answers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Access, GuestError, Row, Step, Table, Value};

/// A request. A worker gets [`Request::Open`] and then other requests, or only one [`Request::Copy`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Opens the database.
    Open(Access),
    /// Copies a database of another program.
    Copy {
        /// The database, without links in its path.
        #[serde(with = "crate::value::path")]
        from: PathBuf,
        #[serde(with = "crate::value::path")]
        to: PathBuf,
        /// The device of the expected file.
        device: u64,
        inode: u64,
    },
    /// Reads all rows at once.
    Query { statement: String, parameters: Vec<Value> },
    /// Writes.
    Execute { statement: String, parameters: Vec<Value> },
    /// Writes many rows in one transaction.
    Batch {
        statement: String,
        /// The parameters of each execution.
        rows: Vec<Row>,
    },
    /// Writes with several statements in one transaction.
    Transaction { steps: Vec<Step> },
    /// Starts a query whose rows are read page by page. Afterwards the worker only accepts [`Request::Next`].
    OpenCursor { statement: String, parameters: Vec<Value> },
    /// The next rows of the query that [`Request::OpenCursor`] started.
    Next { most: u32 },
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// The database is open.
    Opened,
    /// The copy is complete.
    Copied,
    /// The result of a query.
    Table(Table),
    /// A statement or a batch has written.
    Changed {
        /// The number of changed rows.
        rows: u64,
        /// The number of bytes by which the database grew. It is only counted for the catalog.
        growth: u64,
    },
    /// The statements of a transaction have written.
    Changes {
        /// The number of changed rows, by statement.
        rows: Vec<u64>,
        /// As in [`Answer::Changed`], for all statements together.
        growth: u64,
    },
    /// The columns of the query that [`Request::OpenCursor`] started.
    Columns(Vec<String>),
    /// The next rows; empty at the end.
    Rows(Vec<Row>),
}

/// An answer or an error.
pub type Reply = Result<Answer, GuestError>;

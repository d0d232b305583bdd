//! Requests to a worker, and its answers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Access, GuestError, Row, Step, Table, Value};

/// A request. The first one is [`Request::Open`], or [`Request::Copy`] is the only one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Opens the database.
    Open(Access),
    /// Copies a database of another program.
    Copy {
        /// The database, without links in its path.
        #[serde(with = "crate::value::path")]
        from: PathBuf,
        /// An empty file.
        #[serde(with = "crate::value::path")]
        to: PathBuf,
        /// The device of the file that is meant.
        device: u64,
        /// Its inode.
        inode: u64,
    },
    /// Reads everything at once.
    Query {
        /// Its text.
        statement: String,
        /// Its parameters.
        parameters: Vec<Value>,
    },
    /// Writes.
    Execute {
        /// Its text.
        statement: String,
        /// Its parameters.
        parameters: Vec<Value>,
    },
    /// Writes many rows in one transaction.
    Batch {
        /// Its text.
        statement: String,
        /// The parameters of each execution.
        rows: Vec<Row>,
    },
    /// Writes with several statements in one transaction.
    Transaction {
        /// The statements.
        steps: Vec<Step>,
    },
    /// Begins a query that is read piece by piece. From now on the worker answers [`Request::Next`] only.
    Walk {
        /// Its text.
        statement: String,
        /// Its parameters.
        parameters: Vec<Value>,
    },
    /// The next rows of what [`Request::Walk`] began.
    Next {
        /// At most so many.
        most: u32,
    },
}

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answer {
    /// The database is open.
    Opened,
    /// The copy is there.
    Copied,
    /// What a query found.
    Table(Table),
    /// A statement or a batch has written.
    Changed {
        /// How many rows it changed.
        rows: u64,
        /// By how many bytes it enlarged the database, where that is counted (the catalog).
        growth: u64,
    },
    /// The statements of a transaction have written.
    Changes {
        /// How many rows each changed.
        rows: Vec<u64>,
        /// As in [`Answer::Changed`], of all together.
        growth: u64,
    },
    /// The columns of what [`Request::Walk`] began.
    Columns(Vec<String>),
    /// Rows; none when there are no more.
    Rows(Vec<Row>),
}

/// An answer, or the error in its place.
pub type Reply = Result<Answer, GuestError>;

//! A cursor of the guest: the host's end of a worker that reads.

use std::sync::Arc;

use baton_plugin_sql::worker::{Answer, Request};
use baton_plugin_sql::{Access, GuestError, Row, Value, limits};

use super::snapshot::SnapshotFile;
use super::worker::Worker;
use super::worker::broken_off;
use crate::workers::Workers;

/// An open query. Its process ends when the cursor is dropped.
#[expect(unreachable_pub, reason = "the generated bindings are public and name it")]
pub struct Cursor {
    columns: Vec<String>,
    worker: Worker,
    ended: bool,
    /// Counts the cursor as open.
    _place: Arc<()>,
    /// The snapshot that the cursor reads; `None` if it reads a database.
    kept: Option<Arc<SnapshotFile>>,
}

impl Cursor {
    /// Begins a query. Each cursor of the attempt holds a clone of `place`. `kept` is the snapshot that the cursor reads;
    /// `None` if it reads a database.
    pub(super) async fn open(
        workers: Option<&Workers>,
        access: Access,
        statement: String,
        parameters: Vec<Value>,
        place: Arc<()>,
        kept: Option<Arc<SnapshotFile>>,
    ) -> Result<Self, GuestError> {
        // One reference belongs to the attempt, one to this cursor.
        if Arc::strong_count(&place) > limits::CURSORS + 1 {
            let most = limits::CURSORS;
            return Err(GuestError::TooLarge(format!("{most} cursors are open, which is the limit: drop one")));
        }
        // A cursor never writes.
        let mut worker = Worker::open(workers, Access { writable: false, ..access }).await?;
        match worker.ask(&Request::OpenCursor { statement, parameters }).await? {
            Answer::Columns(columns) => Ok(Self { columns, worker, ended: false, _place: place, kept }),
            _ => Err(broken_off()),
        }
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// True if the cursor reads a file of another program.
    pub(super) fn is_of_file(&self) -> bool {
        self.kept.is_some()
    }

    pub(super) async fn next(&mut self, most: u32) -> Result<Vec<Row>, GuestError> {
        if self.ended {
            return Err(GuestError::Invalid("the cursor is at its end because of an earlier error".to_owned()));
        }
        let rows = match self.worker.ask(&Request::Next { most }).await {
            Ok(Answer::Rows(rows)) => Ok(rows),
            Ok(_) => Err(broken_off()),
            Err(error) => Err(error),
        };
        self.ended = rows.is_err();
        rows
    }
}

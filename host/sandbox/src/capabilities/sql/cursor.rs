//! A cursor as the guest holds it: the near end of a thread that reads.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};

use baton_ledger::guest::{Access, Asked, GuestError, Row, Stop, Value, limits, serve};
use tokio::sync::oneshot;

use super::snapshot::Kept;
use super::{aside, broken_off};

/// An open query. Its thread ends when this is dropped.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings are public and name it")]
pub struct Cursor {
    columns: Vec<String>,
    asks: Sender<Asked>,
    stop: Stop,
    /// Whether an error has ended it.
    ended: bool,
    /// Counts it among the open ones.
    _place: Arc<()>,
    /// The copy that it reads, where it is one of another program's file.
    kept: Option<Arc<Kept>>,
}

impl Cursor {
    /// Begins a query. `place` is held by every cursor of the attempt, `kept` is what it reads where that is a copy.
    pub(super) async fn open(
        access: Access,
        statement: String,
        parameters: Vec<Value>,
        place: Arc<()>,
        kept: Option<Arc<Kept>>,
    ) -> Result<Self, GuestError> {
        // One is the attempt's own, one the one at hand.
        if Arc::strong_count(&place) > limits::CURSORS + 1 {
            let most = limits::CURSORS;
            return Err(GuestError::TooLarge(format!("{most} cursors are open, no more may be: drop one")));
        }
        let (asks, asked) = channel();
        let (opened, columns) = oneshot::channel();
        let stop = Stop::default();
        let (reading, ending) = (stop.clone(), stop.clone());
        tokio::task::spawn_blocking(move || serve(&access, &reading, (&statement, &parameters), opened, &asked));
        let columns = aside::ending(move || ending.ask(), columns).await.unwrap_or_else(|_| Err(broken_off()))?;
        Ok(Self { columns, asks, stop, ended: false, _place: place, kept })
    }

    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Whether it reads a file of another program.
    pub(super) fn is_of_file(&self) -> bool {
        self.kept.is_some()
    }

    /// The next rows.
    pub(super) async fn next(&mut self, most: u32) -> Result<Vec<Row>, GuestError> {
        if self.ended {
            return Err(GuestError::Invalid("the cursor is at its end because of an earlier error".to_owned()));
        }
        let (answer, got) = oneshot::channel();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let stop = self.stop.clone();
        let rows = match self.asks.send(Asked { most, answer }) {
            Ok(()) => aside::ending(move || stop.ask(), got).await.unwrap_or_else(|_| Err(broken_off())),
            Err(_) => Err(broken_off()),
        };
        self.ended = rows.is_err();
        rows
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        self.stop.ask();
    }
}

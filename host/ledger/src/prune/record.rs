//! What a prune writes to the ledger: the mark in the table `pruned`, and the event in the chain that confirms the mark.

use baton_core::State;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::LedgerError;
use crate::database::Tx;
use crate::event::{self, Event};
use crate::verify::{ChainTip, Row};

/// The task id in events about the whole ledger. No task has this id, because task ids are hexadecimal digits.
pub(crate) const LEDGER: &str = "ledger";

/// The action of the event that records a prune.
const ACTION: &str = "pruned";

/// The last event of the chain whose row is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PruneMark {
    /// The number of the last deleted event.
    pub(crate) seq: i64,
    pub(crate) hash: String,
}

impl PruneMark {
    /// Reads the mark. `None` if nothing was ever pruned, or if the ledger has an older format without pruning.
    pub(crate) fn read(snapshot: &Connection) -> Result<Option<Self>, LedgerError> {
        if baton_sqlite::form(snapshot)? < 2 {
            return Ok(None);
        }
        let mut select = snapshot.prepare_cached("SELECT seq, hash FROM pruned ORDER BY seq DESC LIMIT 1")?;
        Ok(select.query_row([], |row| Ok(Self { seq: row.get(0)?, hash: row.get(1)? })).optional()?)
    }

    /// Moves the mark.
    pub(crate) fn write(&self, tx: &Tx<'_>, now: Timestamp) -> Result<(), LedgerError> {
        tx.connection.execute("DELETE FROM pruned", [])?;
        let row = params![self.seq, self.hash, now.as_millisecond()];
        tx.connection.execute("INSERT INTO pruned (seq, hash, at) VALUES (?1, ?2, ?3)", row)?;
        Ok(())
    }

    /// The end of the deleted part of the chain.
    pub(crate) fn tip(&self) -> ChainTip {
        ChainTip { events: self.seq.unsigned_abs(), head: self.hash.clone() }
    }
}

/// A prune, as the event of the prune describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) first: i64,
    /// The last event that was deleted, or that should have been deleted if the prune was interrupted.
    pub(crate) last: i64,
    pub(crate) hash: String,
    /// The path of the archive.
    pub(crate) archive: String,
    /// SHA-256 of the archive.
    pub(crate) digest: String,
}

impl Record {
    /// Appends the event. Its input hash is the hash of the last deleted event, its output hash is the hash of the archive.
    pub(crate) fn append(&self, tx: &Tx<'_>, now: Timestamp) -> Result<(), LedgerError> {
        let reason = format!("events {}-{} archived in {}", self.first, self.last, self.archive);
        let event = Event {
            input_hash: Some(self.hash.clone()),
            output_hash: Some(self.digest.clone()),
            ..Event::new(LEDGER.to_owned(), "operator", ACTION, reason, State::Succeeded, now)
        };
        event::append(tx, &event).map(drop)
    }

    /// Parses an event that [`Record::append`] wrote; `None` for another event.
    pub(crate) fn of(row: &Row) -> Option<Self> {
        if row.task != LEDGER || row.action != ACTION {
            return None;
        }
        let (range, archive) = row.reason.strip_prefix("events ")?.split_once(" archived in ")?;
        let (first, last) = range.split_once('-')?;
        Some(Self {
            first: first.parse().ok()?,
            last: last.parse().ok()?,
            hash: row.input_hash.clone()?,
            archive: archive.to_owned(),
            digest: row.output_hash.clone()?,
        })
    }

    /// Whether this prune can have written the mark: at the end of the prune, or before an interruption.
    pub(crate) fn covers(&self, mark: &PruneMark) -> bool {
        self.first <= mark.seq && (mark.seq < self.last || mark.seq == self.last && mark.hash == self.hash)
    }
}

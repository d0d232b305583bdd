//! The event that has the sums: who changes rows and sums together has to write the chain anew, which a known head shows.

use std::collections::BTreeMap;

use baton_core::{Digest, State};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::keep::{TableSum, stored};
use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::event::{self, Event};
use crate::inspect::has_form;

const ACTION: &str = "sealed";

/// The task of such an event. No task has this id: theirs are hexadecimal digits. Unlike the record of a prune it may be
/// pruned.
const TASK: &str = "rows";

/// The events are in the chain themselves, and sealing adds one.
const CHAINED: &str = "events";

/// Whether rows have changed since the last seal.
///
/// # Errors
/// When the database fails.
pub fn is_due(reader: &Reader) -> Result<bool, LedgerError> {
    if !has_form(reader, super::FORM)? {
        return Ok(false);
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM sums WHERE sealed = 0 AND name <> 'events')";
    Ok(reader.connection.query_row(sql, [], |row| row.get(0))?)
}

/// Appends an event that has a digest of all sums.
///
/// # Errors
/// When the database fails.
pub fn seal(tx: &Tx<'_>, now: Timestamp) -> Result<(), LedgerError> {
    let stored = stored(tx.connection)?;
    let rows: i64 = stored.iter().filter(|(name, _)| *name != CHAINED).map(|(_, (sum, _))| sum.rows).sum();
    let event = Event {
        task: TASK.to_owned(),
        at: now,
        actor: "baton".to_owned(),
        action: ACTION.to_owned(),
        reason: format!("{rows} rows of {} tables", stored.len().saturating_sub(1)),
        state: State::Succeeded,
        input_hash: None,
        output_hash: Some(digest(&stored)),
        plugin_digest: None,
    };
    event::append(tx, &event)?;
    tx.connection.execute("UPDATE sums SET sealed = 1", [])?;
    Ok(())
}

/// The digest that a seal has of the sums.
pub(super) fn digest(sums: &BTreeMap<String, (TableSum, bool)>) -> String {
    let mut parts = Vec::new();
    for (name, (sum, _)) in sums.iter().filter(|(name, _)| *name != CHAINED) {
        parts.extend([name.as_bytes().to_vec(), sum.rows.to_le_bytes().to_vec(), sum.sum.as_bytes().to_vec()]);
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Digest::of_parts(&parts).to_string()
}

/// Whether the ledger is of a form without sums although its chain has seals: somebody set it back, to be rid of the sums.
pub(super) fn was_set_back(connection: &Connection, form: i64) -> Result<bool, LedgerError> {
    Ok((1..super::FORM).contains(&form) && last(connection)?.is_some())
}

/// Whether all sums are marked as sealed.
pub(super) fn says_sealed(sums: &BTreeMap<String, (TableSum, bool)>) -> bool {
    sums.iter().filter(|(name, _)| *name != CHAINED).all(|(_, (_, sealed))| *sealed)
}

/// The last seal in the chain: its number and its digest.
pub(super) fn last(connection: &Connection) -> Result<Option<(i64, Option<String>)>, LedgerError> {
    let sql = "SELECT seq, output_hash FROM events WHERE task = ?1 AND action = ?2 ORDER BY seq DESC LIMIT 1";
    Ok(connection.query_row(sql, [TASK, ACTION], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

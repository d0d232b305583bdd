//! The event with a digest of the sums. A forger who changes rows and sums must also rewrite the chain. A rewritten chain
//! has other hashes, so it does not contain a head that is known elsewhere.

use baton_core::{Digest, State};
use jiff::Timestamp;

use super::sums::{ACTION, StoredSum, StoredSums, TASK, stored};
use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::event::{self, Event};
use crate::inspect::has_form;

/// The table that no seal covers: its rows are the events of the chain, and each seal adds an event.
const CHAINED: &str = "events";

/// Whether rows have changed since the last seal.
pub fn is_due(reader: &Reader) -> Result<bool, LedgerError> {
    if !has_form(reader, super::FORM)? {
        return Ok(false);
    }
    let sql = "SELECT EXISTS (SELECT 1 FROM sums WHERE sealed = 0 AND name <> ?1)";
    Ok(reader.connection.query_row(sql, [CHAINED], |row| row.get(0))?)
}

/// Appends an event with a digest of all sums.
pub fn seal(tx: &Tx<'_>, now: Timestamp) -> Result<(), LedgerError> {
    let stored = stored(tx.connection)?;
    let (tables, rows) =
        sealed_tables(&stored).fold((0, 0), |(tables, rows), (_, sum)| (tables + 1, rows + sum.sum.rows));
    let reason = format!("{rows} rows of {tables} tables");
    let event = Event {
        output_hash: Some(digest(&stored)),
        ..Event::new(TASK.to_owned(), "baton", ACTION, reason, State::Succeeded, now)
    };
    event::append(tx, &event)?;
    tx.connection.execute("UPDATE sums SET sealed = 1", [])?;
    Ok(())
}

/// The digest of the sums for a seal.
pub(super) fn digest(sums: &StoredSums) -> String {
    let mut parts = Vec::new();
    for (name, StoredSum { sum, .. }) in sealed_tables(sums) {
        parts.extend([name.as_bytes().to_vec(), sum.rows.to_le_bytes().to_vec(), sum.sum.as_bytes().to_vec()]);
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    Digest::of_parts(&parts).to_string()
}

/// True if all sums are marked as sealed.
pub(super) fn says_sealed(sums: &StoredSums) -> bool {
    sealed_tables(sums).all(|(_, sum)| sum.sealed)
}

fn sealed_tables(sums: &StoredSums) -> impl Iterator<Item = (&String, &StoredSum)> {
    sums.iter().filter(|(name, _)| *name != CHAINED)
}

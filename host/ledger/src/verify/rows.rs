//! Reads the events of the ledger one after the other, without a check.

use super::row::{COLUMNS, ChainTip, Row};
use crate::LedgerError;
use crate::database::Reader;
use crate::prune::PruneMark;

/// Calls `visit` with every row, sound or not, in order. Returns the end of the chain.
///
/// # Errors
/// When `visit` fails, the database fails, or a row is too damaged to be read.
pub fn each<E: From<LedgerError>>(reader: &Reader, visit: impl FnMut(&Row) -> Result<(), E>) -> Result<ChainTip, E> {
    each_up_to(reader, i64::MAX, visit)
}

/// As [`each`], for the rows up to the event `last`.
pub(crate) fn each_up_to<E: From<LedgerError>>(
    reader: &Reader,
    last: i64,
    mut visit: impl FnMut(&Row) -> Result<(), E>,
) -> Result<ChainTip, E> {
    let failed = |error: rusqlite::Error| E::from(LedgerError::from(error));
    let snapshot = reader.connection.unchecked_transaction().map_err(failed)?;
    let mut tip = PruneMark::read(&snapshot)?.as_ref().map_or_else(ChainTip::genesis, PruneMark::tip);
    let sql = format!("SELECT {COLUMNS} FROM events WHERE seq <= ?1 ORDER BY seq");
    let mut select = snapshot.prepare(&sql).map_err(failed)?;
    let mut rows = select.query([last]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let unreadable = |_| LedgerError::Corrupt { what: "an event", value: format!("number {}", tip.next()) };
        let row = Row::read(row).map_err(unreadable)?;
        visit(&row)?;
        tip.advance(row.hash);
    }
    Ok(tip)
}

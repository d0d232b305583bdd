//! Checks the rows of the ledger one after the other.

use std::path::PathBuf;

use rusqlite::{Connection, OptionalExtension};

use super::head::Search;
use super::row::{COLUMNS, lossy};
use super::{BrokenRow, ChainTip, Head, PrunedPart, Report, Row, RowFault, archive};
use crate::LedgerError;
use crate::database::Reader;
use crate::event::GENESIS;
use crate::prune::{LEDGER, PruneMark, Record};
use crate::seal;

/// Checks every row of the chain and of all other tables, and finds `head` in the chain.
///
/// # Errors
/// When the database fails. A broken chain is not an error: the report describes it.
pub fn verify(reader: &Reader, head: Option<&Head>) -> Result<Report, LedgerError> {
    verify_with(reader, head, &[])
}

/// As [`verify`], with archives of pruned events, which must be one chain that leads into the ledger without a gap.
///
/// # Errors
/// When the database fails or an archive cannot be read. A broken chain or archive is not an error: the report describes it.
pub fn verify_with(reader: &Reader, head: Option<&Head>, archives: &[PathBuf]) -> Result<Report, LedgerError> {
    let snapshot = reader.connection.unchecked_transaction()?;
    let mark = PruneMark::read(&snapshot)?;
    let mut search = Search::new(head);
    search.see(0, GENESIS);
    let archived = archive::check(&snapshot, archives, mark.as_ref(), &mut search)?;
    let last = mark.as_ref().map_or(0, |mark| mark.seq);
    let saw_all = last == 0 || archived.as_ref().is_some_and(|archived| archived.has(1, last));
    if let Some(mark) = mark.as_ref().filter(|_| !archived.as_ref().is_some_and(|archived| archived.has(last, last))) {
        search.see(mark.seq, &mark.hash);
    }
    let walked = walk(&snapshot, mark, &mut search)?;
    let RowCheck { tip, broken, pruned } = walked;
    Ok(Report { tip, broken, found: search.end(saw_all), pruned, archived, rows: seal::check(&snapshot)? })
}

/// The result of the check of the ledger's own events.
struct RowCheck {
    tip: ChainTip,
    broken: Option<BrokenRow>,
    pruned: Option<PrunedPart>,
}

fn walk(snapshot: &Connection, mark: Option<PruneMark>, search: &mut Search<'_>) -> Result<RowCheck, LedgerError> {
    let (mut tip, mut broken) = (mark.as_ref().map_or_else(ChainTip::genesis, PruneMark::tip), None);
    let (mut recorded, mut archive) = (false, None);
    let mut select = snapshot.prepare(&format!("SELECT {COLUMNS} FROM events ORDER BY seq"))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let (seq, hash) = (row.get(0)?, lossy(row, 11)?);
        if broken.is_none() {
            let row_read = Row::read(row).ok();
            let wrong = judge(row_read.as_ref(), &tip, snapshot)?;
            let task = lossy(row, 1)?;
            broken = wrong.map(|wrong| BrokenRow { seq, task, wrong });
            let record = row_read.as_ref().and_then(Record::of);
            if let Some((record, _)) = record.zip(mark.as_ref()).filter(|(record, mark)| record.covers(mark)) {
                (recorded, archive) = (true, Some(record.archive));
            }
        }
        search.see(seq, &hash);
        tip.advance(hash);
    }
    if let Some(mark) = mark.as_ref().filter(|_| broken.is_none() && !recorded) {
        broken = Some(BrokenRow { seq: mark.seq, task: LEDGER.to_owned(), wrong: RowFault::Unrecorded });
    }
    let pruned = mark.map(|mark| PrunedPart { last: mark.seq, hash: mark.hash, archive });
    Ok(RowCheck { tip, broken, pruned })
}

/// The fault of `row`, which follows `tip`. `row` is `None` if a column cannot be read as text.
pub(super) fn judge(row: Option<&Row>, tip: &ChainTip, snapshot: &Connection) -> Result<Option<RowFault>, LedgerError> {
    let Some(row) = row.filter(|row| row.is_as_written()) else {
        return Ok(Some(RowFault::Edited));
    };
    let in_place = row.seq == tip.next();
    Ok(if row.prev == tip.head {
        (!in_place).then_some(RowFault::Order)
    } else if row.prev == GENESIS || is_there(snapshot, &row.prev)? {
        Some(RowFault::Order)
    } else {
        Some(if in_place { RowFault::Replaced } else { RowFault::Missing })
    })
}

/// Whether a row has this hash. There is no index; this query runs only once, for the first broken row.
fn is_there(snapshot: &Connection, hash: &str) -> Result<bool, LedgerError> {
    let found = snapshot.query_row("SELECT 1 FROM events WHERE hash = ?1", [hash], |_| Ok(())).optional()?;
    Ok(found.is_some())
}

/// The end of the chain, without reading every row.
pub(crate) fn tip(snapshot: &Connection) -> Result<ChainTip, LedgerError> {
    let last = "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let last: Option<(i64, String)> = snapshot.query_row(last, [], read).optional()?;
    Ok(match last {
        Some((seq, head)) => ChainTip { events: seq.unsigned_abs(), head },
        None => PruneMark::read(snapshot)?.as_ref().map_or_else(ChainTip::genesis, PruneMark::tip),
    })
}

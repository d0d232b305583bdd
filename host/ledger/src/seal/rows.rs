//! Checks all rows: compares the rows with the sums, the sums with the chain, and the bytes of files with their digests.

use std::fmt;

use baton_core::Digest;
use baton_sqlite::form;
use rusqlite::Connection;

use super::event::{digest, says_sealed};
use super::sums::{StoredSum, StoredSums, TableSums, compute, last, stored, was_set_back};
use super::{FORM, SCHEMA};
use crate::LedgerError;
use crate::database::damage;
use crate::prune::PruneMark;
use crate::verify::lossy;

/// The maximum number of rows that are listed for one kind of problem.
const LISTED: usize = 5;

/// A problem with the rows of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    pub table: String,
    /// The primary key of the row, if it is known.
    pub row: Option<String>,
    /// The problem as a sentence.
    pub what: String,
}

impl RowProblem {
    fn of_table(table: &str, what: impl Into<String>) -> Self {
        Self { table: table.to_owned(), row: None, what: what.into() }
    }

    fn of_row(table: &str, row: String, what: &str) -> Self {
        Self { row: Some(row), ..Self::of_table(table, what) }
    }
}

impl fmt::Display for RowProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "table {}", self.table)?;
        if let Some(row) = &self.row {
            write!(f, ", row {row}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// The result of the check of all rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The number of tables that were read; 0 if the ledger has an older format without sums.
    pub tables: usize,
    /// The number of rows that were read.
    pub rows: i64,
    /// True if the last seal in the chain covers the current rows. If not, rows have changed since the last seal. This is
    /// normal while Baton runs, or after it was killed.
    pub sealed: bool,
    pub problems: Vec<RowProblem>,
}

/// Reads every row and compares it with the sums.
pub(crate) fn check(snapshot: &Connection) -> Result<Rows, LedgerError> {
    let form = form(snapshot)?;
    if was_set_back(snapshot, form)? {
        let what = format!("its format was changed back to {form}: the chain has a seal of a later format");
        return Ok(Rows { problems: vec![RowProblem::of_table("sums", what)], ..Rows::default() });
    }
    if form < FORM {
        return Ok(Rows::default());
    }
    let (kept, now) = (stored(snapshot)?, compute(snapshot)?);
    let mut problems = damaged_pages(snapshot)?;
    problems.extend(differences(&kept, &now));
    if problems.iter().any(|problem| problem.table == "tasks") {
        problems.extend(suspects(snapshot)?);
    }
    problems.extend(wrong_bytes(snapshot, "inputs", "hash")?);
    problems.extend(wrong_bytes(snapshot, "outbox", "id")?);
    let sealed = says_sealed(&kept);
    if sealed {
        problems.extend(not_as_sealed(snapshot, &digest(&kept))?);
    }
    let rows = now.values().map(|now| now.rows).sum();
    Ok(Rows { tables: now.len(), rows, sealed, problems })
}

/// The tables whose rows do not match the stored sums.
fn differences(kept: &StoredSums, now: &TableSums) -> Vec<RowProblem> {
    let changed = now.iter().filter_map(|(table, now)| {
        let Some(StoredSum { sum: kept, .. }) = kept.get(table) else {
            let what = "there is no sum for its rows: the table, or its row of `sums`, was changed outside of Baton";
            return Some(RowProblem::of_table(table, what));
        };
        let what = match table.as_str() {
            _ if kept == now => return None,
            SCHEMA => "tables, indexes or triggers were changed".to_owned(),
            _ if kept.rows == now.rows => "rows were changed outside of Baton".to_owned(),
            _ => {
                format!(
                    "rows were deleted or added outside of Baton: the table has {}, Baton wrote {}",
                    now.rows, kept.rows
                )
            }
        };
        Some(RowProblem::of_table(table, what))
    });
    let deleted = kept.keys().filter(|table| !now.contains_key(*table));
    let deleted = deleted.map(|table| RowProblem::of_table(table, "the table was deleted outside of Baton"));
    changed.chain(deleted).collect()
}

/// The problems that SQLite finds in pages and indexes.
fn damaged_pages(snapshot: &Connection) -> Result<Vec<RowProblem>, LedgerError> {
    let said = damage(snapshot, "integrity_check(5)")?;
    Ok(said.into_iter().map(|line| RowProblem::of_table("pages", line)).collect())
}

/// The tasks whose rows do not match their events.
fn suspects(snapshot: &Connection) -> Result<Vec<RowProblem>, LedgerError> {
    const LAST: &str = "(SELECT seq FROM events WHERE task = t.id ORDER BY seq DESC LIMIT 1)";
    let state = format!(
        "SELECT t.id FROM tasks AS t JOIN events AS e ON e.seq = {LAST} WHERE t.state <> 'running' AND t.state <> e.state
         AND NOT (t.state = 'rejected' AND e.state = 'quarantined')"
    );
    let input =
        format!("SELECT t.id FROM tasks AS t JOIN events AS e ON e.seq = {LAST} WHERE t.input IS NOT e.input_hash");
    let deleted = "SELECT DISTINCT task FROM events WHERE action = 'captured' AND task NOT IN (SELECT id FROM tasks)";
    let added = "SELECT id FROM tasks AS t WHERE NOT EXISTS (SELECT 1 FROM events WHERE task = t.id)
                 AND NOT EXISTS (SELECT 1 FROM pruned)";
    let mut problems = Vec::new();
    for (sql, what) in [
        (state.as_str(), "its state differs from that of its last event"),
        (input.as_str(), "its input differs from that of its last event"),
        (deleted, "its row was deleted"),
        (added, "no event mentions it"),
    ] {
        let mut select = snapshot.prepare(sql)?;
        let rows = select.query_map([], |row| row.get::<_, String>(0))?;
        for row in rows.take(LISTED) {
            problems.push(RowProblem::of_row("tasks", row?, what));
        }
    }
    Ok(problems)
}

/// The rows whose bytes do not match the digest in the row. (A sum detects that the digest itself was changed.)
fn wrong_bytes(snapshot: &Connection, table: &str, key: &str) -> Result<Vec<RowProblem>, LedgerError> {
    let sql =
        format!("SELECT CAST({key} AS TEXT), hash, bytes FROM {table} WHERE bytes IS NOT NULL AND length(hash) = 64");
    let mut select = snapshot.prepare(&sql)?;
    let mut rows = select.query([])?;
    let mut problems = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(2)?.as_bytes().unwrap_or_default();
        let hash = lossy(row, 1)?;
        if Digest::of(bytes).to_string() != hash {
            problems.push(RowProblem::of_row(table, lossy(row, 0)?, "its bytes do not match its hash"));
            if problems.len() == LISTED {
                break;
            }
        }
    }
    Ok(problems)
}

/// The problem that the sums are marked as sealed, but differ from the sums of the last seal; `None` without this problem.
/// In a pruned ledger, a missing seal is not a problem.
fn not_as_sealed(snapshot: &Connection, digest: &str) -> Result<Option<RowProblem>, LedgerError> {
    let what = match last(snapshot)? {
        Some(seal) if seal.digest.as_deref() == Some(digest) => return Ok(None),
        Some(seal) => format!("rows and sums were changed outside of Baton: event {} sealed other sums", seal.seq),
        None if PruneMark::read(snapshot)?.is_some() => return Ok(None),
        None => "the sums are marked as sealed, but no event of the chain has their digest".to_owned(),
    };
    Ok(Some(RowProblem::of_table("sums", what)))
}

//! The check of all rows: against the sums, the sums against the chain, and the bytes of files against their digests.

use baton_core::Digest;
use rusqlite::Connection;

use super::event::{digest, last, says_sealed, was_set_back};
use super::keep::{compute, stored};
use super::{FORM, SCHEMA};
use crate::LedgerError;
use crate::prune::Mark;
use crate::verify::lossy;

/// Rows that are named of one kind.
const NAMED: usize = 5;

/// Something that is wrong with the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProblem {
    /// The table.
    pub table: String,
    /// The row's key, where it is known.
    pub row: Option<String>,
    /// What is wrong, in a sentence.
    pub what: String,
}

/// What the rows are like that people read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// How many tables were read; none where the ledger is of a form without sums.
    pub tables: usize,
    /// How many rows were read.
    pub rows: i64,
    /// Whether the last seal in the chain has them all; else rows have changed since, as is normal while Baton runs or after
    /// it was killed.
    pub sealed: bool,
    /// What is wrong.
    pub problems: Vec<RowProblem>,
}

/// Reads every row and compares.
///
/// # Errors
/// When the database fails.
pub(crate) fn check(snapshot: &Connection) -> Result<Rows, LedgerError> {
    let form: i64 = snapshot.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if was_set_back(snapshot, form)? {
        let what = format!("its form was set back to {form}: there is a seal of a later form in the chain");
        let problem = RowProblem { table: "sums".to_owned(), row: None, what };
        return Ok(Rows { problems: vec![problem], ..Rows::default() });
    }
    if form < FORM {
        return Ok(Rows::default());
    }
    let (kept, now) = (stored(snapshot)?, compute(snapshot)?);
    let mut problems = damaged_pages(snapshot)?;
    for (table, now) in &now {
        match kept.get(table) {
            Some((kept, _)) if kept == now => {}
            Some((kept, _)) => {
                let what = if kept.rows == now.rows {
                    "rows were changed outside of Baton".to_owned()
                } else {
                    format!(
                        "rows were deleted or added outside of Baton: it has {}, {} were written",
                        now.rows, kept.rows
                    )
                };
                let what = if table == SCHEMA { "tables, indexes or triggers were changed".to_owned() } else { what };
                problems.push(RowProblem { table: table.clone(), row: None, what });
            }
            None => {
                let what = "nothing is known of its rows: it, or its row of `sums`, was changed outside of Baton";
                problems.push(RowProblem { table: table.clone(), row: None, what: what.to_owned() });
            }
        }
    }
    for table in kept.keys().filter(|table| !now.contains_key(*table)) {
        let what = "the table was deleted outside of Baton".to_owned();
        problems.push(RowProblem { table: table.clone(), row: None, what });
    }
    if problems.iter().any(|problem| problem.table == "tasks") {
        problems.extend(suspects(snapshot)?);
    }
    problems.extend(wrong_bytes(snapshot, "inputs", "hash")?);
    problems.extend(wrong_bytes(snapshot, "outbox", "id")?);
    let sealed = says_sealed(&kept);
    problems.extend(if sealed { not_as_sealed(snapshot, &digest(&kept))? } else { None });
    let rows = now.values().map(|now| now.rows).sum();
    Ok(Rows { tables: now.len(), rows, sealed, problems })
}

/// What SQLite finds wrong with pages and indexes.
fn damaged_pages(snapshot: &Connection) -> Result<Vec<RowProblem>, LedgerError> {
    let mut select = snapshot.prepare("PRAGMA integrity_check(5)")?;
    let rows = select.query_map([], |row| row.get::<_, String>(0))?;
    let said = rows.collect::<Result<Vec<_>, _>>()?;
    let problem = |what| RowProblem { table: "pages".to_owned(), row: None, what };
    Ok(said.into_iter().filter(|line| line != "ok").map(problem).collect())
}

/// The tasks whose rows do not fit their events.
fn suspects(snapshot: &Connection) -> Result<Vec<RowProblem>, LedgerError> {
    const LAST: &str = "(SELECT seq FROM events WHERE task = t.id ORDER BY seq DESC LIMIT 1)";
    let state = format!(
        "SELECT t.id FROM tasks AS t JOIN events AS e ON e.seq = {LAST} WHERE t.state <> 'running' AND t.state <> e.state"
    );
    let input =
        format!("SELECT t.id FROM tasks AS t JOIN events AS e ON e.seq = {LAST} WHERE t.input IS NOT e.input_hash");
    let deleted = "SELECT DISTINCT task FROM events WHERE action = 'captured' AND task NOT IN (SELECT id FROM tasks)";
    let added = "SELECT id FROM tasks AS t WHERE NOT EXISTS (SELECT 1 FROM events WHERE task = t.id)
                 AND NOT EXISTS (SELECT 1 FROM pruned)";
    let mut problems = Vec::new();
    for (sql, what) in [
        (state.as_str(), "its state is not the one of its last event"),
        (input.as_str(), "its input is not the one of its last event"),
        (deleted, "its row was deleted"),
        (added, "no event tells of it"),
    ] {
        let mut select = snapshot.prepare(sql)?;
        let rows = select.query_map([], |row| row.get::<_, String>(0))?;
        for row in rows.take(NAMED) {
            problems.push(RowProblem { table: "tasks".to_owned(), row: Some(row?), what: what.to_owned() });
        }
    }
    Ok(problems)
}

/// The rows whose bytes do not give the digest beside them. That the digest itself was changed to anything else shows in the
/// sum.
fn wrong_bytes(snapshot: &Connection, table: &str, key: &str) -> Result<Vec<RowProblem>, LedgerError> {
    let sql =
        format!("SELECT CAST({key} AS TEXT), hash, bytes FROM {table} WHERE bytes IS NOT NULL AND length(hash) = 64");
    let mut select = snapshot.prepare(&sql)?;
    let mut rows = select.query([])?;
    let mut problems = Vec::new();
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(2)?.as_bytes().unwrap_or_default();
        let hash = lossy(row, 1)?;
        if Digest::of(bytes).to_string() != hash && problems.len() < NAMED {
            let (row, what) = (Some(lossy(row, 0)?), "its bytes do not give its hash".to_owned());
            problems.push(RowProblem { table: table.to_owned(), row, what });
        }
    }
    Ok(problems)
}

/// The sums say that they are sealed: the last seal must have them. It may have been pruned.
fn not_as_sealed(snapshot: &Connection, digest: &str) -> Result<Option<RowProblem>, LedgerError> {
    let problem = |what: String| Some(RowProblem { table: "sums".to_owned(), row: None, what });
    Ok(match last(snapshot)? {
        Some((_, Some(sealed))) if sealed == digest => None,
        Some((seq, _)) => problem(format!("rows and sums were changed outside of Baton: event {seq} sealed others")),
        None if Mark::read(snapshot)?.is_some() => None,
        None => problem("they say that they are sealed, and no event of the chain seals them".to_owned()),
    })
}

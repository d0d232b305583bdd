//! Findings of a plugin about tasks of other agents, for example "this RETURN names a file that does not exist". They are
//! stored with these tasks. The findings of a task's own plugin are in [`crate::finding`].

use jiff::Timestamp;
use rusqlite::params;

use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::event::{self, Event};
use crate::finding::Finding;
use crate::inspect::has_form;
use crate::task::{self, Task};

/// A finding and the plugin that reported it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    pub by: String,
    /// The task of the plugin that reported the finding.
    pub task: String,
    pub finding: Finding,
}

/// Stores the findings of the task `by` with the task `about`, each finding once, and appends an event to `about`.
pub fn record(tx: &Tx<'_>, about: &str, by: &Task, findings: &[Finding], now: Timestamp) -> Result<(), LedgerError> {
    let mut insert = tx.connection.prepare_cached(
        "INSERT OR IGNORE INTO flags (task, by_task, by_agent, id, severity, title, evidence)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    let mut new = 0;
    for Finding { id, severity, title, evidence } in findings {
        new += insert.execute(params![about, by.id, by.agent, id, severity, title, evidence])?;
    }
    if new == 0 {
        return Ok(());
    }
    let flagged = task::get_in(tx, about)?;
    let word = if new == 1 { "finding" } else { "findings" };
    let reason = format!("{new} {word} of {} in {}: `baton why {}` lists them", by.agent, by.id, flagged.id);
    event::append(tx, &Event::of(&flagged, &by.agent, "flagged", reason, flagged.state, now))?;
    Ok(())
}

/// Copies the findings about the RETURN `from` to the request `to`. Called when Baton found the request after the findings
/// were recorded.
pub fn copy_flags(tx: &Tx<'_>, from: &str, to: &str, now: Timestamp) -> Result<(), LedgerError> {
    let mut select = tx.connection.prepare_cached("SELECT DISTINCT by_task FROM flags WHERE task = ?1")?;
    let by: Vec<String> = select.query_map([from], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for by in by {
        let mut select = tx.connection.prepare_cached(&format!("{OF_TASK} AND by_task = ?2"))?;
        let findings: Result<Vec<_>, _> = select.query_map([from, by.as_str()], flag)?.collect();
        let findings: Vec<_> = findings?.into_iter().map(|flag: Flag| flag.finding).collect();
        record(tx, to, &task::get_in(tx, &by)?, &findings, now)?;
    }
    Ok(())
}

const OF_TASK: &str = "SELECT by_agent, by_task, id, severity, title, evidence FROM flags WHERE task = ?1";

/// The findings that other tasks reported about a task.
pub fn of_task(reader: &Reader, task: &str) -> Result<Vec<Flag>, LedgerError> {
    // The first format with this table.
    if !has_form(reader, 6)? {
        return Ok(Vec::new());
    }
    let mut select = reader.connection.prepare_cached(&format!("{OF_TASK} ORDER BY by_task, id"))?;
    Ok(select.query_map([task], flag)?.collect::<Result<_, _>>()?)
}

fn flag(row: &rusqlite::Row<'_>) -> rusqlite::Result<Flag> {
    let finding = Finding { id: row.get(2)?, severity: row.get(3)?, title: row.get(4)?, evidence: row.get(5)? };
    Ok(Flag { by: row.get(0)?, task: row.get(1)?, finding })
}

//! Findings of plugins, each stored with its task.

use rusqlite::params;

use crate::LedgerError;
use crate::database::{Reader, Tx};

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The id that the plugin chose. It is the same in every attempt.
    pub id: String,
    /// `info`, `low`, `medium`, `high` or `critical`.
    pub severity: String,
    /// One line.
    pub title: String,
    /// What the plugin found, and where.
    pub evidence: String,
}

/// Records a finding of a task. Replaces a finding of the task with the same id.
pub fn record(tx: &Tx<'_>, task: &str, finding: &Finding) -> Result<(), LedgerError> {
    let mut upsert = tx.connection.prepare_cached(
        "INSERT OR REPLACE INTO findings (task, id, severity, title, evidence) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    upsert.execute(params![task, finding.id, finding.severity, finding.title, finding.evidence])?;
    Ok(())
}

/// The SQL of [`of_task`].
pub(crate) const OF_TASK: &str = "SELECT id, severity, title, evidence FROM findings WHERE task = ?1 ORDER BY id";

/// The findings of a task, by id.
pub fn of_task(reader: &Reader, task: &str) -> Result<Vec<Finding>, LedgerError> {
    let mut select = reader.connection.prepare_cached(OF_TASK)?;
    let rows = select.query_map([task], |row| {
        Ok(Finding { id: row.get(0)?, severity: row.get(1)?, title: row.get(2)?, evidence: row.get(3)? })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

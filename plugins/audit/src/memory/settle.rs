//! Decides whether the last audit counts.
//!
//! An audit writes its data before the host records its outcome. If the run ends between the two, its report does not exist,
//! and the next audit must compare with the audit before it. So the data are pending until a later audit opens the memory.
//! The later audit discards the data if an earlier attempt of its own task wrote them, or if their task did not succeed. It
//! keeps the data of a task that still runs, because the host may be recording the outcome of that task.

use baton_plugin_kit::host::{ServiceError, Writable};
use baton_plugin_sdk::sql::Value;

use super::cells::{integer, text_or_empty, text_value};
use crate::earlier_outcomes::EarlierOutcomes;

/// Settles the pending data of a scope: they count from now on, or are discarded. An interrupted call can be repeated.
pub(super) fn settle(database: &dyn Writable, scope: &str, ended: &EarlierOutcomes<'_>) -> Result<(), ServiceError> {
    let pending = database.all("SELECT audit, task FROM pending WHERE scope = ?1", &[text_value(scope)])?;
    let Some((audit, task)) = pending.first().map(|row| (integer(row, 0), text_or_empty(row, 1))) else {
        return Ok(());
    };
    let of_scope = || vec![vec![text_value(scope), Value::Integer(audit)]];
    let written = database.all("SELECT 1 FROM audits WHERE id = ?1", &[Value::Integer(audit)])?;
    let (which, statements): (&[&str], &[&str]) = if !written.is_empty() && ended.taken(&task) {
        (&[OLD, GONE], &[])
    } else {
        (&[OF_IT], &["DELETE FROM audits WHERE scope = ?1 AND id = ?2"])
    };
    for which in which {
        database.write(&format!("DELETE FROM plan_rows WHERE plan IN ({which})"), of_scope())?;
        database.write(&format!("DELETE FROM plans WHERE id IN ({which})"), of_scope())?;
    }
    for statement in statements {
        database.write(statement, of_scope())?;
    }
    Ok(database.write("DELETE FROM pending WHERE scope = ?1", vec![vec![text_value(scope)]])?)
}

/// Rows that newer rows replace.
const OLD: &str = "SELECT old.id FROM plans AS old WHERE old.scope = ?1 AND EXISTS (SELECT 1 FROM plans AS new
    WHERE new.scope = old.scope AND new.plan = old.plan AND new.audit > old.audit AND new.audit <= ?2)";

const GONE: &str = "SELECT id FROM plans WHERE scope = ?1 AND audit <= ?2 AND digest = ''";

/// The plans that the audit wrote.
const OF_IT: &str = "SELECT id FROM plans WHERE scope = ?1 AND audit = ?2";

//! Plans in the plugin's own tables.
//!
//! A plan is `saving` until all its rows are stored, then `made`, `begun`, `applied`, `undoing` or `undone`. A row of it is `planned`,
//! `begun`, `sent` and `done`; `left` with the reason, or `partly` if a request was sent before somebody else changed it. `undo` makes it `undoing` and `undone`, or `kept` with the reason.
//!
//! # Errors
//! Every function fails as `wit/sql.wit`.

use baton_core::Digest;
use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::Row;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::{integer, json_of, text};

const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS plans (
        id TEXT PRIMARY KEY, digest TEXT NOT NULL, made_at INTEGER NOT NULL, state TEXT NOT NULL, by_task TEXT NOT NULL) STRICT",
    "CREATE TABLE IF NOT EXISTS changes (
        plan TEXT NOT NULL, number INTEGER NOT NULL, source TEXT NOT NULL, page TEXT NOT NULL, title TEXT NOT NULL,
        cells TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (plan, number)) STRICT, WITHOUT ROWID",
];

/// Plans that are kept.
const KEPT: u32 = 30;

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its id.
    pub id: String,
    /// When it was made, in milliseconds since 1970 UTC.
    pub made_at: i64,
    /// Its state.
    pub state: String,
    /// The task that caused it.
    pub by_task: String,
}

/// The change of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CellChange {
    /// The id of the property.
    pub property: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
    /// The text before.
    pub from: String,
    /// The text after.
    pub to: String,
    /// The value before, as a request has it.
    pub before: Value,
    /// The value after, as a request has it.
    pub after: Value,
}

/// The change of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Counted from 1.
    pub number: i64,
    /// The id of the data source.
    pub source: String,
    /// The id of the page.
    pub page: String,
    /// The title of the page.
    pub title: String,
    /// The changed cells.
    pub cells: Vec<CellChange>,
    /// Its state.
    pub state: String,
    /// Why it was left or kept.
    pub note: String,
}

/// The journal.
#[derive(Clone, Copy)]
pub struct Journal<'a>(&'a dyn Writable);

impl<'a> Journal<'a> {
    /// Creates missing tables.
    pub fn open(own: &'a dyn Writable) -> Result<Self, Error> {
        for table in TABLES {
            own.execute(table, &[])?;
        }
        Ok(Self(own))
    }

    /// Stores a plan. If the same plan is made again before it is applied, it keeps its id.
    pub fn save(&self, changes: &[Change], now: i64) -> Result<String, Error> {
        let content: Vec<_> = changes.iter().map(|one| (&one.page, &one.cells)).collect();
        let digest = Digest::of(json_of(&content)?.as_bytes()).to_string();
        let known = "SELECT id FROM plans WHERE digest = ?1 AND state = 'made'";
        if let Some(row) = self.0.query(known, &[digest.as_str().into()])?.rows.first() {
            let id = text(row, 0);
            // It is as new as one that is made now, so that `apply` accepts it.
            self.0.execute("UPDATE plans SET made_at = ?2 WHERE id = ?1", &[id.as_str().into(), now.into()])?;
            return Ok(id);
        }
        // A plan with this content that was begun keeps its id.
        let used = "SELECT count(*) FROM plans WHERE digest = ?1";
        let used = self.0.query(used, &[digest.as_str().into()])?.integer().unwrap_or(0);
        let short = digest.get(..12).unwrap_or(&digest);
        let id = if used == 0 { format!("p{short}") } else { format!("p{short}-{}", used + 1) };
        let begin = "INSERT INTO plans (id, digest, made_at, state, by_task) VALUES (?1, ?2, ?3, 'saving', '')
            ON CONFLICT (id) DO UPDATE SET made_at = excluded.made_at, state = 'saving'";
        self.0.execute(begin, &[id.as_str().into(), digest.as_str().into(), now.into()])?;
        for change in changes {
            self.put(&id, change)?;
        }
        self.0.execute("UPDATE plans SET state = 'made' WHERE id = ?1", &[id.as_str().into()])?;
        let old = format!(
            "DELETE FROM plans WHERE id NOT IN (SELECT id FROM plans ORDER BY made_at DESC, rowid DESC LIMIT {KEPT})"
        );
        self.0.execute(&old, &[])?;
        self.0.execute("DELETE FROM changes WHERE plan NOT IN (SELECT id FROM plans)", &[])?;
        Ok(id)
    }

    /// The plan with this id, if all of it is stored.
    pub fn find(&self, id: &str) -> Result<Option<Plan>, Error> {
        let statement = "SELECT id, made_at, state, by_task FROM plans WHERE id = ?1 AND state <> 'saving'";
        let table = self.0.query(statement, &[id.into()])?;
        let plan =
            |row: &Row| Plan { id: text(row, 0), made_at: integer(row, 1), state: text(row, 2), by_task: text(row, 3) };
        Ok(table.rows.first().map(plan))
    }

    /// The newest plans with their states, for an error message.
    pub fn newest(&self) -> Result<Vec<String>, Error> {
        let statement =
            "SELECT id || ' (' || state || ')' FROM plans WHERE state <> 'saving' ORDER BY made_at DESC LIMIT 5";
        Ok(self.0.query(statement, &[])?.rows.iter().map(|row| text(row, 0)).collect())
    }

    /// Records the state of a plan, and the task that caused it.
    pub fn set_state(&self, plan: &str, state: &str, task: &str) -> Result<(), Error> {
        let statement = "UPDATE plans SET state = ?2, by_task = ?3 WHERE id = ?1";
        self.0.execute(statement, &[plan.into(), state.into(), task.into()])?;
        Ok(())
    }

    /// The changes of a plan, in order.
    pub fn changes(&self, plan: &str) -> Result<Vec<Change>, Error> {
        let statement =
            "SELECT number, source, page, title, cells, state, note FROM changes WHERE plan = ?1 ORDER BY number";
        let rows = self.0.all(statement, &[plan.into()])?;
        let change = |row: &Row| {
            let damaged = |error: serde_json::Error| Error::Permanent(format!("the plan {plan} is damaged: {error}"));
            Ok(Change {
                number: integer(row, 0),
                source: text(row, 1),
                page: text(row, 2),
                title: text(row, 3),
                cells: serde_json::from_str(&text(row, 4)).map_err(damaged)?,
                state: text(row, 5),
                note: text(row, 6),
            })
        };
        rows.iter().map(change).collect()
    }

    /// Stores a change.
    pub fn put(&self, plan: &str, change: &Change) -> Result<(), Error> {
        let statement = "INSERT OR REPLACE INTO changes (plan, number, source, page, title, cells, state, note)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let cells = json_of(&change.cells)?;
        let texts = [&change.source, &change.page, &change.title, &cells, &change.state, &change.note];
        let mut parameters: Row = vec![plan.into(), change.number.into()];
        parameters.extend(texts.map(|text| text.as_str().into()));
        self.0.execute(statement, &parameters)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use baton_tests::host_services::HostDatabase;

    use super::*;

    #[test]
    fn a_plan_that_is_made_again_is_as_new_as_one_that_is_made_now() {
        let folder = tempfile::tempdir().unwrap();
        let own = HostDatabase::own(&folder.path().join("own.db"));
        let journal = Journal::open(&own).unwrap();
        let [source, page, title, state, note] = ["s", "p", "t", "planned", ""].map(str::to_owned);
        let changes = [Change { number: 1, source, page, title, cells: Vec::new(), state, note }];
        let id = journal.save(&changes, 1_000).unwrap();
        assert_eq!(journal.save(&changes, 900_000_000).unwrap(), id);
        assert_eq!(journal.find(&id).unwrap().map(|plan| plan.made_at), Some(900_000_000));
    }
}

//! Plans of changes to something online, in a plugin's own tables. The plugin stores the changes of a plan in further
//! tables, whose column `plan` has the plan's id.
//!
//! | state | set |
//! |---|---|
//! | `saving` | until all changes are stored |
//! | `made` | when the plan is complete |
//! | another state | by the plugin: `begun`, `applied`, `undoing`, `undone` |
//!
//! # Errors
//! Every function fails as `wit/sql.wit`.

use baton_core::Digest;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::{Row, Value};

use crate::host::Writable;

/// For some states, how many of the newest plans are kept. Applied plans are kept because they can be undone. Plans in states
/// that are not listed are always kept.
const KEPT: [(&str, u32); 2] = [("state IN ('saving', 'made', 'undone')", 10), ("state = 'applied'", 20)];

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPlan {
    /// `p` and twelve digits of the digest. A number is added if another plan has this id.
    pub id: String,
    /// When it was made, in milliseconds since 1970 UTC.
    pub made_at: i64,
    /// Its state.
    pub state: String,
    /// The task that set the state.
    pub by_task: Option<String>,
}

/// The plans of a plugin.
#[derive(Clone, Copy)]
pub struct Plans<'a> {
    own: &'a dyn Writable,
    table: &'static str,
    details: &'static [&'static str],
}

impl std::fmt::Debug for Plans<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.table)
    }
}

impl<'a> Plans<'a> {
    /// The plans in `table`, which is created if it is missing. `details` are the tables with the changes.
    pub fn open(own: &'a dyn Writable, table: &'static str, details: &'static [&'static str]) -> Result<Self, Error> {
        own.execute(
            &format!(
                "CREATE TABLE IF NOT EXISTS {table} (
                    id TEXT PRIMARY KEY, digest TEXT NOT NULL, made_at INTEGER NOT NULL, state TEXT NOT NULL, by_task TEXT) STRICT"
            ),
            &[],
        )?;
        Ok(Self { own, table, details })
    }

    /// Stores a plan whose content has this digest. The function `store` gets the id of the plan and stores the changes. If the
    /// same plan is made again before it is applied, it keeps its id and gets the new time.
    pub fn save(
        &self,
        digest: &Digest,
        now: i64,
        store: impl FnOnce(&str) -> Result<(), Error>,
    ) -> Result<StoredPlan, Error> {
        let digest = digest.to_string();
        let id = self.free_id(&digest)?;
        // The row is written before the changes. Otherwise another task could delete the changes as leftovers of a
        // deleted plan.
        let begin = format!(
            "INSERT INTO {} (id, digest, made_at, state) VALUES (?1, ?2, ?3, 'saving')
             ON CONFLICT (id) DO UPDATE SET made_at = excluded.made_at",
            self.table
        );
        self.own.execute(&begin, &[id.as_str().into(), digest.as_str().into(), now.into()])?;
        if self.find(&id)?.is_none() {
            store(&id)?;
            let is_made = format!("UPDATE {} SET state = 'made' WHERE id = ?1 AND state = 'saving'", self.table);
            self.own.execute(&is_made, &[id.as_str().into()])?;
        }
        self.prune()?;
        self.find(&id)?.ok_or_else(|| Error::Retryable("the plan could not be stored".to_owned()))
    }

    /// Returns the id of the same plan if it is stored and was not begun, otherwise an unused id. An id begins with `p`, so
    /// that no program reads it as a number.
    fn free_id(&self, digest: &str) -> Result<String, Error> {
        let short = format!("p{}", digest.get(..12).unwrap_or(digest));
        let known = format!("SELECT id FROM {} WHERE digest = ?1 AND state IN ('saving', 'made')", self.table);
        if let Some(row) = self.own.query(&known, &[digest.into()])?.rows.first() {
            return Ok(text(row, 0).unwrap_or_default());
        }
        let used = format!(
            "SELECT coalesce(max(max(CAST(substr(id, 15) AS INTEGER), 1)), 0) FROM {} WHERE substr(id, 1, 13) = ?1",
            self.table
        );
        match self.own.query(&used, &[short.as_str().into()])?.integer().unwrap_or(0) {
            0 => Ok(short),
            used => Ok(format!("{short}-{}", used + 1)),
        }
    }

    fn prune(&self) -> Result<(), Error> {
        let Self { table, .. } = self;
        for (states, most) in KEPT {
            let statement = format!(
                "DELETE FROM {table} WHERE {states} AND id NOT IN
                     (SELECT id FROM {table} WHERE {states} ORDER BY made_at DESC, rowid DESC LIMIT {most})"
            );
            self.own.execute(&statement, &[])?;
        }
        for details in self.details {
            self.own.execute(&format!("DELETE FROM {details} WHERE plan NOT IN (SELECT id FROM {table})"), &[])?;
        }
        Ok(())
    }

    /// The plan with this id, if the plan is stored completely.
    pub fn find(&self, id: &str) -> Result<Option<StoredPlan>, Error> {
        let statement =
            format!("SELECT id, made_at, state, by_task FROM {} WHERE id = ?1 AND state <> 'saving'", self.table);
        let found = self.own.query(&statement, &[id.into()])?;
        Ok(found.rows.first().map(|row| StoredPlan {
            id: text(row, 0).unwrap_or_default(),
            made_at: row.get(1).and_then(Value::as_integer).unwrap_or_default(),
            state: text(row, 2).unwrap_or_default(),
            by_task: text(row, 3),
        }))
    }

    /// The newest plans with their states, for an error message.
    pub fn newest(&self) -> Result<Vec<String>, Error> {
        let statement = format!(
            "SELECT id || ' (' || state || ')' FROM {} WHERE state <> 'saving' ORDER BY made_at DESC, rowid DESC LIMIT 5",
            self.table
        );
        Ok(self.own.query(&statement, &[])?.rows.iter().filter_map(|row| text(row, 0)).collect())
    }

    /// Records the state of a plan, and the task that set it.
    pub fn set_state(&self, plan: &str, state: &str, task: &str) -> Result<(), Error> {
        let statement = format!("UPDATE {} SET state = ?2, by_task = ?3 WHERE id = ?1", self.table);
        self.own.execute(&statement, &[plan.into(), state.into(), task.into()])?;
        Ok(())
    }
}

fn text(row: &Row, column: usize) -> Option<String> {
    row.get(column)?.as_text().map(str::to_owned)
}

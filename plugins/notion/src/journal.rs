//! Plans in the plugin's own tables.
//!
//! A plan has the states of [`Plans`]. The states of a row:
//!
//! | state | meaning |
//! |---|---|
//! | `planned` | `apply` has not begun the row |
//! | `begun` | `apply` reads the row |
//! | `sent` | a request was sent; its result is not certain yet |
//! | `done` | the row has the wanted values |
//! | `left` | nothing was changed; the note has the reason |
//! | `partly` | a request was sent, but the row does not have all wanted values; the note has the reason |
//! | `undoing`, `undone` | `undo` has begun the row; `undo` has restored the row |
//! | `kept` | `undo` could not restore all values; the note has the reason |
//!
//! # Errors
//! Every function fails as `wit/sql.wit`.

use baton_core::Digest;
use baton_plugin_kit::host::Writable;
use baton_plugin_kit::plans::Plans;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::Row;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::store::{integer, json_of, text};

const TABLE: &str = "CREATE TABLE IF NOT EXISTS changes (
        plan TEXT NOT NULL, number INTEGER NOT NULL, source TEXT NOT NULL, page TEXT NOT NULL, title TEXT NOT NULL,
        cells TEXT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL, PRIMARY KEY (plan, number)) STRICT, WITHOUT ROWID";

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
    /// The value before, in the form of a request.
    pub before: Value,
    /// The value after, in the form of a request.
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
    /// The reason why the row is `left`, `partly` or `kept`.
    pub note: String,
}

/// The journal.
#[derive(Clone, Copy)]
pub struct Journal<'a> {
    own: &'a dyn Writable,
    /// The plans.
    pub plans: Plans<'a>,
}

impl<'a> Journal<'a> {
    /// Creates missing tables.
    pub fn open(own: &'a dyn Writable) -> Result<Self, Error> {
        own.execute(TABLE, &[])?;
        Ok(Self { own, plans: Plans::open(own, "plans", &["changes"])? })
    }

    /// Stores a plan.
    pub fn save(&self, changes: &[Change], now: i64) -> Result<String, Error> {
        let content: Vec<_> = changes.iter().map(|one| (&one.page, &one.cells)).collect();
        let store = |id: &str| changes.iter().try_for_each(|change| self.put(id, change));
        Ok(self.plans.save(&Digest::of(json_of(&content)?.as_bytes()), now, store)?.id)
    }

    /// The changes of a plan, in order.
    pub fn changes(&self, plan: &str) -> Result<Vec<Change>, Error> {
        let statement =
            "SELECT number, source, page, title, cells, state, note FROM changes WHERE plan = ?1 ORDER BY number";
        let rows = self.own.all(statement, &[plan.into()])?;
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
        self.own.execute(statement, &parameters)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use baton_tests::host_services::HostDatabase;

    use super::*;

    #[test]
    fn a_plan_that_is_made_again_keeps_its_id_and_gets_the_new_time() {
        let folder = tempfile::tempdir().unwrap();
        let own = HostDatabase::own(&folder.path().join("own.db"));
        let journal = Journal::open(&own).unwrap();
        let [source, page, title, state, note] = ["s", "p", "t", "planned", ""].map(str::to_owned);
        let changes = [Change { number: 1, source, page, title, cells: Vec::new(), state, note }];
        let id = journal.save(&changes, 1_000).unwrap();
        assert_eq!(journal.save(&changes, 900_000_000).unwrap(), id);
        assert_eq!(journal.plans.find(&id).unwrap().map(|plan| plan.made_at), Some(900_000_000));
    }
}

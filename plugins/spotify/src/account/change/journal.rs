//! Plans in the plugin's own tables.
//!
//! A plan has the states of [`Plans`]. Each playlist of a plan is first `planned`, then `begun`, then `done`. If its change
//! fails, it is `left` (nothing was changed) or `stopped` (a part was changed), with a reason. During an undo it is `undoing`,
//! and then `undone`, or `kept` with a reason.
//!
//! # Errors
//! Every function fails as `wit/sql.wit`.

use baton_core::Digest;
use baton_plugin_kit::host::Writable;
use baton_plugin_kit::plans::{Plans, StoredPlan};
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::{Row, Value};

const TABLES: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS account_changes (
        plan TEXT NOT NULL, number INTEGER NOT NULL, playlist TEXT NOT NULL, name TEXT NOT NULL, is_new INTEGER NOT NULL,
        snapshot TEXT NOT NULL, done INTEGER NOT NULL, state TEXT NOT NULL, note TEXT,
        PRIMARY KEY (plan, number)) STRICT, WITHOUT ROWID",
    // One list in each row: a row has at most 1 MiB, and 10,000 URIs have about 400 kB.
    "CREATE TABLE IF NOT EXISTS account_items (
        plan TEXT NOT NULL, number INTEGER NOT NULL, list TEXT NOT NULL, items TEXT NOT NULL,
        PRIMARY KEY (plan, number, list)) STRICT",
];

/// The change of one playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// Counted from 1.
    pub(super) number: i64,
    /// The id of the playlist; empty until the playlist is created.
    pub(super) playlist: String,
    pub(super) name: String,
    /// True if the plan creates the playlist.
    pub(super) is_new: bool,
    /// The last known snapshot.
    pub(super) snapshot: String,
    /// The number of completed steps, counted from the list `base`.
    pub(super) done: usize,
    pub(super) state: String,
    pub(super) note: Option<String>,
    pub(super) before: Vec<String>,
    pub(super) after: Vec<String>,
    /// The list before the first step.
    pub(super) base: Vec<String>,
}

/// The journal.
pub(super) struct Journal<'a> {
    own: &'a dyn Writable,
    pub(super) plans: Plans<'a>,
}

impl<'a> Journal<'a> {
    /// Creates missing tables.
    pub(super) fn open(own: &'a dyn Writable) -> Result<Self, Error> {
        for table in TABLES {
            own.execute(table, &[])?;
        }
        Ok(Self { own, plans: Plans::open(own, "account_plans", &["account_changes", "account_items"])? })
    }

    /// Stores a plan.
    pub(super) fn save(&self, changes: &[Change], now: i64) -> Result<StoredPlan, Error> {
        let content: Vec<_> = changes.iter().map(|one| (&one.playlist, &one.name, &one.before, &one.after)).collect();
        let bytes = serde_json::to_vec(&content).map_err(|error| Error::Permanent(error.to_string()))?;
        let store = |id: &str| changes.iter().try_for_each(|change| self.put(id, change));
        self.plans.save(&Digest::of(&bytes), now, store)
    }

    /// The changes of a plan, in order.
    pub(super) fn changes(&self, plan: &str) -> Result<Vec<Change>, Error> {
        let statement = "SELECT number, playlist, name, is_new, snapshot, done, state, note FROM account_changes
            WHERE plan = ?1 ORDER BY number";
        let rows = self.own.all(statement, &[plan.into()])?;
        rows.iter()
            .map(|row| {
                let number = integer(row, 0);
                let plain = |column| text(row, column).unwrap_or_default();
                Ok(Change {
                    number,
                    playlist: plain(1),
                    name: plain(2),
                    is_new: integer(row, 3) == 1,
                    snapshot: plain(4),
                    done: usize::try_from(integer(row, 5)).unwrap_or_default(),
                    state: plain(6),
                    note: text(row, 7),
                    before: self.items(plan, number, "before")?,
                    after: self.items(plan, number, "after")?,
                    base: self.items(plan, number, "base")?,
                })
            })
            .collect()
    }

    fn items(&self, plan: &str, number: i64, list: &str) -> Result<Vec<String>, Error> {
        let statement = "SELECT items FROM account_items WHERE plan = ?1 AND number = ?2 AND list = ?3";
        let table = self.own.query(statement, &[plan.into(), number.into(), list.into()])?;
        let text = table.rows.first().and_then(|row| text(row, 0)).unwrap_or_default();
        serde_json::from_str(&text).map_err(|error| Error::Permanent(format!("the plan {plan} is damaged: {error}")))
    }

    /// Stores a change with its lists. After a crash between the two writes, the base is compared with the present list again.
    pub(super) fn put(&self, plan: &str, change: &Change) -> Result<(), Error> {
        let statement = "INSERT INTO account_items (plan, number, list, items) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (plan, number, list) DO UPDATE SET items = excluded.items";
        let lists = [("before", &change.before), ("after", &change.after), ("base", &change.base)];
        let row = |(list, items): (&str, &Vec<String>)| -> Result<Row, Error> {
            let text = serde_json::to_string(items).map_err(|error| Error::Permanent(error.to_string()))?;
            Ok(vec![plan.into(), change.number.into(), list.into(), text.as_str().into()])
        };
        let rows = lists.into_iter().map(row).collect::<Result<Vec<Row>, Error>>()?;
        self.own.write(statement, rows)?;
        self.note(plan, change)
    }

    /// Records a change without its lists.
    pub(super) fn note(&self, plan: &str, change: &Change) -> Result<(), Error> {
        let statement =
            "INSERT INTO account_changes (plan, number, playlist, name, is_new, snapshot, done, state, note)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            ON CONFLICT (plan, number) DO UPDATE SET playlist = excluded.playlist, snapshot = excluded.snapshot,
                done = excluded.done, state = excluded.state, note = excluded.note";
        let done = i64::try_from(change.done).unwrap_or(i64::MAX);
        let parameters: [Value; 9] = [
            plan.into(),
            change.number.into(),
            change.playlist.as_str().into(),
            change.name.as_str().into(),
            i64::from(change.is_new).into(),
            change.snapshot.as_str().into(),
            done.into(),
            change.state.as_str().into(),
            change.note.as_deref().into(),
        ];
        self.own.execute(statement, &parameters)?;
        Ok(())
    }
}

fn integer(row: &Row, column: usize) -> i64 {
    row.get(column).and_then(Value::as_integer).unwrap_or_default()
}

fn text(row: &Row, column: usize) -> Option<String> {
    row.get(column)?.as_text().map(str::to_owned)
}

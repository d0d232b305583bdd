//! Plans and their steps in the plugin's own database.
//!
//! `apply` changes the state of a step from `planned` to `intended` and then `done`, or `left` with the reason. `undo` changes
//! the state from `done` to `undoing` and then `undone`, or `kept` with the reason. A step becomes `intended` or `undoing`
//! before its file is touched.
//!
//! # Errors
//! Every function fails as `wit/sql.wit`.

use baton_core::Digest;
use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::{Row, Value};

use super::limits::{KEPT_APPLIED, KEPT_PLANS};
use super::step::{Step, StepAction, StepPlace};

const TABLES: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS organise_plans (
        id TEXT PRIMARY KEY, digest TEXT NOT NULL, name TEXT, made_at INTEGER NOT NULL, state TEXT NOT NULL,
        steps INTEGER NOT NULL, by_task TEXT) STRICT",
    "CREATE TABLE IF NOT EXISTS organise_steps (
        plan TEXT NOT NULL, step INTEGER NOT NULL, act TEXT NOT NULL,
        from_folder TEXT NOT NULL, from_root TEXT NOT NULL, from_path TEXT NOT NULL,
        to_root TEXT NOT NULL, to_path TEXT NOT NULL,
        size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, sha256 TEXT, placed_ns INTEGER,
        state TEXT NOT NULL, note TEXT, PRIMARY KEY (plan, step)) STRICT, WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS organise_folders (
        plan TEXT NOT NULL, root TEXT NOT NULL, path TEXT NOT NULL, PRIMARY KEY (plan, root, path)) STRICT, WITHOUT ROWID",
];

/// A plan in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredPlan {
    pub(crate) id: String,
    pub(crate) digest: String,
    pub(crate) name: Option<String>,
    pub(crate) made_at: i64,
    /// `made`, `begun`, `applied`, `undoing` or `undone`.
    pub(crate) state: String,
    pub(crate) by_task: Option<String>,
}

/// A step in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredStep {
    pub(crate) step: i64,
    pub(crate) act: StepAction,
    pub(crate) from: StepPlace,
    pub(crate) to: StepPlace,
    pub(crate) size: u64,
    pub(crate) modified_ns: i64,
    pub(crate) sha256: Option<String>,
    /// The time of the file at its target.
    pub(crate) placed_ns: Option<i64>,
    pub(crate) state: String,
    pub(crate) note: Option<String>,
}

/// A step that was done and may have been undone later; its paths are on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DoneStep {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) size: u64,
    /// The modification time of the file at its source. The next field is the modification time of the file at its target.
    pub(crate) modified_ns: i64,
    pub(crate) placed_ns: i64,
    /// False if the step was undone.
    pub(crate) in_place: bool,
    pub(crate) copy: bool,
}

/// The result of a step, for the journal.
#[derive(Clone, Debug)]
pub(crate) struct StepResult {
    pub(crate) step: i64,
    pub(crate) state: &'static str,
    pub(crate) note: Option<String>,
    pub(crate) placed_ns: Option<i64>,
    pub(crate) sha256: Option<String>,
}

/// The journal of plans.
pub(crate) struct Journal<'a>(&'a dyn Writable);

impl<'a> Journal<'a> {
    /// Creates missing tables.
    pub(crate) fn open(own: &'a dyn Writable) -> Result<Self, Error> {
        for table in TABLES {
            own.execute(table, &[])?;
        }
        Ok(Self(own))
    }

    /// Stores a plan; `None` if it has no steps. If the same plan is made again before it is applied, it keeps its id.
    pub(crate) fn save(&self, steps: &[Step], name: Option<&str>, now: i64) -> Result<Option<StoredPlan>, Error> {
        if steps.is_empty() {
            return Ok(None);
        }
        let bytes = serde_json::to_vec(steps).map_err(|error| Error::Permanent(error.to_string()))?;
        let digest = Digest::of(&bytes).to_string();
        let id = self.free_id(&digest)?;
        let count = i64::try_from(steps.len()).unwrap_or(i64::MAX);
        // The steps are stored before the plan, so a stored plan has all its steps even after a crash. If the same plan is
        // already stored, its steps are stored too.
        let known = self.0.query("SELECT 1 FROM organise_plans WHERE id = ?1", &[id.as_str().into()])?;
        if known.rows.is_empty() {
            self.0.execute("DELETE FROM organise_steps WHERE plan = ?1", &[id.as_str().into()])?;
            self.0.batch(
                "INSERT INTO organise_steps (plan, step, act, from_folder, from_root, from_path, to_root, to_path, size,
                     modified_ns, sha256, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'planned')",
                &mut steps.iter().map(|step| row(&id, step)),
            )?;
        }
        self.0.execute(
            "INSERT INTO organise_plans (id, digest, name, made_at, state, steps) VALUES (?1, ?2, ?3, ?4, 'made', ?5)
             ON CONFLICT (id) DO UPDATE SET name = coalesce(excluded.name, name), made_at = excluded.made_at",
            &[id.as_str().into(), digest.as_str().into(), name.into(), now.into(), count.into()],
        )?;
        self.prune()?;
        self.find(&id)
    }

    /// Returns the id of the same plan if it is stored and was not started. Otherwise returns a new id: `p` and twelve digits
    /// of the digest. The `p` prevents that a program reads the id as a number. A number is added if a started plan has this
    /// id.
    fn free_id(&self, digest: &str) -> Result<String, Error> {
        let short = format!("p{}", digest.get(..12).unwrap_or(digest));
        let known = self.0.query("SELECT id, state FROM organise_plans WHERE digest = ?1", &[digest.into()])?;
        let waits = known.rows.iter().find(|row| row.get(1).and_then(Value::as_text) == Some("made"));
        match waits.and_then(|row| row.first()).and_then(Value::as_text) {
            Some(id) => Ok(id.to_owned()),
            None if known.rows.is_empty() => Ok(short),
            None => {
                // The number is higher than all numbers in use, so a deleted id is not used again.
                let last =
                    "SELECT max(CAST(substr(id, 15) AS INTEGER)) FROM organise_plans WHERE substr(id, 1, 13) = ?1";
                let last = self.0.query(last, &[short.as_str().into()])?.integer().unwrap_or(0);
                Ok(format!("{short}-{}", last.max(1) + 1))
            }
        }
    }

    /// Deletes the oldest plans beyond the limits.
    fn prune(&self) -> Result<(), Error> {
        // A kept step of an undone plan can still be undone.
        let kept = "EXISTS (SELECT 1 FROM organise_steps AS s WHERE s.plan = organise_plans.id AND s.state = 'kept')";
        let over = format!("(state = 'made' OR (state = 'undone' AND NOT {kept}))");
        let open = format!("(state = 'applied' OR (state = 'undone' AND {kept}))");
        for (states, most) in [(over, KEPT_PLANS), (open, KEPT_APPLIED)] {
            let statement = format!(
                "DELETE FROM organise_plans WHERE {states} AND id NOT IN
                     (SELECT id FROM organise_plans WHERE {states} ORDER BY made_at DESC, rowid DESC LIMIT {most})"
            );
            self.0.execute(&statement, &[])?;
        }
        for table in ["organise_steps", "organise_folders"] {
            let statement = format!("DELETE FROM {table} WHERE plan NOT IN (SELECT id FROM organise_plans)");
            self.0.execute(&statement, &[])?;
        }
        Ok(())
    }

    /// The plan with this id, digest or name. If several plans have the name, the newest of them.
    pub(crate) fn find(&self, which: &str) -> Result<Option<StoredPlan>, Error> {
        let statement = "SELECT id, digest, name, made_at, state, by_task FROM organise_plans
            WHERE id = ?1 OR digest = ?1 OR name = ?1 ORDER BY id = ?1 DESC, made_at DESC, rowid DESC LIMIT 1";
        let table = self.0.query(statement, &[which.into()])?;
        Ok(table.rows.first().map(|row| StoredPlan {
            id: text(row, 0).unwrap_or_default(),
            digest: text(row, 1).unwrap_or_default(),
            name: text(row, 2),
            made_at: integer(row, 3),
            state: text(row, 4).unwrap_or_default(),
            by_task: text(row, 5),
        }))
    }

    /// The newest plans, for an error message.
    pub(crate) fn newest(&self) -> Result<Vec<String>, Error> {
        let statement =
            "SELECT id || ' (' || state || ')' FROM organise_plans ORDER BY made_at DESC, rowid DESC LIMIT 5";
        Ok(self.0.query(statement, &[])?.rows.iter().filter_map(|row| text(row, 0)).collect())
    }

    /// The steps of a plan in these states, in order.
    pub(crate) fn steps(&self, plan: &str, states: &[&str]) -> Result<Vec<StoredStep>, Error> {
        let list: Vec<_> = states.iter().map(|state| format!("'{state}'")).collect();
        let statement = format!(
            "SELECT step, act, from_folder, from_root, from_path, to_root, to_path, size, modified_ns, sha256, placed_ns, state,
                 note FROM organise_steps WHERE plan = ?1 AND state IN ({}) ORDER BY step",
            list.join(", ")
        );
        let rows = self.0.rows(&statement, &[plan.into()])?;
        rows.map(|row| Ok(stored_step(&row?))).collect()
    }

    /// Records that steps are about to start.
    pub(crate) fn begin(&self, plan: &str, steps: &[i64], state: &str) -> Result<(), Error> {
        let statement = "UPDATE organise_steps SET state = ?3 WHERE plan = ?1 AND step = ?2";
        self.0.batch(statement, &mut steps.iter().map(|step| vec![plan.into(), (*step).into(), state.into()]))?;
        Ok(())
    }

    /// Records the results of steps.
    pub(crate) fn end(&self, plan: &str, ended: &[StepResult]) -> Result<(), Error> {
        let statement = "UPDATE organise_steps SET state = ?3, note = ?4, placed_ns = coalesce(?5, placed_ns),
            sha256 = coalesce(?6, sha256) WHERE plan = ?1 AND step = ?2";
        let row = |ended: &StepResult| -> Row {
            vec![
                plan.into(),
                ended.step.into(),
                ended.state.into(),
                ended.note.as_deref().into(),
                ended.placed_ns.into(),
                ended.sha256.as_deref().into(),
            ]
        };
        self.0.batch(statement, &mut ended.iter().map(row))?;
        Ok(())
    }

    /// Records the state of a plan, and the task that caused it.
    pub(crate) fn set_state(&self, plan: &str, state: &str, task: &str) -> Result<(), Error> {
        let statement = "UPDATE organise_plans SET state = ?2, by_task = ?3 WHERE id = ?1";
        self.0.execute(statement, &[plan.into(), state.into(), task.into()])?;
        Ok(())
    }

    /// Records that a folder is about to be created.
    pub(crate) fn record_folder(&self, plan: &str, root: &str, path: &str) -> Result<(), Error> {
        let statement = "INSERT OR IGNORE INTO organise_folders (plan, root, path) VALUES (?1, ?2, ?3)";
        self.0.execute(statement, &[plan.into(), root.into(), path.into()])?;
        Ok(())
    }

    /// The folders that a plan created, the innermost first.
    pub(crate) fn created_folders(&self, plan: &str) -> Result<Vec<(String, String)>, Error> {
        let statement = "SELECT root, path FROM organise_folders WHERE plan = ?1 ORDER BY length(path) DESC, path";
        let rows = self.0.rows(statement, &[plan.into()])?;
        rows.map(|row| row.map(|row| (text(&row, 0).unwrap_or_default(), text(&row, 1).unwrap_or_default())))
            .collect::<Result<_, _>>()
            .map_err(Error::from)
    }

    /// Passes the done and undone steps to `each`, the newest plan first.
    pub(crate) fn done_steps(&self, each: &mut dyn FnMut(DoneStep)) -> Result<(), Error> {
        let statement =
            "SELECT s.from_root || '/' || s.from_path, s.to_root || '/' || s.to_path, s.size, s.modified_ns,
                coalesce(s.placed_ns, s.modified_ns), s.state IN ('done', 'kept', 'undoing'), s.act
            FROM organise_steps AS s JOIN organise_plans AS p ON p.id = s.plan
            WHERE s.state IN ('done', 'kept', 'undoing', 'undone') ORDER BY p.made_at DESC, p.rowid DESC, s.step DESC";
        for row in self.0.rows(statement, &[])? {
            let row = row?;
            each(DoneStep {
                from: text(&row, 0).unwrap_or_default(),
                to: text(&row, 1).unwrap_or_default(),
                size: u64::try_from(integer(&row, 2)).unwrap_or_default(),
                modified_ns: integer(&row, 3),
                placed_ns: integer(&row, 4),
                in_place: integer(&row, 5) == 1,
                copy: StepAction::parse(&text(&row, 6).unwrap_or_default()) == StepAction::Copy,
            });
        }
        Ok(())
    }
}

fn row(plan: &str, step: &Step) -> Row {
    let number = |number: u64| Value::from(i64::try_from(number).unwrap_or(i64::MAX));
    vec![
        plan.into(),
        i64::from(step.step).into(),
        step.act.word().into(),
        step.from.folder.as_str().into(),
        step.from.root.as_str().into(),
        step.from.path.as_str().into(),
        step.to.root.as_str().into(),
        step.to.path.as_str().into(),
        number(step.size),
        step.modified_ns.into(),
        step.sha256.as_deref().into(),
    ]
}

fn stored_step(row: &Row) -> StoredStep {
    let plain = |column| text(row, column).unwrap_or_default();
    StoredStep {
        step: integer(row, 0),
        act: StepAction::parse(&plain(1)),
        from: StepPlace { folder: plain(2), root: plain(3), path: plain(4) },
        to: StepPlace { folder: "organised".to_owned(), root: plain(5), path: plain(6) },
        size: u64::try_from(integer(row, 7)).unwrap_or_default(),
        modified_ns: integer(row, 8),
        sha256: text(row, 9),
        placed_ns: row.get(10).and_then(Value::as_integer),
        state: plain(11),
        note: text(row, 12),
    }
}

fn integer(row: &Row, column: usize) -> i64 {
    row.get(column).and_then(Value::as_integer).unwrap_or_default()
}

fn text(row: &Row, column: usize) -> Option<String> {
    row.get(column)?.as_text().map(str::to_owned)
}

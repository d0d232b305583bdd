//! What was asked, in the plugin's own database.

use std::collections::BTreeMap;

use baton_plugin_sdk::sql::Value;

use super::decide::{Asked, Known};
use super::letter;
use crate::lent::{Database, Refused};

/// The table of requests.
pub(super) struct Book<'a>(&'a dyn Database);

const TABLE: &str = "CREATE TABLE IF NOT EXISTS requests (
    finding TEXT PRIMARY KEY, plan TEXT NOT NULL, path TEXT NOT NULL, agent TEXT NOT NULL, round INTEGER NOT NULL,
    state INTEGER NOT NULL, task TEXT NOT NULL) STRICT, WITHOUT ROWID";

impl<'a> Book<'a> {
    /// The table, made where it is missing.
    pub(super) fn open(memory: &'a dyn Database) -> Result<Self, Refused> {
        memory.write(TABLE, vec![Vec::new()])?;
        Ok(Self(memory))
    }

    /// All requests that were not closed, by finding. At most as many as a query gives: 10,000.
    pub(super) fn known(&self) -> Result<BTreeMap<String, Known>, Refused> {
        let rows = self.0.query(
            "SELECT finding, plan, path, agent, round, state, task FROM requests ORDER BY finding LIMIT 10000",
            &[],
        )?;
        Ok(rows.iter().filter_map(|row| known(row)).collect())
    }

    /// Notes that the request under a key was answered; gives its plan. What an earlier attempt of the same task made of the
    /// answer stays.
    pub(super) fn answered(&self, key: &str, task: &str) -> Result<Option<String>, Refused> {
        let plan = self.0.query("SELECT plan FROM requests WHERE finding = ?1", &[key.into()])?;
        let plan = plan.first().and_then(|row| row.first()?.as_text().map(str::to_owned));
        if plan.is_some() {
            let note = "UPDATE requests SET state = 1 WHERE finding = ?1 AND state = 0 AND task <> ?2";
            self.0.write(note, vec![vec![key.into(), task.into()]])?;
        }
        debug_assert_eq!(letter::key(key), key, "a key is its finding's id");
        Ok(plan)
    }

    /// Adds and changes some, forgets others.
    pub(super) fn write(&self, keep: BTreeMap<String, Known>, drop: Vec<String>) -> Result<(), Refused> {
        let rows = keep.into_iter().map(|(finding, known)| {
            let Known { plan, path, agent, round, state, task } = known;
            let round = i64::from(round);
            let state = number(state);
            vec![finding.into(), plan.into(), path.into(), agent.into(), round.into(), state.into(), task.into()]
        });
        self.all("INSERT OR REPLACE INTO requests VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", rows.collect())?;
        let gone = drop.into_iter().map(|finding| vec![finding.into()]);
        self.all("DELETE FROM requests WHERE finding = ?1", gone.collect())
    }

    fn all(&self, statement: &str, rows: Vec<Vec<Value>>) -> Result<(), Refused> {
        if rows.is_empty() { Ok(()) } else { self.0.write(statement, rows) }
    }
}

fn known(row: &[Value]) -> Option<(String, Known)> {
    let [finding, plan, path, agent, round, state, task] = row else { return None };
    let text = |value: &Value| value.as_text().map(str::to_owned);
    let known = Known {
        plan: text(plan)?,
        path: text(path)?,
        agent: text(agent)?,
        round: u32::try_from(round.as_integer()?).unwrap_or(u32::MAX),
        state: match state.as_integer()? {
            0 => Asked::Open,
            1 => Asked::Answered,
            _ => Asked::TakenBack,
        },
        task: text(task)?,
    };
    Some((text(finding)?, known))
}

const fn number(state: Asked) -> i64 {
    match state {
        Asked::Open => 0,
        Asked::Answered => 1,
        Asked::TakenBack => 2,
    }
}

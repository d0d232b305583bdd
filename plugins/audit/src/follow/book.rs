//! What was asked, in the plugin's own database.

use std::collections::BTreeMap;

use baton_plugin_sdk::sql::Value;

use super::decide::Known;
use super::letter;
use crate::lent::{Database, Refused};

/// The table of requests.
pub(super) struct Book<'a>(&'a dyn Database);

const TABLE: &str = "CREATE TABLE IF NOT EXISTS requests (
    finding TEXT PRIMARY KEY, plan TEXT NOT NULL, path TEXT NOT NULL, agent TEXT NOT NULL, round INTEGER NOT NULL,
    answered INTEGER NOT NULL) STRICT, WITHOUT ROWID";

impl<'a> Book<'a> {
    /// The table, made where it is missing.
    pub(super) fn open(memory: &'a dyn Database) -> Result<Self, Refused> {
        memory.write(TABLE, vec![Vec::new()])?;
        Ok(Self(memory))
    }

    /// All requests that were not closed, by finding. At most as many as a query gives: 10,000.
    pub(super) fn known(&self) -> Result<BTreeMap<String, Known>, Refused> {
        let rows = self.0.query(
            "SELECT finding, plan, path, agent, round, answered FROM requests ORDER BY finding LIMIT 10000",
            &[],
        )?;
        Ok(rows.iter().filter_map(|row| known(row)).collect())
    }

    /// Notes that the request under a key was answered; gives its plan.
    pub(super) fn answered(&self, key: &str) -> Result<Option<String>, Refused> {
        let plan = self.0.query("SELECT plan FROM requests WHERE finding = ?1", &[key.into()])?;
        let plan = plan.first().and_then(|row| row.first()?.as_text().map(str::to_owned));
        if plan.is_some() {
            self.0.write("UPDATE requests SET answered = 1 WHERE finding = ?1", vec![vec![key.into()]])?;
        }
        debug_assert_eq!(letter::key(key), key, "a key is its finding's id");
        Ok(plan)
    }

    /// Adds and changes some, forgets others.
    pub(super) fn write(&self, keep: BTreeMap<String, Known>, drop: Vec<String>) -> Result<(), Refused> {
        let rows = keep.into_iter().map(|(finding, known)| {
            let Known { plan, path, agent, round, answered } = known;
            let round = i64::from(round);
            vec![finding.into(), plan.into(), path.into(), agent.into(), round.into(), i64::from(answered).into()]
        });
        self.all("INSERT OR REPLACE INTO requests VALUES (?1, ?2, ?3, ?4, ?5, ?6)", rows.collect())?;
        let gone = drop.into_iter().map(|finding| vec![finding.into()]);
        self.all("DELETE FROM requests WHERE finding = ?1", gone.collect())
    }

    fn all(&self, statement: &str, rows: Vec<Vec<Value>>) -> Result<(), Refused> {
        if rows.is_empty() { Ok(()) } else { self.0.write(statement, rows) }
    }
}

fn known(row: &[Value]) -> Option<(String, Known)> {
    let [finding, plan, path, agent, round, answered] = row else { return None };
    let text = |value: &Value| value.as_text().map(str::to_owned);
    let known = Known {
        plan: text(plan)?,
        path: text(path)?,
        agent: text(agent)?,
        round: u32::try_from(round.as_integer()?).unwrap_or(u32::MAX),
        answered: answered.as_integer()? != 0,
    };
    Some((text(finding)?, known))
}

//! What was asked, in the plugin's own database.

use std::collections::BTreeMap;

use baton_plugin_sdk::sql::Value;

use super::decide::Known;
use crate::lent::{Database, Refused};

/// The table of requests.
pub(super) struct Book<'a>(&'a dyn Database);

const TABLE: &str = "CREATE TABLE IF NOT EXISTS requests (
    finding TEXT PRIMARY KEY, plan TEXT NOT NULL, path TEXT NOT NULL, agent TEXT NOT NULL, round INTEGER NOT NULL,
    answered INTEGER NOT NULL, args TEXT NOT NULL) STRICT, WITHOUT ROWID";

/// It was not answered yet, was answered as done, was answered as not done.
const OPEN: i64 = 0;
const DONE: i64 = 1;
const REFUSED: i64 = 2;

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

    /// Notes that the request under a key was answered; gives its plan and the arguments of the audit that asked.
    pub(super) fn answered(&self, key: &str, done: bool) -> Result<Option<(String, String)>, Refused> {
        let found = self.0.query("SELECT plan, args FROM requests WHERE finding = ?1", &[key.into()])?;
        let text = |row: &[Value], at: usize| row.get(at)?.as_text().map(str::to_owned);
        let found = found.first().and_then(|row| Some((text(row, 0)?, text(row, 1)?)));
        if found.is_some() {
            let state = if done { DONE } else { REFUSED };
            let statement = "UPDATE requests SET answered = ?2 WHERE finding = ?1";
            self.0.write(statement, vec![vec![key.into(), state.into()]])?;
        }
        Ok(found)
    }

    /// Adds and changes some, forgets others.
    /// `args` are those of the audit that asks.
    pub(super) fn write(&self, keep: BTreeMap<String, Known>, drop: Vec<String>, args: &str) -> Result<(), Refused> {
        let rows = keep.into_iter().map(|(finding, known)| {
            let Known { plan, path, agent, round, answered } = known;
            let (round, state) = (
                i64::from(round),
                match answered {
                    None => OPEN,
                    Some(true) => DONE,
                    Some(false) => REFUSED,
                },
            );
            vec![finding.into(), plan.into(), path.into(), agent.into(), round.into(), state.into(), args.into()]
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
    let [finding, plan, path, agent, round, answered] = row else { return None };
    let text = |value: &Value| value.as_text().map(str::to_owned);
    let known = Known {
        plan: text(plan)?,
        path: text(path)?,
        agent: text(agent)?,
        round: u32::try_from(round.as_integer()?).unwrap_or(u32::MAX),
        answered: match answered.as_integer()? {
            OPEN => None,
            state => Some(state == DONE),
        },
    };
    Some((text(finding)?, known))
}

//! The table of requests in the plugin's own database.

use std::collections::BTreeMap;

use baton_plugin_kit::host::{ServiceError, Writable};
use baton_plugin_sdk::sql::Value;

use super::decide::{EarlierRequest, RequestState};

pub(super) struct RequestTable<'a>(&'a dyn Writable);

const TABLE: &str = "CREATE TABLE IF NOT EXISTS requests (
    finding TEXT PRIMARY KEY, plan TEXT NOT NULL, path TEXT NOT NULL, agent TEXT NOT NULL, round INTEGER NOT NULL,
    state INTEGER NOT NULL, task TEXT NOT NULL, args TEXT NOT NULL) STRICT, WITHOUT ROWID";

impl<'a> RequestTable<'a> {
    /// Opens the table; creates it if it is missing.
    pub(super) fn open(memory: &'a dyn Writable) -> Result<Self, ServiceError> {
        memory.write(TABLE, vec![Vec::new()])?;
        Ok(Self(memory))
    }

    /// All requests that are not closed, by finding; at most 10,000, the limit of a query.
    pub(super) fn known(&self) -> Result<BTreeMap<String, EarlierRequest>, ServiceError> {
        let rows = self.0.all(
            "SELECT finding, plan, path, agent, round, state, task FROM requests ORDER BY finding LIMIT 10000",
            &[],
        )?;
        Ok(rows.iter().filter_map(|row| known(row)).collect())
    }

    /// Records that the request under a key was answered, as done or not; returns its plan and the arguments of the
    /// audit that sent it. A record by an earlier attempt of the same task stays.
    pub(super) fn answered(&self, key: &str, done: bool, task: &str) -> Result<Option<(String, String)>, ServiceError> {
        let found = self.0.all("SELECT plan, args FROM requests WHERE finding = ?1", &[key.into()])?;
        let text = |row: &[Value], at: usize| row.get(at)?.as_text().map(str::to_owned);
        let found = found.first().and_then(|row| Some((text(row, 0)?, text(row, 1)?)));
        if found.is_some() {
            let state = number(if done { RequestState::Answered } else { RequestState::Refused });
            let note = "UPDATE requests SET state = ?3 WHERE finding = ?1 AND state = 0 AND task <> ?2";
            self.0.write(note, vec![vec![key.into(), task.into(), state.into()]])?;
        }
        Ok(found)
    }

    /// Adds, changes and deletes rows. `args` are the arguments of the current audit.
    pub(super) fn write(
        &self,
        keep: BTreeMap<String, EarlierRequest>,
        drop: Vec<String>,
        args: &str,
    ) -> Result<(), ServiceError> {
        let rows = keep.into_iter().map(|(finding, known)| {
            let EarlierRequest { plan, path, agent, round, state, task } = known;
            let round = i64::from(round);
            let state = number(state);
            let asked = [agent.into(), round.into(), state.into(), task.into(), args.into()];
            [finding.into(), plan.into(), path.into()].into_iter().chain(asked).collect()
        });
        self.all("INSERT OR REPLACE INTO requests VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)", rows.collect())?;
        let gone = drop.into_iter().map(|finding| vec![finding.into()]);
        self.all("DELETE FROM requests WHERE finding = ?1", gone.collect())
    }

    fn all(&self, statement: &str, rows: Vec<Vec<Value>>) -> Result<(), ServiceError> {
        if rows.is_empty() { Ok(()) } else { Ok(self.0.write(statement, rows)?) }
    }
}

fn known(row: &[Value]) -> Option<(String, EarlierRequest)> {
    let [finding, plan, path, agent, round, state, task] = row else { return None };
    let text = |value: &Value| value.as_text().map(str::to_owned);
    let known = EarlierRequest {
        plan: text(plan)?,
        path: text(path)?,
        agent: text(agent)?,
        round: u32::try_from(round.as_integer()?).unwrap_or(u32::MAX),
        state: match state.as_integer()? {
            0 => RequestState::Open,
            1 => RequestState::Answered,
            3 => RequestState::Refused,
            _ => RequestState::Withdrawn,
        },
        task: text(task)?,
    };
    Some((text(finding)?, known))
}

const fn number(state: RequestState) -> i64 {
    match state {
        RequestState::Open => 0,
        RequestState::Answered => 1,
        RequestState::Withdrawn => 2,
        RequestState::Refused => 3,
    }
}

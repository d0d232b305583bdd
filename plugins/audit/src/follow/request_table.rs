//! The requests and their gaps in the plugin's own database.

use std::collections::{BTreeMap, BTreeSet};

use baton_plugin_kit::host::{ServiceError, Writable};
use baton_plugin_sdk::sql::Value;

use super::decide::{Earlier, EarlierRequest, RequestState, RequestedGap};
use crate::memory::prepare;

/// Rows of one query: the maximum that the host returns.
const PAGE: usize = 10_000;

pub(super) struct RequestTable<'a>(&'a dyn Writable);

/// The changes of a run.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// New and changed requests, by key.
    pub requests: BTreeMap<String, EarlierRequest>,
    /// New and changed gaps, by finding.
    pub gaps: BTreeMap<String, RequestedGap>,
    /// Findings of the gaps to delete.
    pub closed_gaps: Vec<String>,
    /// Keys of the requests to delete.
    pub ended_requests: Vec<String>,
    /// Keys of requests that must not change.
    pub still_needed: BTreeSet<String>,
}

impl<'a> RequestTable<'a> {
    /// Opens the tables; creates missing ones.
    pub(super) fn open(database: &'a dyn Writable) -> Result<Self, ServiceError> {
        prepare(database)?;
        Ok(Self(database))
    }

    /// All requests, and the gaps that are not closed.
    pub(super) fn known(&self) -> Result<Earlier, ServiceError> {
        let requests =
            "SELECT request, plan, agent, state, task FROM sent_requests WHERE request > ?1 ORDER BY request";
        let gaps = "SELECT finding, plan, path, round, request, closed_by FROM requested_gaps WHERE finding > ?1 ORDER BY finding";
        Ok(Earlier { requests: self.pages(requests, request)?, gaps: self.pages(gaps, gap)? })
    }

    /// All rows of a table, page by page in the order of the first column.
    fn pages<T>(
        &self,
        statement: &str,
        read: impl Fn(&[Value]) -> Option<(String, T)>,
    ) -> Result<BTreeMap<String, T>, ServiceError> {
        let statement = format!("{statement} LIMIT {PAGE}");
        let (mut found, mut last) = (BTreeMap::new(), String::new());
        loop {
            let rows = self.0.all(&statement, &[last.as_str().into()])?;
            found.extend(rows.iter().filter_map(|row| read(row)));
            match rows.last().and_then(|row| row.first()?.as_text()) {
                Some(key) if rows.len() == PAGE => key.clone_into(&mut last),
                _ => return Ok(found),
            }
        }
    }

    /// Records that the request with a key was answered; `done` is whether the work was done. Returns its plan and the arguments
    /// of the audit that sent it. A record of an earlier attempt of the same task is kept.
    pub(super) fn answered(&self, key: &str, done: bool, task: &str) -> Result<Option<(String, String)>, ServiceError> {
        let found = self.0.all("SELECT plan, args FROM sent_requests WHERE request = ?1", &[key.into()])?;
        let text = |row: &[Value], at: usize| row.get(at)?.as_text().map(str::to_owned);
        let found = found.first().and_then(|row| Some((text(row, 0)?, text(row, 1)?)));
        if found.is_some() {
            let state = number(if done { RequestState::Answered } else { RequestState::Refused });
            let note = "UPDATE sent_requests SET state = ?3 WHERE request = ?1 AND state = 0 AND task <> ?2";
            self.0.write(note, vec![vec![key.into(), task.into(), state.into()]])?;
        }
        Ok(found)
    }

    /// Writes the changes of a run. `args` are the arguments of the audit that sends the requests.
    pub(super) fn write(&self, changes: Changes, args: &str) -> Result<(), ServiceError> {
        let rows = changes.requests.into_iter().map(|(request, known)| {
            let EarlierRequest { plan, agent, state, task } = known;
            vec![request.into(), plan.into(), agent.into(), number(state).into(), task.into(), args.into()]
        });
        self.all("INSERT OR REPLACE INTO sent_requests VALUES (?1, ?2, ?3, ?4, ?5, ?6)", rows.collect())?;
        let rows = changes.gaps.into_iter().map(|(finding, known)| {
            let RequestedGap { plan, path, round, request, closed_by } = known;
            let closed_by = closed_by.map_or(Value::Null, Value::from);
            vec![finding.into(), plan.into(), path.into(), i64::from(round).into(), request.into(), closed_by]
        });
        self.all("INSERT OR REPLACE INTO requested_gaps VALUES (?1, ?2, ?3, ?4, ?5, ?6)", rows.collect())?;
        let one = |key: String| vec![key.into()];
        let closed = changes.closed_gaps.into_iter().map(one);
        self.all("DELETE FROM requested_gaps WHERE finding = ?1", closed.collect())?;
        let ended = changes.ended_requests.into_iter().map(one);
        self.all("DELETE FROM sent_requests WHERE request = ?1", ended.collect())
    }

    fn all(&self, statement: &str, rows: Vec<Vec<Value>>) -> Result<(), ServiceError> {
        if rows.is_empty() { Ok(()) } else { Ok(self.0.write(statement, rows)?) }
    }
}

fn request(row: &[Value]) -> Option<(String, EarlierRequest)> {
    let [request, plan, agent, state, task] = row else { return None };
    let known = EarlierRequest {
        plan: owned(plan)?,
        agent: owned(agent)?,
        state: match state.as_integer()? {
            0 => RequestState::Open,
            1 => RequestState::Answered,
            3 => RequestState::Refused,
            _ => RequestState::Withdrawn,
        },
        task: owned(task)?,
    };
    Some((owned(request)?, known))
}

fn gap(row: &[Value]) -> Option<(String, RequestedGap)> {
    let [finding, plan, path, round, request, closed_by] = row else { return None };
    let known = RequestedGap {
        plan: owned(plan)?,
        path: owned(path)?,
        round: u32::try_from(round.as_integer()?).unwrap_or(u32::MAX),
        request: owned(request)?,
        closed_by: owned(closed_by),
    };
    Some((owned(finding)?, known))
}

fn owned(value: &Value) -> Option<String> {
    value.as_text().map(str::to_owned)
}

const fn number(state: RequestState) -> i64 {
    match state {
        RequestState::Open => 0,
        RequestState::Answered => 1,
        RequestState::Withdrawn => 2,
        RequestState::Refused => 3,
    }
}

//! Runs of command agents: the processes that Baton starts for requests. Baton records a run before it starts the process,
//! and records the process before it sends the prompt. So a killed daemon never leaves a process that works on a request but
//! is not in the ledger.

use baton_core::names;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::inspect::has_form;
use crate::task::timestamp;

/// The first format of the ledger with this table.
pub(crate) const FORM: i64 = 22;

const COLUMNS: &str =
    "id, task, agent, client, owner, mark, process, session, resumed, started_at, output_at, ended_at,
                       outcome, reason, resume_at, progress, cost_micros, input_tokens, output_tokens, output";

/// How a run ended. The names are stored in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunOutcome {
    /// The request got a RETURN.
    Returned,
    /// The agent asked a person.
    Asked,
    /// The process ended with exit code 0 and without a RETURN.
    NoReturn,
    /// The process ended with another exit code, or could not be started.
    Failed,
    /// The client reached a usage limit.
    Quota,
    /// Baton ended the process at its deadline.
    Deadline,
    /// The daemon ended before the process.
    Interrupted,
    /// The request was cancelled, or another session of the agent works on it.
    Withdrawn,
}

names!(
    RunOutcome,
    "outcome of a run",
    Returned = "returned",
    Asked = "asked",
    NoReturn = "no_return",
    Failed = "failed",
    Quota = "quota",
    Deadline = "deadline",
    Interrupted = "interrupted",
    Withdrawn = "withdrawn",
);

/// A run that is about to start.
#[derive(Clone, Debug)]
pub struct NewRun {
    pub task: String,
    pub agent: String,
    /// The name of the client: `claude`, `codex`, `cursor` or `program`.
    pub client: String,
    /// The lease owner name of the daemon that starts the run.
    pub owner: String,
    /// A random word in the environment of the process and of every process that it starts.
    pub mark: String,
    /// The session of the client that the run continues.
    pub session: Option<String>,
}

/// New data about a run that has not ended. `None` keeps the stored value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunUpdate {
    pub session: Option<String>,
    pub progress: Option<String>,
    pub cost_micros: Option<i64>,
    pub input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
}

/// The end of a run.
#[derive(Clone, Debug)]
pub struct RunEnd {
    pub outcome: RunOutcome,
    pub reason: String,
    /// For [`RunOutcome::Quota`]: when the limit ends.
    pub resume_at: Option<Timestamp>,
    /// The end of the process's output.
    pub output: String,
}

/// A recorded run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub id: i64,
    pub task: String,
    pub agent: String,
    pub client: String,
    pub owner: String,
    pub mark: String,
    /// The name of the process with its start time; `None` if the process has not started.
    pub process: Option<String>,
    /// The session of the client.
    pub session: Option<String>,
    /// True if the run continued an earlier session of the client.
    pub resumed: bool,
    pub started_at: Timestamp,
    /// When the process last printed something.
    pub output_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub outcome: Option<RunOutcome>,
    pub reason: String,
    pub resume_at: Option<Timestamp>,
    /// The latest progress, in one line.
    pub progress: String,
    /// The cost in millionths of a US dollar.
    pub cost_micros: Option<i64>,
    pub input_tokens: Option<i64>,
    pub output_tokens: Option<i64>,
    pub output: String,
}

/// Records a run. Returns its id.
pub fn begin(tx: &Tx<'_>, new: &NewRun, now: Timestamp) -> Result<i64, LedgerError> {
    let sql = "INSERT INTO command_runs (task, agent, client, owner, mark, session, resumed, started_at)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6 IS NOT NULL, ?7)";
    let NewRun { task, agent, client, owner, mark, session } = new;
    let values = params![task, agent, client, owner, mark, session, now.as_millisecond()];
    tx.connection.prepare_cached(sql)?.execute(values)?;
    Ok(tx.connection.last_insert_rowid())
}

/// Records the process of a run.
pub fn set_process(tx: &Tx<'_>, id: i64, process: &str) -> Result<(), LedgerError> {
    tx.connection
        .prepare_cached("UPDATE command_runs SET process = ?2 WHERE id = ?1")?
        .execute(params![id, process])?;
    Ok(())
}

/// Records new data that the output of a run contains.
pub fn update(tx: &Tx<'_>, id: i64, update: &RunUpdate, now: Timestamp) -> Result<(), LedgerError> {
    let sql = "UPDATE command_runs SET session = coalesce(?2, session), progress = coalesce(?3, progress),
               cost_micros = coalesce(?4, cost_micros), input_tokens = coalesce(?5, input_tokens),
               output_tokens = coalesce(?6, output_tokens), output_at = ?7 WHERE id = ?1";
    let RunUpdate { session, progress, cost_micros, input_tokens, output_tokens } = update;
    let values = params![id, session, progress, cost_micros, input_tokens, output_tokens, now.as_millisecond()];
    tx.connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// Records the end of a run.
pub fn end(tx: &Tx<'_>, id: i64, end: &RunEnd, now: Timestamp) -> Result<(), LedgerError> {
    let sql =
        "UPDATE command_runs SET ended_at = ?2, outcome = ?3, reason = ?4, resume_at = ?5, output = ?6 WHERE id = ?1";
    let resume_at = end.resume_at.map(Timestamp::as_millisecond);
    let values = params![id, now.as_millisecond(), end.outcome.as_str(), end.reason, resume_at, end.output];
    tx.connection.prepare_cached(sql)?.execute(values)?;
    Ok(())
}

/// The runs that have not ended.
pub fn open_in(tx: &Tx<'_>) -> Result<Vec<Run>, LedgerError> {
    select(tx.connection, "WHERE ended_at IS NULL ORDER BY id", [])
}

/// As [`open_in`], for a reader.
pub fn open(reader: &Reader) -> Result<Vec<Run>, LedgerError> {
    if !has_form(reader, FORM)? {
        return Ok(Vec::new());
    }
    select(&reader.connection, "WHERE ended_at IS NULL ORDER BY id", [])
}

/// The runs of a task, oldest first.
pub fn of_task_in(tx: &Tx<'_>, task: &str) -> Result<Vec<Run>, LedgerError> {
    select(tx.connection, "WHERE task = ?1 ORDER BY id", [task])
}

/// As [`of_task_in`], for a reader.
pub fn of_task(reader: &Reader, task: &str) -> Result<Vec<Run>, LedgerError> {
    if !has_form(reader, FORM)? {
        return Ok(Vec::new());
    }
    select(&reader.connection, "WHERE task = ?1 ORDER BY id", [task])
}

/// The runs that wait for the end of a usage limit. Each run is the newest run of a waiting task.
pub fn waiting_for_quota(reader: &Reader, now: Timestamp) -> Result<Vec<Run>, LedgerError> {
    if !has_form(reader, FORM)? {
        return Ok(Vec::new());
    }
    let rest = "WHERE id IN (SELECT (SELECT max(id) FROM command_runs WHERE task = tasks.id) FROM tasks
                WHERE state = 'waiting') AND outcome = 'quota' AND resume_at > ?1 ORDER BY id";
    select(&reader.connection, rest, [now.as_millisecond()])
}

/// Whether a RETURN to the request was captured since `since`.
pub fn has_return_since(tx: &Tx<'_>, request: &str, since: Timestamp) -> Result<bool, LedgerError> {
    let sql = "SELECT 1 FROM tasks WHERE request = ?1 AND kind = 'RETURN' AND created_at >= ?2 LIMIT 1";
    let mut select = tx.connection.prepare_cached(sql)?;
    Ok(select.query_row(params![request, since.as_millisecond()], |_| Ok(())).optional()?.is_some())
}

fn select<P: rusqlite::Params>(connection: &Connection, rest: &str, values: P) -> Result<Vec<Run>, LedgerError> {
    let mut select = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM command_runs {rest}"))?;
    let rows = select.query_map(values, |row| Ok(read(row)))?;
    rows.map(|row| row?).collect()
}

fn read(row: &Row<'_>) -> Result<Run, LedgerError> {
    let time = |column: usize| -> Result<Option<Timestamp>, LedgerError> {
        row.get::<_, Option<i64>>(column)?.map(timestamp).transpose()
    };
    let outcome: Option<String> = row.get(12)?;
    let corrupt = |name: String| LedgerError::Corrupt { what: "the outcome of a run", value: name };
    let outcome = outcome.map(|name| name.parse().map_err(|_| corrupt(name))).transpose()?;
    Ok(Run {
        id: row.get(0)?,
        task: row.get(1)?,
        agent: row.get(2)?,
        client: row.get(3)?,
        owner: row.get(4)?,
        mark: row.get(5)?,
        process: row.get(6)?,
        session: row.get(7)?,
        resumed: row.get(8)?,
        started_at: timestamp(row.get(9)?)?,
        output_at: time(10)?,
        ended_at: time(11)?,
        outcome,
        reason: row.get(13)?,
        resume_at: time(14)?,
        progress: row.get(15)?,
        cost_micros: row.get(16)?,
        input_tokens: row.get(17)?,
        output_tokens: row.get(18)?,
        output: row.get(19)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger;

    #[test]
    fn a_run_is_open_until_it_ends_and_keeps_what_it_printed() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        let at = |second| Timestamp::from_second(second).unwrap();
        let new = NewRun {
            task: "t".to_owned(),
            agent: "a".to_owned(),
            client: "claude".to_owned(),
            owner: "up:1".to_owned(),
            mark: "m".to_owned(),
            session: None,
        };
        let job = move |tx: &Tx<'_>| {
            let id = begin(tx, &new, at(1))?;
            set_process(tx, id, "run:7")?;
            let session = RunUpdate { session: Some("s".to_owned()), ..RunUpdate::default() };
            update(tx, id, &session, at(2))?;
            update(tx, id, &RunUpdate { cost_micros: Some(5), ..RunUpdate::default() }, at(3))?;
            let open = open_in(tx)?;
            let over = RunEnd {
                outcome: RunOutcome::Quota,
                reason: "limit".to_owned(),
                resume_at: Some(at(99)),
                output: String::new(),
            };
            end(tx, id, &over, at(4))?;
            Ok((open, open_in(tx)?, of_task_in(tx, "t")?))
        };
        let (open, left, all) = ledger.write_blocking(job).unwrap();
        let [run] = open.as_slice() else { panic!("{open:#?}") };
        assert_eq!((run.process.as_deref(), run.session.as_deref(), run.outcome), (Some("run:7"), Some("s"), None));
        assert_eq!((run.cost_micros, run.output_at, run.resumed), (Some(5), Some(at(3)), false));
        assert!(left.is_empty());
        assert_eq!(all.first().map(|run| (run.outcome, run.resume_at)), Some((Some(RunOutcome::Quota), Some(at(99)))));
        assert!(waiting_for_quota(&ledger.reader().unwrap(), at(5)).unwrap().is_empty(), "no task waits");
    }
}

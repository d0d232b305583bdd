//! Commands that RETURNs name as evidence, and their results if Baton ran them.

use baton_core::names;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::LedgerError;
use crate::database::{Reader, Tx};
use crate::task::timestamp;

/// Whether Baton has run a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandState {
    /// Baton may run the command and has not run it to its end yet.
    Pending,
    /// Baton ran the command to its end.
    Ran,
    /// Baton may not run the command, or could not run it to its end.
    NotChecked,
}

names!(CommandState, "state of a command", Pending = "pending", Ran = "ran", NotChecked = "not_checked",);

/// A command that a RETURN names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandCheck {
    /// The task id of the RETURN.
    pub answer: String,
    /// The position of the command in the RETURN.
    pub number: i64,
    /// The command line, as the RETURN has it.
    pub command: String,
    /// The exit code that the RETURN reports.
    pub claimed: i32,
    pub state: CommandState,
    /// The reason for the state of the command.
    pub reason: String,
    /// The process of the running command: its id and its start time.
    pub process: Option<String>,
    pub exit_code: Option<i32>,
    /// SHA-256 of the command's output.
    pub output_hash: Option<String>,
    /// When the state was last set.
    pub at: Timestamp,
}

/// A command of a RETURN that is recorded for the first time.
#[derive(Clone, Debug)]
pub struct NewCommandCheck {
    pub command: String,
    pub claimed: i32,
    /// The first state: `Pending`, or `NotChecked` with a reason.
    pub state: CommandState,
    pub reason: String,
}

/// How a run of a command ended.
#[derive(Clone, Debug)]
pub struct CommandResult {
    /// The new state: `Ran` or `NotChecked`.
    pub state: CommandState,
    pub reason: String,
    pub exit_code: Option<i32>,
    pub output_hash: Option<String>,
}

/// Records the commands of the RETURN `answer`. Does nothing if they are recorded already.
pub fn add(tx: &Tx<'_>, answer: &str, commands: &[NewCommandCheck], now: Timestamp) -> Result<(), LedgerError> {
    let mut insert = tx.connection.prepare_cached(
        "INSERT INTO command_checks (task, number, command, claimed, state, reason, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (task, number) DO NOTHING",
    )?;
    for (number, new) in (1_i64..).zip(commands) {
        let NewCommandCheck { command, claimed, state, reason } = new;
        insert.execute(params![answer, number, command, claimed, state.as_str(), reason, now.as_millisecond()])?;
    }
    Ok(())
}

/// The oldest command that waits for its run.
pub fn next_pending(tx: &Tx<'_>) -> Result<Option<CommandCheck>, LedgerError> {
    let mut select = tx.connection.prepare_cached(NEXT)?;
    let mut rows = select.query([])?;
    rows.next()?.map(check).transpose()
}

/// The SQL of [`next_pending`].
pub(crate) const NEXT: &str =
    "SELECT task, number, command, claimed, state, reason, process, exit_code, output_hash, at
    FROM command_checks INDEXED BY command_checks_pending WHERE state = 'pending' ORDER BY at, task, number LIMIT 1";

/// Records that a command was started. If this Baton process is killed, the next one can end the command.
pub fn started(tx: &Tx<'_>, of: &CommandCheck, process: &str) -> Result<(), LedgerError> {
    let sql = "UPDATE command_checks SET process = ?3 WHERE task = ?1 AND number = ?2";
    tx.connection.prepare_cached(sql)?.execute(params![of.answer, of.number, process])?;
    Ok(())
}

/// Records the end of a command's run.
pub fn record(tx: &Tx<'_>, of: &CommandCheck, result: &CommandResult, now: Timestamp) -> Result<(), LedgerError> {
    let sql =
        "UPDATE command_checks SET state = ?3, reason = ?4, exit_code = ?5, output_hash = ?6, at = ?7, process = NULL
               WHERE task = ?1 AND number = ?2";
    let CommandResult { state, reason, exit_code, output_hash } = result;
    let row = params![of.answer, of.number, state.as_str(), reason, exit_code, output_hash, now.as_millisecond()];
    tx.connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// The commands of a RETURN, in the order of the RETURN.
pub fn of_answer(tx: &Tx<'_>, answer: &str) -> Result<Vec<CommandCheck>, LedgerError> {
    read(tx.connection, OF_TASK, answer)
}

/// The commands of a RETURN, or of all RETURNs of a request.
pub fn of_task(reader: &Reader, task: &str) -> Result<Vec<CommandCheck>, LedgerError> {
    if has_table(&reader.connection)? { read(&reader.connection, OF_TASK, task) } else { Ok(Vec::new()) }
}

/// The SQL of [`of_task`].
pub(crate) const OF_TASK: &str =
    "SELECT task, number, command, claimed, state, reason, process, exit_code, output_hash, at
    FROM command_checks WHERE task IN (SELECT ?1 UNION SELECT id FROM tasks WHERE request = ?1) ORDER BY task, number";

/// Whether a command of a RETURN of this request waits for its run.
pub(crate) fn is_pending(connection: &Connection, request: &str) -> Result<bool, LedgerError> {
    if !has_table(connection)? {
        return Ok(false);
    }
    Ok(connection.prepare_cached(PENDING)?.query_row([request], |row| row.get(0))?)
}

/// The SQL of [`is_pending`].
pub(crate) const PENDING: &str =
    "SELECT EXISTS (SELECT 1 FROM tasks AS answer JOIN command_checks AS command ON command.task = answer.id
    WHERE answer.request = ?1 AND command.state = 'pending')";

/// True if the ledger has the table of commands. Subcommands of `baton` that only read open a ledger of an older format
/// without migrating it.
fn has_table(connection: &Connection) -> Result<bool, LedgerError> {
    let sql = "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = 'command_checks'";
    Ok(connection.prepare_cached(sql)?.query_row([], |_| Ok(())).optional()?.is_some())
}

fn read(connection: &Connection, sql: &str, task: &str) -> Result<Vec<CommandCheck>, LedgerError> {
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query([task])?;
    let mut checks = Vec::new();
    while let Some(row) = rows.next()? {
        checks.push(check(row)?);
    }
    Ok(checks)
}

fn check(row: &Row<'_>) -> Result<CommandCheck, LedgerError> {
    let state: String = row.get(4)?;
    let corrupt = |_| LedgerError::Corrupt { what: "the state of a command", value: state.clone() };
    Ok(CommandCheck {
        answer: row.get(0)?,
        number: row.get(1)?,
        command: row.get(2)?,
        claimed: row.get(3)?,
        state: state.parse().map_err(corrupt)?,
        reason: row.get(5)?,
        process: row.get(6)?,
        exit_code: row.get(7)?,
        output_hash: row.get(8)?,
        at: timestamp(row.get(9)?)?,
    })
}

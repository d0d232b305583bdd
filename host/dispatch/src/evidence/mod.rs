//! Runs the commands that RETURNs name as evidence, one after the other.
//!
//! Baton runs only the commands of `[[evidence]]` in `baton.toml`, exactly as they are written there. A RETURN can only
//! select one of these commands. The ledger stores the exit code and the SHA-256 of the output. An interrupted command runs
//! again.

mod process;

use std::sync::Arc;

use baton_ledger::command_check::{self, CommandCheck, CommandResult, CommandState};
use baton_ledger::event::{self, Event};
use baton_ledger::{LedgerError, Tx, task};
use baton_process::end_left_over;
use baton_sandbox::Cancel;
use jiff::Timestamp;

use self::process::RunEnd;
use crate::settings::EvidenceRule;
use crate::{Context, DispatchError, settle};

/// The result of running the oldest waiting command.
pub(crate) enum CommandRun {
    /// No command waits, or the command was interrupted because the daemon stops.
    Nothing,
    /// The result of the command is recorded. `released`: other tasks may start.
    Recorded { released: bool },
}

/// Runs the oldest waiting command. If `closing` is cancelled, the command is stopped and waits for the next daemon.
pub(crate) async fn run_next(context: &Arc<Context>, closing: &Cancel) -> Result<CommandRun, DispatchError> {
    let next = context.ledger.write(|tx| {
        let Some(next) = command_check::next_pending(tx)? else { return Ok(None) };
        let agent = task::get_in(tx, &next.answer)?.sender.unwrap_or_default();
        Ok(Some((next, agent)))
    });
    let Some((command, agent)) = next.await? else { return Ok(CommandRun::Nothing) };
    let (left, left_mark) = (command.process.clone(), mark(&command));
    drop(tokio::task::spawn_blocking(move || end_left_over(left.as_deref(), &left_mark)).await);
    let result = match context.evidence_rule(&agent, &command.command) {
        Some(rule) => run(context, &command, rule.clone(), closing.clone()).await?,
        None => Some(not_checked("baton.toml does not allow it any more".to_owned())),
    };
    let Some(result) = result else { return Ok(CommandRun::Nothing) };
    let released = context.ledger.write(move |tx| record(tx, &command, &result)).await?;
    Ok(CommandRun::Recorded { released })
}

/// The mark of a command's processes. It does not depend on the daemon, so the next daemon finds the processes that a killed
/// daemon left.
fn mark(command: &CommandCheck) -> String {
    format!("{}-{}", command.answer, command.number)
}

fn record(tx: &Tx<'_>, command: &CommandCheck, result: &CommandResult) -> Result<bool, LedgerError> {
    let now = Timestamp::now();
    command_check::record(tx, command, result, now)?;
    let answer = task::get_in(tx, &command.answer)?;
    let reason = format!("`{}` {}", command.command, result.reason);
    let action = if result.state == CommandState::Ran { "command_ran" } else { "command_not_checked" };
    let mut event = Event::of(&answer, "baton", action, reason, answer.state, now);
    event.output_hash.clone_from(&result.output_hash);
    event::append(tx, &event)?;
    settle::evidence::commands_ran(tx, &command.answer, now)
}

/// Runs a command to its end; `None` if it was interrupted.
async fn run(
    context: &Arc<Context>,
    command: &CommandCheck,
    rule: EvidenceRule,
    closing: Cancel,
) -> Result<Option<CommandResult>, DispatchError> {
    tracing::info!(task = %command.answer, "checking the command `{}`", command.command);
    let (ledger, check, timeout) = (context.ledger.clone(), command.clone(), rule.timeout);
    let mark = mark(command);
    let started = move |name: String| ledger.write_blocking(move |tx| command_check::started(tx, &check, &name));
    let job = move || process::run(&rule, &mark, &closing, started);
    let end = tokio::task::spawn_blocking(job).await.map_err(|_| LedgerError::Closed)?;
    Ok(match end {
        RunEnd::Exited { code, output } => Some(ran(code, output, command.claimed)),
        RunEnd::Interrupted => None,
        RunEnd::TimedOut => Some(not_checked(format!("did not end within {} s", timeout.as_secs()))),
        RunEnd::Failed(why) => Some(not_checked(why)),
    })
}

fn ran(code: i32, output: String, claimed: i32) -> CommandResult {
    let reason = if code == claimed {
        format!("exits with {code}, as the RETURN says")
    } else {
        format!("exits with {code}; the RETURN says {claimed}")
    };
    CommandResult { state: CommandState::Ran, reason, exit_code: Some(code), output_hash: Some(output) }
}

fn not_checked(reason: String) -> CommandResult {
    CommandResult { state: CommandState::NotChecked, reason, exit_code: None, output_hash: None }
}

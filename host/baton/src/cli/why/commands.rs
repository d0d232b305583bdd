//! The commands that a RETURN names as evidence.

use baton_ledger::command_check::{CommandCheck, CommandState};
use serde_json::{Value, json};

use crate::cli::task_view;
use crate::output::{self, Table, one_line};

const LISTED: usize = 20;

pub(super) fn as_json(check: &CommandCheck) -> Value {
    let CommandCheck { answer, command, claimed, state, reason, exit_code, output_hash, at, .. } = check;
    json!({
        "return": answer,
        "command": command,
        "claimed": claimed,
        "state": state.as_str(),
        "reason": reason,
        "exit_code": exit_code,
        "output_hash": output_hash,
        "at": task_view::time(*at),
    })
}

pub(super) fn list(checks: &[CommandCheck]) -> String {
    if checks.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["RETURN", "COMMAND", "", "WHY"]);
    for CommandCheck { answer, command, state, reason, .. } in checks.iter().rev().take(LISTED) {
        let state = match state {
            CommandState::Pending => "waits",
            CommandState::Ran => "ran",
            CommandState::NotChecked => "not checked",
        };
        let command = output::shorten(&one_line(command), 60);
        table.row([answer.clone(), command, state.to_owned(), output::shorten(&one_line(reason), 80)]);
    }
    let word = if checks.len() == 1 { "command" } else { "commands" };
    format!("\n{} {word} of the RETURN, newest first\n{}", checks.len(), table.lines(|_, _, cell| cell))
}

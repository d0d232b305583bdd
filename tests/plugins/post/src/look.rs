//! The content of the ledger, as JSON in a report.

use std::fmt::Debug;

use baton_plugin_sdk::ledger::{self, Entry, Range};
use baton_plugin_sdk::{Error, Outcome, Task};
use serde_json::{Value, json};

pub(crate) fn tasks(task: &Task) -> Result<Outcome, Error> {
    let range = Range { since: task.arg_str("since")?, until: task.arg_str("until")?, most: most(task)? };
    told(&ledger::tasks(&range)?)
}

/// Reports the open requests to external agents.
pub(crate) fn open_requests(task: &Task) -> Result<Outcome, Error> {
    told(&ledger::open_requests(most(task)?)?)
}

/// Returns the captured bytes of a task.
pub(crate) fn input(task: &Task) -> Result<Outcome, Error> {
    let id = task.arg_str("task")?.unwrap_or_default();
    Ok(match ledger::input(&id)? {
        Some(bytes) => Outcome::new("It is kept.").with_artifact("input.bin", "application/octet-stream", bytes),
        None => Outcome::new("Nothing is kept."),
    })
}

/// Reports, one line each, the answers of the host to calls that break a rule.
pub(crate) fn wrongly() -> Outcome {
    let range = |since: &str| Range { since: Some(since.to_owned()), ..ledger::newest(5) };
    let lines = [
        line("no moment", &ledger::tasks(&range("yesterday"))),
        line("an injection", &ledger::tasks(&range("2026-01-01T00:00:00Z' OR 1=1 --"))),
        line("no task", &ledger::input("0000000000000000")),
        line("a pattern", &ledger::input("%")),
        line("a path", &ledger::input("../ledger.db")),
        line("none", &ledger::tasks(&ledger::newest(0))),
    ];
    Outcome::new("Tried.").with_artifact("ask-wrongly.txt", "text/plain", lines.concat())
}

fn line<T: Debug>(what: &str, result: &Result<T, ledger::Error>) -> String {
    match result {
        Ok(found) => format!("{what}: {found:?}\n"),
        Err(error) => format!("{what}: refused: {error:?}\n"),
    }
}

fn most(task: &Task) -> Result<u32, Error> {
    let asked = task.args()?.get("most").and_then(Value::as_u64).unwrap_or(100);
    Ok(u32::try_from(asked).unwrap_or(u32::MAX))
}

fn told(entries: &[Entry]) -> Result<Outcome, Error> {
    let told: Vec<Value> = entries.iter().map(as_json).collect();
    let text = serde_json::to_string(&told).map_err(|error| Error::Permanent(error.to_string()))?;
    let summary = format!("The ledger told of {} tasks.", entries.len());
    Ok(Outcome::new(summary).with_artifact("told.json", "application/json", text))
}

fn as_json(entry: &Entry) -> Value {
    json!({
        "id": entry.id,
        "agent": entry.agent,
        "from": entry.from,
        "title": entry.title,
        "kind": entry.kind,
        "origin": entry.origin,
        "action": entry.action,
        "state": entry.state,
        "outcome": entry.outcome,
        "reason": entry.reason,
        "attempts": entry.attempts,
        "created_at": entry.created_at,
        "ended_at": entry.ended_at,
        "deadline": entry.deadline,
        "file": entry.file,
    })
}

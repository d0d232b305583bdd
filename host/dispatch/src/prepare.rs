//! From a row of the ledger to what a plugin is given.

use baton_core::handoff::{self, Priority};
use baton_ledger::task::{Origin, Task};
use baton_sandbox::wit;
use jiff::Timestamp;

/// The task as the plugin sees it. `input` is the captured file.
pub(crate) fn prepare(task: &Task, action: &str, input: Option<&[u8]>, now: Timestamp) -> wit::Task {
    let cause = match task.origin {
        Origin::Handoff => wit::Cause::Handoff,
        Origin::Trigger => wit::Cause::Files(task.paths.clone()),
        Origin::Call => wit::Cause::Call,
    };
    wit::Task {
        id: task.id.clone(),
        attempt: task.attempts,
        action: action.to_owned(),
        args: task.args.clone(),
        handoff: (task.origin == Origin::Handoff).then(|| self::handoff(task, input)),
        cause,
        mounts: Vec::new(),
        answer: task.answer.clone(),
        now: at_second(now),
    }
}

fn handoff(task: &Task, input: Option<&[u8]>) -> wit::Handoff {
    let name = task.file.as_deref().and_then(|file| file.rsplit('/').next()).unwrap_or_default();
    let parsed = input.and_then(|bytes| handoff::parse(name, bytes).ok());
    wit::Handoff {
        id: task.handoff_id.clone().unwrap_or_else(|| task.id.clone()),
        from: task.sender.clone(),
        title: task.title.clone(),
        body: task.body.clone(),
        priority: priority(task.priority),
        created_at: task.made_at.map(at_second),
        raw: parsed.and_then(|handoff| handoff.raw).map(|raw| raw.to_string()),
    }
}

/// The contract's time stamps have whole seconds.
fn at_second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn priority(priority: Priority) -> wit::Priority {
    match priority {
        Priority::Low => wit::Priority::Low,
        Priority::Medium => wit::Priority::Medium,
        Priority::High => wit::Priority::High,
        Priority::Critical => wit::Priority::Critical,
    }
}

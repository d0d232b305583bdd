//! A plugin that reports why it ran. The tests of triggers read its summaries.

mod doubt;
mod echo;
mod look;

use baton_plugin_sdk::{Cause, Error, Finding, Outcome, Plugin, Severity, Task};

/// The plugin.
pub struct Watcher;

impl Plugin for Watcher {
    fn run(task: Task) -> Result<Outcome, Error> {
        match task.action.as_str() {
            "look" => look::at(&task),
            "look-slowly" => look::slowly(&task),
            "look-and-fail" => look::and_fail(&task),
            "forget" => look::no_more(&task),
            "echo" => echo::back(&task),
            "look-and-write" => echo::after_a_look(&task),
            "watch-wrongly" => Ok(look::wrongly()),
            "ask" => doubt::ask(&task),
            "check" => doubt::check(&task),
            "do-a-part" => Ok(told(Outcome::partial("Did 1 of 2 things."))),
            "refuse" => Ok(told(Outcome::refused("Did nothing."))),
            _ => Ok(Outcome::new(format!("{}: {}", cause(&task), task.args))),
        }
    }
}

/// A report, a finding and a next step, which are used for every outcome kind.
fn told(outcome: Outcome) -> Outcome {
    let finding = Finding {
        id: "left-out".to_owned(),
        severity: Severity::Medium,
        title: "the second thing was left out".to_owned(),
        evidence: String::new(),
    };
    let step = "do the second thing by hand";
    outcome.with_artifact("things.txt", "text/plain", "one").with_finding(finding).with_next_step(step)
}

fn cause(task: &Task) -> &'static str {
    match task.cause {
        Cause::Handoff => "handoff",
        Cause::Files(_) => "files",
        Cause::Call => "call",
        Cause::Schedule => "schedule",
        Cause::Return(_) => "return",
        Cause::Audio => "audio",
    }
}

baton_plugin_sdk::plugin!(Watcher, "../manifest.json");

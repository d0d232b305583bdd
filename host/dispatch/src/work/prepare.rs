//! Builds the task that a plugin gets, from the ledger's record of the task.

use baton_core::State;
use baton_core::handoff::{self, Priority};
use baton_ledger::task::{Origin, Task};
use baton_sandbox::wit;
use jiff::Timestamp;
use serde_json::Value;

use crate::attempt::ReturnContext;
use crate::capture::final_state;
use crate::settings::DefaultArguments;
use crate::triggers::audio;

/// The ledger's record of a task.
pub(crate) struct TaskSource<'a> {
    pub(crate) task: &'a Task,
    /// The captured file. For a task that a RETURN triggered, the file of the RETURN.
    pub(crate) input: Option<&'a [u8]>,
    /// Present if a RETURN triggered the task.
    pub(crate) about: Option<&'a ReturnContext>,
}

/// Builds the task for the plugin. The arguments in the ledger stay without the `defaults`.
pub(crate) fn prepare(
    from: &TaskSource<'_>,
    action: &str,
    defaults: Option<&DefaultArguments>,
    now: Timestamp,
) -> wit::Task {
    let task = from.task;
    let handoff = match (task.origin, from.about) {
        (Origin::Handoff, _) => Some(self::handoff(task, from.input)),
        (_, Some(about)) => Some(self::handoff(&about.answer, from.input)),
        _ => None,
    };
    wit::Task {
        id: task.id.clone(),
        attempt: task.attempts,
        action: action.to_owned(),
        args: with_defaults(&task.args, defaults),
        handoff,
        cause: cause(from),
        mounts: Vec::new(),
        answer: task.answer.clone(),
        now: at_second(now),
    }
}

fn cause(from: &TaskSource<'_>) -> wit::Cause {
    let task = from.task;
    match (task.origin, from.about) {
        (Origin::Handoff, _) => wit::Cause::Handoff,
        (Origin::Call, _) => wit::Cause::Call,
        (Origin::Trigger, Some(about)) => wit::Cause::Return(answered(task, about, from.input)),
        (Origin::Trigger, None) if task.kind == audio::KIND => wit::Cause::Audio,
        (Origin::Trigger, None) if task.paths.is_empty() => wit::Cause::Schedule,
        (Origin::Trigger, None) => wit::Cause::Files(task.paths.clone()),
    }
}

/// The request that the triggering RETURN of `task` answers.
fn answered(task: &Task, about: &ReturnContext, answer: Option<&[u8]>) -> wit::Answered {
    let done = parse(&about.answer, answer).is_none_or(|answer| final_state(&answer) == State::Succeeded);
    let unknown = wit::Answered { task: None, agent: None, title: None, dedupe_key: None, args: "{}".to_owned(), done };
    let Some((request, bytes)) = &about.request else {
        return unknown;
    };
    let own = request.sender.as_ref() == Some(&task.agent);
    let written =
        || parse(request, bytes.as_deref())?.dedupe_key?.strip_prefix(&format!("{}:", task.agent)).map(str::to_owned);
    let key = if own { about.key.clone().or_else(written) } else { None };
    wit::Answered {
        task: Some(request.id.clone()),
        agent: Some(request.agent.clone()),
        title: Some(request.title.clone()),
        dedupe_key: key,
        args: request.args.clone(),
        ..unknown
    }
}

/// Adds the `defaults` for arguments that the JSON object does not name. JSON that is not an object is returned unchanged.
#[must_use]
pub fn with_defaults(args: &str, defaults: Option<&DefaultArguments>) -> String {
    let Some(defaults) = defaults.filter(|defaults| !defaults.is_empty()) else {
        return args.to_owned();
    };
    match serde_json::from_str(args) {
        Ok(Value::Object(mut args)) => {
            for (name, value) in defaults {
                args.entry(name).or_insert_with(|| value.clone());
            }
            Value::Object(args).to_string()
        }
        _ => args.to_owned(),
    }
}

fn parse(task: &Task, bytes: Option<&[u8]>) -> Option<handoff::Handoff> {
    let name = task.file.as_deref().and_then(|file| file.rsplit('/').next()).unwrap_or("x.json");
    handoff::parse(name, bytes?).ok()
}

fn handoff(task: &Task, input: Option<&[u8]>) -> wit::Handoff {
    wit::Handoff {
        id: task.handoff_id.clone().unwrap_or_else(|| task.id.clone()),
        from: task.sender.clone(),
        title: task.title.clone(),
        body: task.body.clone(),
        priority: priority(task.priority),
        created_at: task.made_at.map(at_second),
        raw: parse(task, input).and_then(|handoff| handoff.raw).map(|raw| raw.to_string()),
    }
}

/// A timestamp for the plugin. The WIT contract uses whole seconds.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_is_used_if_the_task_does_not_name_the_argument() {
        let defaults: DefaultArguments =
            [("a", 1), ("b", 2)].map(|(name, value)| (name.to_owned(), Value::from(value))).into();
        let with = |args: &str| with_defaults(args, Some(&defaults));
        assert_eq!(with(r#"{"b":null,"c":3}"#), r#"{"b":null,"c":3,"a":1}"#);
        assert_eq!(with("{}"), r#"{"a":1,"b":2}"#);
        assert_eq!(with_defaults("{ }", None), "{ }");
        assert_eq!(with("[]"), "[]", "other JSON is not changed");
    }
}

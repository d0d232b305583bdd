//! Handoffs that the plugin sends: valid ones, ones of a task that then fails, and ones that break the rules.

use baton_plugin_sdk::handoffs::{self, Draft, EmitError};
use baton_plugin_sdk::{Error, Outcome, Priority, Task};

fn draft(to: &str, key: &str) -> Draft {
    Draft {
        to: to.to_owned(),
        title: format!("Look at {key}"),
        action: None,
        args: "{}".to_owned(),
        body: "Please.".to_owned(),
        priority: Priority::High,
        dedupe_key: key.to_owned(),
    }
}

fn emit(draft: &Draft) -> Result<(), Error> {
    handoffs::emit(draft).map_err(|error| match error {
        EmitError::Denied(command) => Error::NeedsGrant(command),
        other => Error::Permanent(said(&other)),
    })
}

/// Sends one handoff to a plugin, and one handoff to an external agent under an alias. The handoff to the external agent is
/// sent twice.
pub(crate) fn two() -> Result<Outcome, Error> {
    emit(&draft("noop", "one"))?;
    emit(&draft("Cursor MM1 Agent", "two"))?;
    emit(&draft("Cursor MM1 Agent", "two"))?;
    Ok(Outcome::new("Sent two handoffs."))
}

/// Handoffs of a failed task are never delivered.
pub(crate) fn then_fail() -> Result<Outcome, Error> {
    emit(&draft("noop", "three"))?;
    Err(Error::Permanent("changed its mind".to_owned()))
}

/// Sends handoffs without end, and ignores the answers of the host.
pub(crate) fn storm() -> Outcome {
    let mut number = 0_u64;
    loop {
        number += 1;
        if handoffs::emit(&draft("Cursor-MM1", &format!("s{number}"))).is_ok() && number == u64::MAX {
            return Outcome::new("Sent them all.");
        }
    }
}

/// Each handoff is a task that sends forty more.
pub(crate) fn to_itself(task: &Task) -> Result<Outcome, Error> {
    for number in 0..40 {
        let key = format!("{}-{number}", task.id);
        emit(&Draft { action: Some("emit-to-itself".to_owned()), ..draft("hostile", &key) })?;
    }
    Ok(Outcome::new("Sent forty."))
}

/// Reports, one line each, the answers of the host to drafts that break a rule.
pub(crate) fn wrongly() -> Outcome {
    let mut lines = Vec::new();
    for (what, wrong) in [
        ("unknown agent", draft("nobody", "a")),
        ("path as agent", draft("../../etc", "b")),
        ("two lines", Draft { title: "a\nb".to_owned(), ..draft("noop", "c") }),
        ("no object", Draft { args: "[1]".to_owned(), ..draft("noop", "d") }),
        ("too large", Draft { body: "x".repeat(300 << 10), ..draft("noop", "e") }),
        ("no key", draft("noop", "")),
    ] {
        let answer = handoffs::emit(&wrong).map_or_else(|error| said(&error), |()| "accepted".to_owned());
        lines.push(format!("{what}: {answer}\n"));
    }
    let accepted = (0..150).filter(|n| handoffs::emit(&draft("Cursor-MM1", &format!("n{n}"))).is_ok()).count();
    lines.push(format!("accepted of 150: {accepted}\n"));
    Outcome::new("Tried.").with_artifact("emit-wrongly.txt", "text/plain", lines.concat())
}

fn said(error: &EmitError) -> String {
    match error {
        EmitError::Denied(command) => format!("denied: {command}"),
        EmitError::UnknownAgent(text) => format!("unknown agent: {text}"),
        EmitError::Invalid(text) => format!("invalid: {text}"),
        EmitError::TooMany => "too many".to_owned(),
    }
}

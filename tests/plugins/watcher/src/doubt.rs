//! Sends requests and judges the RETURNs.

use baton_plugin_sdk::handoffs::{self, Draft};
use baton_plugin_sdk::{Cause, Error, Finding, Outcome, Priority, Severity, Task};

/// Sends a handoff to the agent of the argument `to`; the RETURN has its key and its arguments.
pub(crate) fn ask(task: &Task) -> Result<Outcome, Error> {
    let to = task.arg_str("to")?.unwrap_or_else(|| "Cursor-MM1".to_owned());
    send(&to, "plan a")?;
    Ok(Outcome::new("Asked."))
}

fn send(to: &str, key: &str) -> Result<(), Error> {
    let draft = Draft {
        to: to.to_owned(),
        title: "Asked".to_owned(),
        action: None,
        args: r#"{"plan":"a.md"}"#.to_owned(),
        body: "Please.".to_owned(),
        priority: Priority::High,
        dedupe_key: key.to_owned(),
    };
    handoffs::emit(&draft).map_err(|error| Error::Permanent(format!("{error:?}")))
}

/// Reports all data of a RETURN, with one finding of severity `info` and one finding of a higher severity. With the argument
/// `again` it sends the agent another request.
pub(crate) fn check(task: &Task) -> Result<Outcome, Error> {
    let Cause::Return(answered) = &task.cause else {
        return Ok(Outcome::new("no RETURN"));
    };
    if let Some(again) = task.arg_str("again")? {
        send(&again, &task.id)?;
    }
    let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let handoff = task.handoff.as_ref().map(|handoff| {
        let raw = handoff.raw.as_deref().is_some_and(|raw| raw.contains("RETURN"));
        format!("{} {raw}", said(&handoff.from))
    });
    let agent = said(&answered.agent);
    let summary = format!(
        "task={} agent={agent} title={} key={} args={} done={} handoff={}",
        answered.task.is_some(),
        said(&answered.title),
        said(&answered.dedupe_key),
        answered.args,
        answered.done,
        said(&handoff)
    );
    let finding = |id: &str, severity| Finding {
        id: id.to_owned(),
        severity,
        title: format!("{id} about {}", said(&answered.title)),
        evidence: "plans/a.md:1".to_owned(),
    };
    let outcome = Outcome::new(summary);
    Ok(outcome.with_finding(finding("doubt", Severity::Low)).with_finding(finding("remark", Severity::Info)))
}

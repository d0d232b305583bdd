//! The JSON form of tasks, inbox items and events in results of tools. Untrusted texts are one line without control
//! characters.

use baton_core::{Evidence, OutcomeKind};
use baton_dispatch::agent_work::{InboxItem, OpenWork};
use baton_ledger::event::RecordedEvent;
use baton_ledger::task::Task;
use jiff::Timestamp;
use serde_json::{Value, json};

pub(super) use crate::text::line;

pub(super) fn work(work: &OpenWork) -> Value {
    json!({ "items": work.items.iter().map(item).collect::<Vec<_>>(), "cursor": work.cursor })
}

fn item(item: &InboxItem) -> Value {
    json!({
        "id": item.id,
        "kind": line(&item.kind),
        "state": item.state.as_str(),
        "title": line(&item.title),
        "from": item.from.as_deref().map(line),
        "priority": item.priority.as_str(),
        "deadline": item.deadline.map(time),
        "since": time(item.since),
        "claimed_until": item.claim.as_ref().map(|claim| time(claim.until)),
    })
}

pub(super) fn task(task: &Task) -> Value {
    json!({
        "id": task.id,
        "handoff_id": task.handoff_id.as_deref().map(line),
        "kind": line(&task.kind),
        "agent": line(&task.agent),
        "from": task.sender.as_deref().map(line),
        "title": line(&task.title),
        "action": task.action.as_deref().map(line),
        "state": task.state.as_str(),
        "outcome": task.outcome.map(OutcomeKind::as_str),
        "evidence": task.evidence.map(Evidence::as_str),
        "reason": line(&task.reason),
        "created_at": time(task.created_at),
        "deadline": task.deadline.map(time),
    })
}

pub(super) fn event(recorded: &RecordedEvent) -> Value {
    let event = &recorded.event;
    json!({
        "at": time(event.at),
        "actor": line(&event.actor),
        "action": event.action,
        "state": event.state.as_str(),
        "reason": line(&event.reason),
    })
}

pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

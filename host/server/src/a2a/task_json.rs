//! A request as an A2A task, and the events of its stream. Untrusted text is shortened to one line, except the text of
//! an artifact.

use baton_dispatch::agent_work::SentTask;
use baton_ledger::event::RecordedEvent;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::artifact::Artifact;
use super::task_state::TaskState;
use crate::text::line;

/// The task of a request. `artifact` is absent if the request has not ended, or if the client does not want it.
pub(super) fn task(sent: &SentTask, artifact: Option<Artifact>) -> Value {
    let mut task = Map::new();
    task.insert("id".to_owned(), json!(sent.task.id));
    task.insert("contextId".to_owned(), json!(context(sent)));
    let last = sent.events.last();
    task.insert("status".to_owned(), status(sent, last, TaskState::of(sent)));
    if let Some(artifact) = artifact {
        task.insert("artifacts".to_owned(), json!([artifact.into_json()]));
    }
    let metadata = json!({
        "agent": sent.task.agent,
        "title": line(&sent.task.title),
        "ledgerState": sent.task.state.as_str(),
        "evidence": sent.task.evidence.map(baton_core::Evidence::as_str),
    });
    task.insert("metadata".to_owned(), metadata);
    Value::Object(task)
}

/// The context of a request: its chain of handoffs.
pub(super) fn context(sent: &SentTask) -> String {
    line(sent.task.chain_id.as_deref().unwrap_or(&sent.task.id))
}

/// The event of a stream for an event in the ledger, or for the end of the request.
pub(super) fn status_update(sent: &SentTask, event: Option<&RecordedEvent>, state: TaskState) -> Value {
    let update = json!({ "taskId": sent.task.id, "contextId": context(sent), "status": status(sent, event, state) });
    json!({ "statusUpdate": update })
}

/// The event of a stream with the result.
pub(super) fn artifact_update(sent: &SentTask, artifact: Artifact) -> Value {
    let (task, context) = (&sent.task.id, context(sent));
    let update = json!({ "taskId": task, "contextId": context, "artifact": artifact.into_json(), "lastChunk": true });
    json!({ "artifactUpdate": update })
}

fn status(sent: &SentTask, event: Option<&RecordedEvent>, state: TaskState) -> Value {
    let reason = event.map_or("", |recorded| recorded.event.reason.as_str());
    let at = event.map_or(sent.task.created_at, |recorded| recorded.event.at);
    let mut status = json!({ "state": state.as_str(), "timestamp": time(at) });
    if let (Some(object), false) = (status.as_object_mut(), reason.trim().is_empty()) {
        let message = json!({
            "messageId": format!("{}-{}", sent.task.id, event.map_or(0, |recorded| recorded.seq)),
            "taskId": sent.task.id,
            "contextId": context(sent),
            "role": "ROLE_AGENT",
            "parts": [{ "text": line(reason) }],
        });
        object.insert("message".to_owned(), message);
    }
    status
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

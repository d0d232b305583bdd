//! The Tasks extension (`io.modelcontextprotocol/tasks`): a client that declares it gets a task for an action of a
//! plugin, and need not wait for the end of the action. The task is the request in the ledger, so it survives the
//! server, the client and the daemon.
//!
//! A request that waits for a person or a grant stays `working`, and its message states that, because the client cannot
//! answer for the person. So no task has open inputs, and `tasks/update` changes nothing.

use baton_core::State;
use baton_dispatch::DispatchError;
use baton_dispatch::agent_work::SentTask;
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, CreateTaskResult, DetailedTask, GetTaskResult, Task, TaskPayload, TaskStatus};
use serde_json::Value;

use super::present;
use super::server::McpServer;
use super::tools;

/// How often a client should ask for the state of a task, in milliseconds.
const POLL_MS: u64 = 1_000;

/// The answer to a call whose request has this task id.
pub(super) async fn created(server: &McpServer, id: &str) -> Result<CreateTaskResult, ErrorData> {
    Ok(CreateTaskResult::new(described(&find(server, id).await?)))
}

/// `tasks/get`.
pub(super) async fn get(server: &McpServer, id: &str) -> Result<GetTaskResult, ErrorData> {
    let sent = find(server, id).await?;
    Ok(GetTaskResult::new(DetailedTask::new(described(&sent), payload(&sent)?)))
}

/// `tasks/update`.
pub(super) async fn update(server: &McpServer, id: &str) -> Result<(), ErrorData> {
    find(server, id).await.map(drop)
}

/// `tasks/cancel`. A task that has ended does not change.
pub(super) async fn cancel(server: &McpServer, id: &str) -> Result<(), ErrorData> {
    let session = server.session();
    if status(&find(server, id).await?).is_terminal() {
        return Ok(());
    }
    server.parts().count_change(session.agent()).map_err(|refusal| ErrorData::internal_error(refusal, None))?;
    match session.withdraw(id).await {
        Ok(_) => Ok(()),
        // The request has ended in the meantime.
        Err(DispatchError::Refused(_)) if status(&find(server, id).await?).is_terminal() => Ok(()),
        Err(DispatchError::Refused(why)) => Err(ErrorData::invalid_params(why, None)),
        Err(error) => Err(internal(&error)),
    }
}

/// The request of this agent with exactly this task id.
async fn find(server: &McpServer, id: &str) -> Result<SentTask, ErrorData> {
    let sent = server.session().sent(id).await.map_err(|error| internal(&error))?;
    sent.ok_or_else(|| ErrorData::invalid_params(format!("there is no task `{}`", present::line(id)), None))
}

fn described(sent: &SentTask) -> Task {
    let (created, changed) = (present::time(sent.task.created_at), present::time(sent.changed_at()));
    let task = Task::new(&sent.task.id, status(sent), created, changed).with_poll_interval_ms(POLL_MS);
    if sent.task.reason.is_empty() { task } else { task.with_status_message(present::line(&sent.task.reason)) }
}

/// The extension's state of a request: `working` while its RETURN is checked or disputed. An action that failed is
/// `completed`; its result names the state.
fn status(sent: &SentTask) -> TaskStatus {
    match sent.state() {
        State::Cancelled => TaskStatus::Cancelled,
        State::Succeeded | State::Failed | State::Dead | State::Duplicate | State::Rejected => TaskStatus::Completed,
        State::Captured
        | State::Queued
        | State::Running
        | State::Waiting
        | State::NeedsGrant
        | State::NeedsHuman
        | State::NeedsApproval
        | State::Delivered
        | State::Disputed => TaskStatus::Working,
    }
}

fn payload(sent: &SentTask) -> Result<TaskPayload, ErrorData> {
    Ok(match status(sent) {
        TaskStatus::Completed => {
            let handoff_id = sent.task.handoff_id.clone().unwrap_or_default();
            let result = CallToolResult::structured(tools::action_result(&handoff_id, Some(&sent.task)));
            match serde_json::to_value(result).map_err(|error| internal(&error))? {
                Value::Object(result) => TaskPayload::Completed { result },
                other => return Err(internal(&format!("the result is not an object: {other}"))),
            }
        }
        TaskStatus::Cancelled => TaskPayload::Cancelled,
        _ => TaskPayload::Working,
    })
}

fn internal(error: &impl std::fmt::Display) -> ErrorData {
    ErrorData::internal_error(error.to_string(), None)
}

//! Rejects a file: writes the reason file beside it in the archive, and the RETURN to its sender.

use baton_core::file_name;
use baton_core::handoff::returns::Return;
use baton_ledger::outbox::{self, DeliveryKind};
use baton_ledger::task::{self, Task};
use jiff::Timestamp;

/// `NAME.reason.json`, with a `NAME` that is cut to the maximum length of a file name.
pub(crate) fn reason_name(of: &str) -> String {
    let ending = ".reason.json";
    format!("{}{ending}", file_name::cut(of, file_name::MAX_NAME_BYTES - ending.len()))
}

/// The reason file beside the archived file. Its final name depends on the final name of the archived file, so `delivery`
/// renames the archived file first.
pub(super) fn reason_file(
    id: &str,
    file: &str,
    new: &task::NewTask,
    archive: &outbox::NewDelivery,
    now: Timestamp,
) -> outbox::NewDelivery {
    let object = serde_json::json!({
        "file": file, "task": id, "state": new.state.as_str(), "reason": new.reason, "sha256": new.input,
        "at": now.to_string(),
    });
    let bytes = format!("{object:#}\n").into_bytes();
    outbox::NewDelivery::written(DeliveryKind::Reason, archive.folder.clone(), reason_name(&archive.name), bytes)
}

/// The RETURN that Baton writes into `folder` for a task without an outcome.
pub(crate) fn answer(task: &Task, folder: &str, head: &str, now: Timestamp) -> outbox::NewDelivery {
    let answer = by_baton(task, head, now);
    outbox::NewDelivery::written(DeliveryKind::Return, folder.to_owned(), answer.file_name(), answer.to_bytes())
}

/// A RETURN by Baton, with the state and the reason of the task.
pub(crate) fn by_baton<'a>(task: &'a Task, head: &'a str, now: Timestamp) -> Return<'a> {
    Return {
        task: &task.id,
        executing: "baton",
        on_behalf_of: Some(&task.agent),
        originating: task.sender.as_deref().unwrap_or_default(),
        handoff_id: task.handoff_id.as_deref(),
        handoff_file: task.file.as_deref().unwrap_or_default(),
        title: &task.title,
        state: task.state,
        outcome: task.outcome,
        summary: &task.reason,
        next_steps: &[],
        deliverables: &[],
        findings: &[],
        duplicate_of: None,
        ledger_head: head,
        at: now,
    }
}

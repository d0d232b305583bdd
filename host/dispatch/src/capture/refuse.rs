//! What goes with a file that is turned away at the door: the reason beside it in the archive, and the RETURN to whoever
//! sent it.

use baton_core::handoff::returns::Return;
use baton_core::{Digest, file_name};
use baton_ledger::outbox::{self, Kind};
use baton_ledger::task;
use jiff::Timestamp;

/// `NAME.reason.json`, cut so that it fits.
pub(super) fn reason_file(id: &str, file: &str, new: &task::New, archive: &outbox::New, now: Timestamp) -> outbox::New {
    let ending = ".reason.json";
    let stem = file_name::cut(&archive.name, file_name::MAX_NAME_BYTES - ending.len());
    let object = serde_json::json!({
        "file": file, "task": id, "state": new.state.as_str(), "reason": new.reason, "sha256": new.input,
        "at": now.to_string(),
    });
    let bytes = format!("{object:#}\n").into_bytes();
    delivery(Kind::Reason, archive.folder.clone(), format!("{stem}{ending}"), bytes)
}

/// The RETURN that says why, into `folder`.
pub(super) fn answer(id: &str, folder: &str, new: &task::New, head: &str, now: Timestamp) -> outbox::New {
    let answer = Return {
        task: id,
        executing: "baton",
        originating: new.sender.as_deref().unwrap_or_default(),
        handoff_id: new.handoff_id.as_deref(),
        handoff_file: new.file.as_deref().unwrap_or_default(),
        title: &new.title,
        state: new.state,
        summary: &new.reason,
        deliverables: &[],
        findings: &[],
        ledger_head: head,
        at: now,
    };
    delivery(Kind::Return, folder.to_owned(), answer.file_name(), answer.to_bytes())
}

fn delivery(kind: Kind, folder: String, name: String, bytes: Vec<u8>) -> outbox::New {
    outbox::New { kind, source: None, folder, name, hash: Some(Digest::of(&bytes).to_string()), bytes: Some(bytes) }
}

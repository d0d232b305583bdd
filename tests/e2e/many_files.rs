//! More files and events than the queues between the kernel and the daemon can hold.

use std::fs::{self, File};
use std::path::PathBuf;
use std::time::SystemTime;

use baton_tests::{DroppedHandoffs, Workspace, handoff, handoff_with, text};
use serde_json::json;

const FILES: usize = 1_000;

/// With this number of changes of each file, the queues of the kernel (16,384 events) and of the daemon (4,096) overflow.
const TOUCHES: usize = 24;

/// Writes `FILES` handoffs beside the inbox. Returns their present and final paths, and their bytes.
fn prepare(workspace: &Workspace) -> (Vec<(PathBuf, PathBuf)>, DroppedHandoffs) {
    let aside = workspace.outside().join("aside");
    fs::create_dir(&aside).unwrap();
    let (mut moves, mut dropped) = (Vec::new(), DroppedHandoffs::new());
    for number in 0..FILES {
        let (title, name) = (format!("Job {number}"), format!("{number}.json"));
        let bytes = text(&handoff("noop", &title));
        fs::write(aside.join(&name), &bytes).unwrap();
        moves.push((aside.join(&name), workspace.inbox_of("noop").join(&name)));
        dropped.insert(title, bytes);
    }
    (moves, dropped)
}

#[test]
fn a_thousand_files_with_lost_kernel_events_are_all_found() {
    let workspace = Workspace::with_noop();
    let (moves, dropped) = prepare(&workspace);
    let daemon = workspace.up_and_serving();
    let (early, late) = moves.split_at(FILES / 2);
    // The daemon is stopped and does not read its events, as on a machine under load.
    daemon.suspend();
    for (from, to) in early {
        fs::rename(from, to).unwrap();
    }
    let files: Vec<File> = early.iter().map(|(_, to)| File::options().append(true).open(to).unwrap()).collect();
    for _ in 0..2 * TOUCHES {
        // One file after the other, because the kernel merges equal events that follow each other.
        for file in &files {
            file.set_modified(SystemTime::now()).unwrap();
        }
    }
    for (from, to) in late {
        fs::rename(from, to).unwrap();
    }
    daemon.resume();
    workspace.wait_for("all to be archived", |workspace| (workspace.processed("noop").len() == FILES).then_some(()));
    workspace.wait_for_archived(FILES);
    workspace.all_done_once("noop", &dropped);
    assert!(daemon.stop().success());
}

/// The number of files in the full inbox.
const FULL: usize = 20_000;

#[test]
fn a_full_inbox_does_not_delay_a_critical_request_in_another() {
    let workspace = Workspace::with_hostile();
    for number in 0..FULL {
        let name = format!("{number}.json");
        fs::write(workspace.inbox_of("noop").join(name), text(&handoff("noop", &format!("Job {number}")))).unwrap();
    }
    let daemon = workspace.up_and_serving();
    workspace.wait_for("the first of them", |workspace| (!workspace.processed("noop").is_empty()).then_some(()));
    let urgent = handoff_with("hostile", "Urgent", json!({ "priority": "critical", "action": "chatter" }));
    let dropped = SystemTime::now();
    workspace.drop_file("hostile", "urgent.json", text(&urgent));
    workspace.wait_for("the urgent one", |workspace| (!workspace.processed("hostile").is_empty()).then_some(()));
    let left = workspace.inbox("noop").len();
    let why = workspace.why(&workspace.task("Urgent").id);
    let captured: jiff::Timestamp = why.events[0].at.parse().unwrap();
    let waited = SystemTime::from(captured).duration_since(dropped).unwrap_or_default();
    assert!(left > FULL / 2, "the urgent one waited {waited:?} for the others: {left} are left");
    assert!(waited < std::time::Duration::from_secs(1), "captured after {waited:?}");
    daemon.kill();
}

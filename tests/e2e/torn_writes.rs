//! Writers that do not write atomically: in pieces with the file closed in between, without an end, or over an existing file.

use std::fs::{self, File};
use std::io::Write as _;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use baton_tests::{Workspace, handoff_with, sha256, text};
use serde_json::json;

/// Longer than the time for which a file must be unchanged before it is read.
const PAUSE: Duration = Duration::from_millis(900);

fn large(title: &str) -> Vec<u8> {
    let value = handoff_with("noop", title, json!({ "body": "word ".repeat(2_000) }));
    text(&value)
}

#[test]
fn a_file_that_is_closed_before_its_end_is_captured_when_it_is_complete() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    let bytes = large("In pieces");
    let path = workspace.inbox_of("noop").join("pieces.json");
    for piece in bytes.chunks(bytes.len().div_ceil(3)) {
        File::options().create(true).append(true).open(&path).unwrap().write_all(piece).unwrap();
        sleep(PAUSE);
    }
    workspace.wait_for_archive("In pieces");
    workspace.all_done_once("noop", &[("In pieces".to_owned(), bytes)].into());
    assert_eq!(daemon.says("ends too early"), 1, "{}", daemon.log());
    assert!(daemon.stop().success());
}

#[test]
fn a_file_that_is_never_finished_is_rejected_after_a_minute() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    let bytes = large("Never");
    let half = &bytes[..bytes.len() / 2];
    let hidden = workspace.inbox_of("noop").join(".never.tmp");
    fs::write(&hidden, half).unwrap();
    let long_ago = SystemTime::now() - Duration::from_mins(2);
    File::options().append(true).open(&hidden).unwrap().set_modified(long_ago).unwrap();
    fs::rename(&hidden, workspace.inbox_of("noop").join("never.json")).unwrap();
    let tasks = workspace.wait_for("the quarantine", |workspace| {
        Some(workspace.tasks_of("noop")).filter(|tasks| tasks.iter().any(|task| task.archived_at.is_some()))
    });
    let [task] = tasks.as_slice() else { panic!("{tasks:#?}") };
    assert_eq!((task.state.as_str(), task.attempts), ("rejected", 0));
    assert_eq!(workspace.read_bytes(task.file.as_deref().unwrap()), half);
    assert!(workspace.inbox("noop").is_empty());
    assert!(workspace.failed("noop").contains(&"never.json.reason.json".to_owned()), "{:?}", workspace.failed("noop"));
    assert!(daemon.stop().success());
}

#[test]
fn a_file_that_is_overwritten_before_it_is_complete_is_done_once_with_its_last_content() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    let [first, last] = ["First thoughts", "Last word"].map(large);
    let path = workspace.inbox_of("noop").join("over.json");
    for _ in 0..2 {
        fs::write(&path, &first[..first.len() / 2]).unwrap();
        sleep(PAUSE);
    }
    fs::write(&path, &last).unwrap();
    workspace.wait_for_archive("Last word");
    let task = workspace.task("Last word");
    assert_eq!(workspace.why(&task.id).events[0].input_hash, Some(sha256(&last)));
    workspace.all_done_once("noop", &[("Last word".to_owned(), last)].into());
    assert!(daemon.stop().success());
}

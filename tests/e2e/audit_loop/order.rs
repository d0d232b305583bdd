//! When a deliverable is created and answered at the same moment, the answer ends the request, whichever file is read first.

use std::thread::sleep;
use std::time::Duration;

use baton_tests::{Task, Workspace};
use serde_json::json;

use super::{REAL, answer_to_the_audit, last_report, title_in};

const TIMES: usize = 10;

fn path(nth: usize) -> String {
    format!("src/part_{nth}.py")
}

/// The title of the request for a deliverable.
fn title(nth: usize) -> String {
    title_in(&format!("plans/PART_{nth}.md"), &path(nth))
}

/// The requests for a deliverable, newest first.
fn requests(workspace: &Workspace, nth: usize) -> Vec<Task> {
    workspace.tasks(&title(nth))
}

/// A workspace in which ten deliverables are requested, each for a different plan.
fn asked() -> Workspace {
    let workspace = Workspace::init();
    for nth in 0..TIMES {
        let plan = format!("# Part\n\n**Owner:** Claude-MM1\n\n## Deliverables\n\n- [ ] `{}`\n", path(nth));
        workspace.write(&format!("plans/PART_{nth}.md"), plan);
    }
    workspace.up_once();
    assert_eq!(workspace.inbox("Claude-MM1").len(), TIMES);
    workspace
}

/// Asserts that the deliverable was requested once, and that the RETURN ended this request.
#[track_caller]
fn is_answered(workspace: &Workspace, nth: usize) {
    let requests = requests(workspace, nth);
    let ended: Vec<&str> = requests.iter().map(|request| request.state.as_str()).collect();
    assert_eq!(ended, ["succeeded"], "{nth}: {requests:#?}");
    assert!(requests[0].returned_at.is_some(), "{nth}: {requests:#?}");
}

#[test]
fn a_request_that_is_answered_while_no_daemon_runs_ends_as_answered() {
    let workspace = asked();
    for nth in 0..TIMES {
        let request = requests(&workspace, nth).remove(0);
        // The change of the deliverable is read at once, but a new file in an inbox is not.
        if nth % 2 == 0 {
            workspace.write(&path(nth), REAL);
            answer_to_the_audit(&workspace, &request, &path(nth));
        } else {
            answer_to_the_audit(&workspace, &request, &path(nth));
            workspace.write(&path(nth), REAL);
        }
        workspace.up_once();
        is_answered(&workspace, nth);
    }
    assert_eq!(last_report(&workspace).unwrap()["completion_percent"], json!(100));
    assert!(workspace.inbox("Claude-MM1").is_empty());
}

#[test]
fn a_request_that_is_answered_within_the_debounce_time_ends_as_answered() {
    let workspace = asked();
    let daemon = workspace.up_and_serving();
    for nth in 0..TIMES {
        let request = requests(&workspace, nth).remove(0);
        workspace.write(&path(nth), REAL);
        // The audits of the earlier deliverables may read the new file at any moment.
        sleep(Duration::from_millis(40 * nth as u64));
        answer_to_the_audit(&workspace, &request, &path(nth));
        workspace.wait_for_archive(&title(nth));
        is_answered(&workspace, nth);
    }
    assert!(daemon.stop().success());
    workspace.up_once();
    assert!(workspace.inbox("Claude-MM1").is_empty());
}

#[test]
fn the_request_for_a_created_file_without_an_answer_is_withdrawn() {
    let workspace = asked();
    let other = requests(&workspace, 1).remove(0);
    workspace.write(&path(0), REAL);
    answer_to_the_audit(&workspace, &other, &path(1));
    workspace.up_once();
    let taken_back = requests(&workspace, 0).remove(0);
    assert_eq!((taken_back.state.as_str(), taken_back.returned_at.as_deref()), ("cancelled", None), "{taken_back:#?}");
}

//! Tasks after `kill -9`, and the daemon's end on request.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use baton_tests::Workspace;

#[test]
fn an_interrupted_idempotent_attempt_is_repeated_and_answered_once() {
    let workspace = Workspace::with_hostile();
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "slow");
    workspace.wait_for_state("slow", "running");
    daemon.kill();
    assert_eq!(workspace.task("slow").state, "running", "its end could not be recorded");
    workspace.up_once();
    let task = workspace.task("slow");
    assert_eq!((task.state.as_str(), task.attempts), ("succeeded", 2));
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
    assert_eq!(workspace.processed("hostile"), ["slow.json"]);
    assert!(workspace.why(&task.id).actions().contains(&"interrupted"));
}

#[test]
fn an_interrupted_attempt_that_may_not_be_repeated_waits_for_a_person() {
    let workspace = Workspace::with_hostile();
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "slow-once");
    workspace.wait_for_state("slow-once", "running");
    daemon.kill();
    workspace.up_once();
    let task = workspace.task("slow-once");
    assert_eq!((task.state.as_str(), task.attempts), ("needs_human", 1));
    assert!(task.reason.contains("not declared idempotent"), "{}", task.reason);
    assert_eq!(workspace.inbox("hostile"), ["slow-once.json"]);
    assert!(workspace.returns("Claude-MM1").is_empty());
}

#[test]
fn a_repeatedly_interrupted_attempt_waits_for_a_person() {
    let workspace = Workspace::with_hostile();
    workspace.drop_action("hostile", "slow");
    for _ in 0..3 {
        let daemon = workspace.up();
        workspace.wait_for_state("slow", "running");
        // The task is still `running` from the previous daemon. So the test also waits until this daemon serves.
        workspace.wait_for("this attempt", |_| daemon.log().contains("serving").then_some(()));
        sleep(Duration::from_millis(300));
        daemon.kill();
    }
    workspace.up_once();
    let task = workspace.task("slow");
    assert_eq!(task.state, "needs_human", "{task:#?}");
    assert!(task.reason.contains("may be the cause"), "{}", task.reason);
}

#[test]
fn a_retry_that_was_planned_is_made_after_a_crash() {
    let workspace = Workspace::with_hostile();
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "retry");
    workspace.wait_for_state("retry", "waiting");
    daemon.kill();
    workspace.up_once();
    let task = workspace.task("retry");
    assert_eq!((task.state.as_str(), task.attempts), ("dead", 3));
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
    let [parked] = workspace.failed("hostile").try_into().unwrap();
    assert!(parked.contains("__MAXRETRY__retry__RETRY3__"), "{parked}");
}

#[test]
fn no_handoff_is_lost_or_done_twice_when_the_daemon_is_killed_at_any_time() {
    const ROUNDS: usize = 10;
    const EACH: usize = 3;
    let workspace = Workspace::with_noop();
    let mut dropped = BTreeMap::new();
    for round in 0..ROUNDS {
        let daemon = workspace.up();
        for number in 0..EACH {
            let title = format!("Job {round} {number}");
            let bytes = workspace.drop_handoff("noop", &title);
            dropped.insert(title, bytes);
        }
        // The kills range from before the daemon serves until after everything is done.
        sleep(Duration::from_millis(30 + (round * 67 % 190) as u64));
        daemon.kill();
    }
    workspace.up_once();

    assert!(workspace.inbox("noop").is_empty(), "{:?}", workspace.inbox("noop"));
    assert_eq!(workspace.status().len(), ROUNDS * EACH);
    for (title, bytes) in &dropped {
        let task = workspace.task(title);
        assert_eq!(task.state, "succeeded", "{task:#?}");
        assert!(task.archived_at.is_some() && task.returned_at.is_some(), "{task:#?}");
        assert_eq!(&workspace.read_bytes(task.file.as_deref().unwrap()), bytes, "{title}");
        let answers = workspace.returns_for("Claude-MM1", task.handoff_id.as_deref().unwrap());
        assert_eq!(answers.len(), 1, "{title}");
    }
    assert_eq!(workspace.processed("noop").len(), ROUNDS * EACH);
    assert_eq!(workspace.inbox("Claude-MM1").len(), ROUNDS * EACH);
    let left: Vec<_> = std::fs::read_dir(workspace.inbox_of("Claude-MM1")).unwrap().collect();
    assert_eq!(left.len(), ROUNDS * EACH, "no temporary file is left over");
}

#[test]
fn handoffs_that_share_commits_are_done_once_when_the_daemon_is_killed_in_between() {
    const HEAP: usize = 200;
    let workspace = Workspace::with_noop();
    for number in 0..HEAP {
        workspace.drop_handoff("noop", &format!("Job {number}"));
    }
    // Only two kills, so that no task is interrupted too often.
    for pause in [300, 400] {
        let daemon = workspace.up_and_serving();
        sleep(Duration::from_millis(pause));
        daemon.kill();
    }
    workspace.up_once();
    assert!(workspace.inbox("noop").is_empty(), "{:?}", workspace.inbox("noop"));
    assert_eq!(workspace.processed("noop").len(), HEAP);
    let answered: std::collections::BTreeSet<String> = workspace
        .returns("Claude-MM1")
        .iter()
        .filter_map(|answer| Some(answer.pointer("/original_handoff/handoff_id")?.as_str()?.to_owned()))
        .collect();
    assert_eq!((answered.len(), workspace.inbox("Claude-MM1").len()), (HEAP, HEAP));
    let left = std::fs::read_dir(workspace.inbox_of("Claude-MM1")).unwrap().count();
    assert_eq!(left, HEAP, "no temporary file is left over");
}

#[test]
fn a_plan_that_changed_while_no_daemon_ran_is_audited() {
    let workspace = Workspace::init();
    let daemon = workspace.up_and_serving();
    daemon.kill();
    workspace.write("plans/PLAN.md", "# Plan\n\n- `src/a.py`\n");
    workspace.up_once();
    assert_eq!(workspace.tasks_of("audit").len(), 1);
}

#[test]
fn ctrl_c_lets_running_tasks_finish_and_starts_no_new_ones() {
    let workspace = Workspace::with_hostile();
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "slow");
    workspace.wait_for_state("slow", "running");
    workspace.drop_action("hostile", "permanent");
    let ended = daemon.stop();
    assert_eq!(ended.code(), Some(0));
    let task = workspace.task("slow");
    assert_eq!((task.state.as_str(), task.attempts), ("succeeded", 1));
    assert!(workspace.tasks("permanent").iter().all(|task| task.attempts == 0));

    workspace.up_once();
    assert_eq!(workspace.task("permanent").state, "failed");
    assert_eq!(workspace.returns_for("Claude-MM1", "id-slow").len(), 1);
    assert!(workspace.inbox("hostile").is_empty());
}

#[test]
fn a_second_ctrl_c_cancels_running_tasks() {
    let workspace = Workspace::with_hostile();
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "slow");
    workspace.wait_for_state("slow", "running");
    daemon.interrupt();
    workspace
        .wait_for("the first Ctrl-C to be received", |_| daemon.log().contains("waiting for the end").then_some(()));
    assert_eq!(daemon.stop().code(), Some(0));
    let task = workspace.task("slow");
    assert_ne!(task.state, "running", "{task:#?}");
    workspace.up_once();
    assert_eq!(workspace.returns("Claude-MM1").len(), usize::from(workspace.task("slow").is_final()));
}

#[test]
fn a_daemon_that_was_killed_leaves_no_lock() {
    let workspace = Workspace::with_noop();
    workspace.up_and_serving().kill();
    workspace.drop_handoff("noop", "After");
    workspace.up_once();
    assert_eq!(workspace.task("After").state, "succeeded");
}

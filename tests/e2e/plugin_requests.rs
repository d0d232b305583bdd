//! Requests that a plugin sends with its own key: sent once while open, sent again after the end, and cancelled by the plugin.

use baton_tests::{Output, Task, Workspace, answer, text};
use serde_json::{Value, json};

const GRANTED: &str = "handoffs = true";

/// Runs these steps of the plugin without a daemon. Afterwards its requests are in the inboxes.
#[track_caller]
fn post(workspace: &Workspace, lines: &[&str]) -> Output {
    let lines = format!("do={}", json!(lines));
    workspace.baton(&["run", "post", "post", "--arg", &lines])
}

/// The file of the only request in an agent's inbox.
#[track_caller]
fn file_in(workspace: &Workspace, agent: &str) -> Value {
    let names = workspace.inbox(agent);
    assert_eq!(names.len(), 1, "{names:?}");
    serde_json::from_str(&workspace.read(&format!("handoffs/{agent}/01_inbox/{}", names[0]))).unwrap()
}

/// The states of the requests with a key, newest first.
fn states(workspace: &Workspace, key: &str) -> Vec<String> {
    workspace.tasks(&format!("Look at {key}")).into_iter().map(|task| task.state).collect()
}

/// Sends the agent's RETURN for the newest request with a key.
fn return_for(workspace: &Workspace, agent: &str, key: &str, status: &str) {
    let request = workspace.tasks(&format!("Look at {key}")).remove(0);
    let id = request.handoff_id.unwrap();
    let mut value = answer(agent, &id);
    value["originating_agent"] = json!("post");
    value["status"] = json!(status);
    workspace.drop_file("post", &format!("answer-{id}.json"), text(&value));
    workspace.up_once();
}

#[test]
fn a_request_is_sent_once_while_it_is_open_and_again_after_it_was_answered() {
    let workspace = Workspace::with_post(GRANTED);
    // The plugin sends the request twice in one task, and once more before the daemon has captured the file.
    post(&workspace, &["send Cursor-MM1 k", "send Cursor-MM1 k"]).ended(0);
    post(&workspace, &["send Cursor-MM1 k"]).ended(0);
    assert_eq!(file_in(&workspace, "Cursor-MM1")["dedupe_key"], "post:k");
    workspace.up_once();
    post(&workspace, &["send Cursor-MM1 k", "send noop k"]).ended(0);
    workspace.up_once();
    assert_eq!(states(&workspace, "k"), ["delivered"], "for any recipient");

    return_for(&workspace, "Cursor-MM1", "k", "completed");
    assert_eq!(states(&workspace, "k"), ["succeeded"]);
    post(&workspace, &["send Cursor-MM1 k"]).ended(0);
    assert_eq!(file_in(&workspace, "Cursor-MM1")["dedupe_key"], "post:k#2");
    workspace.up_once();
    assert_eq!(states(&workspace, "k"), ["delivered", "succeeded"], "the second request arrived");
    post(&workspace, &["send Cursor-MM1 k"]).ended(0);
    workspace.up_once();
    assert_eq!(states(&workspace, "k").len(), 2, "and is open now");

    return_for(&workspace, "Cursor-MM1", "k", "failed");
    post(&workspace, &["send Cursor-MM1 k"]).ended(0);
    workspace.up_once();
    let third = workspace.tasks("Look at k").remove(0);
    workspace.baton(&["cancel", &third.id]).ended(0);
    post(&workspace, &["send Cursor-MM1 k"]).ended(0);
    workspace.up_once();
    assert_eq!(states(&workspace, "k"), ["delivered", "cancelled", "failed", "succeeded"]);
}

#[test]
fn a_request_is_sent_again_if_its_file_was_deleted_before_its_capture() {
    let workspace = Workspace::with_post(GRANTED);
    post(&workspace, &["send Cursor-MM1 k"]).ended(0);
    let name = workspace.inbox("Cursor-MM1").remove(0);
    std::fs::remove_file(workspace.inbox_of("Cursor-MM1").join(name)).unwrap();
    post(&workspace, &["send Cursor-MM1 k"]).ended(0);
    workspace.up_once();
    assert_eq!(states(&workspace, "k"), ["delivered"]);
}

#[test]
fn a_withdrawn_request_ends_as_cancelled_without_a_return() {
    let workspace = Workspace::with_post(GRANTED);
    post(&workspace, &["send Cursor-MM1 k", "send Cursor-MM1 other"]).ended(0);
    workspace.up_once();
    for _ in 0..2 {
        post(&workspace, &["take-back k It is there now.", "take-back never-sent Whatever."]).ended(0);
    }
    let request = workspace.task("Look at k");
    assert_eq!((request.state.as_str(), request.reason.as_str()), ("cancelled", "It is there now."));
    let Task { returned_at, archived_at, file, .. } = request;
    assert!(returned_at.is_none() && archived_at.is_some(), "{file:?}");
    assert!(file.unwrap().starts_with("handoffs/Cursor-MM1/02_processed/"));
    assert_eq!((workspace.inbox("Cursor-MM1").len(), workspace.processed("Cursor-MM1").len()), (1, 1));
    let why = workspace.why(&request.id);
    assert_eq!(why.actions(), ["captured", "taken_back", "archived"]);
    assert_eq!(why.events[1].actor, "post");
    workspace.up_once();
    assert!(workspace.inbox("post").is_empty() && workspace.processed("post").is_empty(), "a RETURN");
    assert_eq!(states(&workspace, "other"), ["delivered"]);
    workspace.baton(&["ledger", "verify"]).ended(0);

    // A late answer changes nothing.
    return_for(&workspace, "Cursor-MM1", "k", "completed");
    assert_eq!(states(&workspace, "k"), ["cancelled"]);
    post(&workspace, &["send Cursor-MM1 k"]).ended(0);
    workspace.up_once();
    assert_eq!(states(&workspace, "k"), ["delivered", "cancelled"]);
}

#[test]
fn a_request_that_was_withdrawn_before_its_capture_is_refused_later() {
    let workspace = Workspace::with_post(GRANTED);
    post(&workspace, &["send Cursor-MM1 k", "send noop k2"]).ended(0);
    post(&workspace, &["take-back k It is there now.", "take-back k2 So is that."]).ended(0);
    // The withdrawn request is not captured yet: its file is still in the inbox, but its key can be used again.
    post(&workspace, &["send Cursor-MM1 k"]).ended(0);
    assert_eq!(workspace.inbox("Cursor-MM1").len(), 2);
    workspace.up_once();
    let mut requests = workspace.tasks("Look at k");
    requests.sort_by(|a, b| a.state.cmp(&b.state));
    let found: Vec<_> = requests.iter().map(|task| (task.state.as_str(), task.reason.as_str())).collect();
    assert_eq!(found, [("cancelled", "It is there now."), ("delivered", "")]);
    assert_eq!((workspace.inbox("Cursor-MM1").len(), workspace.processed("Cursor-MM1").len()), (1, 1));
    let unseen = workspace.task("Look at k2");
    assert_eq!((unseen.state.as_str(), unseen.attempts), ("cancelled", 0), "{}", unseen.reason);
    assert_eq!((workspace.inbox("noop").len(), workspace.processed("noop").len()), (0, 1));
    assert!(workspace.inbox("post").is_empty() && workspace.processed("post").is_empty(), "a RETURN");

    // The operator can still run the withdrawn request.
    workspace.baton(&["retry", &unseen.id]).ended(0);
    workspace.up_once();
    assert_eq!(states(&workspace, "k2"), ["succeeded", "cancelled"]);
}

#[test]
fn requests_and_withdrawals_keep_the_order_of_the_calls() {
    let workspace = Workspace::with_post(GRANTED);
    post(&workspace, &["send Cursor-MM1 k", "take-back k Never mind."]).ended(0);
    assert!(workspace.inbox("Cursor-MM1").is_empty(), "it was not sent");
    post(&workspace, &["send Cursor-MM1 k"]).ended(0);
    workspace.up_once();
    post(&workspace, &["take-back k It changed.", "send Codex-MM1 k"]).ended(0);
    workspace.up_once();
    let requests = workspace.tasks("Look at k");
    let found: Vec<_> = requests.iter().map(|task| (task.agent.as_str(), task.state.as_str())).collect();
    assert_eq!(found, [("Codex-MM1", "delivered"), ("Cursor-MM1", "cancelled")]);
}

#[test]
fn a_task_that_fails_withdraws_nothing() {
    let workspace = Workspace::with_post(GRANTED);
    post(&workspace, &["send Cursor-MM1 k"]).ended(0);
    workspace.up_once();
    post(&workspace, &["take-back k It is there now.", "fail"]).ended(1);
    assert_eq!(states(&workspace, "k"), ["delivered"]);
    assert_eq!(workspace.inbox("Cursor-MM1").len(), 1);
}

#[test]
fn a_plugin_can_withdraw_only_its_own_requests() {
    let workspace = Workspace::with_post(GRANTED);
    workspace.install_fixture("hostile", GRANTED);
    // `hostile` sends a request with the key `two` to the same agent, and a forged file names `post` as its sender.
    workspace.baton(&["run", "hostile", "emit"]).ended(0);
    let mut forged = baton_tests::handoff("Cursor-MM1", "Look at two");
    (forged["source_agent"], forged["dedupe_key"]) = (json!("post"), json!("post:two"));
    workspace.drop_file("Cursor-MM1", "forged.json", text(&forged));
    workspace.up_once();
    post(&workspace, &["take-back two It is mine.", "take-back hostile:two It is mine."]).ended(0);
    assert_eq!(states(&workspace, "two"), ["delivered", "delivered"]);
}

#[test]
fn a_waiting_request_to_a_plugin_is_withdrawn_and_a_running_one_ends() {
    let workspace = Workspace::with_post(GRANTED);
    workspace.install_fixture("store", "");
    workspace.install_fixture("hostile", "");
    let daemon = workspace.up_and_serving();
    post(&workspace, &["send store waits", "send hostile runs slow"]).ended(0);
    workspace.wait_for_state("Look at waits", "needs_grant");
    workspace.wait_for_state("Look at runs", "running");
    post(&workspace, &["take-back waits Not any more.", "take-back runs Not any more."]).ended(0);
    assert_eq!(workspace.task("Look at waits").state, "cancelled");
    assert_eq!(workspace.wait_for_archive("Look at runs").state, "succeeded");
    assert!(daemon.stop().success());
    assert_eq!((workspace.inbox("store").len(), workspace.processed("store").len()), (0, 1));
    let answered = workspace.returns_in("handoffs/post/02_processed");
    assert_eq!(answered.len(), 1, "only tasks that ran are answered: {answered:#?}");
}

#[test]
fn a_daemon_archives_requests_that_its_tasks_withdraw() {
    let workspace = Workspace::with_post(GRANTED);
    let ask = |title: &str, line: &str| {
        let mut asked = baton_tests::handoff("post", title);
        asked["args"] = json!({ "do": [line] });
        workspace.drop_file("post", &format!("{title}.json"), text(&asked));
        workspace.wait_for_archive(title);
    };
    let daemon = workspace.up_and_serving();
    ask("Send it", "send Cursor-MM1 k");
    workspace.wait_for_state("Look at k", "delivered");
    ask("Take it back", "take-back k It is there now.");
    let request = workspace.wait_for_archive("Look at k");
    assert_eq!(request.state, "cancelled");
    assert!(workspace.inbox("Cursor-MM1").is_empty());
    assert!(daemon.stop().success());
}

#[test]
fn without_the_grant_nothing_is_withdrawn_and_the_command_is_named() {
    let workspace = Workspace::with_post(GRANTED);
    post(&workspace, &["send Cursor-MM1 k"]).ended(0);
    workspace.up_once();
    workspace.baton(&["plugin", "revoke", "post", "handoffs"]).ended(0);
    let told = post(&workspace, &["take-back k It is there now."]).ended(1);
    assert!(told.stderr.contains("`baton plugin grant post handoffs=AGENT`"), "{}", told.stderr);
    assert_eq!(states(&workspace, "k"), ["delivered"]);
}

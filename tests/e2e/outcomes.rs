//! A task that was done only in part, or not at all, is not reported as done in `status`, `why`, the RETURN or the exit code of `run`.

use std::fs;

use baton_tests::{Task, Workspace};
use serde_json::{Value, json};

/// Actions of the plugin `watcher`, with their outcomes and summaries.
const ACTIONS: [(&str, &str, &str); 2] =
    [("do-a-part", "partial", "Did 1 of 2 things."), ("refuse", "refused", "Did nothing.")];

const NEXT: &str = "do the second thing by hand";

/// The only RETURN to a handoff.
fn answer(workspace: &Workspace, id: &str) -> Value {
    let answers = workspace.returns_for("Claude-MM1", id);
    assert_eq!(answers.len(), 1, "{answers:#?}");
    answers.into_iter().next().unwrap_or_default()
}

#[test]
fn a_partial_outcome_is_shown_in_status_why_and_return() {
    let workspace = Workspace::with_watcher("");
    for (action, ..) in ACTIONS {
        workspace.drop_action("watcher", action);
    }
    let run = workspace.up_once();
    assert!(run.stderr.contains("1 partial, 1 refused"), "{}", run.stderr);
    let table = workspace.baton(&["status"]).ended(0).stdout;
    for (action, outcome, said) in ACTIONS {
        let task = workspace.task(action);
        let stands = (task.state.as_str(), task.outcome.as_deref(), task.reason.as_str());
        assert_eq!(stands, ("failed", Some(outcome), said));
        assert!(workspace.failed("watcher").contains(&format!("{action}.json")), "it is in 03_failed");
        let row = table.lines().find(|line| line.contains(action)).unwrap_or_default();
        assert!(row.contains(outcome) && !row.contains("failed") && row.contains(said), "{table}");

        let answer = answer(&workspace, &format!("id-{action}"));
        assert_eq!((&answer["status_update"], &answer["outcome"]), (&json!("failed"), &json!(outcome)));
        assert_eq!(answer["next_steps"], json!([format!("plugin watcher suggests: {NEXT}")]));
        let summary = &answer["execution_summary"];
        let done = if outcome == "partial" { json!([said]) } else { json!([]) };
        assert_eq!((&summary["work_completed"], &summary["blockers_remaining"]), (&done, &json!([said])));
        assert_eq!(summary["key_findings"], json!(["[medium] the second thing was left out"]));

        let why = workspace.baton(&["why", &task.id, "--json"]).ended(0).json();
        assert_eq!((&why["outcome"], &why["next_steps"]), (&json!(outcome), &json!([NEXT])));
        let shown = workspace.baton(&["why", &task.id]).ended(0);
        assert!(shown.stdout.contains(outcome) && shown.stderr.contains(NEXT), "{shown:?}");
        assert!(workspace.why(&task.id).actions().contains(&outcome), "the chain has it");

        let only = |option: &str| workspace.baton(&["status", option, outcome]).ended(0).stdout;
        for listed in [only("--in-state"), only("--state")] {
            assert!(listed.contains(action) && listed.lines().count() == 2, "{listed}");
        }
    }
    assert_eq!(fs::read(workspace.root().join("reports/things.txt")).unwrap(), b"one", "reports count");
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn run_and_send_end_with_1_and_name_the_next_step() {
    let workspace = Workspace::with_watcher("");
    for (action, outcome, said) in ACTIONS {
        let run = workspace.baton(&["run", "watcher", action]).ended(1);
        assert!(run.stderr.contains(&format!("{outcome}: {said}")), "{}", run.stderr);
        assert!(run.stderr.contains(&format!("plugin watcher suggests: {NEXT}\n")), "{}", run.stderr);
    }
    let daemon = workspace.up_and_serving();
    let send = ["send", "--to", "watcher", "--from", "Claude-MM1", "--title", "T", "--action", "refuse", "--wait"];
    let sent = workspace.baton(&send).ended(1);
    let told = format!("watcher: refused: Did nothing.\nplugin watcher suggests: {NEXT}\n");
    assert!(sent.stderr.contains(&told), "{}", sent.stderr);
    assert!(daemon.stop().success());
}

#[test]
fn a_dependent_task_asks_a_person_and_the_same_file_runs_again() {
    let workspace = Workspace::with_watcher("");
    let dropped = workspace.drop_action("watcher", "do-a-part");
    workspace.drop_handoff_with("watcher", "Afterwards", json!({ "depends_on": ["id-do-a-part"] }));
    workspace.up_once();
    let waits = workspace.task("Afterwards");
    assert!(waits.state == "needs_human" && waits.reason.contains("ended as partial"), "{waits:?}");
    workspace.drop_file("watcher", "do-a-part.json", &dropped);
    workspace.up_once();
    let states: Vec<_> = workspace.tasks("do-a-part").into_iter().map(|task: Task| task.outcome).collect();
    assert_eq!(states, [Some("partial".to_owned()), Some("partial".to_owned())], "done twice, no duplicate");
}

#[test]
fn a_call_is_tried_once_and_reports_it() {
    let workspace = Workspace::with_hostile();
    let dead = workspace.baton(&["run", "hostile", "retry"]).ended(1).stderr;
    assert!(dead.contains("the service is down; `baton run` makes only one attempt"), "{dead}");
    assert!(!dead.contains("attempts"), "{dead}");
    let denied = workspace.baton(&["run", "hostile", "ask-grant"]).ended(1).stderr;
    assert!(denied.contains("then repeat the command: `baton run` does not continue automatically"), "{denied}");
}

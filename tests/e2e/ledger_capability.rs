//! The ledger as plugins see it: it agrees with `baton status`, is not visible without a grant, and is read-only.

use baton_tests::{Output, Workspace, answer, handoff, text};
use serde::Deserialize;
use serde_json::json;

const GRANTED: &str = "ledger = true";

/// A task as the plugin sees it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct TaskView {
    id: String,
    agent: String,
    from: Option<String>,
    title: String,
    kind: String,
    origin: String,
    action: Option<String>,
    state: String,
    outcome: Option<String>,
    reason: String,
    attempts: u32,
    created_at: String,
    ended_at: Option<String>,
    deadline: Option<String>,
    file: Option<String>,
}

/// Runs a query of the plugin; returns the report that it wrote.
#[track_caller]
fn look(workspace: &Workspace, action: &str, args: &[&str]) -> Vec<TaskView> {
    let run = asked(workspace, action, args).ended(0);
    serde_json::from_str(&workspace.read(run.stdout.trim())).unwrap()
}

fn asked(workspace: &Workspace, action: &str, args: &[&str]) -> Output {
    let args = args.iter().flat_map(|arg| ["--arg", *arg]);
    workspace.baton(&["run", "post", action].into_iter().chain(args).collect::<Vec<_>>())
}

fn titles(told: &[TaskView]) -> Vec<&str> {
    told.iter().map(|told| told.title.as_str()).collect()
}

/// A workspace with one task of each kind: done, delivered to an external agent, answered, and rejected because it is not a
/// handoff.
fn workspace() -> Workspace {
    let workspace = Workspace::with_post(GRANTED);
    workspace.drop_handoff("noop", "Done");
    workspace.up_once();
    workspace.drop_handoff_with("Codex-MM1", "Write it", json!({ "deadline": "2027-01-01T00:00:00Z" }));
    workspace.up_once();
    workspace.drop_handoff("Codex-MM1", "Answered");
    workspace.up_once();
    workspace.drop_file("Claude-MM1", "answer.json", text(&answer("Codex-MM1", "id-answered")));
    workspace.up_once();
    workspace.drop_file("noop", "garbage.json", "no handoff");
    workspace.up_once();
    workspace
}

#[test]
fn a_plugin_reads_the_same_tasks_as_status_shows() {
    let workspace = workspace();
    let before = workspace.status();
    let told = look(&workspace, "tasks", &[]);
    let own = &told[0];
    assert_eq!((own.origin.as_str(), own.state.as_str(), own.attempts), ("call", "running", 1));
    assert_eq!((&own.file, &own.ended_at, own.action.as_deref()), (&None, &None, Some("tasks")));
    assert_eq!(told.len(), before.len() + 1);
    for (told, task) in told[1..].iter().zip(&before) {
        let as_told = (&told.id, &told.agent, &told.from, &told.title, &told.action, &told.state, told.attempts);
        let as_is = (&task.id, &task.agent, &task.from, &task.title, &task.action, &task.state, task.attempts);
        assert_eq!(as_told, as_is);
        assert_eq!(told.outcome, task.outcome, "{told:?}");
        assert_eq!((&told.reason, &told.file, &told.created_at), (&task.reason, &task.file, &task.created_at));
        assert_eq!(told.ended_at.is_some(), task.is_final(), "{told:?}");
        let ended = workspace.why(&told.id).events.into_iter().find(|event| event.state == told.state).unwrap();
        assert_eq!(told.ended_at.as_ref(), task.is_final().then_some(&ended.at), "{told:?}");
    }
    let of = |title: &str| told.iter().find(|told| told.title == title).unwrap();
    assert_eq!(of("Write it").deadline.as_deref(), Some("2027-01-01T00:00:00.000Z"));
    assert_eq!((of("Done").kind.as_str(), of("Done").origin.as_str()), ("HANDOFF", "handoff"));
    assert!(told.iter().any(|told| told.kind == "RETURN"), "{told:#?}");
    assert!(told.iter().any(|told| told.state == "rejected"), "{told:#?}");
}

#[test]
fn a_plugin_gets_the_outcome_kind_of_a_task() {
    let workspace = Workspace::with_post(GRANTED);
    workspace.install_fixture("watcher", "files = [{ folder = \"plans\", mode = \"ro\" }]");
    for action in ["do-a-part", "refuse"] {
        workspace.baton(&["run", "watcher", action]).ended(1);
    }
    let told = look(&workspace, "tasks", &[]);
    let of = |action: &str| told.iter().find(|told| told.action.as_deref() == Some(action)).unwrap();
    for (action, outcome) in [("do-a-part", "partial"), ("refuse", "refused")] {
        assert_eq!((of(action).state.as_str(), of(action).outcome.as_deref()), ("failed", Some(outcome)));
    }
    assert_eq!(told[0].outcome, None, "it runs");
    let again = look(&workspace, "tasks", &[]);
    assert_eq!((again[1].state.as_str(), again[1].outcome.as_deref()), ("succeeded", Some("done")));
}

#[test]
fn a_query_respects_its_time_and_its_limit() {
    let workspace = workspace();
    let all = look(&workspace, "tasks", &[]);
    let newest = look(&workspace, "tasks", &["most=2"]);
    assert_eq!(titles(&newest), ["post tasks", "post tasks"]);
    assert_eq!(
        (newest[0].state.as_str(), newest[1].state.as_str()),
        ("running", "succeeded"),
        "this query runs, and the previous one has succeeded"
    );
    let since = all.iter().find(|told| told.title == "Write it").unwrap().created_at.clone();
    let until = all.iter().find(|told| told.title == "Answered").unwrap().created_at.clone();
    let (since, until) = (format!("since={since}"), format!("until={until}"));
    assert_eq!(titles(&look(&workspace, "tasks", &[&since, &until])), ["Write it"]);
    assert_eq!(
        titles(&look(&workspace, "tasks", &[&until.replace("until", "since"), &since.replace("since", "until")])),
        [""; 0]
    );
}

#[test]
fn unanswered_requests_are_listed_oldest_first() {
    let workspace = workspace();
    workspace.drop_handoff("Cursor-MM1", "Later");
    workspace.up_once();
    assert_eq!(titles(&look(&workspace, "open-requests", &[])), ["Write it", "Later"]);
    assert_eq!(titles(&look(&workspace, "open-requests", &["most=1"])), ["Write it"]);
}

#[test]
fn a_plugin_reads_the_captured_bytes_of_a_file() {
    let workspace = workspace();
    let told = look(&workspace, "tasks", &[]);
    let of = |title: &str| format!("task={}", told.iter().find(|told| told.title == title).unwrap().id);
    let run = asked(&workspace, "input", &[&of("Done")]).ended(0);
    assert_eq!(workspace.read_bytes(run.stdout.trim()), text(&handoff("noop", "Done")));
    // A task of `baton run` has no handoff file.
    let run = asked(&workspace, "input", &[&of("post tasks")]).ended(0);
    assert!(run.stderr.contains("Nothing is kept.") && run.stdout.is_empty(), "{}", run.stderr);
}

#[test]
fn an_invalid_query_is_refused() {
    let workspace = workspace();
    asked(&workspace, "ask-wrongly", &[]).ended(0);
    let said = workspace.read("reports/ask-wrongly.txt");
    for line in [
        "no moment: refused: Error::Invalid(\"\\\"yesterday\\\" is not a time such as 2026-01-18T10:15:00Z",
        "an injection: refused: Error::Invalid",
        "no task: refused: Error::Invalid(\"there is no task \\\"0000000000000000\\\"",
        "a pattern: refused: Error::Invalid",
        "a path: refused: Error::Invalid",
        "none: []",
    ] {
        assert!(said.contains(line), "`{line}` in:\n{said}");
    }
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn a_task_that_reads_the_ledger_waits_for_the_grant() {
    let workspace = Workspace::with_post("handoffs = true");
    workspace.drop_action("post", "tasks");
    workspace.up_once();
    let task = workspace.task("tasks");
    assert_eq!(task.state, "needs_grant", "{}", task.reason);
    assert!(task.reason.contains("baton plugin grant post ledger"), "{}", task.reason);

    workspace.baton(&["plugin", "grant", "post", "ledger"]).ended(0);
    workspace.up_once();
    assert_eq!(workspace.task("tasks").state, "succeeded", "the task continues after the grant");
    workspace.baton(&["plugin", "revoke", "post", "ledger"]).ended(0);
    let told = asked(&workspace, "open-requests", &[]).ended(1);
    assert!(told.stderr.contains("baton plugin grant post ledger"), "{}", told.stderr);
    let refused = workspace.baton(&["plugin", "grant", "noop", "ledger"]).ended(2);
    assert!(refused.stderr.contains("the plugin does not ask for"), "{}", refused.stderr);
}

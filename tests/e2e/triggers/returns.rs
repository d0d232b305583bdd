//! Triggers of RETURNs: tasks for RETURNs to a plugin's own requests, or for all RETURNs, and the findings about them.

use baton_tests::{Task, Workspace, text};
use serde_json::{Value, json};

use super::{fired, told};

const OWN: &str = "handoffs = true";
const ANY: &str = "handoffs = true\nreturns = true";

/// A RETURN of `from`.
fn answer(from: &str, request: &str, status: &str) -> Value {
    json!({
        "type": "RETURN_HANDOFF", "executing_agent": from, "originating_agent": "watcher", "status": status,
        "title": "Answer", "original_handoff": { "handoff_id": request },
    })
}

/// Lets the plugin send a request to `to`; returns the task of that agent.
fn asked(workspace: &Workspace, to: &str) -> Task {
    workspace.baton(&["run", "watcher", "ask", "--arg", &format!("to={to}")]).ended(0);
    workspace.up_once();
    workspace.task("Asked")
}

fn return_of(workspace: &Workspace) -> Task {
    workspace.status().into_iter().find(|task| task.title == "Answer").unwrap()
}

/// The number of flag events of a task, and its flags.
fn flags(workspace: &Workspace, id: &str) -> (usize, Vec<(String, String)>) {
    let why = workspace.why(id);
    let events = why.actions().iter().filter(|action| **action == "flagged").count();
    (events, why.flags.into_iter().map(|flag| (flag.by, flag.id)).collect())
}

#[test]
fn a_return_to_an_own_request_fires_once_and_findings_are_stored_with_both() {
    let workspace = Workspace::with_watcher(OWN);
    let request = asked(&workspace, "Cursor-MM1");
    let bytes = text(&answer("Cursor-MM1", request.handoff_id.as_deref().unwrap(), "done"));
    workspace.drop_file("watcher", "r.json", &bytes);
    workspace.up_once();
    let expected =
        r#"task=true agent=Cursor-MM1 title=Asked key=plan a args={"plan":"a.md"} done=true handoff=Cursor-MM1 true"#;
    assert_eq!(told(&workspace), [expected]);
    let task = fired(&workspace).remove(0);
    assert_eq!((task.action.as_deref(), task.file, task.returned_at), (Some("check"), None, None));
    assert!(task.title.contains("Cursor-MM1 returned Asked"), "{}", task.title);
    assert_eq!(workspace.task("Asked").state, "succeeded");
    let flagged = (1, vec![("watcher".to_owned(), "doubt".to_owned())]);
    assert_eq!(flags(&workspace, &request.id), flagged);
    assert_eq!(flags(&workspace, &return_of(&workspace).id), flagged);
    let shown = workspace.baton(&["why", &request.id]).ended(0).stdout;
    assert!(shown.contains("1 flag\n") && shown.contains("doubt about Asked"), "{shown}");
    assert_eq!(workspace.processed("watcher"), ["r.json"], "a RETURN is archived");
    workspace.drop_file("watcher", "again.json", &bytes);
    workspace.up_once();
    workspace.up_once();
    assert_eq!(told(&workspace).len(), 1, "the same RETURN again fires nothing");
    assert_eq!(flags(&workspace, &request.id), flagged);
}

#[test]
fn without_the_grant_returns_to_others_fire_nothing() {
    let workspace = Workspace::with_watcher(OWN);
    workspace.drop_handoff("Cursor-MM1", "Of another");
    workspace.up_once();
    workspace.drop_file("Claude-MM1", "r.json", text(&answer("Cursor-MM1", "id-of-another", "done")));
    workspace.up_once();
    assert_eq!(workspace.task("Of another").state, "succeeded");
    assert!(told(&workspace).is_empty(), "{:#?}", workspace.status());
    let shown = workspace.baton(&["plugin", "inspect", "work/plugins/watcher.wasm"]).stdout;
    assert!(shown.contains("\n  returns\n"), "what it asks for is listed: {shown}");
}

#[test]
fn with_the_grant_every_return_fires_also_one_of_a_failure() {
    let workspace = Workspace::with_watcher(OWN);
    // The plugin audit has the grant too.
    let granted = || workspace.baton(&["plugin", "list", "--json"]).ended(0).stdout.matches("\"returns\"").count();
    let before = granted();
    workspace.baton(&["plugin", "grant", "watcher", "returns"]).ended(0);
    assert_eq!(granted(), before + 1);
    workspace.drop_handoff("Cursor-MM1", "Of another");
    workspace.up_once();
    workspace.drop_file("Claude-MM1", "r.json", text(&answer("Cursor-MM1", "id-of-another", "FAILED")));
    workspace.drop_file("Claude-MM1", "s.json", text(&answer("Codex-MM1", "id-of-nothing", "done")));
    workspace.up_once();
    let mut told = told(&workspace);
    told.sort();
    let nothing = "task=false agent=- title=- key=- args={} done=true handoff=Codex-MM1 true";
    let other = "task=true agent=Cursor-MM1 title=Of another key=- args={} done=false handoff=Cursor-MM1 true";
    assert_eq!(told, [nothing, other]);
    workspace.baton(&["plugin", "revoke", "watcher", "returns"]).ended(0);
    assert_eq!(granted(), before);
    workspace.drop_file("Claude-MM1", "t.json", text(&answer("Codex-MM1", "id-of-nothing-else", "done")));
    workspace.up_once();
    assert_eq!(fired(&workspace).len(), 2, "revoked");
}

#[test]
fn a_return_before_its_request_fires_when_the_request_is_captured() {
    let workspace = Workspace::with_watcher(OWN);
    workspace.drop_file("watcher", "r.json", text(&answer("Cursor-MM1", "id-early", "done")));
    workspace.up_once();
    assert!(told(&workspace).is_empty(), "the request that it answers is not known yet");
    workspace.drop_handoff_with(
        "Cursor-MM1",
        "Early",
        json!({ "source_agent": "watcher", "dedupe_key": "watcher:early" }),
    );
    workspace.up_once();
    workspace.up_once();
    let expected = "task=true agent=Cursor-MM1 title=Early key=early args={} done=true handoff=Cursor-MM1 true";
    assert_eq!(told(&workspace), [expected]);
}

#[test]
fn a_return_before_its_request_fires_the_trigger_for_all_returns_once() {
    let workspace = Workspace::with_watcher(ANY);
    workspace.drop_file("Claude-MM1", "r.json", text(&answer("Cursor-MM1", "id-early", "done")));
    workspace.up_once();
    assert_eq!(told(&workspace).len(), 1);
    workspace.drop_handoff("Cursor-MM1", "Early");
    workspace.up_once();
    workspace.up_once();
    assert_eq!(told(&workspace), ["task=false agent=- title=- key=- args={} done=true handoff=Cursor-MM1 true"]);
    let request = workspace.task("Early");
    assert_eq!(request.state, "succeeded");
    assert_eq!(flags(&workspace, &request.id), (1, vec![("watcher".to_owned(), "doubt".to_owned())]));
}

#[test]
fn the_return_of_a_plugin_fires_and_causes_no_loop() {
    let workspace = Workspace::with_watcher(ANY);
    let request = asked(&workspace, "noop");
    workspace.up_once();
    let expected = r#"task=true agent=noop title=Asked key=plan a args={"plan":"a.md"} done=true handoff=noop true"#;
    assert_eq!(told(&workspace), [expected]);
    assert_eq!(flags(&workspace, &request.id).0, 1);
    let tasks = workspace.status().len();
    workspace.up_once();
    workspace.up_once();
    assert_eq!(workspace.status().len(), tasks, "a task of a trigger sends no RETURN");
}

#[test]
fn a_plugin_that_sends_a_request_for_each_return_is_stopped() {
    let workspace = Workspace::with_watcher(OWN);
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", config + "\n[agents.watcher.defaults.check]\nagain = \"noop\"\n");
    workspace.baton(&["run", "watcher", "ask", "--arg", "to=noop"]).ended(0);
    workspace.up_once();
    let asked = workspace.tasks("Asked");
    let refused: Vec<_> = asked.iter().filter(|task| task.state == "failed").collect();
    assert!(refused.len() == 1 && refused[0].reason.contains("a chain may have at most"), "{refused:#?}");
    assert_eq!((asked.len(), told(&workspace).len()), (16, 15), "the 2nd to the 17th of the chain");
    let tasks = workspace.status().len();
    workspace.up_once();
    assert_eq!(workspace.status().len(), tasks);
}

#[test]
fn a_return_in_the_drop_box_ends_its_request_and_fires_once() {
    let workspace = Workspace::with_watcher(ANY);
    workspace.drop_handoff("Cursor-MM1", "Of another");
    workspace.up_once();
    let mut answer = answer("Cursor-MM1", "id-of-another", "done");
    answer["originating_agent"] = json!("Claude-MM1");
    answer["target_agent"] = json!("Claude-MM1");
    std::fs::write(workspace.root().join("handoffs/01_inbox/r.json"), text(&answer)).unwrap();
    workspace.up_once();
    workspace.up_once();
    assert_eq!(workspace.inbox("Claude-MM1"), ["r.json"]);
    assert_eq!(workspace.task("Of another").state, "succeeded");
    assert_eq!(told(&workspace).len(), 1);
}

#[test]
fn after_a_kill_during_its_capture_a_return_fires_once() {
    let workspace = Workspace::with_watcher(OWN);
    let request = asked(&workspace, "Cursor-MM1");
    workspace.drop_file(
        "watcher",
        "r.json",
        text(&answer("Cursor-MM1", request.handoff_id.as_deref().unwrap(), "done")),
    );
    for point in ["capture.inserted", "return.request_closed", "work.started", "settle.written"] {
        let mut daemon = workspace.up_armed(&format!("{point}=panic"));
        assert_eq!(daemon.died(baton_tests::PATIENCE), Some(true), "{point}\n{}", daemon.log());
    }
    workspace.up_once();
    workspace.up_once();
    assert_eq!(told(&workspace).len(), 1, "{:#?}", workspace.status());
    assert_eq!(flags(&workspace, &request.id).0, 1);
    assert_eq!(workspace.processed("watcher"), ["r.json"]);
}

//! Arguments are checked against the schema of the action before anything of the plugin runs, wherever they come from.

use baton_tests::{Workspace, handoff, text};
use serde_json::{Value, json};

const WRONG: &str = "`args/plans` is a number, expected: string or array";

fn ask(workspace: &Workspace, title: &str, args: &Value) {
    let mut asked = handoff("audit", title);
    asked["action"] = json!("audit");
    asked["args"] = args.clone();
    workspace.drop_file("audit", &format!("{title}.json"), text(&asked));
}

#[test]
fn a_handoff_with_arguments_that_do_not_fit_fails_before_the_plugin_runs() {
    let workspace = Workspace::init();
    workspace.keep_only("audit");
    for (title, args) in [
        ("Number", json!({ "plans": 3 })),
        ("Item", json!({ "plans": ["a.md", {}] })),
        ("Unknown", json!({ "plan": "a.md" })),
    ] {
        ask(&workspace, title, &args);
    }
    workspace.up_once();
    for (title, said) in [
        ("Number", WRONG),
        ("Item", "`args/plans/1` is an object, expected: string"),
        ("Unknown", "`args` has `plan`, which is not known there; known are: "),
    ] {
        let task = workspace.task(title);
        assert_eq!(task.state, "failed", "{title}: {}", task.reason);
        assert!(task.reason.contains(said), "{title}: {}", task.reason);
        let returned = workspace.returns_for("Claude-MM1", &format!("id-{}", title.to_lowercase()));
        assert!(returned.len() == 1 && returned[0].to_string().contains("args"), "{returned:?}");
    }
    assert!(workspace.list("reports").is_empty(), "nothing ran");
}

#[test]
fn arguments_of_baton_toml_and_of_triggers_are_checked_too() {
    let workspace = Workspace::init();
    workspace.keep_only("audit");
    let config = workspace.read("baton.toml");
    workspace.write("baton.toml", format!("{config}\n[agents.audit.defaults.audit]\nplans = 3\n"));
    ask(&workspace, "Plain", &json!({}));
    let daemon = workspace.up_and_serving();
    workspace.write("plans/NEW_PLAN.md", "# Plan\n\n- `src/a.py`\n");
    let failed = workspace.wait_for("the trigger's task", |workspace| {
        let failed = workspace.tasks_of("audit").into_iter().filter(|task| task.state == "failed");
        Some(failed.collect::<Vec<_>>()).filter(|tasks| tasks.len() == 2)
    });
    assert!(failed.iter().all(|task| task.reason.contains(WRONG)), "{failed:?}");
    assert!(failed.iter().any(|task| task.from.as_deref() == Some("baton")), "{failed:?}");
    assert!(daemon.stop().success());
}

#[test]
fn a_call_by_hand_with_arguments_that_do_not_fit_is_refused_at_once() {
    let workspace = Workspace::init();
    let refused = workspace.baton(&["run", "audit", "audit", "--arg", "plans=3"]).ended(2);
    assert!(refused.stderr.contains(WRONG), "{}", refused.stderr);
    assert!(workspace.tasks_of("audit").is_empty(), "nothing is written down");
    let to_audit = ["send", "--to", "audit", "--from", "Claude-MM1", "--title", "Look", "--arg"];
    let refused = workspace.baton(&[&to_audit[..], &["plans=3"]].concat()).ended(2);
    assert!(refused.stderr.contains(WRONG) && workspace.inbox("audit").is_empty(), "{}", refused.stderr);
    workspace.baton(&[&to_audit[..], &["plans=plans/a.md"]].concat()).ended(0);
}

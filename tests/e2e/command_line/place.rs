//! The workspace, settings and state that a command uses, and commands that run beside a daemon.

use std::fs;

use baton_tests::{Output, Workspace};
use serde_json::json;

use super::fails;

#[test]
fn an_unknown_setting_is_an_error_that_names_it() {
    let workspace = Workspace::init();
    workspace.write("baton.toml", "[plans]\ndir = [\"plans\"]\n");
    for args in [["status"].as_slice(), &["up", "--once"], &["agents"], &["why", "x"]] {
        fails(workspace.baton(args), 2, &["plans.dir", "baton.toml"]);
    }
    workspace.write("baton.toml", "[plans\n");
    fails(workspace.baton(&["status"]), 2, &["baton.toml", "line 1"]);
}

#[test]
fn a_broken_lock_file_is_an_error_that_names_it() {
    let workspace = Workspace::init();
    workspace.write("baton.lock", "version = 9\n");
    fails(workspace.baton(&["agents"]), 2, &["baton.lock", "update baton"]);
    workspace.write("baton.lock", "version = 1\n[[plugin]]\nname = \"x\"\nsudo = true\n");
    // One invalid entry does not affect commands that do not need it.
    workspace.baton(&["agents"]).ended(0);
    let run = workspace.up_once();
    assert!(run.stderr.contains("baton.lock") && run.stderr.contains("sudo"), "{}", run.stderr);
    workspace.write("baton.lock", "version = 1\nplugin = 7\n");
    fails(workspace.baton(&["agents"]), 2, &["baton.lock"]);
}

#[test]
fn outside_of_a_workspace_commands_that_need_one_report_it() {
    let place = Workspace::empty();
    fs::create_dir_all(place.root()).unwrap();
    let send = ["send", "--to", "a", "--from", "b", "--title", "t"];
    for args in [["status"].as_slice(), &["agents"], &["why", "x"], &["up"], &["up", "--once"], &send] {
        fails(Output::of(place.command().args(args)), 2, &["baton.toml", "baton init"]);
        fails(place.baton(args), 2, &["is not a workspace", "baton init"]);
    }
    assert!(place.list(".").is_empty(), "nothing was made");
}

#[test]
fn the_nearest_workspace_is_found_from_a_folder_inside() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Inside");
    workspace.up_once();
    let deep = workspace.root().join("handoffs/noop/02_processed");
    let found = Output::of(workspace.command().current_dir(deep).args(["status", "--json"])).ended(0).json();
    assert_eq!(found.pointer("/tasks/0/title"), Some(&json!("Inside")));
}

#[test]
fn the_state_is_in_the_named_folder_and_never_in_the_workspace() {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Elsewhere");
    let state = workspace.outside().join("own-state");
    let state = state.to_str().unwrap();
    workspace.baton(&["--state", state, "up", "--once"]).ended(0);
    assert!(fs::metadata(format!("{state}/ledger.db")).unwrap().is_file());
    let there = workspace.baton(&["--state", state, "status", "--json"]).ended(0).json();
    assert_eq!(there["tasks"].as_array().unwrap().len(), 1);
    assert!(workspace.status().is_empty(), "the default state has no record of the task");
    let inside: Vec<_> = fs::read_dir(workspace.root()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(inside.len(), 7, "{inside:?}");
}

#[test]
fn a_state_inside_a_granted_folder_is_never_granted_to_a_plugin() {
    let workspace = Workspace::init();
    workspace.drop_handoff_with("audit", "Audit", json!({ "action": "audit" }));
    let state = workspace.root().join("state");
    let state = state.to_str().unwrap();
    workspace.baton(&["--state", state, "up", "--once"]).ended(0);
    let tasks = workspace.baton(&["--state", state, "status", "--json"]).ended(0).json();
    assert_eq!(tasks["tasks"][0]["state"], json!("needs_grant"), "{tasks:#}");
    assert!(tasks["tasks"][0]["reason"].as_str().unwrap().contains("state folder"), "{tasks:#}");
}

#[test]
fn a_file_that_is_not_a_ledger_is_named_and_not_changed() {
    let workspace = Workspace::with_noop();
    let state = workspace.outside().join("broken");
    fs::create_dir(&state).unwrap();
    fs::write(state.join("ledger.db"), "this is no database ".repeat(1000)).unwrap();
    for args in [["status"].as_slice(), &["up", "--once"]] {
        let run = workspace.baton(&[&["--state", state.to_str().unwrap()], args].concat()).ended(2);
        assert!(run.stdout.is_empty() && run.stderr.contains("ledger.db"), "{run:?}");
    }
    assert!(fs::read_to_string(state.join("ledger.db")).unwrap().starts_with("this is no database"));
}

#[test]
fn a_second_daemon_is_refused_and_the_first_is_named() {
    let workspace = Workspace::with_noop();
    let mut daemon = workspace.up_and_serving();
    let id = daemon.id().to_string();
    fails(workspace.baton(&["up", "--once"]), 2, &["runs here already", &id]);
    fails(workspace.baton(&["up"]), 2, &["runs here already", &id]);
    assert!(daemon.runs());
    assert!(daemon.stop().success());
    workspace.up_once();
}

#[test]
fn other_commands_work_beside_a_daemon() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    workspace.baton(&["run", "noop", "noop"]).ended(0);
    workspace.baton(&["send", "--to", "noop", "--from", "Claude-MM1", "--title", "Beside"]).ended(0);
    workspace.wait_for_archive("Beside");
    assert!(workspace.baton(&["agents"]).ended(0).stdout.contains("noop"));
    let called = workspace.task("noop noop");
    assert_eq!((called.state.as_str(), called.attempts), ("succeeded", 1));
    assert!(daemon.stop().success());
}

//! A plugin that fails repeatedly is put into quarantine for a while: its tasks wait, others are served, the relevant commands show
//! it, and it survives a restart.

use baton_tests::{Task, Workspace};

/// A workspace whose plugins go into quarantine for `pause` after two failures.
fn impatient(pause: &str) -> Workspace {
    let workspace = Workspace::with_hostile();
    let config =
        workspace.read("baton.toml").replace("after = 1000", &format!("after = 2\ninitial_backoff = \"{pause}\""));
    workspace.write("baton.toml", config);
    workspace
}

/// Drops a handoff for an action, with a separate title.
fn ask(workspace: &Workspace, action: &str, title: &str) {
    let mut asked = baton_tests::handoff("hostile", title);
    asked["action"] = action.into();
    workspace.drop_file("hostile", &format!("{}.json", title.replace(' ', "-")), baton_tests::text(&asked));
}

fn crash(workspace: &Workspace, title: &str) -> Task {
    ask(workspace, "trap", title);
    workspace.up_once();
    workspace.task(title)
}

#[test]
fn a_plugin_with_consecutive_failures_is_quarantined_and_the_commands_show_it() {
    let workspace = impatient("1h");
    assert_eq!(crash(&workspace, "one").state, "failed");
    assert_eq!(workspace.baton(&["status", "--json"]).json()["quarantined"], serde_json::json!([]));
    let second = crash(&workspace, "two");
    assert_eq!(second.state, "failed");
    assert!(workspace.why(&second.id).actions().contains(&"plugin_quarantined"));

    // Each run is a new process, so the state is not only in memory.
    ask(&workspace, "emit", "three");
    workspace.drop_handoff("noop", "Undisturbed");
    workspace.up_once();
    let waits = workspace.task("three");
    assert_eq!((waits.state.as_str(), waits.attempts), ("queued", 0), "{waits:#?}");
    assert_eq!(workspace.task("Undisturbed").state, "succeeded");

    let said = "failed 2 times in a row and is quarantined until";
    for words in [&["status"][..], &["agents"], &["why", &waits.id]] {
        let output = workspace.baton(words).ended(0);
        assert!(
            output.stderr.contains(said) && output.stderr.contains("baton plugin enable hostile"),
            "{words:?}: {output:?}"
        );
    }
    let doctor = workspace.baton(&["doctor"]).stdout;
    assert!(doctor.contains(said), "{doctor}");
    let agents = workspace.baton(&["agents", "--json"]).ended(0).json();
    let held: Vec<_> =
        agents["agents"].as_array().unwrap().iter().filter(|agent| !agent["quarantine"].is_null()).collect();
    assert_eq!((held.len(), &held[0]["name"], &held[0]["quarantine"]["failures"]), (1, &"hostile".into(), &2.into()));
}

#[test]
fn after_the_pause_one_task_is_tried_and_its_success_ends_the_quarantine() {
    let workspace = impatient("3s");
    crash(&workspace, "one");
    crash(&workspace, "two");
    let held = workspace.baton(&["status", "--json"]).json()["quarantined"][0]["failures"].clone();
    assert_eq!(held, 2, "the plugin is in quarantine");
    let daemon = workspace.up_and_serving();
    for number in 0..4 {
        ask(&workspace, "permanent", &format!("well {number}"));
    }
    for number in 0..4 {
        let task = workspace.wait_for_archive(&format!("well {number}"));
        assert!(task.reason.contains("never does what it is asked"), "{}", task.reason);
    }
    assert_eq!(workspace.baton(&["status", "--json"]).json()["quarantined"], serde_json::json!([]));
    ask(&workspace, "trap", "three");
    workspace.wait_for_archive("three");
    assert_eq!(
        workspace.baton(&["status", "--json"]).json()["quarantined"],
        serde_json::json!([]),
        "the success has reset the count"
    );
    assert!(daemon.stop().success());
}

#[test]
fn a_failed_trial_starts_a_longer_pause() {
    let workspace = impatient("3s");
    crash(&workspace, "one");
    crash(&workspace, "two");
    let daemon = workspace.up_and_serving();
    ask(&workspace, "trap", "trial");
    workspace.wait_for("the trial to be captured", |workspace| (!workspace.tasks("trial").is_empty()).then_some(()));
    ask(&workspace, "trap", "behind it");
    workspace.wait_for_archive("trial");
    let held = workspace.wait_for("the second pause", |workspace| {
        let held = workspace.baton(&["status", "--json"]).json()["quarantined"][0].clone();
        (held["failures"] == 3).then_some(held)
    });
    assert!(held["reason"].as_str().unwrap().contains("crashed"), "{held}");
    let behind = workspace.task("behind it");
    assert_eq!((behind.state.as_str(), behind.attempts), ("queued", 0), "one task is tried, not all");
    workspace.wait_for_archive("behind it");
    assert!(daemon.stop().success());
}

//! Watched files: a change of a file that a plugin has checked starts one task, whenever it happens.

use std::fs;
use std::time::Duration;

use baton_tests::Workspace;
use serde_json::json;

use super::{fired, told};

fn workspace() -> Workspace {
    Workspace::with_watcher("handoffs = false")
}

/// Runs an action of the plugin with files of the plans folder.
fn run(workspace: &Workspace, action: &str, paths: &str) {
    workspace.baton(&["run", "watcher", action, "--arg", &format!("paths={paths}")]).ended(0);
}

/// Drops a handoff with an action of the plugin.
fn drop_for(workspace: &Workspace, title: &str, action: &str, path: &str) {
    workspace.drop_handoff_with("watcher", title, json!({ "action": action, "args": { "paths": path } }));
}

fn remove(workspace: &Workspace, file: &str) {
    fs::remove_file(workspace.root().join(file)).unwrap();
}

#[test]
fn a_file_that_changes_appears_or_disappears_while_no_daemon_runs_makes_one_task() {
    let workspace = workspace();
    workspace.write("plans/a.dat", "one");
    run(&workspace, "look", "a.dat,sub/new.dat");
    workspace.up_once();
    assert!(told(&workspace).is_empty(), "nothing has changed: {:#?}", workspace.status());
    workspace.write("plans/a.dat", "three");
    workspace.write("plans/other.dat", "nobody read it");
    workspace.up_once();
    workspace.up_once();
    assert_eq!(told(&workspace), ["told of /plans/0/a.dat"]);
    workspace.write("plans/sub/new.dat", "it is there");
    workspace.up_once();
    remove(&workspace, "plans/a.dat");
    workspace.up_once();
    workspace.up_once();
    let expected = ["told of /plans/0/a.dat", "told of /plans/0/sub/new.dat", "told of /plans/0/a.dat"];
    assert_eq!(told(&workspace), expected);
    assert!(fired(&workspace).iter().all(|task| task.action.as_deref() == Some("look") && task.returned_at.is_none()));
}

#[test]
fn changes_while_the_daemon_runs_are_noticed_at_once() {
    let workspace = workspace();
    workspace.write("plans/a.dat", "one");
    let daemon = workspace.up_and_serving();
    let begun = std::time::Instant::now();
    drop_for(&workspace, "Look", "look", "a.dat,sub/new.dat");
    workspace.wait_for_archive("Look");
    workspace.write("plans/a.dat", "three");
    workspace.wait_for("the change", |workspace| (told(workspace).len() == 1).then_some(()));
    workspace.write("plans/sub/new.dat", "it is there");
    workspace.wait_for("the new file", |workspace| (told(workspace).len() == 2).then_some(()));
    remove(&workspace, "plans/sub/new.dat");
    workspace.wait_for("the file that is gone", |workspace| (told(workspace).len() == 3).then_some(()));
    let expected = ["told of /plans/0/a.dat", "told of /plans/0/sub/new.dat", "told of /plans/0/sub/new.dat"];
    assert_eq!(told(&workspace), expected);
    assert!(begun.elapsed() < Duration::from_secs(55), "the scan of every minute found it, not the watch");
    assert!(daemon.stop().success());
}

#[test]
fn files_that_change_together_are_one_task() {
    let workspace = workspace();
    for name in ["a.dat", "b.dat"] {
        workspace.write(&format!("plans/{name}"), "one");
    }
    run(&workspace, "look", "a.dat,b.dat");
    for name in ["a.dat", "b.dat"] {
        workspace.write(&format!("plans/{name}"), "three");
    }
    workspace.up_once();
    assert_eq!(told(&workspace), ["told of /plans/0/a.dat, /plans/0/b.dat"]);
}

#[test]
fn a_change_between_the_check_and_the_watch_is_reported_once() {
    let workspace = workspace();
    workspace.write("plans/a.dat", "one");
    run(&workspace, "look", "a.dat");
    let daemon = workspace.up_and_serving();
    drop_for(&workspace, "Slowly", "look-slowly", "a.dat");
    workspace.wait_for_state("Slowly", "running");
    std::thread::sleep(Duration::from_millis(300));
    workspace.write("plans/a.dat", "three");
    workspace.wait_for_archive("Slowly");
    workspace.wait_for("the change", |workspace| (told(workspace).len() == 1).then_some(()));
    assert!(daemon.stop().success());
    workspace.up_once();
    assert_eq!(told(&workspace), ["told of /plans/0/a.dat"]);
}

#[test]
fn a_plugin_that_watches_a_wrong_state_gets_one_task() {
    let workspace = workspace();
    workspace.write("plans/lie.dat", "one");
    let daemon = workspace.up_and_serving();
    drop_for(&workspace, "Lie", "look", "lie.dat");
    workspace.wait_for("the task", |workspace| (told(workspace).len() == 1).then_some(()));
    std::thread::sleep(Duration::from_secs(2));
    assert!(daemon.stop().success());
    workspace.up_once();
    assert_eq!(told(&workspace).len(), 1, "{:#?}", workspace.status());
}

#[test]
fn watches_of_a_failed_task_and_removed_watches_have_no_effect() {
    let workspace = workspace();
    workspace.write("plans/a.dat", "one");
    workspace.write("plans/b.dat", "one");
    workspace.baton(&["run", "watcher", "look-and-fail", "--arg", "paths=a.dat"]).ended(1);
    run(&workspace, "look", "b.dat");
    run(&workspace, "forget", "b.dat");
    workspace.write("plans/a.dat", "three");
    workspace.write("plans/b.dat", "three");
    workspace.up_once();
    assert!(told(&workspace).is_empty(), "{:#?}", workspace.status());
}

#[test]
fn a_missing_folder_fires_nothing() {
    let workspace = workspace();
    workspace.write("plans/a.dat", "one");
    run(&workspace, "look", "a.dat");
    let (plans, away) = (workspace.root().join("plans"), workspace.root().join("away"));
    fs::rename(&plans, &away).unwrap();
    workspace.up_once();
    fs::rename(&away, &plans).unwrap();
    workspace.up_once();
    assert!(told(&workspace).is_empty(), "{:#?}", workspace.status());
}

#[test]
fn after_a_kill_a_change_makes_one_task() {
    let workspace = workspace();
    workspace.write("plans/a.dat", "one");
    run(&workspace, "look", "a.dat");
    workspace.write("plans/a.dat", "three");
    for point in ["ledger.before_commit", "work.started", "settle.written"] {
        let mut daemon = workspace.up_armed(&format!("{point}=panic"));
        assert_eq!(daemon.died(baton_tests::PATIENCE), Some(true), "{point}\n{}", daemon.log());
    }
    workspace.up_once();
    workspace.up_once();
    assert_eq!(told(&workspace), ["told of /plans/0/a.dat"]);
}

#[test]
fn the_watches_of_a_removed_plugin_are_deleted() {
    let workspace = workspace();
    workspace.write("plans/a.dat", "one");
    run(&workspace, "look", "a.dat");
    let lock = workspace.read("baton.lock");
    workspace.baton(&["plugin", "remove", "watcher"]).ended(0);
    workspace.up_once();
    workspace.write("baton.lock", lock);
    workspace.write("plans/a.dat", "three");
    workspace.up_once();
    assert!(told(&workspace).is_empty(), "{:#?}", workspace.status());
}

#[test]
fn only_plain_paths_below_a_mount_can_be_watched_and_not_too_many() {
    let workspace = workspace();
    run(&workspace, "watch-wrongly", "x");
    let said = workspace.read("reports/watch-wrongly.txt");
    let lines: Vec<(&str, &str)> = said.lines().filter_map(|line| line.split_once(": ")).collect();
    for (what, begins) in [
        ("outside", "Error::Invalid"),
        ("upwards", "Error::Invalid"),
        ("no key", "Error::Invalid"),
        ("too many", "Error::TooMany"),
        ("good", "accepted"),
        ("more", "accepted"),
        ("most", "Error::TooMany"),
        ("nothing", "accepted"),
        ("nothing more", "accepted"),
    ] {
        let answer = lines.iter().find(|(line, _)| *line == what).map(|(_, answer)| *answer);
        assert!(answer.is_some_and(|answer| answer.starts_with(begins)), "{what}\n{said}");
    }
    assert_eq!(lines.len(), 9, "200,000 files fit, and can be forgotten\n{said}");
}

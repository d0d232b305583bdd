//! Folders that are removed and restored, or created again, while the daemon runs. The full scan of every minute would find their
//! files too. These tests require events, so nothing may take half a minute.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use baton_tests::{DroppedHandoffs, Workspace, handoff, text};

/// A time limit that is shorter than the pause until the next full scan.
const PROMPT: Duration = Duration::from_secs(25);

/// Drops a handoff, which must be done soon.
fn is_served(workspace: &Workspace, dropped: &mut DroppedHandoffs, title: &str) {
    dropped.insert(title.to_owned(), workspace.drop_handoff("noop", title));
    is_done_soon(workspace, title);
}

fn is_done_soon(workspace: &Workspace, title: &str) {
    let begun = Instant::now();
    workspace.wait_for_archive(title);
    assert!(begun.elapsed() < PROMPT, "`{title}` was found after {:?}, by the scan", begun.elapsed());
}

/// Writes a handoff to a folder that is moved into place later.
fn put_into(folder: &Path, dropped: &mut DroppedHandoffs, title: &str) {
    let bytes = text(&handoff("noop", title));
    fs::write(folder.join(format!("{title}.json")), &bytes).unwrap();
    dropped.insert(title.to_owned(), bytes);
}

#[test]
fn an_inbox_that_is_removed_and_created_again_is_watched_again() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    let mut dropped = DroppedHandoffs::new();
    is_served(&workspace, &mut dropped, "Before");
    for round in ["First", "Second"] {
        fs::remove_dir_all(workspace.inbox_of("noop")).unwrap();
        fs::create_dir(workspace.inbox_of("noop")).unwrap();
        is_served(&workspace, &mut dropped, round);
        is_served(&workspace, &mut dropped, &format!("{round} again"));
    }
    workspace.all_done_once("noop", &dropped);
    assert!(daemon.stop().success());
}

#[test]
fn files_in_a_restored_inbox_are_captured() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    let mut dropped = DroppedHandoffs::new();
    is_served(&workspace, &mut dropped, "Before");
    let aside = workspace.outside().join("aside");
    fs::rename(workspace.inbox_of("noop"), &aside).unwrap();
    put_into(&aside, &mut dropped, "Meanwhile");
    fs::rename(&aside, workspace.inbox_of("noop")).unwrap();
    is_done_soon(&workspace, "Meanwhile");
    is_served(&workspace, &mut dropped, "After");
    workspace.all_done_once("noop", &dropped);
    assert!(daemon.stop().success());
}

#[test]
fn the_folder_handoffs_is_served_again_after_it_was_renamed_and_restored() {
    let workspace = Workspace::with_noop();
    let mut daemon = workspace.up_and_serving();
    let mut dropped = DroppedHandoffs::new();
    is_served(&workspace, &mut dropped, "Before");
    let (handoffs, aside) = (workspace.root().join("handoffs"), workspace.root().join("aside"));
    fs::rename(&handoffs, &aside).unwrap();
    put_into(&aside.join("noop/01_inbox"), &mut dropped, "Meanwhile");
    assert!(daemon.runs());
    fs::rename(&aside, &handoffs).unwrap();
    is_done_soon(&workspace, "Meanwhile");
    is_served(&workspace, &mut dropped, "After");
    workspace.all_done_once("noop", &dropped);
    assert!(daemon.stop().success());
}

#[test]
fn a_new_folder_handoffs_is_served_and_the_old_one_is_not_changed() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    is_served(&workspace, &mut DroppedHandoffs::new(), "Before");
    let (handoffs, aside) = (workspace.root().join("handoffs"), workspace.root().join("aside"));
    fs::rename(&handoffs, &aside).unwrap();
    fs::create_dir_all(workspace.inbox_of("noop")).unwrap();
    fs::create_dir_all(workspace.inbox_of("Claude-MM1")).unwrap();
    is_served(&workspace, &mut DroppedHandoffs::new(), "After");
    put_into(&aside.join("noop/01_inbox"), &mut DroppedHandoffs::new(), "Elsewhere");
    is_served(&workspace, &mut DroppedHandoffs::new(), "Later");
    assert_eq!(workspace.status().len(), 3, "{:#?}", workspace.status());
    assert_eq!(workspace.list("aside/noop/01_inbox"), ["Elsewhere.json"]);
    assert_eq!(workspace.answers().len(), 2);
    assert!(daemon.stop().success());
}

#[test]
fn an_inbox_outside_of_the_workspace_that_is_created_again_is_watched_again() {
    let workspace = Workspace::with_noop();
    let inbox = workspace.outside().join("drive/in");
    fs::create_dir_all(&inbox).unwrap();
    let config = format!("{}\n[agents.noop]\ninbox = \"{}\"\n", workspace.read("baton.toml"), inbox.display());
    workspace.write("baton.toml", config);
    let daemon = workspace.up_and_serving();
    for title in ["Before", "After"] {
        put_into(&inbox, &mut DroppedHandoffs::new(), title);
        is_done_soon(&workspace, title);
        fs::remove_dir_all(&inbox).unwrap();
        fs::create_dir(&inbox).unwrap();
    }
    assert_eq!(workspace.answers().len(), 2);
    assert!(daemon.stop().success());
}

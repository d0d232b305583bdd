//! An inbox or an archive that is read-only for a while. The file system is read-only, which also affects root.

use std::fs;

use baton_tests::{Daemon, Mount, Workspace, or_skip};

fn wait_for_refusal(workspace: &Workspace, daemon: &Daemon) {
    let refused = || daemon.log().contains("Read-only file system");
    workspace.wait_for("the refusal", |_| refused().then_some(()));
}

#[test]
fn an_inbox_that_is_read_only_keeps_its_files_until_it_is_writable_again() {
    let workspace = Workspace::with_noop();
    let dropped = workspace.drop_all("noop", &["One", "Two", "Three"]);
    let inbox = or_skip!(Mount::same(&workspace.inbox_of("noop")));
    inbox.read_only();
    let daemon = workspace.up_and_serving();
    wait_for_refusal(&workspace, &daemon);
    workspace.wait_for("the answers", |workspace| (workspace.returns("Claude-MM1").len() == 3).then_some(()));
    assert_eq!(workspace.inbox("noop").len(), 3, "nothing left");
    // A move between file systems is a copy. Files that cannot be removed from the inbox must not accumulate in the archive.
    workspace.wait_for("a second try", |_| (daemon.says("Read-only file system") > 3).then_some(()));
    workspace.wait_for("the copies to go", |workspace| workspace.processed("noop").is_empty().then_some(()));
    inbox.writable();
    workspace.wait_for_archived(3);
    workspace.all_done_once("noop", &dropped);
    assert!(daemon.stop().success());
}

#[test]
fn an_archive_that_is_read_only_is_tried_until_it_is_writable_again() {
    let workspace = Workspace::with_noop();
    let archive = workspace.root().join("handoffs/noop/02_processed");
    fs::create_dir_all(&archive).unwrap();
    let mount = or_skip!(Mount::same(&archive));
    mount.read_only();
    let daemon = workspace.up_and_serving();
    let dropped = workspace.drop_all("noop", &["One", "Two", "Three"]);
    wait_for_refusal(&workspace, &daemon);
    workspace.wait_for("the answers", |workspace| (workspace.returns("Claude-MM1").len() == 3).then_some(()));
    assert_eq!(workspace.inbox("noop").len(), 3);
    mount.writable();
    workspace.wait_for_archived(3);
    workspace.all_done_once("noop", &dropped);
    assert!(daemon.stop().success());
}

#[test]
fn the_inbox_of_a_sender_that_is_read_only_gets_its_answers_later() {
    let workspace = Workspace::with_noop();
    let inbox = or_skip!(Mount::same(&workspace.inbox_of("Claude-MM1")));
    inbox.read_only();
    let daemon = workspace.up_and_serving();
    let dropped = workspace.drop_all("noop", &["One", "Two", "Three"]);
    wait_for_refusal(&workspace, &daemon);
    assert!(workspace.returns("Claude-MM1").is_empty());
    inbox.writable();
    workspace.wait_for_archived(3);
    workspace.all_done_once("noop", &dropped);
    assert!(daemon.stop().success());
}

//! A disk that is full for a while: the disk of the ledger, or of the inboxes and archives. One test stops the daemon meanwhile.

use baton_tests::{Daemon, Mount, Skipped, Workspace, handoff, or_skip, text};

const TITLES: [&str; 6] = ["One", "Two", "Three", "Four", "Five", "Six"];

/// `noop` and `hostile`, with the state on a small disk.
fn with_small_state() -> Result<(Workspace, Mount), Skipped> {
    let workspace = Workspace::with_hostile();
    let mount = Mount::small(&workspace.outside().join("state"), 6 << 10)?;
    Ok((workspace, mount))
}

fn wait_until_it_says(workspace: &Workspace, daemon: &Daemon, text: &str) {
    workspace.wait_for(&format!("the daemon to say {text:?}"), |_| daemon.log().contains(text).then_some(()));
}

#[test]
fn after_a_full_disk_of_the_ledger_everything_is_done_once() {
    let (workspace, disk) = or_skip!(with_small_state());
    let mut daemon = workspace.up_and_serving();
    let mut dropped = workspace.drop_all("noop", &["Before"]);
    workspace.wait_for_archived(1);
    disk.fill();
    dropped.extend(workspace.drop_all("noop", &TITLES));
    wait_until_it_says(&workspace, &daemon, "free some disk space");
    assert!(daemon.runs(), "{}", daemon.log());
    disk.free();
    workspace.wait_for_archived(dropped.len());
    workspace.all_done_once("noop", &dropped);
    assert!(daemon.stop().success());
}

#[test]
fn an_attempt_that_ends_while_the_disk_is_full_is_recorded_when_there_is_space() {
    let (workspace, disk) = or_skip!(with_small_state());
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "slow");
    workspace.wait_for_state("slow", "running");
    disk.fill();
    wait_until_it_says(&workspace, &daemon, "trying again in");
    disk.free();
    let task = workspace.wait_for_archive("slow");
    assert_eq!((task.state.as_str(), task.attempts), ("succeeded", 1));
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
    workspace.baton(&["ledger", "verify"]).ended(0);
    assert!(daemon.stop().success());
}

#[test]
fn a_second_ctrl_c_ends_a_daemon_with_a_full_disk_and_the_next_one_recovers_the_attempt() {
    let (workspace, disk) = or_skip!(with_small_state());
    let daemon = workspace.up_and_serving();
    workspace.drop_action("hostile", "slow");
    workspace.wait_for_state("slow", "running");
    disk.fill();
    wait_until_it_says(&workspace, &daemon, "trying again in");
    daemon.interrupt();
    wait_until_it_says(&workspace, &daemon, "again to cancel");
    let log = workspace.outside().join("up-1.log");
    assert!(daemon.stop().success());
    let said = std::fs::read_to_string(log).unwrap();
    assert!(said.contains("the next start treats it as interrupted"), "{said}");

    disk.free();
    workspace.up_once();
    let task = workspace.task("slow");
    assert_eq!((task.state.as_str(), task.attempts), ("succeeded", 2), "{task:#?}");
    assert!(workspace.why(&task.id).actions().contains(&"interrupted"));
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn with_a_full_disk_of_the_inboxes_returns_wait_until_there_is_space() {
    let workspace = Workspace::with_noop();
    let disk = or_skip!(Mount::small(&workspace.root().join("handoffs"), 3 << 10));
    let mut daemon = workspace.up_and_serving();
    let mut dropped = workspace.drop_all("noop", &["Before"]);
    workspace.wait_for_archived(1);
    // The files are written under hidden names while there is space, and renamed when the disk is full.
    let hidden = |title: &str| workspace.inbox_of("noop").join(format!(".{title}.tmp"));
    for title in TITLES {
        let bytes = text(&handoff("noop", title));
        std::fs::write(hidden(title), &bytes).unwrap();
        dropped.insert(title.to_owned(), bytes);
    }
    disk.fill();
    for title in TITLES {
        std::fs::rename(hidden(title), workspace.inbox_of("noop").join(format!("{title}.json"))).unwrap();
    }
    wait_until_it_says(&workspace, &daemon, "could not be delivered");
    assert!(daemon.log().contains("No space left on device"), "{}", daemon.log());
    let done = || workspace.status().iter().filter(|task| task.state == "succeeded").count();
    workspace.wait_for("the attempts", |_| (done() == dropped.len()).then_some(()));
    assert!(daemon.runs());
    disk.free();
    workspace.wait_for_archived(dropped.len());
    workspace.all_done_once("noop", &dropped);
    assert!(daemon.stop().success());
}

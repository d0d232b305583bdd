//! An idle daemon uses no processor time, and it watches inboxes but not archives. Measured with `/proc` on Linux.
#![cfg(target_os = "linux")]

use std::fs;
use std::time::Duration;

use baton_tests::{Daemon, Workspace};

/// The number of voluntary context switches of the daemon's threads.
fn sleeps(daemon: &Daemon) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{}/task", daemon.id())).into_iter().flatten();
    let statuses = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("status")).ok());
    let count = |status: String| -> u64 {
        let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches")).map(str::to_owned);
        line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or_default()
    };
    statuses.map(count).sum()
}

/// The number of folders that the daemon watches.
fn watches(daemon: &Daemon) -> usize {
    let infos = fs::read_dir(format!("/proc/{}/fdinfo", daemon.id())).into_iter().flatten();
    let texts = infos.filter_map(|info| fs::read_to_string(info.ok()?.path()).ok());
    texts.map(|text| text.lines().filter(|line| line.starts_with("inotify wd:")).count()).sum()
}

#[test]
fn a_quiet_daemon_sleeps() {
    let workspace = Workspace::with_noop();
    let daemon = workspace.up_and_serving();
    workspace.drop_handoff("noop", "Before the rest");
    workspace.wait_for_archive("Before the rest");
    std::thread::sleep(Duration::from_secs(2));
    let before = sleeps(&daemon);
    std::thread::sleep(Duration::from_secs(5));
    let woken = sleeps(&daemon) - before;
    assert!(woken < 25, "{woken} wake-ups in five seconds");
    assert!(daemon.stop().success());
}

#[test]
fn archives_are_not_watched() {
    let workspace = Workspace::with_noop();
    for number in 0..300 {
        fs::create_dir_all(workspace.root().join(format!("handoffs/noop/02_processed/{number}"))).unwrap();
    }
    let daemon = workspace.up_and_serving();
    workspace.drop_handoff("noop", "As always");
    workspace.wait_for_archive("As always");
    let watched = watches(&daemon);
    assert!((5..100).contains(&watched), "{watched} folders are watched");
    // A new agent is still noticed at once.
    fs::create_dir_all(workspace.root().join("handoffs/New-Agent/01_inbox")).unwrap();
    workspace.drop_handoff("New-Agent", "Welcome");
    workspace.wait_for_state("Welcome", "delivered");
    assert!(daemon.stop().success());
}

//! A system without free file descriptors or inotify watches.

use std::process::Command;

use baton_tests::{Daemon, DroppedHandoffs, Workspace, baton, or_skip, skip};

/// `baton up` in a shell that first runs `limit`.
fn up_with(workspace: &Workspace, shell: &[&str], limit: &str) -> Command {
    let mut command = workspace.command_of(shell[0]);
    command.args(&shell[1..]).arg("-c").arg(format!("{limit} && exec \"$@\"")).arg("sh");
    command.arg(baton()).arg("-w").arg(workspace.root()).arg("up");
    command
}

#[test]
fn a_daemon_with_few_descriptors_loses_nothing() {
    const FILES: usize = 120;
    let workspace = Workspace::with_noop();
    let titles: Vec<String> = (0..FILES).map(|number| format!("Job {number}")).collect();
    let daemon = workspace.up_by(&mut up_with(&workspace, &["sh"], "ulimit -n 24"));
    let dropped = workspace.drop_all("noop", &titles);
    let said =
        |daemon: &Daemon| daemon.log().contains("Too many open files") || daemon.log().contains("unable to open");
    workspace.wait_for("all to be done, or the problem to be logged", |workspace| {
        (said(&daemon) || workspace.processed("noop").len() == FILES).then_some(())
    });
    let ended = daemon.stop().code();
    assert!(matches!(ended, Some(0 | 1)), "0, or 1 with deliveries that are still to be made: {ended:?}");
    workspace.up_once();
    workspace.all_done_once("noop", &dropped);
}

#[test]
fn a_daemon_that_cannot_open_its_ledger_reports_it_and_ends() {
    let workspace = Workspace::with_noop();
    let dropped = workspace.drop_all("noop", &["Later"]);
    let mut few = up_with(&workspace, &["sh"], "ulimit -n 9");
    let ended = baton_tests::Output::of(&mut few);
    assert_ne!(ended.code, 0);
    assert!(!ended.stderr.contains("panicked") && !ended.stderr.is_empty(), "{}", ended.stderr);
    workspace.up_once();
    workspace.all_done_once("noop", &dropped);
}

#[test]
fn without_watches_files_are_found_by_the_scan() {
    const NONE: &str = "echo 0 > /proc/sys/user/max_inotify_instances";
    let workspace = Workspace::with_noop();
    let possible = Command::new("unshare").args(["-r", "sh", "-c", NONE]).output();
    or_skip!(
        possible
            .ok()
            .filter(|tried| tried.status.success())
            .ok_or_else(|| skip("this user may not make a user namespace in which watches run out"))
    );
    let config = workspace.read("baton.toml") + "\n[agents.noop]\npoll = true\n";
    workspace.write("baton.toml", config);
    let daemon = workspace.up_by(&mut up_with(&workspace, &["unshare", "-r", "sh"], NONE));
    let dropped: DroppedHandoffs = workspace.drop_all("noop", &["One", "Two"]);
    workspace.wait_for_archived(2);
    workspace.all_done_once("noop", &dropped);
    let log = daemon.log();
    assert!(log.contains("max_user_instances"), "the fix is reported: {log}");
    assert!(daemon.stop().success());
}

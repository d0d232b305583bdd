//! Tests with a clock that is set back by an hour, between two starts or while the daemon runs. `faketime` fakes the clock. The
//! monotonic clock is not faked, as on a real machine.

use std::path::PathBuf;
use std::process::Command;

use baton_tests::{Daemon, DroppedHandoffs, Skipped, Workspace, baton, missing, or_skip};

/// The path of the library for `LD_PRELOAD`, which contains `$LIB` on Debian.
fn library() -> Result<String, Skipped> {
    let asked = Command::new("faketime").args(["-m", "-f", "+0", "sh", "-c", "echo $LD_PRELOAD"]).output();
    let said = asked.map(|asked| String::from_utf8_lossy(&asked.stdout).into_owned()).unwrap_or_default();
    let found = said.trim().split(':').find(|file| file.contains("libfaketime")).map(str::to_owned);
    found.ok_or_else(|| missing("faketime", "apt-get install faketime"))
}

/// A fake clock for commands. The file `clock` has its offset.
pub(crate) struct Clock {
    library: String,
    file: PathBuf,
}

impl Clock {
    pub(crate) fn of(workspace: &Workspace) -> Result<Self, Skipped> {
        let clock = Self { library: library()?, file: workspace.outside().join("clock") };
        clock.set("+0");
        Ok(clock)
    }

    pub(crate) fn set(&self, offset: &str) {
        // The file is replaced by a rename, so that no process reads an incomplete file.
        let new = self.file.with_extension("new");
        std::fs::write(&new, offset).unwrap();
        std::fs::rename(new, &self.file).unwrap();
    }

    pub(crate) fn up(&self, workspace: &Workspace) -> Daemon {
        let mut command = workspace.command_of(baton());
        command.arg("-w").arg(workspace.root()).arg("up");
        command.env("LD_PRELOAD", &self.library).env("FAKETIME_TIMESTAMP_FILE", &self.file);
        command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1").env("NO_FAKE_STAT", "1");
        workspace.up_by(&mut command)
    }
}

/// Asserts that `doctor` reports the jump and no damage.
fn is_named(workspace: &Workspace) {
    let found = workspace.baton(&["doctor", "--json"]).json();
    let findings = found["checks"].as_array().cloned().unwrap_or_default();
    let jumps = findings.iter().filter(|finding| finding["check"] == "clock" && finding["status"] == "warn");
    assert!(jumps.count() > 0, "{found:#}");
    assert!(found.to_string().contains("older than the event before it"), "{found:#}");
    workspace.baton(&["ledger", "verify"]).ended(0);
}

#[test]
fn after_the_clock_was_set_back_between_two_starts_no_task_waits_longer() {
    let workspace = Workspace::with_hostile();
    let clock = or_skip!(Clock::of(&workspace));
    let daemon = clock.up(&workspace);
    let mut dropped = workspace.drop_all("noop", &["Before"]);
    workspace.wait_for_archived(1);
    workspace.drop_action("hostile", "slow");
    workspace.wait_for_state("slow", "running");
    daemon.kill();
    clock.set("-1h");
    let daemon = clock.up(&workspace);
    dropped.extend(workspace.drop_all("noop", &["After"]));
    let slow = workspace.wait_for_archive("slow");
    assert_eq!((slow.state.as_str(), slow.attempts), ("succeeded", 2), "{slow:#?}");
    workspace.wait_for_archived(3);
    assert_eq!(workspace.answers(), ["id-after", "id-before", "id-slow"].map(|id| (id.to_owned(), 1)).into());
    assert_eq!(workspace.tasks_of("noop").len(), dropped.len());
    is_named(&workspace);
    assert!(daemon.stop().success());
}

#[test]
fn setting_the_clock_back_while_a_daemon_runs_changes_nothing() {
    let workspace = Workspace::with_noop();
    let clock = or_skip!(Clock::of(&workspace));
    let daemon = clock.up(&workspace);
    let mut dropped = DroppedHandoffs::new();
    for (number, offset) in ["+0", "-1h", "-2h"].into_iter().enumerate() {
        clock.set(offset);
        let titles = [0, 1, 2].map(|job| format!("Job {number} {job}"));
        dropped.extend(workspace.drop_all("noop", &titles));
        workspace.wait_for_archived(dropped.len());
    }
    workspace.all_done_once("noop", &dropped);
    is_named(&workspace);
    assert!(daemon.stop().success());
}

#[test]
fn a_retry_planned_with_a_fast_clock_does_not_wait_for_that_time() {
    let workspace = Workspace::with_hostile();
    let clock = or_skip!(Clock::of(&workspace));
    let daemon = clock.up(&workspace);
    workspace.drop_action("hostile", "retry");
    workspace.wait_for_state("retry", "waiting");
    daemon.kill();
    clock.set("-1h");
    let daemon = clock.up(&workspace);
    workspace.wait_for_state("retry", "dead");
    let task = workspace.wait_for_archive("retry");
    assert_eq!((task.state.as_str(), task.attempts), ("dead", 3));
    assert_eq!(workspace.returns("Claude-MM1").len(), 1);
    assert!(daemon.stop().success());
}

//! Processes that have inherited the mark of a program.

use std::time::Duration;

use rustix::process::{Signal, kill_process};

use crate::{owner, pid};

/// The environment variable with the mark.
pub(crate) const VARIABLE: &str = "BATON_RUN";

/// The maximum number of times that the processes are listed. A later list finds a process that was forked during an earlier
/// one.
const ROUNDS: usize = 300;

/// The time between two lists, in which killed processes end.
const PAUSE: Duration = Duration::from_millis(10);

/// Kills every process of this user that has the mark in its environment, and waits until all of them have ended. Also
/// waits for the processes in `known`, which the caller found earlier: a process that is being killed has no environment
/// any more, but may still hold a lock. Works only on systems with `/proc`.
pub(crate) fn kill_marked(mark: &str, mut known: Vec<u32>) {
    for _ in 0..ROUNDS {
        let found = marked(mark);
        // A killed process may have forked after the list was made.
        let is_last = found.is_empty();
        for process in found.iter().copied().filter_map(pid) {
            let _ = kill_process(process, Signal::KILL);
        }
        known.extend(found);
        known.retain(|process| owner::is_alive(*process));
        if is_last && known.is_empty() {
            return;
        }
        std::thread::sleep(PAUSE);
    }
}

/// The processes with the mark, except this one.
pub(crate) fn marked(mark: &str) -> Vec<u32> {
    let wanted = format!("{VARIABLE}={mark}");
    let has_mark = |process: &u32| {
        let environment = std::fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes())
    };
    let names = std::fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.file_name());
    let processes = names.filter_map(|name| name.to_str()?.parse().ok());
    processes.filter(|process| *process != std::process::id()).filter(has_mark).collect()
}

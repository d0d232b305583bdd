//! The names under which processes hold tasks and deliveries in the ledger, and the check whether such a process is
//! running.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// The prefix of a daemon's name.
const DAEMON: &str = "up";

/// A name for this process; `kind` is the command that it runs.
#[must_use]
pub fn name(kind: &str) -> String {
    name_of(kind, std::process::id())
}

/// The name of another process.
#[must_use]
pub fn name_of(kind: &str, process: u32) -> String {
    let begun = began(process).map(|begun| format!(":{begun}")).unwrap_or_default();
    format!("{kind}:{process}:{}{begun}", jiff::Timestamp::now().as_nanosecond())
}

/// The process id in the name.
#[must_use]
pub fn process_of(owner: &str) -> Option<u32> {
    owner.split(':').nth(1)?.parse().ok()
}

/// True if `owner` is the name of a daemon.
#[must_use]
pub fn is_daemon(owner: &str) -> bool {
    owner.split(':').next() == Some(DAEMON)
}

/// True if the process with the name `owner` has certainly ended. `no_daemon` means that no other daemon is running,
/// because the lock of the workspace is free or held by this process.
#[must_use]
pub fn is_gone(owner: &str, no_daemon: bool) -> bool {
    let mut parts = owner.split(':').skip(1);
    let process = parts.next().and_then(|process| process.parse().ok());
    let begun = parts.nth(1);
    let same = |process| is_alive(process) && begun.is_none_or(|known| began(process).is_none_or(|now| now == known));
    no_daemon && is_daemon(owner) || !process.is_some_and(same)
}

/// True if the name has the start time of its process, so that no later process can have the name.
#[must_use]
pub fn has_start(owner: &str) -> bool {
    owner.split(':').nth(3).is_some()
}

/// The start time of a process in the system's ticks since boot, which do not change with the clock. It distinguishes a
/// process from a later process with the same id. The start time is known only on systems with `/proc`.
fn began(process: u32) -> Option<String> {
    stat_field(process, 19)
}

/// A field of `/proc/PID/stat`, counted from 0 after the process name.
fn stat_field(process: u32, number: usize) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The process name is in parentheses and may contain any character; the fields after it do not.
    stat.rsplit_once(')')?.1.split_whitespace().nth(number).map(str::to_owned)
}

/// True if a process with this number exists, of any user. A zombie (a process that has ended and that its parent has not
/// reaped yet) does not count.
#[must_use]
pub fn is_alive(process: u32) -> bool {
    let number = i32::try_from(process).ok().and_then(Pid::from_raw);
    let exists = number.is_some_and(|number| !matches!(test_kill_process(number), Err(Errno::SRCH)));
    exists && !stat_field(process, 0).is_some_and(|state| ["Z", "X"].contains(&state.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reused_process_id_is_another_process() {
        let own = name("run");
        assert!(!is_gone(&own, false));
        // The start time differs, which Baton detects only on systems that report the start time of a process.
        let left = format!("run:{}:1:1", std::process::id());
        assert_eq!(is_gone(&left, false), began(std::process::id()).is_some());
        assert!(!is_gone(&format!("run:{}:1", std::process::id()), false), "an older name has no start time");
    }

    #[test]
    fn this_process_is_alive_and_an_impossible_one_has_ended() {
        let (daemon, call) = (name("up"), name("run"));
        assert!(!is_gone(&daemon, false) && !is_gone(&call, true));
        assert!(is_gone(&daemon, true), "no daemon runs, so the process of this name has ended");
        for nobody in ["run:4294967295:1", "run", "", "run:x:1"] {
            assert!(is_gone(nobody, false), "{nobody}");
        }
    }
}

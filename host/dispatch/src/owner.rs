//! The names under which processes hold tasks and deliveries in the ledger, and whether such a process is still there.

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// What a daemon's name begins with.
const DAEMON: &str = "up";

/// A name for this process; `kind` is the command that it runs.
#[must_use]
pub fn name(kind: &str) -> String {
    format!("{kind}:{}:{}", std::process::id(), jiff::Timestamp::now().as_nanosecond())
}

/// Whether it is the name of a daemon.
#[must_use]
pub fn is_daemon(owner: &str) -> bool {
    owner.split(':').next() == Some(DAEMON)
}

/// Whether the process of that name cannot be alive. `no_daemon` says that no daemon is, because the lock of the workspace
/// is free or ours.
#[must_use]
pub fn is_gone(owner: &str, no_daemon: bool) -> bool {
    let process = owner.split(':').nth(1).and_then(|process| process.parse().ok());
    no_daemon && is_daemon(owner) || !process.is_some_and(is_alive)
}

/// Whether there is such a process, whoever's it is.
#[must_use]
pub fn is_alive(process: u32) -> bool {
    let process = i32::try_from(process).ok().and_then(Pid::from_raw);
    process.is_some_and(|process| !matches!(test_kill_process(process), Err(Errno::SRCH)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_there_and_one_that_cannot_be_is_gone() {
        let (daemon, call) = (name("up"), name("run"));
        assert!(!is_gone(&daemon, false) && !is_gone(&call, true));
        assert!(is_gone(&daemon, true), "another daemon of that name cannot be");
        for nobody in ["run:4294967295:1", "run", "", "run:x:1"] {
            assert!(is_gone(nobody, false), "{nobody}");
        }
    }
}

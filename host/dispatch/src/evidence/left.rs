//! Commands that a killed daemon left running.

use rustix::process::{Pid, Signal, kill_process_group};

use crate::owner;

/// Ends the process group of a command with this name in the ledger. Does nothing where the system does not say when a process
/// began: the number may belong to another process now.
pub(super) fn end(name: &str) {
    if owner::is_gone(name, false) || !owner::has_start(name) {
        return;
    }
    let process = owner::process_of(name).and_then(|process| i32::try_from(process).ok());
    if let Some(group) = process.and_then(Pid::from_raw) {
        tracing::warn!(process = group.as_raw_nonzero(), "ending a command that a killed daemon left running");
        // Fails only if it has just ended.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

//! Runs the programs that the operator allows: coding agents and the commands of RETURNs.
//!
//! Each program has a cleared environment, a separate process group and a mark in its environment. When Baton ends a
//! program, it also ends everything that the program has started: the whole group and, on systems with `/proc`, the
//! processes that left the group and have inherited the mark. If a daemon is killed, a later daemon finds the programs of
//! the killed daemon by their names in the ledger ([`owner`]) and their marks, and ends them. A process that clears its
//! environment and leaves the group is not found.
//!
//! Everything here blocks. Async code calls it on separate threads.

mod marked_processes;
mod orphans;
pub mod owner;
mod program;

pub use orphans::end_left_over;
pub use program::Program;

use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

/// How long a program may take to end after SIGINT, and again after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);

fn pid(process: u32) -> Option<Pid> {
    i32::try_from(process).ok().filter(|process| *process > 1).and_then(Pid::from_raw)
}

/// Signals the group of this leader. Ignores the error, which means that every process of the group has ended.
fn signal_group(leader: u32, signal: Signal) {
    if let Some(group) = pid(leader) {
        let _ = kill_process_group(group, signal);
    }
}

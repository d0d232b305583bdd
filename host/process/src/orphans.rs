//! Programs that a killed daemon left running.

use std::time::Instant;

use rustix::process::Signal;

use crate::marked_processes::{kill_marked, marked};
use crate::program::CHECK_INTERVAL;
use crate::{GRACE, owner, signal_group};

/// Ends a program with everything that it started: INT, TERM, KILL. `name` is its name in the ledger, if it has one. Without a
/// start time in the name, only the processes with the mark are ended: the process id may belong to another process by now.
pub fn end_left_over(name: Option<&str>, mark: &str) {
    let mut known = Vec::new();
    let name = name.filter(|name| owner::has_start(name));
    if let Some((name, leader)) = name.and_then(|name| Some((name, owner::process_of(name)?))) {
        known = marked(mark);
        for signal in [Signal::INT, Signal::TERM, Signal::KILL] {
            if owner::is_gone(name, false) {
                break;
            }
            signal_group(leader, signal);
            let until = Instant::now() + GRACE;
            while Instant::now() < until && !owner::is_gone(name, false) {
                std::thread::sleep(CHECK_INTERVAL);
            }
            if owner::is_gone(name, false) {
                // Other processes of its group may have ignored the signal.
                signal_group(leader, Signal::KILL);
            }
        }
    }
    kill_marked(mark, known);
}

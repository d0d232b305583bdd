//! Checks which process serves the workspace and which processes hold tasks. The kernel releases the lock when its process
//! ends, so a lock file alone has no meaning. The next `baton up` recovers tasks whose process has ended.

use baton_ledger::inspect::{self, RunningTask};
use baton_process::owner;
use jiff::Timestamp;

use super::super::task_view;
use super::facts::{Facts, or_finding, shell_word};
use super::finding::Finding;
use crate::workspace::ServingProcess;

const CHECK: &str = "locks";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let Ok(state) = &facts.state else {
        return Vec::new();
    };
    let lock = state.up_lock();
    let place = facts.display(&lock);
    let mut findings = match &facts.serving {
        Ok(serving) => vec![Finding::ok(CHECK, place, describe(*serving, facts.now, owner::is_alive))],
        Err(error) => {
            let what = format!("cannot check whether a daemon runs: {error}");
            vec![Finding::fail(CHECK, place, what, format!("ls -l {}", shell_word(&lock)))]
        }
    };
    let Some(reader) = facts.readable() else {
        return findings;
    };
    let place = facts.display(&state.ledger());
    let findings_of_runs = inspect::leases(reader).map(|leases| unended_runs(facts, &leases));
    findings.extend(or_finding(CHECK, place, findings_of_runs, &facts.baton("ledger verify")));
    findings
}

fn describe(serving: ServingProcess, now: Timestamp, is_alive: impl Fn(u32) -> bool) -> String {
    match serving {
        ServingProcess::Never => "no daemon runs, and none ever did".to_owned(),
        ServingProcess::Nobody(None) => "no daemon runs; the lock file without a holder is harmless".to_owned(),
        ServingProcess::Nobody(Some(process)) if is_alive(process) => {
            format!("no daemon runs; the lock file names process {process}, which is now another program: harmless")
        }
        ServingProcess::Nobody(Some(process)) => {
            format!("no daemon runs; the last one was process {process}, its lock file is harmless")
        }
        ServingProcess::Since(process, since) => {
            let process = process.map_or_else(|| "a process".to_owned(), |process| format!("process {process}"));
            let age = Timestamp::try_from(since).map(|since| task_view::age(since, now));
            format!("a daemon runs: {process}, for {}", age.unwrap_or_else(|_| "an unknown time".to_owned()))
        }
    }
}

/// Running tasks whose process has ended, if no daemon runs that would recover them.
fn unended_runs(facts: &Facts, leases: &[RunningTask]) -> Vec<Finding> {
    if facts.is_served() {
        return Vec::new();
    }
    let ended = leases.iter().filter(|lease| owner::is_gone(&lease.owner, true));
    ended
        .map(|lease| {
            let what =
                format!("`{}` of {} is running, but its process ({}) has ended", lease.title, lease.agent, lease.owner);
            Finding::warn(CHECK, lease.task.clone(), what, format!("{} recovers it", facts.baton("up")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn every_state_of_the_lock_has_a_sentence() {
        let now = Timestamp::from_second(7_200).unwrap();
        let say = |serving| describe(serving, now, |process| process == 7);
        let since = SystemTime::UNIX_EPOCH + Duration::from_secs(7_100);
        assert_eq!(say(ServingProcess::Since(Some(5), since)), "a daemon runs: process 5, for 1 min");
        assert!(say(ServingProcess::Nobody(Some(5))).contains("the last one was process 5"));
        assert!(say(ServingProcess::Nobody(Some(7))).contains("now another program"));
        assert!(say(ServingProcess::Nobody(None)).contains("harmless"));
        assert!(say(ServingProcess::Never).contains("none ever did"));
    }
}

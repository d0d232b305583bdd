//! Checks whether the machine's clock jumped: events older than the previous event, and events in the future. The chain is
//! ordered by sequence number, so it is not affected; due times, leases and ages depend on the clock.

use std::time::Duration;

use baton_ledger::tail::{self, ChainTail, ClockJump};

use super::facts::{Facts, or_finding};
use super::finding::Finding;

const CHECK: &str = "clock";

/// The number of newest events that are checked.
const EVENTS: u64 = 10_000;

/// A smaller jump counts as a normal correction by a time server.
const TOLERANCE: Duration = Duration::from_mins(1);

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let (Some(reader), Ok(state)) = (facts.readable(), &facts.state) else {
        return Vec::new();
    };
    let place = facts.display(&state.ledger());
    let result = tail::check(reader, EVENTS, TOLERANCE, facts.now).map(|tail| judge(facts, &place, &tail));
    or_finding(CHECK, place, result, &facts.baton("ledger verify"))
}

fn judge(facts: &Facts, place: &str, tail: &ChainTail) -> Vec<Finding> {
    let fix = "timedatectl set-ntp true; timedatectl shows whether the clock is right";
    let say = |jump: &ClockJump, how: &str| {
        let what = format!("event {} (task {}) is {} {how}", jump.seq, jump.task, span(jump.by));
        Finding::warn(CHECK, place, what, format!("{fix}; {}", facts.baton(&format!("why {}", jump.task))))
    };
    let mut findings: Vec<_> = tail.backwards.iter().map(|jump| say(jump, "older than the event before it")).collect();
    findings.extend(tail.ahead.iter().map(|jump| say(jump, "in the future")));
    if findings.is_empty() {
        let what = format!("the times of the last {} are in order", super::super::ledger::events(tail.events));
        findings.push(Finding::ok(CHECK, place, what));
    }
    findings
}

fn span(by: Duration) -> String {
    match by.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_one_unit() {
        assert_eq!([61, 200, 100_000].map(|seconds| span(Duration::from_secs(seconds))), ["61 s", "3 min", "27 h"]);
    }
}

//! Checks whether work proceeds: tasks that do not start, that show no activity, that wait for an answer. A workspace with
//! one stuck task looks idle and healthy; this check names the task and the fix.

use baton_core::State;
use baton_ledger::task::{self, StallLimits, StallReason, StalledTask, UnknownDependency};
use baton_ledger::{LedgerError, Reader, supervision};

use super::super::task_view;
use super::facts::{Facts, or_finding};
use super::finding::{Finding, Status};
use crate::output::shorten;

const CHECK: &str = "progress";

pub(super) fn check(facts: &Facts) -> Vec<Finding> {
    let (Some(reader), Ok(state)) = (facts.readable(), &facts.state) else {
        return Vec::new();
    };
    let result =
        stalled(facts, reader).map(|stalled| stalled.iter().map(|task| stalled_finding(facts, task)).collect());
    let result = result.and_then(|mut findings: Vec<Finding>| {
        findings.extend(task::unknown_dependencies(reader)?.iter().map(|unknown| depends(facts, unknown)));
        Ok(findings)
    });
    let mut findings = or_finding(CHECK, facts.display(&state.ledger()), result, &facts.baton("ledger verify"));
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "", "no task is stuck"));
    }
    findings
}

/// The stalled tasks, except those of plugins in quarantine or with an exhausted budget, which another check reports.
fn stalled(facts: &Facts, reader: &Reader) -> Result<Vec<StalledTask>, LedgerError> {
    let held = supervision::quarantined_plugins(reader, facts.now)?;
    let mut stalled = task::stalled(reader, facts.now, &StallLimits::default())?;
    let reached = facts.budgets_reached(reader)?;
    let waits = |agent: &String| {
        held.iter().any(|held| held.agent == *agent)
            || reached.iter().any(|reached| reached.plugin == *agent && reached.holds_tasks())
    };
    stalled.retain(|task| task.why != StallReason::NotBegun || !waits(&task.agent));
    Ok(stalled)
}

fn stalled_finding(facts: &Facts, task: &StalledTask) -> Finding {
    let age = task_view::age(task.since, facts.now);
    let title = shorten(&task.title, 60);
    let what = format!("`{title}` of {} is {} for {age}: {}", task.agent, task.state, explained(task.why));
    let fix = fix(task, facts.is_served(), |words| facts.baton(words));
    Finding::warn(CHECK, task.id.clone(), what, fix).with(status(task.why, facts.is_served()))
}

/// A task with an unknown dependency.
fn depends(facts: &Facts, unknown: &UnknownDependency) -> Finding {
    let age = task_view::age(unknown.since, facts.now);
    let (title, needs) = (shorten(&unknown.title, 60), shorten(&unknown.needs, 60));
    let what = format!("`{title}` of {} has waited {age} for `{needs}`: no task has that id or title", unknown.agent);
    let fix = facts.baton(&format!("retry {}", unknown.task));
    Finding::warn(
        CHECK,
        unknown.task.clone(),
        what,
        format!("correct `depends_on` of the task, or run the task anyway: {fix}"),
    )
}

/// A stuck task is a failure if a daemon runs; otherwise it is a warning.
fn status(why: StallReason, served: bool) -> Status {
    let for_others = matches!(why, StallReason::Unanswered | StallReason::NotDone);
    if served && !for_others { Status::Fail } else { Status::Warn }
}

fn explained(why: StallReason) -> &'static str {
    match why {
        StallReason::NotBegun => "no attempt of this agent has ended since then",
        StallReason::Silent => "it shows no activity",
        StallReason::Unanswered => "nobody has answered",
        StallReason::Overdue => "the time of its next attempt has passed",
        StallReason::NotDone => "the agent has not answered",
        StallReason::NotRouted => "Baton has not decided who gets it",
    }
}

fn fix(task: &StalledTask, served: bool, baton: impl Fn(&str) -> String) -> String {
    let of = |verb: &str| baton(&format!("{verb} {}", task.id));
    match task.why {
        StallReason::Unanswered if task.state == State::NeedsHuman => format!("{} TEXT", of("answer")),
        StallReason::Unanswered => format!("{} says which command allows it", of("why")),
        StallReason::NotDone => format!("{}; ask the agent, or {}", of("why"), of("cancel")),
        _ if !served => baton("up"),
        StallReason::Overdue | StallReason::NotRouted => of("retry"),
        StallReason::NotBegun | StallReason::Silent => format!("{}, then {}", of("why"), of("cancel")),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn fix_of(state: State, why: StallReason, served: bool) -> String {
        let (agent, title) = ("a".to_owned(), "t".to_owned());
        let task = StalledTask { id: "7f".to_owned(), agent, title, state, why, since: Timestamp::UNIX_EPOCH };
        fix(&task, served, |words| format!("baton {words}"))
    }

    #[test]
    fn every_stalled_task_has_a_command_that_continues_it() {
        assert_eq!(fix_of(State::NeedsHuman, StallReason::Unanswered, true), "baton answer 7f TEXT");
        assert!(fix_of(State::NeedsGrant, StallReason::Unanswered, false).starts_with("baton why 7f"));
        assert_eq!(fix_of(State::Queued, StallReason::NotBegun, false), "baton up");
        assert_eq!(fix_of(State::Queued, StallReason::NotBegun, true), "baton why 7f, then baton cancel 7f");
        assert_eq!(fix_of(State::Waiting, StallReason::Overdue, true), "baton retry 7f");
        assert!(fix_of(State::Delivered, StallReason::NotDone, false).contains("baton cancel 7f"));
    }

    #[test]
    fn a_task_that_waits_for_a_running_daemon_is_a_failure() {
        assert_eq!(status(StallReason::NotBegun, true), Status::Fail);
        assert_eq!(status(StallReason::NotBegun, false), Status::Warn);
        assert_eq!(status(StallReason::Unanswered, true), Status::Warn);
    }
}

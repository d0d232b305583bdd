//! Decides how to handle each gap, from the current gaps and the earlier requests. Pure.

use crate::count::{count, is};
use std::collections::{BTreeMap, BTreeSet};

/// A gap that an agent should close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenGap {
    /// The finding's id, the same in every run.
    pub finding: String,
    /// The plan's name for readers.
    pub plan: String,
    /// The line of the plan that promises it, from 1.
    pub line: usize,
    /// The path that the plan means.
    pub path: String,
    /// The folder of the plan below the granted root; empty for the root itself.
    pub below: String,
    /// Its status, such as `MISSING`.
    pub status: String,
    /// Classes and functions that it must define.
    pub symbols: Vec<String>,
    /// The observed facts.
    pub evidence: String,
    /// True for a severe gap.
    pub high: bool,
    /// Responsible agents; the first one that exists gets the request.
    pub agents: Vec<String>,
}

/// An earlier request for a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierRequest {
    /// The plan.
    pub plan: String,
    /// The path.
    pub path: String,
    /// The agent that received it.
    pub agent: String,
    /// Number of requests for this gap so far.
    pub round: u32,
    /// The status of the last request.
    pub state: RequestState,
    /// The task that recorded it.
    pub task: String,
}

/// The status of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestState {
    /// It has no answer yet.
    Open,
    /// It has an answer.
    Answered,
    /// The answer is a refusal.
    Refused,
    /// It was withdrawn.
    Withdrawn,
}

impl EarlierRequest {
    /// The record after `task` has sent a request to `agent`.
    #[must_use]
    pub fn of(wanted: &OpenGap, agent: &str, round: u32, task: &str) -> Self {
        let (plan, path) = (wanted.plan.clone(), wanted.path.clone());
        Self { plan, path, agent: agent.to_owned(), round, state: RequestState::Open, task: task.to_owned() }
    }
}

/// Limits for requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Maximum number of open requests per agent.
    pub open_at_most: usize,
    /// Maximum number of requests per gap.
    pub rounds: u32,
}

impl Default for Rules {
    fn default() -> Self {
        Self { open_at_most: 20, rounds: 3 }
    }
}

/// The next step for a gap.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// Send a request.
    Ask {
        /// The gap.
        wanted: &'a OpenGap,
        /// The number of the request, from 1.
        round: u32,
        /// The agent of the previous request.
        before: Option<&'a str>,
    },
    /// Wait for the answer to a request.
    Wait {
        /// The gap.
        wanted: &'a OpenGap,
        /// The request.
        known: &'a EarlierRequest,
    },
    /// Send no request.
    Hold {
        /// The gap.
        wanted: &'a OpenGap,
        /// Number of earlier requests.
        round: u32,
        /// The reason.
        reason: String,
    },
    /// Withdraw a request.
    Withdraw {
        finding: &'a str,
        /// The request.
        known: &'a EarlierRequest,
        /// The reason.
        reason: &'static str,
    },
    /// Delete the record of a withdrawn request.
    Forget { finding: &'a str },
}

/// Decides in the order of the gaps; withdrawals come last. Requests that an `is_unsent` task recorded were never sent.
#[must_use]
pub(super) fn decide<'a>(
    wanted: &'a [OpenGap],
    known: &'a BTreeMap<String, EarlierRequest>,
    plans: &[&str],
    is_deleted: &dyn Fn(&str) -> bool,
    rules: &Rules,
    is_unsent: &dyn Fn(&str) -> bool,
) -> Vec<Step<'a>> {
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for one in known.values().filter(|one| one.state == RequestState::Open) {
        *open.entry(&one.agent).or_default() += 1;
    }
    let mut steps: Vec<Step<'a>> = Vec::new();
    for one in wanted {
        let before = known.get(&one.finding).filter(|known| known.state != RequestState::Withdrawn);
        steps.push(step(one, before, &mut open, rules));
    }
    let now: BTreeSet<&str> = wanted.iter().map(|one| one.finding.as_str()).collect();
    let plans: BTreeSet<&str> = plans.iter().copied().collect();
    for (finding, one) in known.iter().filter(|(finding, _)| !now.contains(finding.as_str())) {
        let reason = if plans.contains(one.plan.as_str()) {
            "a later audit finds it as the plan wants it"
        } else if is_deleted(&one.plan) {
            "its plan was deleted"
        } else {
            continue;
        };
        if one.state == RequestState::Withdrawn && !is_unsent(&one.task) {
            steps.push(Step::Forget { finding });
            continue;
        }
        steps.push(Step::Withdraw { finding, known: one, reason });
    }
    steps
}

fn step<'a>(
    one: &'a OpenGap,
    known: Option<&'a EarlierRequest>,
    open: &mut BTreeMap<&'a str, usize>,
    rules: &Rules,
) -> Step<'a> {
    if let Some(known) = known.filter(|known| known.state == RequestState::Open) {
        return Step::Wait { wanted: one, known };
    }
    let round = known.map_or(0, |known| known.round);
    if round >= rules.rounds {
        let reason = format!("it was asked for {} and is still not there: a person has to look", count(round, "time"));
        return Step::Hold { wanted: one, round, reason };
    }
    if known.is_some_and(|known| known.state == RequestState::Refused) {
        let reason = "its agent answered that it was not done: see the RETURN; a person has to look".to_owned();
        return Step::Hold { wanted: one, round, reason };
    }
    if one.agents.is_empty() && known.is_none() {
        let reason = "its plan names nobody who is responsible: add a line `**Owner:** AGENT` to it, or set `responsible` in \
                      [agents.audit.defaults.audit] of baton.toml";
        return Step::Hold { wanted: one, round, reason: reason.to_owned() };
    }
    let asked = open.entry(one.agents.first().map_or("", String::as_str)).or_default();
    if *asked >= rules.open_at_most {
        let reason = format!(
            "{} {} open with its agent already; it is asked for when some are answered",
            count(*asked, "request"),
            is(*asked)
        );
        return Step::Hold { wanted: one, round, reason };
    }
    *asked += 1;
    Step::Ask { wanted: one, round: round + 1, before: known.map(|known| known.agent.as_str()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(finding: &str) -> OpenGap {
        OpenGap {
            finding: finding.to_owned(),
            plan: "plans/a.md".to_owned(),
            line: 3,
            path: format!("{finding}.py"),
            below: String::new(),
            status: "MISSING".to_owned(),
            symbols: Vec::new(),
            evidence: String::new(),
            high: true,
            agents: vec!["Codex-MM1".to_owned()],
        }
    }

    fn known(round: u32, state: RequestState) -> EarlierRequest {
        EarlierRequest { state, ..EarlierRequest::of(&wanted("x"), "Codex-MM1", round, "t") }
    }

    fn is_unsent(task: &str) -> impl Fn(&str) -> bool {
        move |one| one == task
    }

    fn words(steps: &[Step<'_>]) -> Vec<String> {
        let word = |step: &Step<'_>| match step {
            Step::Ask { wanted, round, .. } => format!("ask {} {round}", wanted.finding),
            Step::Wait { wanted, .. } => format!("wait {}", wanted.finding),
            Step::Hold { wanted, .. } => format!("hold {}", wanted.finding),
            Step::Withdraw { finding, .. } => format!("withdraw {finding}"),
            Step::Forget { finding } => format!("forget {finding}"),
        };
        steps.iter().map(word).collect()
    }

    #[test]
    fn a_gap_is_asked_for_once_and_again_only_after_an_answer() {
        let gaps = ["a", "b", "c", "d", "e"].map(wanted);
        let before = BTreeMap::from([
            ("b".to_owned(), known(1, RequestState::Open)),
            ("c".to_owned(), known(1, RequestState::Answered)),
            ("d".to_owned(), known(3, RequestState::Answered)),
            ("e".to_owned(), known(1, RequestState::Refused)),
        ]);
        let steps = decide(&gaps, &before, &["plans/a.md"], &|_| false, &Rules::default(), &is_unsent("u"));
        assert_eq!(words(&steps), ["ask a 1", "wait b", "ask c 2", "hold d", "hold e"]);
    }

    #[test]
    fn what_is_there_now_is_taken_back_and_other_plans_are_left_alone() {
        let other = EarlierRequest { plan: "plans/b.md".to_owned(), ..known(1, RequestState::Open) };
        let before = BTreeMap::from([("a".to_owned(), known(1, RequestState::Open)), ("b".to_owned(), other)]);
        let steps = |is_deleted| {
            words(&decide(
                &[],
                &before,
                &["plans/a.md"],
                &move |_: &str| is_deleted,
                &Rules::default(),
                &is_unsent("u"),
            ))
        };
        assert_eq!(steps(false), ["withdraw a"]);
        assert_eq!(steps(true), ["withdraw a", "withdraw b"]);
    }

    #[test]
    fn what_was_taken_back_is_forgotten_unless_the_same_task_is_tried_again() {
        let before = BTreeMap::from([("a".to_owned(), known(1, RequestState::Withdrawn))]);
        let steps = |gaps: &[OpenGap], task| {
            words(&decide(gaps, &before, &["plans/a.md"], &|_| false, &Rules::default(), &is_unsent(task)))
        };
        assert_eq!(steps(&[], "t"), ["withdraw a"]);
        assert_eq!(steps(&[], "u"), ["forget a"]);
        assert_eq!(steps(&["a"].map(wanted), "u"), ["ask a 1"]);
    }

    #[test]
    fn an_agent_is_not_buried() {
        let gaps = ["a", "b", "c"].map(wanted);
        let before = BTreeMap::from([(
            "z".to_owned(),
            EarlierRequest { plan: "plans/z.md".to_owned(), ..known(1, RequestState::Open) },
        )]);
        let rules = Rules { open_at_most: 2, rounds: 3 };
        assert_eq!(
            words(&decide(&gaps, &before, &[], &|_| false, &rules, &is_unsent("u"))),
            ["ask a 1", "hold b", "hold c"]
        );
        let nobody = [OpenGap { agents: Vec::new(), ..wanted("n") }];
        assert_eq!(words(&decide(&nobody, &BTreeMap::new(), &[], &|_| false, &rules, &is_unsent("u"))), ["hold n"]);
    }
}

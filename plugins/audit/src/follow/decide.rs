//! Decides which requests to send and to withdraw, from the current gaps and the earlier requests. Pure.
//!
//! A plan has at most one open request, which lists its gaps.

use std::collections::{BTreeMap, BTreeSet};

use crate::count::{count, is};

/// A gap that an agent should close.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenGap {
    /// The finding's id, the same in every run.
    pub finding: String,
    /// The plan's name for readers.
    pub plan: String,
    /// The line of the plan that promises the deliverable, from 1.
    pub line: usize,
    /// The path of the deliverable.
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

/// The requests of earlier audits, and the gaps that they list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Earlier {
    /// The requests by key.
    pub requests: BTreeMap<String, EarlierRequest>,
    /// The gaps by the id of their finding.
    pub gaps: BTreeMap<String, RequestedGap>,
}

/// A request of an earlier audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EarlierRequest {
    /// The plan.
    pub plan: String,
    /// Who was asked.
    pub agent: String,
    /// Its status.
    pub state: RequestState,
    /// The task that recorded it.
    pub task: String,
}

/// A gap that was requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestedGap {
    /// The plan.
    pub plan: String,
    /// The path.
    pub path: String,
    /// How often it was requested, from 1.
    pub round: u32,
    /// The key of the last request that lists it.
    pub request: String,
    /// The task that found the gap closed; absent while the gap is open.
    pub closed_by: Option<String>,
}

/// The status of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestState {
    /// It waits for an answer.
    Open,
    /// It has an answer.
    Answered,
    /// The answer is a refusal.
    Refused,
    /// It was withdrawn, or no gap refers to it any more.
    Withdrawn,
}

/// Limits for requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// Maximum number of open requests per agent.
    pub open_at_most: usize,
    /// Maximum number of requests per gap.
    pub rounds: u32,
    /// Maximum number of gaps per request.
    pub gaps_of_request: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { open_at_most: 20, rounds: 3, gaps_of_request: 200 }
    }
}

/// A gap in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListedGap<'a> {
    pub wanted: &'a OpenGap,
    /// How many times the gap has been requested, including this request.
    pub round: u32,
    /// True if an open request already lists the gap.
    pub waits: bool,
}

/// The next step for a request or a gap.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// Send a request.
    Ask {
        gaps: Vec<ListedGap<'a>>,
        /// The agent that was asked the last time.
        before: Option<&'a str>,
        /// Open requests that this one replaces.
        replaces: Vec<&'a str>,
    },
    /// Keep an open request that lists these gaps. If the host has not sent it, send it again.
    Wait { request: &'a str, known: &'a EarlierRequest, gaps: Vec<ListedGap<'a>> },
    /// The gap is not requested in this run.
    Hold {
        wanted: &'a OpenGap,
        /// How often the gap was requested.
        round: u32,
        /// The reason.
        reason: String,
    },
    /// Record that a gap is closed.
    Close { finding: &'a str, known: &'a RequestedGap, reason: &'static str },
    /// Withdraw a request, for example because all its gaps are closed.
    Withdraw { request: &'a str, known: &'a EarlierRequest, reason: &'static str },
    /// Mark an answered request as withdrawn, because no gap refers to it any more.
    Retire { request: &'a str, known: &'a EarlierRequest },
    /// Delete the row of a closed gap.
    Forget { finding: &'a str },
    /// Delete the row of a withdrawn request.
    ForgetRequest { request: &'a str },
}

/// Decides plan by plan, in the order of the gaps; withdrawals come last. Requests recorded by a task for which `is_unsent` is
/// true were never sent.
#[must_use]
pub(super) fn decide<'a>(
    wanted: &'a [OpenGap],
    earlier: &'a Earlier,
    plans: &[&str],
    is_deleted: &dyn Fn(&str) -> bool,
    rules: &Rules,
    is_unsent: &dyn Fn(&str) -> bool,
) -> Vec<Step<'a>> {
    let mut decision = Decision::new(earlier, rules);
    for gaps in by_plan(wanted) {
        decision.plan(&gaps);
    }
    let now: BTreeSet<&str> = wanted.iter().map(|one| one.finding.as_str()).collect();
    let plans: BTreeSet<&str> = plans.iter().copied().collect();
    let why = |plan: &str| {
        let closed = plans.contains(plan).then_some("a later audit found the deliverable as the plan describes it");
        closed.or_else(|| is_deleted(plan).then_some("its plan was deleted"))
    };
    for (finding, known) in earlier.gaps.iter().filter(|(finding, _)| !now.contains(finding.as_str())) {
        let Some(reason) = why(&known.plan) else {
            decision.kept.insert(&known.request);
            continue;
        };
        decision.steps.push(match &known.closed_by {
            Some(task) if !is_unsent(task) => Step::Forget { finding },
            _ => Step::Close { finding, known, reason },
        });
    }
    for (request, known) in &earlier.requests {
        let is_sent = !is_unsent(&known.task);
        let step = match (known.state, why(&known.plan)) {
            _ if decision.kept.contains(request.as_str()) => continue,
            (RequestState::Open, Some(reason)) => Step::Withdraw { request, known, reason },
            (RequestState::Open, None) => continue,
            (RequestState::Withdrawn, _) if is_sent => Step::ForgetRequest { request },
            (RequestState::Withdrawn, reason) => {
                Step::Withdraw { request, known, reason: reason.unwrap_or("another request replaces it") }
            }
            (RequestState::Answered | RequestState::Refused, _) => Step::Retire { request, known },
        };
        decision.steps.push(step);
    }
    decision.steps
}

/// The gaps of each plan, in the order of the first one.
fn by_plan(wanted: &[OpenGap]) -> Vec<Vec<&OpenGap>> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut plans: Vec<Vec<&OpenGap>> = Vec::new();
    for one in wanted {
        let place = *places.entry(&one.plan).or_insert(plans.len());
        match plans.get_mut(place) {
            Some(gaps) => gaps.push(one),
            None => plans.push(vec![one]),
        }
    }
    plans
}

/// The gaps of a plan.
struct Sorted<'a> {
    /// Gaps that an open request lists.
    waiting: Vec<ListedGap<'a>>,
    /// Gaps for the next request.
    asked: Vec<ListedGap<'a>>,
    /// The agent that was asked the last time.
    before: Option<&'a str>,
}

fn too_long(room: usize) -> String {
    format!(
        "a request lists at most {}; Baton requests this one when the request for the plan is shorter",
        count(room, "gap")
    )
}

/// The state while the steps are decided.
struct Decision<'a, 'r> {
    earlier: &'a Earlier,
    rules: &'r Rules,
    steps: Vec<Step<'a>>,
    /// Requests that are not withdrawn at the end: a gap refers to them, or another step handles them.
    kept: BTreeSet<&'a str>,
    /// The open requests of each agent.
    open: BTreeMap<&'a str, usize>,
}

impl<'a, 'r> Decision<'a, 'r> {
    fn new(earlier: &'a Earlier, rules: &'r Rules) -> Self {
        let mut open: BTreeMap<&str, usize> = BTreeMap::new();
        for one in earlier.requests.values().filter(|one| one.state == RequestState::Open) {
            *open.entry(&one.agent).or_default() += 1;
        }
        Self { earlier, rules, steps: Vec::new(), kept: BTreeSet::new(), open }
    }

    /// The record of a requested gap that is still open.
    fn open_gap(&self, finding: &str) -> Option<&'a RequestedGap> {
        self.earlier.gaps.get(finding).filter(|known| known.closed_by.is_none())
    }

    /// Decides about the gaps of one plan.
    fn plan(&mut self, gaps: &[&'a OpenGap]) {
        let Some(first) = gaps.first() else { return };
        let open = self.earlier.requests.iter();
        let open: Vec<(&str, &EarlierRequest)> = open
            .filter(|(_, one)| one.state == RequestState::Open && one.plan == first.plan)
            .map(|(key, one)| (key.as_str(), one))
            .collect();
        let Sorted { waiting, asked, before } = self.sort(gaps);
        let is_owner = |agent: &String| first.agents.is_empty() || first.agents.contains(agent);
        let stays = matches!(open.as_slice(), [(_, one)] if is_owner(&one.agent)) && !waiting.is_empty();
        let room = self.rules.gaps_of_request;
        if let (true, [(request, known)]) = (stays, open.as_slice())
            && (asked.is_empty() || waiting.len() + asked.len() > room)
        {
            self.kept.insert(request);
            self.steps.push(Step::Wait { request, known, gaps: waiting });
            self.hold(&asked, &too_long(room));
            return;
        }
        let mut all: Vec<ListedGap<'a>> = waiting.into_iter().chain(asked).collect();
        if all.is_empty() {
            return;
        }
        let late = all.split_off(all.len().min(room));
        if open.is_empty()
            && let Some(reason) = self.refused(first, before)
        {
            self.hold(&all, &reason);
            self.hold(&late, &reason);
            return;
        }
        let replaces: Vec<&str> = open.into_iter().map(|(key, _)| key).collect();
        self.kept.extend(&replaces);
        self.steps.push(Step::Ask { gaps: all, before, replaces });
        self.hold(&late, &too_long(room));
    }

    /// Sorts the gaps of a plan. A gap that is added to neither list gets the step [`Step::Hold`].
    fn sort(&mut self, gaps: &[&'a OpenGap]) -> Sorted<'a> {
        let (mut waiting, mut asked, mut before) = (Vec::new(), Vec::new(), None);
        for wanted in gaps.iter().copied() {
            let known = self.open_gap(&wanted.finding);
            let known = known.and_then(|known| Some((known, self.earlier.requests.get(&known.request)?)));
            let known = known.filter(|(_, request)| request.state != RequestState::Withdrawn);
            let round = known.map_or(0, |(gap, _)| gap.round);
            before = before.or_else(|| known.map(|(_, request)| request.agent.as_str()));
            let reason = match known.map(|(_, request)| request.state) {
                Some(RequestState::Open) => {
                    waiting.push(ListedGap { wanted, round, waits: true });
                    continue;
                }
                _ if round >= self.rules.rounds => {
                    format!("it was requested {} and is still open: a person has to decide", count(round, "time"))
                }
                Some(RequestState::Refused) => {
                    "the agent answered that it was not done: read the RETURN; a person has to decide".to_owned()
                }
                _ => {
                    asked.push(ListedGap { wanted, round: round + 1, waits: false });
                    continue;
                }
            };
            self.kept.extend(known.map(|(gap, _)| gap.request.as_str()));
            self.steps.push(Step::Hold { wanted, round, reason });
        }
        Sorted { waiting, asked, before }
    }

    /// The reason why no further request can be sent for a plan. If there is no reason, the function counts one more sent
    /// request and returns `None`.
    fn refused(&mut self, first: &'a OpenGap, before: Option<&'a str>) -> Option<String> {
        if first.agents.is_empty() && before.is_none() {
            return Some(
                "the plan names no responsible agent: add a line `**Owner:** AGENT` to it, or set `responsible` in \
                 [agents.audit.defaults.audit] of baton.toml"
                    .to_owned(),
            );
        }
        let open = self.open.entry(first.agents.first().map_or("", String::as_str)).or_default();
        if *open >= self.rules.open_at_most {
            return Some(format!(
                "{} {} open with the agent already; Baton requests this one when some are answered",
                count(*open, "request"),
                is(*open)
            ));
        }
        *open += 1;
        None
    }

    fn hold(&mut self, gaps: &[ListedGap<'a>], reason: &str) {
        for gap in gaps {
            let known = self.open_gap(&gap.wanted.finding);
            self.kept.extend(known.map(|known| known.request.as_str()));
            let round = if gap.waits { gap.round } else { gap.round.saturating_sub(1) };
            self.steps.push(Step::Hold { wanted: gap.wanted, round, reason: reason.to_owned() });
        }
    }
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

    /// A request: its key, its state, and the gaps that it lists with their rounds.
    type Request<'a> = (&'a str, RequestState, &'a [(&'a str, u32)]);

    /// The requests of `plans/a.md`.
    fn earlier(requests: &[Request<'_>]) -> Earlier {
        let mut earlier = Earlier::default();
        for (key, state, gaps) in requests {
            let (plan, agent, task) = ("plans/a.md".to_owned(), "Codex-MM1".to_owned(), "t".to_owned());
            earlier.requests.insert((*key).to_owned(), EarlierRequest { plan, agent, state: *state, task });
            for (finding, round) in *gaps {
                let (plan, path, request) = ("plans/a.md".to_owned(), format!("{finding}.py"), (*key).to_owned());
                let closed_by = (*state == RequestState::Withdrawn).then(|| "t".to_owned());
                let gap = RequestedGap { plan, path, round: *round, request, closed_by };
                earlier.gaps.insert((*finding).to_owned(), gap);
            }
        }
        earlier
    }

    fn words(steps: &[Step<'_>]) -> Vec<String> {
        let list = |gaps: &[ListedGap<'_>]| {
            gaps.iter().map(|gap| format!(" {}{}", gap.wanted.finding, gap.round)).collect::<String>()
        };
        let word = |step: &Step<'_>| match step {
            Step::Ask { gaps, replaces, .. } if replaces.is_empty() => format!("ask{}", list(gaps)),
            Step::Ask { gaps, replaces, .. } => format!("ask{} for {}", list(gaps), replaces.join(" ")),
            Step::Wait { request, gaps, .. } => format!("wait {request}:{}", list(gaps)),
            Step::Hold { wanted, round, .. } => format!("hold {}{round}", wanted.finding),
            Step::Close { finding, .. } => format!("close {finding}"),
            Step::Withdraw { request, .. } => format!("withdraw {request}"),
            Step::Retire { request, .. } => format!("retire {request}"),
            Step::Forget { finding } => format!("forget {finding}"),
            Step::ForgetRequest { request } => format!("forget {request}"),
        };
        steps.iter().map(word).collect()
    }

    /// The steps for these gaps of `plans/a.md`, as text.
    fn decided(gaps: &[&str], earlier: &Earlier) -> Vec<String> {
        let gaps: Vec<OpenGap> = gaps.iter().map(|finding| wanted(finding)).collect();
        words(&decide(&gaps, earlier, &["plans/a.md"], &|_| false, &Rules::default(), &|_| false))
    }

    #[test]
    fn a_plan_has_one_request_that_lists_its_gaps_and_it_is_sent_once() {
        assert_eq!(decided(&["a", "b", "c"], &Earlier::default()), ["ask a1 b1 c1"]);
        let before = earlier(&[("K", RequestState::Open, &[("a", 1), ("b", 1), ("c", 1)])]);
        assert_eq!(decided(&["a", "b", "c"], &before), ["wait K: a1 b1 c1"]);
        assert_eq!(decided(&["c"], &before), ["wait K: c1", "close a", "close b"], "a shorter list keeps the request");
        assert_eq!(decided(&["a", "b", "c", "d"], &before), ["ask a1 b1 c1 d1 for K"]);
        assert_eq!(decided(&[], &before), ["close a", "close b", "close c", "withdraw K"]);
        assert_eq!(decided(&["d"], &before), ["ask d1 for K", "close a", "close b", "close c"]);
    }

    #[test]
    fn open_gaps_after_an_answer_are_requested_again_at_most_three_times() {
        let before = earlier(&[
            ("A", RequestState::Answered, &[("a", 1), ("b", 2)]),
            ("L", RequestState::Answered, &[("c", 3)]),
            ("R", RequestState::Refused, &[("d", 1)]),
        ]);
        let steps = decided(&["a", "b", "c", "d"], &before);
        assert_eq!(steps, ["hold c3", "hold d1", "ask a2 b3", "retire A"]);
    }

    #[test]
    fn another_owner_gets_the_request_and_the_old_one_is_replaced() {
        let before = earlier(&[("K", RequestState::Open, &[("a", 2)])]);
        let gaps = [OpenGap { agents: vec!["Claude-MM1".to_owned()], ..wanted("a") }];
        let steps = decide(&gaps, &before, &["plans/a.md"], &|_| false, &Rules::default(), &|_| false);
        assert_eq!(words(&steps), ["ask a2 for K"]);
        let nobody = [OpenGap { agents: Vec::new(), ..wanted("a") }];
        let steps = decide(&nobody, &before, &["plans/a.md"], &|_| false, &Rules::default(), &|_| false);
        assert_eq!(words(&steps), ["wait K: a2"]);
    }

    #[test]
    fn requests_for_single_gaps_become_one() {
        let before = earlier(&[("a", RequestState::Open, &[("a", 1)]), ("b", RequestState::Open, &[("b", 2)])]);
        assert_eq!(decided(&["a", "b"], &before), ["ask a1 b2 for a b"]);
    }

    #[test]
    fn other_plans_are_left_alone_unless_they_are_deleted() {
        let before = earlier(&[("K", RequestState::Open, &[("a", 1)])]);
        let steps = |is_deleted| {
            words(&decide(&[], &before, &["plans/b.md"], &move |_: &str| is_deleted, &Rules::default(), &|_| false))
        };
        assert_eq!(steps(false), Vec::<String>::new());
        assert_eq!(steps(true), ["close a", "withdraw K"]);
    }

    #[test]
    fn closed_gaps_are_deleted_except_in_a_further_attempt_of_the_same_task() {
        let before = earlier(&[("K", RequestState::Withdrawn, &[("a", 2)])]);
        let steps = |gaps: &[OpenGap], is_unsent: bool| {
            words(&decide(gaps, &before, &["plans/a.md"], &|_| false, &Rules::default(), &move |_: &str| is_unsent))
        };
        assert_eq!(steps(&[], true), ["close a", "withdraw K"]);
        assert_eq!(steps(&[], false), ["forget a", "forget K"]);
        assert_eq!(steps(&["a"].map(wanted), false), ["ask a1", "forget K"]);
    }

    #[test]
    fn an_agent_has_a_maximum_number_of_open_requests() {
        let rules = Rules { open_at_most: 2, ..Rules::default() };
        let other = |plan: &str| OpenGap { plan: plan.to_owned(), ..wanted(plan) };
        let gaps = ["b", "c", "d"].map(other);
        let before = earlier(&[("K", RequestState::Open, &[("z", 1)])]);
        let steps = decide(&gaps, &before, &[], &|_| false, &rules, &|_| false);
        assert_eq!(words(&steps), ["ask b1", "hold c0", "hold d0"]);
        let nobody = [OpenGap { agents: Vec::new(), ..wanted("n") }];
        let nothing = Earlier::default();
        let steps = decide(&nobody, &nothing, &[], &|_| false, &rules, &|_| false);
        assert_eq!(words(&steps), ["hold n0"]);
    }

    #[test]
    fn a_request_has_a_maximum_number_of_gaps_and_is_replaced_only_if_all_fit() {
        let rules = Rules { gaps_of_request: 2, ..Rules::default() };
        let steps = |gaps: &[OpenGap], before: &Earlier| {
            words(&decide(gaps, before, &["plans/a.md"], &|_| false, &rules, &|_| false))
        };
        let gaps = ["a", "b", "c"].map(wanted);
        assert_eq!(steps(&gaps, &Earlier::default()), ["ask a1 b1", "hold c0"]);
        let before = earlier(&[("K", RequestState::Open, &[("a", 1), ("b", 1)])]);
        assert_eq!(steps(&gaps, &before), ["wait K: a1 b1", "hold c0"]);
        assert_eq!(steps(&["b", "c"].map(wanted), &before), ["ask b1 c1 for K", "close a"]);
    }
}

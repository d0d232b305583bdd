//! Determines what each external agent does: from its claims, its calls, and the processes that Baton runs for it.

use std::collections::BTreeMap;

use baton_core::names;
use baton_ledger::agent_call::{self, AgentCall};
use baton_ledger::command_run::{self, Run};
use baton_ledger::task::{self, Claim};
use baton_ledger::{LedgerError, Reader};
use baton_process::owner;
use jiff::{SignedDuration, Timestamp};

use super::claim::is_live;
use super::inbox::OPEN_REQUESTS;

/// An agent counts as working if it called a tool within this time.
const RECENT: SignedDuration = SignedDuration::from_mins(5);

/// An agent that holds a claim and called no tool within this time counts as silent. The time is long, because an agent
/// calls no tool while it builds and tests.
const SILENT_CLAIM: SignedDuration = SignedDuration::from_mins(30);

/// An agent counts as silent if its unclaimed request waits for longer than this and the agent has called no tool since then.
const SILENT_INBOX: SignedDuration = SignedDuration::from_mins(10);

/// The activity of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// The agent is working.
    Active,
    /// The agent has no open work.
    Idle,
    /// Its client has reached a usage limit.
    WaitingForQuota,
    /// It has work and shows no sign of life.
    Silent,
}

names!(
    Activity,
    "activity",
    Active = "active",
    Idle = "idle",
    WaitingForQuota = "waiting_for_quota",
    Silent = "silent",
);

/// The activity of an agent, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentActivity {
    /// The activity.
    pub activity: Activity,
    /// The newest sign of life, if there was one.
    pub last_sign: Option<Timestamp>,
    /// One line.
    pub why: String,
}

/// The facts about one agent in the ledger and in the processes of this machine.
#[derive(Clone, Debug, Default)]
struct ActivityFacts {
    /// Its live claims.
    claims: Vec<Claim>,
    /// Its runs with a living process.
    runs: Vec<Run>,
    call: Option<AgentCall>,
    /// The end of its client's usage limit.
    quota: Option<Timestamp>,
    /// The time since when its oldest unclaimed request waits.
    waits: Option<Timestamp>,
}

/// The activity of each of `agents`, which are external.
///
/// # Errors
/// When the ledger cannot be read.
pub fn activities(
    reader: &Reader,
    agents: &[&str],
    now: Timestamp,
) -> Result<BTreeMap<String, AgentActivity>, LedgerError> {
    let mut signs: BTreeMap<&str, ActivityFacts> =
        agents.iter().map(|agent| (*agent, ActivityFacts::default())).collect();
    for claim in task::claims(reader)?.into_iter().filter(|claim| is_live(claim, now)) {
        if let Some(signs) = signs.get_mut(claim.agent.as_str()) {
            signs.claims.push(claim);
        }
    }
    for run in command_run::open(reader)?.into_iter().filter(is_running) {
        if let Some(signs) = signs.get_mut(run.agent.as_str()) {
            signs.runs.push(run);
        }
    }
    for run in command_run::waiting_for_quota(reader, now)? {
        if let Some(signs) = signs.get_mut(run.agent.as_str()) {
            signs.quota = signs.quota.max(run.resume_at);
        }
    }
    for call in agent_call::newest(reader)? {
        if let Some(signs) = signs.get_mut(call.agent.as_str()) {
            signs.call = Some(call);
        }
    }
    for (agent, signs) in &mut signs {
        let claimed = |id: &str| signs.claims.iter().any(|claim| claim.task == id);
        let started = |id: &str| signs.runs.iter().any(|run| run.task == id);
        let requests = task::requests_in_inbox(reader, agent, OPEN_REQUESTS)?;
        let open = requests.iter().filter(|task| !claimed(&task.id) && !started(&task.id));
        signs.waits = open.map(|task| task.created_at).min();
    }
    Ok(signs.into_iter().map(|(agent, signs)| (agent.to_owned(), judge(&signs, now))).collect())
}

/// True if the process of a run is running.
#[must_use]
pub fn is_running(run: &Run) -> bool {
    run.process.as_deref().is_some_and(|process| !owner::is_gone(process, false))
}

fn judge(signs: &ActivityFacts, now: Timestamp) -> AgentActivity {
    let output = signs.runs.iter().map(|run| run.output_at.unwrap_or(run.started_at)).max();
    let call = signs.call.as_ref().map(|call| call.at);
    let last_sign = output.max(call);
    let of = |activity, why: String| AgentActivity { activity, last_sign, why };
    let quiet = |limit| last_sign.is_none_or(|at| now.duration_since(at) > limit);
    let held = signs.runs.first().map(|run| run.task.as_str());
    let held = held.or_else(|| signs.claims.first().map(|claim| claim.task.as_str()));
    match (held, signs.quota, signs.waits) {
        (Some(task), ..) if quiet(SILENT_CLAIM) => of(Activity::Silent, format!("holds {task} and shows no progress")),
        (Some(task), ..) => of(Activity::Active, format!("works on {task}")),
        (None, Some(until), _) => of(Activity::WaitingForQuota, format!("its usage limit ends at {until:.0}")),
        _ if !quiet(RECENT) => of(Activity::Active, "has called a tool".to_owned()),
        (None, None, Some(since))
            if now.duration_since(since) > SILENT_INBOX && call.is_none_or(|call| call < since) =>
        {
            of(Activity::Silent, "has called no tool since its oldest request arrived".to_owned())
        }
        (None, None, Some(_)) => of(Activity::Idle, "has open requests".to_owned()),
        (None, None, None) => of(Activity::Idle, "has no open request".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    fn call(minute: i64) -> AgentCall {
        AgentCall { agent: "a".to_owned(), holder: "mcp:1".to_owned(), at: at(minute) }
    }

    #[test]
    fn the_activity_of_an_agent_follows_from_its_claims_calls_and_runs() {
        let claim = Claim { task: "t".to_owned(), agent: "a".to_owned(), holder: "mcp:1".to_owned(), until: at(1_000) };
        let claims = vec![claim];
        let none = ActivityFacts::default();
        let rows = [
            (none.clone(), Activity::Idle),
            (ActivityFacts { waits: Some(at(95)), ..none.clone() }, Activity::Idle),
            (ActivityFacts { waits: Some(at(10)), ..none.clone() }, Activity::Silent),
            (ActivityFacts { waits: Some(at(10)), call: Some(call(20)), ..none.clone() }, Activity::Idle),
            (ActivityFacts { waits: Some(at(10)), call: Some(call(98)), ..none.clone() }, Activity::Active),
            (ActivityFacts { claims: claims.clone(), call: Some(call(80)), ..none.clone() }, Activity::Active),
            (ActivityFacts { claims, call: Some(call(20)), ..none.clone() }, Activity::Silent),
            (ActivityFacts { quota: Some(at(200)), waits: Some(at(10)), ..none }, Activity::WaitingForQuota),
        ];
        for (signs, activity) in rows {
            assert_eq!(judge(&signs, at(100)).activity, activity, "{signs:?}");
        }
    }
}

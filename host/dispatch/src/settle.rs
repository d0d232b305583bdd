//! How an attempt ends: its state, its findings, its reports, the handoffs that it emitted or took back (`post`), the RETURN
//! and the move to the archive, all in one transaction. Nothing is delivered here; see `carry`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_core::handoff::returns::Return;
use baton_core::{Digest, State, file_name, quarantine};
use baton_ledger::event::Event;
use baton_ledger::task::{self, Origin, Task};
use baton_ledger::{LedgerError, Tx, finding, outbox, watched};
use baton_sandbox::{Failure, Report, Usage, Used, Watched, wit};
use fail::fail_point;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use crate::archive::{to_archive, to_dead_letters, to_stale};
use crate::house::{House, Installed};
use crate::post::Post;
use crate::supervise::{self, Sign};
use crate::trigger::returns;
use crate::withdraw::MISSING;
use crate::work::{Attempted, Begun, Ended, explain, lease};
use crate::{DispatchError, dependencies, limits};

/// Findings that a RETURN lists; the report and the ledger have them all.
const FINDINGS_IN_RETURN: usize = 50;

/// A settled attempt.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) id: String,
    pub(crate) agent: String,
    pub(crate) state: State,
    pub(crate) text: String,
    pub(crate) artifacts: Vec<String>,
    /// Other tasks that have something to deliver by it.
    pub(crate) carry: Vec<String>,
    /// Tasks that waited for it may begin.
    pub(crate) released: bool,
    /// Its plugin is left alone from now on, with the reason.
    pub(crate) quarantined: Option<String>,
    /// The plugin has said which files it has looked at.
    pub(crate) watches: bool,
}

/// Decides how attempts of one agent ended, writes that down in one transaction, and takes up to `room` of the agent's
/// next tasks in the same one. A ledger that cannot take an outcome now (full disk) is asked again.
///
/// # Errors
/// When the ledger does not take one after as many tries as the house allows, or the daemon is to end at once.
pub(crate) async fn settle(
    house: &Arc<House>,
    ended: Vec<Attempted>,
    room: usize,
) -> Result<(Vec<Settled>, Vec<Begun>), DispatchError> {
    let mut outcomes = Vec::new();
    for one in ended {
        let mut outcome = Outcome::of(house, one);
        outcome.out.post.look_ahead(house).await;
        outcomes.push(Arc::new(outcome));
    }
    let (all, inner) = (outcomes.clone(), Arc::clone(house));
    let together = house.ledger.write(move |tx| {
        let written: Result<Vec<_>, _> = all.iter().map(|outcome| outcome.write(tx)).collect();
        let agent = all.first().map_or("", |outcome| &outcome.task.agent);
        Ok((written?, lease(tx, &inner, agent, room)?))
    });
    if let Ok((written, next)) = together.await {
        return Ok((outcomes.iter().zip(written).map(|(outcome, written)| outcome.settled(written)).collect(), next));
    }
    // It may be one of them, or a task that cannot be taken: that is not the others' trouble.
    let mut settled = Vec::new();
    for outcome in outcomes {
        let written = write_patiently(house, &outcome).await?;
        settled.push(outcome.settled(written));
    }
    Ok((settled, Vec::new()))
}

/// Writes one outcome, again and again if need be, until the daemon is to end at once.
async fn write_patiently(house: &House, outcome: &Arc<Outcome>) -> Result<Option<Written>, DispatchError> {
    let mut tries = 0;
    loop {
        let one = Arc::clone(outcome);
        let written = house.ledger.write(move |tx| one.write(tx)).await;
        tries += 1;
        match written {
            Err(error) if tries < house.settle_tries => {
                let task = &outcome.task.id;
                tracing::error!(%task, "{error}; trying again in {:?}", limits::SETTLE_AGAIN);
                tokio::select! {
                    () = tokio::time::sleep(limits::SETTLE_AGAIN) => {}
                    () = house.ending.asked() => {
                        tracing::error!(%task, "its outcome is not written down; the next start takes it up as interrupted");
                        return Err(error.into());
                    }
                }
            }
            written => return Ok(written?),
        }
    }
}

/// What a settlement came to.
#[derive(Clone, Debug, Default)]
struct Written {
    /// The places of the reports.
    artifacts: Vec<String>,
    /// Other tasks that have something to deliver by it.
    carry: Vec<String>,
    /// Other tasks may begin now.
    released: bool,
    /// The plugin is left alone from now on, with the reason.
    quarantined: Option<String>,
}

/// A decided ending with all that goes out with it.
struct Outcome {
    task: Task,
    ending: Ending,
    out: Outgoing,
    at: Timestamp,
}

impl Outcome {
    fn of(house: &House, attempted: Attempted) -> Self {
        let Attempted { task, installed, ended, at } = attempted;
        let report = ended.as_ref().ok();
        let (sign, usage) = (report.map_or(Sign::None, Sign::of), report.map(|report| as_json(&report.usage)));
        let mut ending = decide(house, &task, installed.as_deref(), ended, at);
        let waits = matches!(ending.state, State::NeedsGrant | State::NeedsApproval);
        if waits && task.origin != Origin::Call && has_changed(house, &task, installed.as_ref()) {
            // What it waits for may have come while it ran, and nobody would tell it again.
            let text = "what its plugin may do has changed meanwhile: trying again".to_owned();
            ending = Ending::without_outcome(State::Queued, "queued", text);
        }
        let post = std::mem::take(&mut ending.post);
        let out = Outgoing {
            plugin_digest: installed.map(|installed| installed.plugin.digest().to_string()),
            reports: house.reports(),
            answer_to: answer_to(house, &task, ending.state),
            post: Post::of(house, &task, post, at),
            owner: house.owner.clone(),
            sign,
            usage,
            quarantine: house.quarantine(&task.agent),
        };
        Self { task, ending, out, at }
    }

    fn write(&self, tx: &Tx<'_>) -> Result<Option<Written>, LedgerError> {
        write(tx, &self.task, &self.ending, &self.out, self.at)
    }

    fn settled(&self, written: Option<Written>) -> Settled {
        let (state, text) = match written {
            Some(_) => (self.ending.state, self.ending.text.clone()),
            None => (self.task.state, "somebody else has settled it meanwhile; this outcome was dropped".to_owned()),
        };
        let (id, agent) = (self.task.id.clone(), self.task.agent.clone());
        let watches = written.is_some() && !self.ending.watched.is_empty();
        let Written { artifacts, carry, released, quarantined } = written.unwrap_or_default();
        Settled { id, agent, state, text, artifacts, carry, released, quarantined, watches }
    }
}

/// What goes out with an ending, besides what the ending itself holds.
struct Outgoing {
    plugin_digest: Option<String>,
    reports: PathBuf,
    /// The sender's name and the folder of the RETURN.
    answer_to: Option<(String, String)>,
    post: Post,
    owner: String,
    /// What the attempt says about its plugin.
    sign: Sign,
    /// What it used of its ceilings, as JSON.
    usage: Option<String>,
    quarantine: quarantine::Policy,
}

/// The decision, before it is written.
struct Ending {
    state: State,
    action: &'static str,
    text: String,
    due: Option<Timestamp>,
    /// Its file was left lying by the agent that it is for.
    stale: bool,
    artifacts: Vec<wit::Artifact>,
    findings: Vec<wit::Finding>,
    post: Vec<baton_sandbox::Post>,
    watched: Vec<Watched>,
}

impl Ending {
    fn without_outcome(state: State, action: &'static str, text: String) -> Self {
        Self {
            state,
            action,
            text,
            due: None,
            stale: false,
            artifacts: Vec::new(),
            findings: Vec::new(),
            post: Vec::new(),
            watched: Vec::new(),
        }
    }
}

/// Whether the plugin is another one than the attempt ran on, or can be used by now.
fn has_changed(house: &House, task: &Task, installed: Option<&Arc<Installed>>) -> bool {
    let now = house.plugin(&task.agent).ok();
    now.is_some_and(|now| installed.is_none_or(|then| !Arc::ptr_eq(&now, then)))
}

fn decide(
    house: &House,
    task: &Task,
    installed: Option<&Installed>,
    ended: Result<Report, Ended>,
    now: Timestamp,
) -> Ending {
    let report = match ended {
        Err(Ended::Stale(reason)) => {
            return Ending { stale: true, ..Ending::without_outcome(State::Cancelled, "stale", reason) };
        }
        Err(Ended::Withdrawn(reason)) => return Ending::without_outcome(State::Cancelled, "cancelled", reason),
        Err(Ended::Refused(reason)) => return Ending::without_outcome(State::Failed, "failed", reason),
        Err(Ended::Missing) => {
            let due = now.checked_add(limits::MISSING_AGAIN).ok();
            return Ending { due, ..Ending::without_outcome(State::Waiting, "missing", MISSING.to_owned()) };
        }
        Err(Ended::Unbegun) => {
            let text = "the daemon stopped before it began; it is made at the next start".to_owned();
            return Ending::without_outcome(State::Queued, "stopped", text);
        }
        Err(Ended::Held(reason)) => {
            return Ending::without_outcome(State::NeedsApproval, "needs_approval", reason);
        }
        Err(Ended::Unusable(reason)) => return Ending::without_outcome(State::NeedsGrant, "needs_grant", reason),
        Ok(report) => report,
    };
    match report.ended {
        Ok(outcome) => match bad_name(&outcome.artifacts) {
            Some(bad) => Ending::without_outcome(
                State::Failed,
                "failed",
                format!("the plugin `{}` named a report {bad:?}: a plain file name, each once, is wanted", task.agent),
            ),
            None => Ending {
                state: State::Succeeded,
                action: "succeeded",
                text: outcome.summary,
                due: None,
                stale: false,
                artifacts: outcome.artifacts,
                findings: outcome.findings,
                post: report.post,
                watched: report.watched,
            },
        },
        Err(failure) => failed(house, task, installed, &failure, now),
    }
}

fn failed(house: &House, task: &Task, installed: Option<&Installed>, failure: &Failure, now: Timestamp) -> Ending {
    let lacks = installed.map_or(&[][..], |installed| &installed.grants.lacks);
    let text = explain(failure, &task.agent, lacks);
    let (state, action) = match failure {
        Failure::Retryable(_) => return again_or_dead(house, task, &text, now),
        Failure::NeedsHuman(_) => (State::NeedsHuman, "needs_human"),
        Failure::NeedsGrant(_) => (State::NeedsGrant, "needs_grant"),
        Failure::Cancelled => return stopped(task, installed),
        Failure::Permanent(_) | Failure::Limit { .. } | Failure::Trap(_) => (State::Failed, "failed"),
    };
    Ending::without_outcome(state, action, text)
}

/// The daemon is stopping: what may run again does so at its next start.
fn stopped(task: &Task, installed: Option<&Installed>) -> Ending {
    let idempotent = installed.is_some_and(|installed| installed.is_idempotent(task.action.as_deref()));
    let (state, text) = if task.origin == Origin::Call {
        (State::Cancelled, "it was cancelled")
    } else if idempotent {
        (State::Queued, "the attempt was stopped; it is made again at the next start")
    } else {
        (State::NeedsHuman, "the attempt was stopped and the action is not declared idempotent: see what it has done")
    };
    Ending::without_outcome(state, "stopped", text.to_owned())
}

/// A call by hand is not repeated behind the caller's back.
fn again_or_dead(house: &House, task: &Task, text: &str, now: Timestamp) -> Ending {
    let policy = house.retry(&task.agent);
    let pause = policy.pause_after(task.attempts, &task.id).filter(|_| task.origin != Origin::Call);
    match pause.and_then(|pause| SignedDuration::try_from(pause).ok()).and_then(|pause| now.checked_add(pause).ok()) {
        Some(due) => {
            let text = format!("{text} (attempt {} of {})", task.attempts, policy.max_attempts);
            Ending { due: Some(due), ..Ending::without_outcome(State::Waiting, "waiting", text) }
        }
        None => Ending::without_outcome(State::Dead, "dead", format!("{text} (after {} attempts)", task.attempts)),
    }
}

/// The first name that is not plain, or that was there before.
fn bad_name(artifacts: &[wit::Artifact]) -> Option<&str> {
    let mut seen = BTreeSet::new();
    artifacts.iter().map(|artifact| artifact.name.as_str()).find(|name| !is_artifact_name(name) || !seen.insert(*name))
}

fn is_artifact_name(name: &str) -> bool {
    let plain = !name.is_empty() && name.len() <= 200 && !name.starts_with('.');
    plain && !name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\'))
}

/// An artifact with the name that it is going to have.
struct Named {
    name: String,
    media_type: String,
    hash: String,
    /// Absent when a file of this name with these bytes is there already.
    bytes: Option<Vec<u8>>,
}

/// Finds names in `reports/`: as the plugin has them, or all with the same number where one is taken by other bytes (on the
/// disk or on its way there), so that what belongs together keeps together. A file that is there with the same bytes is
/// the report.
fn name_artifacts(tx: &Tx<'_>, reports: &Path, artifacts: &[wit::Artifact]) -> Result<Vec<Named>, LedgerError> {
    let mut number = 1_u32;
    loop {
        let named: Result<Vec<_>, _> = artifacts.iter().map(|artifact| name(tx, reports, artifact, number)).collect();
        match named?.into_iter().collect::<Option<Vec<Named>>>() {
            Some(named) => return Ok(named),
            None => number = number.saturating_add(1),
        }
    }
}

/// The artifact under its `number`th name; `None` when that is taken by something else.
fn name(tx: &Tx<'_>, reports: &Path, artifact: &wit::Artifact, number: u32) -> Result<Option<Named>, LedgerError> {
    let suffix = if number == 1 { String::new() } else { format!("-{number}") };
    let name = file_name::with_insert(&artifact.name, &suffix);
    let hash = Digest::of(&artifact.bytes);
    let path = reports.join(&name);
    let there = path.symlink_metadata();
    // Only a file of the same size is read: this is inside a transaction.
    let same = there.as_ref().is_ok_and(|file| file.len() == artifact.bytes.len() as u64)
        && baton_intake::hash_file(&path).is_ok_and(|found| found == hash);
    let there = there.is_ok();
    let taken = !same && (there || outbox::is_reserved(tx, "reports", &name)?);
    let bytes = (!same).then(|| artifact.bytes.clone());
    let named = Named { name, media_type: artifact.media_type.clone(), hash: hash.to_string(), bytes };
    Ok((!taken).then_some(named))
}

/// Where the RETURN goes, if there is one: the sender's name and the folder.
fn answer_to(house: &House, task: &Task, state: State) -> Option<(String, String)> {
    let sender = task.sender.as_deref()?;
    let asked = task.origin == Origin::Handoff && task.kind != "RETURN" && sender != "baton";
    if !asked || !state.sends_return() {
        return None;
    }
    Some((sender.to_owned(), house.answers_for(sender)))
}

/// The transaction. `None` when the task is not held any more.
fn write(
    tx: &Tx<'_>,
    task: &Task,
    ending: &Ending,
    out: &Outgoing,
    now: Timestamp,
) -> Result<Option<Written>, LedgerError> {
    if !task::holds(tx, &task.id, &out.owner)? {
        return Ok(None);
    }
    fail_point!("settle.begun");
    let artifacts = name_artifacts(tx, &out.reports, &ending.artifacts)?;
    let mut event = Event::of(task, &task.agent, ending.action, ending.text.clone(), ending.state, now);
    event.output_hash = (ending.state == State::Succeeded).then(|| output_hash(ending, &artifacts));
    event.plugin_digest.clone_from(&out.plugin_digest);
    let head = task::transition(tx, &event)?;
    if let Some(due) = ending.due {
        task::set_due(tx, &task.id, due)?;
    }
    if matches!(ending.action, "stopped" | "missing" | "needs_grant") {
        task::give_back_attempt(tx, &task.id)?;
    }
    if ending.state.is_final() {
        outbox::take_back(tx, &task.id)?;
    }
    let findings: Vec<_> = ending.findings.iter().map(kept).collect();
    findings.iter().try_for_each(|found| finding::record(tx, &task.id, found))?;
    returns::flag(tx, task, &findings, now)?;
    for Watched { key, files } in &ending.watched {
        let files: Vec<_> = files.iter().map(|file| (file.path.clone(), file.stamp)).collect();
        watched::replace(tx, &task.agent, key, &files)?;
    }
    for named in &artifacts {
        if let Some(bytes) = &named.bytes {
            let new =
                outbox::New::written(outbox::Kind::Artifact, "reports".to_owned(), named.name.clone(), bytes.clone());
            outbox::add(tx, &task.id, &new)?;
        }
    }
    let sent = out.post.go_out(tx, task, now)?;
    if let Some((sender, folder)) = &out.answer_to {
        let (name, bytes) = answer(task, ending, &artifacts, sender, &head, now);
        outbox::add(tx, &task.id, &outbox::New::written(outbox::Kind::Return, folder.clone(), name, bytes))?;
    }
    if let Some(file) = task.file.as_deref().filter(|_| ending.state.is_final()) {
        let hash = task.input.clone();
        let archive = match ending.state {
            State::Dead => to_dead_letters(file, hash, task.attempts, now),
            _ if ending.stale => to_stale(file, hash),
            state => to_archive(file, hash, state),
        };
        outbox::add(tx, &task.id, &archive)?;
    }
    let released = dependencies::settled(tx, task, ending.state, now)? || sent.released;
    let quarantined = supervised(tx, task, ending.state, out, now)?;
    fail_point!("settle.written");
    let reports = artifacts.iter().map(|named| format!("reports/{}", named.name));
    Ok(Some(Written { artifacts: reports.collect(), carry: sent.carry, released, quarantined }))
}

/// Keeps what the attempt used, and what it says about its plugin.
fn supervised(
    tx: &Tx<'_>,
    task: &Task,
    state: State,
    out: &Outgoing,
    now: Timestamp,
) -> Result<Option<String>, LedgerError> {
    if let Some(usage) = &out.usage {
        task::set_usage(tx, &task.id, usage)?;
    }
    let Some(digest) = &out.plugin_digest else {
        return Ok(None);
    };
    let quarantined = supervise::note(tx, task, digest, &out.sign, out.quarantine, now)?;
    if let Some(text) = &quarantined {
        supervise::tell(tx, task, state, text, now)?;
    }
    Ok(quarantined)
}

/// What `why --json` shows of what was used.
fn as_json(usage: &Usage) -> String {
    let used = |used: &Used| json!({ "used": used.used, "limit": used.limit, "hit": used.hit });
    let all: Map<String, Value> = usage.iter().map(|one| (one.ceiling.key().to_owned(), used(one))).collect();
    Value::Object(all).to_string()
}

/// SHA-256 of the summary and the artifacts.
fn output_hash(ending: &Ending, artifacts: &[Named]) -> String {
    let mut parts = vec![ending.text.as_bytes()];
    parts.extend(artifacts.iter().map(|named| named.hash.as_bytes()));
    Digest::of_parts(&parts).to_string()
}

fn kept(found: &wit::Finding) -> finding::Finding {
    finding::Finding {
        id: file_name::cut(&found.id, 200).to_owned(),
        severity: severity(found.severity).to_owned(),
        title: file_name::cut(&found.title, 1 << 10).to_owned(),
        evidence: file_name::cut(&found.evidence, 4 << 10).to_owned(),
    }
}

/// The public name of a severity.
fn severity(severity: wit::Severity) -> &'static str {
    match severity {
        wit::Severity::Info => "info",
        wit::Severity::Low => "low",
        wit::Severity::Medium => "medium",
        wit::Severity::High => "high",
        wit::Severity::Critical => "critical",
    }
}

/// Name and bytes of the RETURN.
fn answer(
    task: &Task,
    ending: &Ending,
    artifacts: &[Named],
    sender: &str,
    head: &str,
    now: Timestamp,
) -> (String, Vec<u8>) {
    let deliverables: Vec<(String, String)> =
        artifacts.iter().map(|named| (format!("reports/{}", named.name), named.media_type.clone())).collect();
    let mut findings: Vec<String> = ending
        .findings
        .iter()
        .take(FINDINGS_IN_RETURN)
        .map(|found| format!("[{}] {}", severity(found.severity), found.title))
        .collect();
    if let Some(more) = ending.findings.len().checked_sub(FINDINGS_IN_RETURN).filter(|more| *more > 0) {
        findings.push(format!("and {more} more: see the report"));
    }
    let answer = Return {
        task: &task.id,
        executing: &task.agent,
        originating: sender,
        handoff_id: task.handoff_id.as_deref(),
        handoff_file: task.file.as_deref().unwrap_or_default(),
        title: &task.title,
        state: ending.state,
        summary: &ending.text,
        deliverables: &deliverables,
        findings: &findings,
        ledger_head: head,
        at: now,
    };
    (answer.file_name(), answer.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifact_name_is_never_a_path() {
        for name in ["", "../x", "a/b", ".hidden", "a\\b", "a\0", &"x".repeat(201)] {
            assert!(!is_artifact_name(name), "{name:?}");
        }
        assert!(is_artifact_name("PLANS_AUDIT_REPORT_20260118_101500.md"));
    }
}

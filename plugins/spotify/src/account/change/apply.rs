//! The actions `apply` and `undo`. `apply` carries out a plan, and `undo` restores the former items.

use std::num::NonZeroU32;

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::{HeldLock, Locks, Progress, Writable};
use baton_plugin_kit::plans::StoredPlan;
use baton_plugin_sdk::{Error, OutcomeKind, Severity};
use serde::Deserialize;

use super::journal::{Change, Journal};
use super::run::{ChangeResult, Run};
use crate::account::web::Api;
use crate::action_result::ActionResult;
use baton_plugin_kit::counted;

/// The default maximum age of a plan. An older plan is refused, because the account has probably changed since.
const OLDEST_HOURS: u32 = 7 * 24;

/// The arguments of `apply`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplyArgs {
    /// The plan's id.
    pub plan: String,
    /// The largest age of the plan, in hours.
    #[serde(default)]
    pub max_age_h: Option<NonZeroU32>,
}

/// The arguments of `undo`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndoArgs {
    /// The plan's id.
    pub plan: String,
}

/// The services and arguments of `apply` and `undo`.
#[derive(Clone, Copy)]
pub struct ChangeServices<'a> {
    /// The plugin's own tables.
    pub own: &'a dyn Writable,
    /// The locks: one task at a time changes the account.
    pub locks: &'a dyn Locks,
    /// Progress and cancellation.
    pub progress: &'a dyn Progress,
    /// The time, in milliseconds since 1970 UTC.
    pub now: i64,
    /// The task's id.
    pub task: &'a str,
    /// The command that applies a plan for files. Another plugin has that action.
    pub for_files: &'a str,
}

/// Carries out a plan. If the plan was interrupted, continues it.
///
/// # Errors
/// `permanent` if there is no such plan or it may not be applied; `retryable` if another task changes the account or Spotify does not
/// answer; `needs-grant` without the consent to change playlists.
pub fn apply(
    api: &Api<'_>,
    services: ChangeServices<'_>,
    args: &ApplyArgs,
    findings: &mut Findings,
) -> Result<ActionResult, Error> {
    let _alone = lock(services.locks)?;
    let journal = Journal::open(services.own)?;
    let plan = find(&journal, &args.plan, services.for_files)?;
    let is_same = plan.state == "applied" && plan.by_task.as_deref() == Some(services.task);
    if !is_same {
        check(&plan, args, services.now)?;
        journal.plans.set_state(&plan.id, "begun", services.task)?;
    }
    let run = Run { api, journal: &journal, plan: &plan.id, reporter: services.progress };
    let mut changes = journal.changes(&plan.id)?;
    for change in changes.iter_mut().filter(|change| ["planned", "begun"].contains(&change.state.as_str())) {
        let reached = run.apply(change)?;
        if reached == ChangeResult::Later {
            break;
        }
        settle(&journal, &plan.id, change, reached, ["done", "left", "stopped"])?;
    }
    let rest = count(&changes, &["planned", "begun"]);
    if rest == 0 {
        journal.plans.set_state(&plan.id, "applied", services.task)?;
    }
    Ok(applied(&plan.id, &changes, rest, api.requests(), findings))
}

/// Restores the former items of the playlists of a plan, and removes the playlists that the plan created.
///
/// # Errors
/// As [`apply`].
pub fn undo(
    api: &Api<'_>,
    services: ChangeServices<'_>,
    args: &UndoArgs,
    findings: &mut Findings,
) -> Result<ActionResult, Error> {
    let _alone = lock(services.locks)?;
    let journal = Journal::open(services.own)?;
    let plan = find(&journal, &args.plan, services.for_files)?;
    let mut changes = journal.changes(&plan.id)?;
    if count(&changes, &["done", "begun", "stopped", "undoing", "undone", "kept"]) == 0 {
        return Ok(ActionResult::refused(
            format!("There is nothing to undo: the plan {} changed no playlist.", plan.id),
            vec![format!("to apply it: baton run spotify apply --arg plan={}", plan.id)],
        ));
    }
    journal.plans.set_state(&plan.id, "undoing", services.task)?;
    let run = Run { api, journal: &journal, plan: &plan.id, reporter: services.progress };
    let open = ["done", "begun", "stopped", "undoing", "kept"];
    let mut is_over = true;
    for change in changes.iter_mut().rev().filter(|change| open.contains(&change.state.as_str())) {
        let reached = run.undo(change)?;
        if reached == ChangeResult::Later {
            is_over = false;
            break;
        }
        settle(&journal, &plan.id, change, reached, ["undone", "kept", "undoing"])?;
    }
    if is_over {
        journal.plans.set_state(&plan.id, "undone", services.task)?;
    }
    Ok(undone(&plan.id, &changes, is_over, findings))
}

fn lock(locks: &dyn Locks) -> Result<Box<dyn HeldLock>, Error> {
    let held = locks.take("account")?;
    held.ok_or_else(|| Error::Retryable("another task changes the account; only one may do so at a time".to_owned()))
}

fn find(journal: &Journal<'_>, id: &str, for_files: &str) -> Result<StoredPlan, Error> {
    if let Some(plan) = journal.plans.find(id)? {
        return Ok(plan);
    }
    let known = journal.plans.newest()?;
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Err(Error::Permanent(format!(
        "there is no plan `{id}` for the account; the newest: {known}. A plan for files belongs to the plugin music-files: {for_files}"
    )))
}

fn check(plan: &StoredPlan, args: &ApplyArgs, now: i64) -> Result<(), Error> {
    let id = &plan.id;
    let why = match plan.state.as_str() {
        // A plan that was begun is continued at any age: the present lists are compared with it.
        "begun" => return Ok(()),
        "made" => {
            let hours = args.max_age_h.map_or(OLDEST_HOURS, NonZeroU32::get);
            let age = now.saturating_sub(plan.made_at) / 3_600_000;
            if age < hours.into() {
                return Ok(());
            }
            format!("is {age} hours old, the limit is {hours} (`max_age_h`); make a new one")
        }
        "applied" => {
            format!("was already applied; to restore the former items: baton run spotify undo --arg plan={id}")
        }
        _ => "was undone; make a new one".to_owned(),
    };
    Err(Error::Permanent(format!("the plan {id} {why}")))
}

/// Records the result for one playlist. `wanted`, `not` and `stopped` are the states of a completed, an impossible and a stopped
/// change.
fn settle(
    journal: &Journal<'_>,
    plan: &str,
    change: &mut Change,
    reached: ChangeResult,
    [wanted, not, stopped]: [&str; 3],
) -> Result<(), Error> {
    let (state, note) = match reached {
        ChangeResult::Wanted | ChangeResult::Later => (wanted, change.note.take()),
        ChangeResult::Not(why) => (not, Some(why)),
        ChangeResult::Stopped(why) => (stopped, Some(why)),
    };
    (change.state, change.note) = (state.to_owned(), note);
    journal.note(plan, change)
}

fn count(changes: &[Change], states: &[&str]) -> usize {
    changes.iter().filter(|change| states.contains(&change.state.as_str())).count()
}

/// Adds a finding for each playlist that does not have its wanted items.
fn report(changes: &[Change], states: &[&str], findings: &mut Findings) {
    for change in changes.iter().filter(|change| states.contains(&change.state.as_str())) {
        let why = change.note.as_deref().unwrap_or("it was not finished");
        let title = format!("{}: {why}", change.name);
        let evidence = "The former and the planned list are in the plan's CSV report.";
        findings.add("not-changed", &change.name, Severity::Medium, title, evidence);
    }
}

fn applied(plan: &str, changes: &[Change], rest: usize, requests: usize, findings: &mut Findings) -> ActionResult {
    let (done, left) = (count(changes, &["done"]), count(changes, &["left", "stopped"]));
    report(changes, &["left", "stopped"], findings);
    for change in changes.iter().filter(|change| change.state == "done") {
        if let Some(note) = &change.note {
            findings.add("changed-by-others", &change.name, Severity::Low, format!("{}: {note}", change.name), "");
        }
    }
    let mut summary = format!(
        "Plan {plan}: {} of {} as planned, {left} not possible, with {}.",
        counted(done, "playlist is", "playlists are"),
        changes.len(),
        counted(requests, "request", "requests"),
    );
    let mut next_steps = Vec::new();
    if rest > 0 {
        summary.push_str(&format!(" {rest} remain, because this task has no more requests."));
        next_steps.push(format!("continue the plan: baton run spotify apply --arg plan={plan}"));
    } else {
        summary.push_str(&format!(" To restore the former items: baton run spotify undo --arg plan={plan}"));
        next_steps.push("read the new lists into the catalog: baton run spotify pull".to_owned());
    }
    if let Some(first) = changes.iter().find(|change| ["left", "stopped"].contains(&change.state.as_str())) {
        let why = first.note.as_deref().unwrap_or_default();
        summary.push_str(&format!(" The reason for the first one, {}: {why}.", first.name));
        next_steps.push("make a new plan for the playlists in the findings".to_owned());
    }
    let kind = OutcomeKind::from_counts(done, left + rest);
    ActionResult { kind, next_steps, summary, ..ActionResult::default() }
}

fn undone(plan: &str, changes: &[Change], is_over: bool, findings: &mut Findings) -> ActionResult {
    // After the end of the undo, a change that is still `undoing` was refused.
    let states: &[&str] = if is_over { &["kept", "undoing"] } else { &["kept"] };
    let (undone, kept) = (count(changes, &["undone"]), count(changes, states));
    report(changes, states, findings);
    let mut summary = format!(
        "Plan {plan}: {} restored, {kept} could not be undone.",
        counted(undone, "playlist was", "playlists were")
    );
    if !is_over {
        summary
            .push_str(&format!(" This task has no more requests. Continue: baton run spotify undo --arg plan={plan}"));
    }
    let open = count(changes, &["done", "begun", "stopped", "undoing", "kept"]);
    ActionResult { kind: OutcomeKind::from_counts(undone, open), summary, ..ActionResult::default() }
}

//! Tasks that depend on other tasks: which dependencies are open, whether they form a cycle, and which tasks may start when
//! another task ends.
//!
//! A dependency `verified:ID` needs a verified task: a RETURN that was only reported does not satisfy this dependency.
//!
//! Baton delays only a plugin's task. An external agent already has the file of its task and reads `depends_on` itself.

use std::collections::BTreeSet;

use baton_core::{Evidence, State};
use baton_ledger::event::Event;
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx, return_check};
use jiff::Timestamp;

use super::repeats;
use crate::context::Context;
use crate::limits;
use crate::limits::ago;

/// The maximum number of tasks that the search for a cycle visits. If there are more tasks, the search reports a cycle.
const MOST_STEPS: usize = 1000;

/// The state of a request's dependencies.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum DependencyState {
    /// The request may start.
    Free,
    /// Some dependencies have not succeeded yet.
    Open(OpenDependency),
    /// A dependency ended without success.
    Broken(String),
    /// The request depends on itself.
    Cycle(String),
}

/// The open dependencies of a request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct OpenDependency {
    /// The names of the open dependencies, as the request's sender wrote them.
    pub(crate) names: Vec<String>,
    /// The dependencies that match no task's id or title.
    pub(crate) unknown: Vec<String>,
}

impl OpenDependency {
    /// The reason why the request waits.
    pub(crate) fn reason(&self) -> String {
        let reason = format!("it waits for {}", self.names.join(", "));
        if self.unknown.is_empty() {
            return reason;
        }
        let unknown: Vec<_> = self.unknown.iter().map(|name| format!("`{name}`")).collect();
        format!(
            "{reason}; no task here has the id or the title {}: correct `depends_on`, or drop that handoff",
            unknown.join(" or ")
        )
    }
}

/// Finds the state of the dependencies `needs` of the request that has the ids `own`.
pub(crate) fn dependency_state(tx: &Tx<'_>, own: &[&str], needs: &[String]) -> Result<DependencyState, LedgerError> {
    let (mut open, mut ahead) = (OpenDependency::default(), Vec::new());
    for need in needs {
        if own.contains(&task::dependency_name(need)) {
            return Ok(DependencyState::Cycle(format!("it depends on itself ({need})")));
        }
        match task::named_or_titled(tx, need)? {
            Some(found) if found.state == State::Succeeded => {
                if !return_check::is_pending_in(tx, &found.id)? && is_enough(&found, need) {
                    continue;
                }
                ahead.push(DependencyChain { task: found.id, names: need.clone() });
            }
            Some(found) if found.state.is_final() => return Ok(DependencyState::Broken(ended(need, found.status()))),
            Some(found) => ahead.push(DependencyChain { task: found.id, names: need.clone() }),
            None => open.unknown.push(need.clone()),
        }
        open.names.push(need.clone());
    }
    match find_cycle(tx, own, ahead)? {
        Some(reason) => Ok(DependencyState::Cycle(reason)),
        None if open.names.is_empty() => Ok(DependencyState::Free),
        None => Ok(DependencyState::Open(open)),
    }
}

/// True if the evidence of a succeeded task is sufficient for this dependency. A task without evidence, such as the task of
/// a plugin, needs no check.
fn is_enough(found: &Task, need: &str) -> bool {
    let is_verified = found.evidence.is_none_or(|evidence| evidence == Evidence::Verified);
    is_verified || !need.starts_with(task::VERIFIED)
}

/// The reason that the ledger stores when a dependency ended without success. Later code compares it with stored reasons, so
/// the text must not change.
fn ended(need: &str, state: &str) -> String {
    format!("{need}, which it depends on, ended as {state}; `baton retry` runs this one anyway, `baton cancel` ends it")
}

/// A task that a request depends on, directly or through other tasks, and the names on the way to it.
struct DependencyChain {
    task: String,
    names: String,
}

/// Why the dependencies are a cycle: they lead back to the request itself, or to too many tasks. `None` if they do not.
fn find_cycle(tx: &Tx<'_>, own: &[&str], mut ahead: Vec<DependencyChain>) -> Result<Option<String>, LedgerError> {
    let mut seen: BTreeSet<String> = ahead.iter().map(|step| step.names.clone()).collect();
    while let Some(step) = ahead.pop() {
        for next in task::dependencies(tx, &step.task)? {
            let names = format!("{} → {next}", step.names);
            if own.contains(&task::dependency_name(&next)) {
                return Ok(Some(format!("its dependencies form a cycle: {names}")));
            }
            if !seen.insert(next.clone()) {
                continue;
            }
            if seen.len() > MOST_STEPS {
                return Ok(Some(format!("its dependencies lead through more than {MOST_STEPS} tasks")));
            }
            if let Some(found) = task::named_or_titled(tx, &next)? {
                ahead.push(DependencyChain { task: found.id, names });
            }
        }
    }
    Ok(None)
}

/// Called when a task ended: the tasks that depend on it may start, or a person must decide about them. Returns whether a
/// task may start.
pub(crate) fn settled(tx: &Tx<'_>, task: &Task, state: State, now: Timestamp) -> Result<bool, LedgerError> {
    let names = [Some(&task.id), task.handoff_id.as_ref(), task.task_id.as_ref(), Some(&task.title)];
    let mut released = false;
    if !state.is_final() || state == State::Duplicate || task.kind == "RETURN" {
        return Ok(false);
    }
    repeats::settled(tx, &task.id, now)?;
    let names = names.into_iter().flatten().flat_map(|name| [name.clone(), format!("{}{name}", task::VERIFIED)]);
    for name in &names.collect::<Vec<_>>() {
        for waiting in task::dependents(tx, name)? {
            // If a disputed task succeeds later, the tasks that waited for a person because of the dispute may start.
            let was_held =
                waiting.state == State::NeedsHuman && waiting.reason == ended(name, State::Disputed.as_str());
            let waits = waiting.state == State::Waiting || was_held;
            if state != State::Succeeded {
                if waits && !was_held {
                    let why = ended(name, task::get_in(tx, &task.id)?.status());
                    set_state(tx, &waiting, "needs_human", State::NeedsHuman, why, now)?;
                }
                continue;
            }
            if return_check::is_pending_in(tx, &task.id)? {
                if waits {
                    let why = format!("{name} is reported as done; its RETURN is being checked");
                    set_state(tx, &waiting, "waiting", State::Waiting, why, now)?;
                }
                continue;
            }
            if !is_enough(&task::get_in(tx, &task.id)?, name) {
                if waits {
                    let why = format!(
                        "{name} is only reported as done: no check has verified its RETURN; `baton retry` runs the task anyway"
                    );
                    set_state(tx, &waiting, "waiting", State::Waiting, why, now)?;
                }
                continue;
            }
            task::satisfy(tx, &waiting.id, name)?;
            if waits && task::dependencies(tx, &waiting.id)?.is_empty() {
                set_state(tx, &waiting, "queued", State::Queued, format!("{name} is done"), now)?;
                released = true;
            }
        }
    }
    Ok(released)
}

/// Asks a person about tasks that have waited longer than `ask_after` for an unknown dependency.
pub(crate) fn ask(tx: &Tx<'_>, context: &Context, now: Timestamp) -> Result<(), LedgerError> {
    let soonest = context.roster().agents().map(|agent| agent.settings.ask_after).min().unwrap_or(limits::ASK_AFTER);
    for unknown in task::unknown_dependencies_in(tx, ago(now, soonest))? {
        if unknown.since > ago(now, context.ask_after(&unknown.agent)) {
            continue;
        }
        let task = task::get_in(tx, &unknown.task)?;
        if task.state == State::Waiting {
            let why = format!(
                "it depends on `{}`, but no task has that id or title; `baton retry` runs the task anyway, \
                 `baton cancel` ends it",
                unknown.needs
            );
            set_state(tx, &task, "needs_human", State::NeedsHuman, why, now)?;
        }
    }
    Ok(())
}

/// Moves a task to a state. Records an event with this action, by Baton.
pub(crate) fn set_state(
    tx: &Tx<'_>,
    task: &Task,
    action: &str,
    state: State,
    reason: String,
    now: Timestamp,
) -> Result<(), LedgerError> {
    task::transition(tx, &Event::of(task, "baton", action, reason, state, now)).map(drop)
}

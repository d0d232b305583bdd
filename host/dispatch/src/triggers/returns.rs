//! `return` triggers: in the transaction that captures a RETURN, Baton makes a task for every plugin whose trigger matches
//! the RETURN. The findings of this task are also stored with the RETURN and with the request that it answers.
//!
//! A RETURN makes at most one task for each plugin, even if it is captured several times. The task sends no RETURN, so it
//! triggers no further task. The requests that the task sends continue the chain of the answered request. When the chain has
//! reached its maximum length, Baton refuses the next request with a RETURN, and this RETURN makes no task.

use baton_core::State;
use baton_core::grants::Grant;
use baton_core::guard::MAX_CHAIN;
use baton_core::manifest::{ReturnsOf, Trigger};
use baton_ledger::finding::Finding;
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx, flag};
use jiff::Timestamp;

use super::task::insert_task;
use crate::context::Context;
use crate::plugins::InstalledPlugin;
use crate::settle::evidence;

/// Makes the tasks for a RETURN that was captured, or whose request was found later. Returns whether it made a task.
pub(crate) fn trigger_tasks(
    tx: &Tx<'_>,
    context: &Context,
    answer: &str,
    request: Option<&Task>,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    if let Some(request) = request {
        task::set_request(tx, answer, &request.id)?;
        // Copy the findings of tasks that were made before Baton knew the request that the RETURN answers.
        flag::copy_flags(tx, answer, &request.id, now)?;
        if request.evidence.is_some() {
            evidence::reported(tx, answer)?;
        }
    }
    let answer = &task::get_in(tx, answer)?;
    if request.unwrap_or(answer).chain_phase.is_some_and(|phase| phase > MAX_CHAIN) {
        return Ok(false);
    }
    let mut triggered = false;
    for (name, installed) in &context.plugins().usable {
        let Some(action) = wanted(name, installed, request) else { continue };
        if !task::has_triggered(tx, &answer.id, name)? {
            insert_task(tx, context, new(name, action, answer, request), now)?;
            triggered = true;
        }
    }
    Ok(triggered)
}

/// The action of the plugin's trigger, if it matches this RETURN. A plugin needs no grant for the RETURNs of its own
/// requests.
fn wanted<'a>(name: &str, installed: &'a InstalledPlugin, request: Option<&Task>) -> Option<&'a str> {
    let own = request.is_some_and(|request| request.sender.as_deref() == Some(name));
    installed.plugin.manifest().declares.triggers.iter().find_map(|trigger| match trigger {
        Trigger::Return { of, action }
            if own || *of == ReturnsOf::Any && installed.grants.services.allows(&Grant::Returns) =>
        {
            Some(action.as_str())
        }
        _ => None,
    })
}

fn new(plugin: &str, action: &str, answer: &Task, request: Option<&Task>) -> task::NewTask {
    let from = answer.sender.as_deref().unwrap_or("an unknown agent");
    let chain = request.unwrap_or(answer);
    task::NewTask {
        sender: Some("baton".to_owned()),
        title: format!("{action}: {from} returned {}", request.map_or(&answer.title, |request| &request.title)),
        action: Some(action.to_owned()),
        input: answer.input.clone(),
        priority: answer.priority,
        chain_id: chain.chain_id.clone().or_else(|| Some(chain.id.clone())),
        chain_phase: chain.chain_phase,
        about: Some(answer.id.clone()),
        ..task::NewTask::blank(plugin, task::Origin::Trigger, State::Queued)
    }
}

/// Stores the findings of `task` also with the RETURN that triggered it, and with the answered request. Findings of severity
/// `info` are stored only with `task`.
pub(crate) fn flag(tx: &Tx<'_>, task: &Task, findings: &[Finding], now: Timestamp) -> Result<(), LedgerError> {
    let Some(answer) = &task.about else {
        return Ok(());
    };
    let serious: Vec<Finding> = findings.iter().filter(|finding| finding.severity != "info").cloned().collect();
    flag::record(tx, answer, task, &serious, now)?;
    match task::get_in(tx, answer)?.request {
        Some(request) => flag::record(tx, &request, task, &serious, now),
        None => Ok(()),
    }
}

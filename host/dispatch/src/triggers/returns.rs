//! `return` triggers: a captured RETURN makes a task of every plugin that waits for it, in the same transaction. The
//! findings of such a task are kept with the RETURN and with its request.
//!
//! A RETURN makes at most one task of a plugin, however often it is captured. Such a task sends no RETURN, so none
//! follows from it. What it asks of others goes on in the chain of the request; where that is at its end, nobody is told of
//! the refusal, which is a RETURN as well.

use baton_core::State;
use baton_core::guard::MAX_CHAIN;
use baton_core::manifest::{ReturnsOf, Trigger};
use baton_ledger::finding::Finding;
use baton_ledger::task::{self, Task};
use baton_ledger::{LedgerError, Tx, flag};
use jiff::Timestamp;

use super::task::insert_task;
use crate::context::Context;
use crate::plugins::InstalledPlugin;

/// A RETURN is written down, or is found to answer `request`. Says whether a plugin has work by that.
pub(crate) fn tell_return(
    tx: &Tx<'_>,
    context: &Context,
    answer: &str,
    request: Option<&Task>,
    now: Timestamp,
) -> Result<bool, LedgerError> {
    if let Some(request) = request {
        task::set_request(tx, answer, &request.id)?;
        // Whoever was told before it was known what it answers.
        flag::hand_on(tx, answer, &request.id, now)?;
    }
    let answer = &task::get_in(tx, answer)?;
    if request.unwrap_or(answer).chain_phase.is_some_and(|phase| phase > MAX_CHAIN) {
        return Ok(false);
    }
    let mut told = false;
    for (name, installed) in &context.plugins().usable {
        let Some(action) = wanted(name, installed, request) else { continue };
        if !task::has_told(tx, &answer.id, name)? {
            insert_task(tx, context, new(name, action, answer, request), now)?;
            told = true;
        }
    }
    Ok(told)
}

/// The action of the plugin's trigger, if that waits for RETURNs like this one. Of its own requests a plugin needs no grant
/// to hear.
fn wanted<'a>(name: &str, installed: &'a InstalledPlugin, request: Option<&Task>) -> Option<&'a str> {
    let own = request.is_some_and(|request| request.sender.as_deref() == Some(name));
    installed.plugin.manifest().declares.triggers.iter().find_map(|trigger| match trigger {
        Trigger::Return { of, action } if own || *of == ReturnsOf::Any && installed.grants.returns => {
            Some(action.as_str())
        }
        _ => None,
    })
}

fn new(plugin: &str, action: &str, answer: &Task, request: Option<&Task>) -> task::NewTask {
    let from = answer.sender.as_deref().unwrap_or("somebody");
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

/// Keeps what `task` has found out with the RETURN that made it, and with the request that this answers. Remarks are the
/// plugin's own business.
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

//! Files that are missing from the inbox while their tasks wait for a plugin.
//!
//! If only the file is missing, Baton cancels its task. If the whole folder was replaced (an unmounted drive, a sync client
//! that went offline), Baton asks a person about the task, and continues the task automatically when the file is back.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_core::State;
use baton_intake::{claimed_at, hash_file, scan};
use baton_ledger::Tx;
use baton_ledger::task::{self, InboxTask};
use fail::fail_point;
use jiff::Timestamp;

use crate::attempt::{AbortReason, SettledTask};
use crate::presence::{INBOX_MISSING, is_missing};
use crate::settle::{set_state, settle_aborted};
use crate::{Context, DispatchError, limits};

/// Cancels the waiting tasks of `agent` whose files are missing, or asks a person about them. Returns the settled tasks.
pub(crate) async fn check_missing_files(
    context: &Arc<Context>,
    agent: &str,
) -> Result<Vec<SettledTask>, DispatchError> {
    let name = agent.to_owned();
    let waiting = context.ledger.write(move |tx| task::waiting_files(tx, &name)).await?;
    let (inner, name) = (Arc::clone(context), agent.to_owned());
    let missing = tokio::task::spawn_blocking(move || missing(&inner, &name, waiting));
    let mut settled = Vec::new();
    for MissingFile { task, is_replaced } in missing.await.unwrap_or_default() {
        if is_replaced {
            ask(context, task).await?;
        } else if let Some(ended) = cancel(context, task).await? {
            settled.push(ended);
        }
    }
    Ok(settled)
}

/// A task whose file is missing.
struct MissingFile {
    task: InboxTask,
    /// True if the folder of the inbox was replaced after the task was captured.
    is_replaced: bool,
}

/// Finds the missing files. If one of the agent's inboxes has an unknown file with the same content, the file was only
/// renamed.
fn missing(context: &Context, agent: &str, waiting: Vec<InboxTask>) -> Vec<MissingFile> {
    let (missing, existing): (Vec<_>, Vec<_>) =
        waiting.into_iter().partition(|inbox_task| is_missing(&context.real(&inbox_task.file)));
    if missing.is_empty() {
        return Vec::new();
    }
    let known: BTreeSet<_> = existing.iter().map(|inbox_task| context.real(&inbox_task.file)).collect();
    let roster = context.roster();
    let inboxes = roster.inboxes().filter(|inbox| inbox.owner == agent);
    let files = inboxes.filter_map(|inbox| scan(inbox.folder).ok()).flatten().map(|found| found.path);
    let unknown = files.filter(|path| !known.contains(path)).filter_map(|path| hash_file(&path).ok());
    let unknown: BTreeSet<String> = unknown.map(|hash| hash.to_string()).collect();
    let missing = missing.into_iter().filter(|task| task.input.as_ref().is_none_or(|hash| !unknown.contains(hash)));
    missing.map(|task| MissingFile { is_replaced: is_replaced(context, &task), task }).collect()
}

fn is_replaced(context: &Context, inbox_task: &InboxTask) -> bool {
    let file = context.real(&inbox_task.file);
    let claimed = file.parent().and_then(claimed_at).and_then(|at| Timestamp::try_from(at).ok());
    context.ownership.is_some() && claimed.is_none_or(|claimed| claimed > inbox_task.since)
}

async fn ask(context: &Arc<Context>, inbox_task: InboxTask) -> Result<(), DispatchError> {
    let job = move |tx: &Tx<'_>| {
        let task = task::get_in(tx, &inbox_task.id)?;
        if task::waits_with(tx, &inbox_task.id, &inbox_task.file)? && task.state != State::NeedsHuman {
            set_state(tx, &task, "missing", State::NeedsHuman, INBOX_MISSING.to_owned(), Timestamp::now())?;
        }
        Ok(())
    };
    Ok(context.ledger.write(job).await?)
}

async fn cancel(context: &Arc<Context>, inbox_task: InboxTask) -> Result<Option<SettledTask>, DispatchError> {
    let (owner, now) = (context.owner.clone(), Timestamp::now());
    // Do not cancel a task that has run in the meantime: its file is missing because Baton archived the file.
    let lease = move |tx: &Tx<'_>| {
        let still = task::waits_with(tx, &inbox_task.id, &inbox_task.file)?;
        still.then(|| task::lease_task(tx, &inbox_task.id, &owner, limits::LEASE, now)).transpose()
    };
    let Some(task) = context.ledger.write(lease).await? else {
        return Ok(None);
    };
    fail_point!("missing_file.leased");
    let reason = format!("{} was removed from the inbox", task.file.as_deref().unwrap_or("its file"));
    let settled = settle_aborted(context, task, AbortReason::FileRemoved(reason)).await?;
    fail_point!("missing_file.settled");
    Ok(Some(settled))
}

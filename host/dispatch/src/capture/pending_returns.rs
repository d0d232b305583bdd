//! RETURNs that are in an inbox and that Baton has not captured yet.
//!
//! A RETURN counts as soon as it is in the inbox. So Baton reads the uncaptured RETURNs before it withdraws a request. If
//! such a RETURN answers the request, the request stays open until Baton captures the RETURN and thereby ends the request.
//! This module records and moves nothing.

use std::cmp::Reverse;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use baton_core::handoff::Handoff;
use baton_intake::{DetectedBy, FolderEntryKind, scan};
use baton_ledger::{LedgerError, Tx};

use super::answers::{AnsweredRequest, find_request};
use super::read::{FileToRead, ReadOutcome, is_handoff_name, read_file};
use crate::context::Context;
use crate::limits;
use crate::settings::DROP_BOX;

/// A RETURN that Baton will capture.
pub(crate) struct PendingReturn {
    answers: AnsweredRequest,
    /// The agent that receives the RETURN.
    inbox: String,
}

impl PendingReturn {
    /// The task of the open request that the RETURN will end.
    pub(crate) fn ends(&self, tx: &Tx<'_>) -> Result<Option<String>, LedgerError> {
        let (found, _) = find_request(tx, &self.answers, &self.inbox)?;
        Ok(found.map(|found| found.id))
    }

    fn of(context: &Context, owner: &str, handoff: &Handoff) -> Option<Self> {
        let roster = context.roster();
        let inbox = if owner == DROP_BOX { roster.resolve(handoff.to.as_deref()?)?.name.as_str() } else { owner };
        Some(Self { answers: AnsweredRequest::of(&roster, handoff)?, inbox: inbox.to_owned() })
    }
}

/// The RETURNs in the inboxes of `agent` and in the drop box, newest files first, up to [`limits::PENDING_RETURN_FILES`]
/// files. Waits a short time for files that are still being written. Ignores unreadable files.
pub(crate) async fn pending_returns(context: &Arc<Context>, agent: &str) -> Vec<PendingReturn> {
    let (inner, name) = (Arc::clone(context), agent.to_owned());
    let files = tokio::task::spawn_blocking(move || files(&inner, &name)).await.unwrap_or_default();
    let until = Instant::now() + limits::PENDING_RETURN_WAIT;
    let mut ahead = Vec::new();
    for (owner, path) in files {
        let handoff = handoff(context, path, until).await;
        ahead.extend(handoff.and_then(|handoff| PendingReturn::of(context, &owner, &handoff)));
    }
    ahead
}

/// The newest files, each with the owner of its folder.
fn files(context: &Context, agent: &str) -> Vec<(String, PathBuf)> {
    let roster = context.roster();
    let inboxes = roster.inboxes().filter(|inbox| inbox.owner == agent || inbox.owner == DROP_BOX);
    let mut files = Vec::new();
    for inbox in inboxes {
        let found =
            scan(inbox.folder).unwrap_or_default().into_iter().filter(|found| found.kind == FolderEntryKind::File);
        files.extend(found.map(|found| (Reverse(found.modified), inbox.owner.to_owned(), found.path)));
    }
    files.sort();
    files.into_iter().take(limits::PENDING_RETURN_FILES).map(|(_, owner, path)| (owner, path)).collect()
}

/// Reads a file. Returns its handoff; `None` if the file is not a handoff or is not complete by `until`.
async fn handoff(context: &Context, path: PathBuf, until: Instant) -> Option<Handoff> {
    let name = path.file_name()?.to_str().filter(|name| is_handoff_name(name))?.to_owned();
    loop {
        let size = path.symlink_metadata().ok()?.len();
        let (path, name, seen) = (path.clone(), name.clone(), DetectedBy::Present);
        match read_file(context, FileToRead { path, name, size, external: false, seen, unfinished: false }).await {
            Ok(ReadOutcome::Handoff(_, handoff)) => return Some(*handoff),
            Ok(ReadOutcome::Later { pause, .. }) => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return None;
                }
                tokio::time::sleep(pause.min(left)).await;
            }
            _ => return None,
        }
    }
}

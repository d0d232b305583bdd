//! RETURNs that lie in an inbox and are not written down yet.
//!
//! A RETURN counts from the moment that it is there, not from the one that somebody has read it. So whoever is about to take
//! a request back looks here first: what is answered is left open, and the capture of its RETURN ends it. Nothing is written
//! down or moved here.

use std::cmp::Reverse;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use baton_core::handoff::Handoff;
use baton_intake::{DetectedBy, FolderEntryKind, scan};
use baton_ledger::{LedgerError, Tx};

use super::answers::{AnsweredRequest, find_request};
use super::read::{ReadOutcome, is_handoff_name, read_file};
use crate::context::Context;
use crate::limits;
use crate::settings::DROP_BOX;

/// A RETURN that is going to be captured.
pub(crate) struct PendingReturn {
    answers: AnsweredRequest,
    /// The agent that it is for.
    inbox: String,
}

impl PendingReturn {
    /// The open request that the RETURN is going to end, by its task.
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

/// The RETURNs that lie in the inboxes of `agent` and in the drop box now, the newest files first. A file that is still being
/// written is waited for a little. What cannot be read answers nothing.
pub(crate) async fn returns_ahead(context: &Arc<Context>, agent: &str) -> Vec<PendingReturn> {
    let (inner, name) = (Arc::clone(context), agent.to_owned());
    let files = tokio::task::spawn_blocking(move || files(&inner, &name)).await.unwrap_or_default();
    let until = Instant::now() + limits::AHEAD;
    let mut ahead = Vec::new();
    for (owner, path) in files {
        let handoff = handoff(context, path, until).await;
        ahead.extend(handoff.and_then(|handoff| PendingReturn::of(context, &owner, &handoff)));
    }
    ahead
}

/// The newest files, with the owner of their folder.
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
    files.into_iter().take(limits::LOOKED_AHEAD).map(|(_, owner, path)| (owner, path)).collect()
}

/// What a file holds, if it is a handoff and whole in time.
async fn handoff(context: &Context, path: PathBuf, until: Instant) -> Option<Handoff> {
    let name = path.file_name()?.to_str().filter(|name| is_handoff_name(name))?.to_owned();
    loop {
        let size = path.symlink_metadata().ok()?.len();
        match read_file(context, path.clone(), size, name.clone(), false, (DetectedBy::Present, false)).await {
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

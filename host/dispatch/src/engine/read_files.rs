//! Files that stay in the inboxes of external agents: they are read once, and not again at each start.
//!
//! The ledger keeps the stamp of a file that was written down (or is not for Baton) when a later scan finds it unchanged. A start
//! takes these files for known; whatever changed in one of them shows in its stamp. In the inbox of a plugin each file is read at
//! the start, because its task may wait for it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use baton_intake::{FolderEntry, scan};
use baton_ledger::read_file::{self, ReadFile};
use baton_ledger::{LedgerError, Tx};

use super::state::Engine;
use crate::{AgentKind, Context, DispatchError, limits};

impl Engine {
    /// Takes over what the ledger has of the files in the inboxes of external agents.
    pub(super) async fn recall_stamps(&mut self) -> Result<(), DispatchError> {
        let context = Arc::clone(&self.context);
        let files = tokio::task::spawn_blocking(move || read_file::all(&context.ledger.reader()?)).await;
        let roster = self.context.roster();
        let mut external: HashMap<PathBuf, bool> = HashMap::new();
        for read in files.map_err(|_| LedgerError::Closed)?? {
            let path = self.context.real(&read.file);
            let (Some(folder), Ok(stamp)) = (path.parent(), read.stamp.parse()) else { continue };
            let is_external = match external.get(folder) {
                Some(known) => *known,
                None => {
                    let owner = roster.owner_of(folder).and_then(|owner| roster.get(owner));
                    let found = owner.is_some_and(|agent| agent.kind == AgentKind::External);
                    external.insert(folder.to_owned(), found);
                    found
                }
            };
            if is_external {
                self.file_queue.recall(&path, stamp);
            }
        }
        Ok(())
    }

    /// After a scan: the ledger gets the stamps of known files and forgets those of files that are missing.
    pub(super) fn keep_stamps(&mut self, agent: &str, found: &[FolderEntry], gone: &[PathBuf]) {
        if !self.is_external(agent) {
            return;
        }
        let (keep, gone) = (self.stamps_to_keep(found), self.shown(gone));
        if keep.is_empty() && gone.is_empty() {
            return;
        }
        let context = Arc::clone(&self.context);
        // Not one of the engine's jobs: a single run does not wait for it, and the next start only reads more.
        tokio::spawn(async move { say_failure(write(&context, keep, gone).await) });
    }

    /// The same when nothing waits any more, for what was read since the last scan.
    pub(super) async fn keep_stamps_at_end(&mut self) {
        let roster = self.context.roster();
        let external =
            roster.inboxes().filter(|inbox| self.is_external(inbox.owner) && !self.foreign.contains(inbox.folder));
        let folders: Vec<PathBuf> = external.map(|inbox| inbox.folder.to_owned()).collect();
        let scanned = tokio::task::spawn_blocking(move || {
            folders.iter().flat_map(|folder| scan(folder).unwrap_or_default()).collect::<Vec<FolderEntry>>()
        });
        let keep = self.stamps_to_keep(&scanned.await.unwrap_or_default());
        say_failure(write(&self.context, keep, Vec::new()).await);
    }

    fn is_external(&self, agent: &str) -> bool {
        self.context.roster().get(agent).is_some_and(|agent| agent.kind == AgentKind::External)
    }

    fn stamps_to_keep(&mut self, found: &[FolderEntry]) -> Vec<ReadFile> {
        let keep = self.file_queue.take_stamps(found, SystemTime::now());
        let utf8 = keep.into_iter().filter(|(path, _)| path.to_str().is_some());
        utf8.map(|(path, stamp)| ReadFile { file: self.context.shown(&path), stamp: stamp.to_string() }).collect()
    }

    fn shown(&self, paths: &[PathBuf]) -> Vec<String> {
        paths.iter().map(|path| self.context.shown(path)).collect()
    }
}

/// In pieces, so that nobody else who writes waits for long.
async fn write(context: &Context, keep: Vec<ReadFile>, gone: Vec<String>) -> Result<(), LedgerError> {
    for piece in keep.chunks(limits::STAMPS_AT_ONCE) {
        let piece = piece.to_vec();
        context.ledger.write(move |tx: &Tx<'_>| read_file::keep(tx, &piece)).await?;
    }
    for piece in gone.chunks(limits::STAMPS_AT_ONCE) {
        let piece = piece.to_vec();
        context.ledger.write(move |tx: &Tx<'_>| read_file::forget(tx, &piece)).await?;
    }
    Ok(())
}

/// Without it the next start reads more; nothing else depends on it.
fn say_failure(written: Result<(), LedgerError>) {
    if let Err(error) = written {
        tracing::warn!("what was read could not be remembered: {error}");
    }
}

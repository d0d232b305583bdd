//! Baton reads a file that stays in the inbox of an external agent once, and not again at each start of the daemon.
//!
//! When a later scan finds a recorded (or ignored) file unchanged, the ledger stores the file's stamp. At its start, the
//! daemon does not read a file with a stored stamp again. If the file has changed, its stamp is different, so the daemon
//! reads it. In the inbox of a plugin, the daemon reads each file at its start, because a task may wait for the file.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use baton_intake::{FolderEntry, scan};
use baton_ledger::read_file::{self, ReadFile};
use baton_ledger::{LedgerError, Tx};

use super::inboxes::Inboxes;
use crate::{AgentKind, Context, DispatchError, limits};

impl Inboxes {
    /// Loads from the ledger the stamps of files in the inboxes of external agents.
    pub(super) async fn recall_stamps(&mut self, context: &Arc<Context>) -> Result<(), DispatchError> {
        let inner = Arc::clone(context);
        let files = tokio::task::spawn_blocking(move || read_file::all(&inner.ledger.reader()?)).await;
        let roster = context.roster();
        let mut external: HashMap<PathBuf, bool> = HashMap::new();
        for read in files.map_err(|_| LedgerError::Closed)?? {
            let path = context.real(&read.file);
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
                self.files.load_stamp(&path, stamp);
            }
        }
        Ok(())
    }

    /// Called after a scan. Stores the stamps of known files in the ledger, and deletes the stamps of missing files.
    pub(super) fn keep_stamps(
        &mut self,
        context: &Arc<Context>,
        owner: &str,
        found: &[FolderEntry],
        missing: &[PathBuf],
    ) {
        if !is_external(context, owner) {
            return;
        }
        let keep = self.stamps_to_keep(context, found);
        let missing: Vec<String> = missing.iter().map(|path| context.shown(path)).collect();
        if keep.is_empty() && missing.is_empty() {
            return;
        }
        let context = Arc::clone(context);
        // This write is not a job of the engine, so `up --once` does not wait for it. If the write does not finish, the next
        // start only reads more files.
        tokio::spawn(async move { log_failure(write(&context, keep, missing).await) });
    }

    /// Stores the stamps of the files that were read since the last scan. Called when the daemon ends.
    pub(super) async fn keep_stamps_at_end(&mut self, context: &Context) {
        let roster = context.roster();
        let external =
            roster.inboxes().filter(|inbox| is_external(context, inbox.owner) && !self.foreign.contains(inbox.folder));
        let folders: Vec<PathBuf> = external.map(|inbox| inbox.folder.to_owned()).collect();
        let scanned = tokio::task::spawn_blocking(move || {
            folders.iter().flat_map(|folder| scan(folder).unwrap_or_default()).collect::<Vec<FolderEntry>>()
        });
        let keep = self.stamps_to_keep(context, &scanned.await.unwrap_or_default());
        log_failure(write(context, keep, Vec::new()).await);
    }

    fn stamps_to_keep(&mut self, context: &Context, found: &[FolderEntry]) -> Vec<ReadFile> {
        let keep = self.files.take_stamps(found, SystemTime::now());
        let utf8 = keep.into_iter().filter(|(path, _)| path.to_str().is_some());
        utf8.map(|(path, stamp)| ReadFile { file: context.shown(&path), stamp: stamp.to_string() }).collect()
    }
}

fn is_external(context: &Context, agent: &str) -> bool {
    context.roster().get(agent).is_some_and(|agent| agent.kind == AgentKind::External)
}

/// Writes the stamps in several transactions, so that other writers do not wait for long.
async fn write(context: &Context, keep: Vec<ReadFile>, missing: Vec<String>) -> Result<(), LedgerError> {
    for piece in keep.chunks(limits::STAMPS_AT_ONCE) {
        let piece = piece.to_vec();
        context.ledger.write(move |tx: &Tx<'_>| read_file::keep(tx, &piece)).await?;
    }
    for piece in missing.chunks(limits::STAMPS_AT_ONCE) {
        let piece = piece.to_vec();
        context.ledger.write(move |tx: &Tx<'_>| read_file::forget(tx, &piece)).await?;
    }
    Ok(())
}

/// Logs a failed write. Its only effect is that the next start reads more files.
fn log_failure(written: Result<(), LedgerError>) {
    if let Err(error) = written {
        tracing::warn!("the list of read files could not be saved: {error}");
    }
}

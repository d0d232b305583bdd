//! Pruning: the oldest part of the chain moves into an archive, and the rest of the chain can still be verified.
//!
//! # What goes
//!
//! Only a prefix of the chain, so that what is left is one chain still. It ends before the first event that must stay:
//! one of a task that is not settled, or of a task to which something happened since the date that was asked for. Settled
//! is a task that is final, or a RETURN that was delivered to an external agent (it opens no obligation), and that has no open
//! delivery. With the events go what plugins found out in these tasks, their reports' and archives' finished rows of the
//! outbox, and the captured bytes that no task needs which still has events.
//!
//! # What stays, and why
//!
//! - The rows of the tasks: their dedupe keys are how a handoff that was done long ago is known when it is dropped again,
//!   their files how a file that still lies in an inbox is known, their ids what `needs` of other tasks names. Only
//!   `body`, `args` and `paths` are emptied: nobody runs a settled task, and they are most of a row.
//! - Rows of the outbox that put a file into an inbox: a scan asks them whether a RETURN there is Baton's own.
//!   Without them it would be taken for news.
//!
//! # Why nobody can pretend a prune
//!
//! The prune is itself an event (`Record`), of the task `ledger`: from which event to which, the hash of the last one,
//! the archive and its SHA-256. It is written before the first row goes, when the archive is whole and on the disk. The
//! table `pruned` (`PruneMark`) says how far the rows are gone, and a check believes it only when a record in the chain covers
//! it. A prune that stopped half way is covered too: the first row that is left carries the hash of the last one that
//! went. Who may write the file may also write a record, as he may write the whole chain anew; only a head that was
//! handed out earlier shows that, here with the archive.
//!
//! # Beside a daemon
//!
//! Rows go in small transactions with a pause between, each of which looks again whether its tasks are still settled;
//! so a capture never waits long, and a task that became active again keeps its events. The pages that become free are used
//! for what comes; the file itself gets smaller only with SQLite's `VACUUM`, which keeps every writer out for as long as
//! it takes to write the whole file, and is therefore left to whoever has stopped the daemon.

mod archive;
mod error;
mod plan;
mod record;
mod remove;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use jiff::Timestamp;

pub use archive::Target;
pub use error::PruneError;
pub use plan::{FirstKeptEvent, Plan, plan};
pub(crate) use record::{LEDGER, PruneMark, Record};

use crate::Ledger;

/// What a prune did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PruneResult {
    /// Up to which event the ledger is pruned now. Less than planned when a task became active again meanwhile.
    pub last: i64,
    /// Where the events are.
    pub archive: PathBuf,
    /// How many captured files' bytes went.
    pub inputs: u64,
}

/// Archives what `plan` found, records the prune, then removes it.
///
/// # Errors
/// When the archive cannot be written: then nothing was removed. When the ledger fails: then the prune may have stopped
/// half way; the chain is sound, and the next prune continues it.
pub fn prune(ledger: &Ledger, plan: &Plan, target: &Target, now: Timestamp) -> Result<PruneResult, PruneError> {
    let written = archive::write(&ledger.reader()?, plan, target)?;
    let record = Record {
        first: plan.first,
        last: plan.last,
        hash: written.head,
        archive: written.path.display().to_string(),
        digest: written.digest,
    };
    ledger.write_blocking(move |tx| record.append(tx, now))?;
    let removed = remove::remove(ledger, plan, now)?;
    Ok(PruneResult { last: removed.last, archive: written.path, inputs: removed.inputs })
}

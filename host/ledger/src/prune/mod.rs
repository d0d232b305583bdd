//! Pruning: the oldest part of the chain moves into an archive, and the rest of the chain can still be verified.
//!
//! # What is deleted
//!
//! Baton deletes only a prefix of the chain, so that the rest is still one chain. The prefix ends before the first
//! event of a task that is not settled, or that had an event since the given date. A task is settled when it has no
//! open delivery and its state is final, or when it is a RETURN that was delivered to an external agent. Together with
//! the events, Baton deletes the findings of these tasks, the finished outbox rows of their reports and archives, and
//! the captured bytes that no remaining task needs.
//!
//! # What is kept, and why
//!
//! - The rows of the tasks. Their dedupe keys identify a handoff that is dropped again, their paths identify a file that is
//!   still in an inbox, and dependencies of other tasks name their ids. Only `body`, `args` and `paths` are emptied: they
//!   are the largest part of a row, and a settled task never runs again.
//! - Outbox rows that put a file into an inbox: a scan uses them to recognise Baton's own RETURNs. Without these rows, Baton
//!   would capture the RETURNs again.
//!
//! # How a faked prune is detected
//!
//! The prune is itself an event (`Record`) of the task `ledger`. The record has the range of deleted events, the hash of the
//! last deleted event, the path of the archive and its SHA-256. Baton writes the record when the archive is complete and
//! synced, before it deletes the first row. The table `pruned` (`PruneMark`) has the last deleted event. A check accepts
//! this mark only if the chain has a record whose range includes it. After an interrupted prune, the mark is before the end
//! of the range. A check detects a mark that was moved, because the first remaining row has the hash of the last deleted
//! event. A person with write access to the file can also fake a record, or write the whole chain again. Such a change is
//! visible only if somebody compares the ledger with an earlier head that is known elsewhere, and with the archive.
//!
//! # While a daemon runs
//!
//! Rows are deleted in small transactions with pauses between them, so a capture never waits long. Each transaction checks
//! again that its tasks are still settled. If a task became active again, its events are kept. SQLite reuses the free pages.
//! Only `VACUUM` makes the file smaller. `VACUUM` blocks every writer while it writes the whole file, so run it while the
//! daemon is stopped.

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

/// The result of a prune.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PruneResult {
    /// The last deleted event. It is earlier than planned if a task became active again in the meantime.
    pub last: i64,
    pub archive: PathBuf,
    /// The number of captured files whose bytes were deleted.
    pub inputs: u64,
}

/// Archives the events of `plan`, records the prune, then deletes the events.
///
/// # Errors
/// When the archive cannot be written; nothing was deleted then. When the ledger fails; the prune may then be incomplete,
/// but the chain is sound, and the next prune continues.
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

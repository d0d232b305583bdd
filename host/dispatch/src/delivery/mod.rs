//! Carries out the deliveries in the ledger's outbox: writes reports, RETURNs and handoffs, and moves files to the
//! archive.
//!
//! The open deliveries of many tasks run in one batch, because they can share most of the disk work: `batch` runs the
//! steps, `files` does the file work of one delivery, `latest` copies the newest report, `record` writes to the ledger.
//! Every step can be repeated: after a crash the same call continues at the interrupted step, and nothing is delivered
//! twice. Baton moves a file only if the file still has the captured bytes.

pub(crate) mod archive;
mod batch;
mod files;
mod latest;
mod record;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use baton_ledger::LedgerError;

pub(crate) use self::batch::DeliveryResult;
use crate::{Context, DispatchError};

/// Delivers everything that is open for a task, in order. Returns the files that the engine must read.
///
/// # Errors
/// When a folder cannot be written to or the ledger fails. The deliveries that are not done stay open for another try.
pub async fn deliver(context: &Arc<Context>, id: &str) -> Result<Vec<PathBuf>, DispatchError> {
    let (mut changed, mut more) = (Vec::new(), true);
    while std::mem::take(&mut more) {
        for task in deliver_all(context, "", vec![id.to_owned()]).await? {
            changed.extend(task.changed);
            more |= task.more;
            task.error.map_or(Ok(()), Err)?;
        }
    }
    Ok(changed)
}

/// Delivers everything that is open for several tasks of `agent`. An error of one task does not affect the others. Two
/// calls at the same time must not contain the same task.
pub(crate) async fn deliver_all(
    context: &Arc<Context>,
    agent: &str,
    tasks: Vec<String>,
) -> Result<Vec<DeliveryResult>, DispatchError> {
    let (context, ledger) = (Arc::clone(context), context.ledger.in_lane(agent));
    let delivered = tokio::task::spawn_blocking(move || batch::deliver_batch(&context, &ledger, tasks)).await;
    delivered.map_err(|_| LedgerError::Closed.into())
}

//! Carrying out what the ledger's outbox says: writing reports, RETURNs and handoffs, and moving files to the archive.
//!
//! Deliveries are carried in batches, the open ones of many tasks at once, because most of their price is the disk's and
//! can be shared: `batch` goes through the steps, `files` does the file work of one delivery, `record` is what the ledger
//! is told. Every step can be repeated: after a crash the same call goes on where it stopped, and what was delivered is
//! not delivered again. A file is moved only if it still has the bytes that were captured.

mod batch;
mod files;
mod record;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;

use baton_ledger::LedgerError;

pub(crate) use self::batch::Delivered;
use crate::{Context, DispatchError};

/// Delivers everything that is open for a task, in order. Gives the files that are news now.
///
/// # Errors
/// When a folder cannot be written to or the ledger fails; the rest stays open for another try.
pub async fn deliver(context: &Arc<Context>, id: &str) -> Result<Vec<PathBuf>, DispatchError> {
    let (mut news, mut more) = (Vec::new(), true);
    while std::mem::take(&mut more) {
        for task in deliver_all(context, "", vec![id.to_owned()]).await? {
            news.extend(task.news);
            more |= task.more;
            task.error.map_or(Ok(()), Err)?;
        }
    }
    Ok(news)
}

/// The same for many tasks of `agent` together. The trouble of one is not the others'. No task may be in two calls at the same
/// time.
pub(crate) async fn deliver_all(
    context: &Arc<Context>,
    agent: &str,
    tasks: Vec<String>,
) -> Result<Vec<Delivered>, DispatchError> {
    let (context, ledger) = (Arc::clone(context), context.ledger.in_lane(agent));
    let carried = tokio::task::spawn_blocking(move || batch::deliver_batch(&context, &ledger, tasks)).await;
    carried.map_err(|_| LedgerError::Closed.into())
}

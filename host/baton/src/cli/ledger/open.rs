//! Opens the ledger for a command that needs one.

use anyhow::bail;
use baton_ledger::Reader;

use crate::cli::task_view;
use crate::workspace::{Workspace, head};

/// Opens the ledger. Fails if there is no ledger, or if it is not the ledger that the workspace knows.
pub(in crate::cli) fn reader(workspace: &Workspace) -> anyhow::Result<Reader> {
    head::need_known(workspace)?;
    unchecked_reader(workspace)
}

/// Opens the ledger. Fails if there is no ledger. Does not check that it is the ledger that the workspace knows.
pub(super) fn unchecked_reader(workspace: &Workspace) -> anyhow::Result<Reader> {
    let path = workspace.state.ledger();
    match task_view::open(&path)? {
        Some(reader) => Ok(reader),
        None => bail!("there is no ledger at {}: Baton has recorded nothing yet", path.display()),
    }
}

pub(in crate::cli) fn events(count: u64) -> String {
    format!("{count} {}", if count == 1 { "event" } else { "events" })
}

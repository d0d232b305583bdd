//! Opens the ledger for a command that needs one.

use anyhow::bail;
use baton_ledger::Reader;

use crate::cli::task_view;
use crate::workspace::Workspace;

pub(in crate::cli) fn reader(workspace: &Workspace) -> anyhow::Result<Reader> {
    match task_view::reader(workspace)? {
        Some(reader) => Ok(reader),
        None => bail!("there is no ledger at {}: nothing was recorded yet", workspace.state.ledger().display()),
    }
}

pub(in crate::cli) fn events(count: u64) -> String {
    format!("{count} {}", if count == 1 { "event" } else { "events" })
}

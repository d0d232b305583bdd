//! Shared by all subcommands: the options for the workspace, the runtime, and paths for output.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use baton_registry::PublicKey;

use crate::workspace::{self, Workspace};

/// The options that every subcommand shares.
#[derive(Debug)]
pub(super) struct WorkspaceOptions {
    pub(super) workspace: Option<PathBuf>,
    pub(super) state: Option<PathBuf>,
}

impl WorkspaceOptions {
    /// The workspace that the options name, otherwise the nearest workspace; `None` if there is no workspace.
    pub(super) fn find(&self) -> anyhow::Result<Option<Workspace>> {
        let found = workspace::find(self.workspace.as_deref())?;
        found.map(|root| Workspace::at(&root, self.state.as_deref())).transpose()
    }

    /// The keys that the workspace trusts; empty without a workspace. Fails if `baton.toml` does not parse.
    pub(super) fn trusted(&self) -> anyhow::Result<Vec<PublicKey>> {
        let root = workspace::find(self.workspace.as_deref())?;
        let config = root.map(|root| workspace::Config::read(&root.join(workspace::CONFIG_FILE))).transpose()?;
        Ok(config.map(|config| config.trusted().to_vec()).unwrap_or_default())
    }

    /// Like [`WorkspaceOptions::find`], but fails if there is no workspace.
    pub(super) fn need(&self) -> anyhow::Result<Workspace> {
        match self.find()? {
            Some(workspace) => Ok(workspace),
            None => bail!("there is no baton.toml here or above; `baton init DIR` makes a workspace, -w DIR names one"),
        }
    }
}

/// Runs `work` on a new async runtime. A thread that hangs in the file system (a plugin opened a pipe) delays the exit by at
/// most a second.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    has_descriptors().context("the limit of open files is too low: raise `ulimit -n`")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}

/// Checks that the file descriptors of a runtime are available. Without them the runtime would panic.
pub(super) fn has_descriptors() -> std::io::Result<()> {
    let pair = || std::os::unix::net::UnixStream::pair();
    // Two for the signals, three for the event loop, and a few for files of other threads.
    let (_signals, _events, _spare) = (pair()?, pair()?, pair()?);
    Ok(())
}

/// A path below the current folder, relative to that folder. Other paths stay as they are.
pub(super) fn from_here(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let short = here.as_deref().and_then(|here| path.strip_prefix(here).ok());
    match short {
        Some(short) if short.as_os_str().is_empty() => ".".to_owned(),
        _ => short.unwrap_or(path).display().to_string(),
    }
}

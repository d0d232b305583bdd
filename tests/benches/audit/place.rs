//! The folder of the bench: below the repository's `target/`, on the disk of the checkout.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use baton_tests::{Workspace, repository};

/// The folder of the results.
fn folder() -> PathBuf {
    repository().join("target/bench")
}

/// The file with every sample.
pub(crate) fn results() -> PathBuf {
    folder().join("audit.json")
}

/// Creates the folder of the bench. All temporary folders of this process are created in it.
///
/// # Errors
/// When the folder cannot be made.
pub(crate) fn prepare() -> anyhow::Result<()> {
    let work = folder().join("work");
    fs::create_dir_all(&work).with_context(|| format!("failed to make {}", work.display()))?;
    tempfile::env::override_temp_dir(&work)
        .map_err(|other| anyhow!("temporary files go to {} already", other.display()))
}

/// A workspace whose audited folder is `root`, a separate folder.
///
/// # Errors
/// When its configuration cannot be written.
pub(crate) fn workspace() -> anyhow::Result<Workspace> {
    let workspace = Workspace::init();
    fs::create_dir_all(workspace.root().join("root"))?;
    let config = workspace.read("baton.toml");
    anyhow::ensure!(config.contains("root = \".\""), "the configuration that `baton init` writes names the root");
    workspace.write("baton.toml", config.replace("root = \".\"", "root = \"root\""));
    Ok(workspace)
}

/// The program with that name: from the project's tools, else from `PATH`.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(repository().join("target/tools/bin")).chain(std::env::split_paths(&path));
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

//! Finds the workspace: the one of `-w`, else the nearest folder with `baton.toml`, from the current folder upwards.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::CONFIG_FILE;

/// The folder of the workspace; `None` if `-w` was not given and the current folder is not in a workspace.
pub(crate) fn find(folder: Option<&Path>) -> anyhow::Result<Option<PathBuf>> {
    if let Some(folder) = folder {
        if folder.join(CONFIG_FILE).is_file() {
            return Ok(Some(folder.to_owned()));
        }
        let config = folder.join(CONFIG_FILE);
        if config.exists() {
            baton_files::check_target(&config).with_context(|| format!("failed to read {}", config.display()))?;
        }
        bail!(
            "{} is not a workspace: it has no {CONFIG_FILE}; `baton init {}` makes one",
            folder.display(),
            folder.display()
        );
    }
    let here = std::env::current_dir().context("failed to find the current folder")?;
    Ok(here.ancestors().find(|folder| folder.join(CONFIG_FILE).is_file()).map(Path::to_owned))
}

//! The template of a workspace's `handoffs/`, as the repository's folder of that name has it.

use std::fs;
use std::path::Path;

use anyhow::Context as _;

/// Folders and files, relative to `handoffs/`, parents first.
pub(crate) struct Template {
    pub(crate) folders: &'static [&'static str],
    pub(crate) files: &'static [(&'static str, &'static [u8])],
}

/// The template.
pub(crate) const HANDOFFS: Template = include!(concat!(env!("OUT_DIR"), "/template.rs"));

/// Lays down only what a workspace needs that brings its agents along: the drop box.
pub(crate) fn lay_down_own(handoffs: &Path) -> anyhow::Result<()> {
    let drop_box = handoffs.join("01_inbox");
    fs::create_dir_all(&drop_box).with_context(|| format!("failed to make {}", drop_box.display()))
}

/// Lays the template down in `handoffs`. What is there already stays as it is.
pub(crate) fn lay_down(handoffs: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(handoffs).with_context(|| format!("failed to make {}", handoffs.display()))?;
    for folder in HANDOFFS.folders {
        let folder = handoffs.join(folder);
        fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
    }
    for (name, bytes) in HANDOFFS.files {
        let file = handoffs.join(name);
        if !file.exists() {
            fs::write(&file, bytes).with_context(|| format!("failed to write {}", file.display()))?;
        }
    }
    Ok(())
}

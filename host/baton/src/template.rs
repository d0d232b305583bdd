//! The template of a workspace's `handoffs/`: the folder `handoffs/` of the repository, embedded in the program.

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

/// Writes only the drop box, for a workspace that adopts agent folders.
pub(crate) fn write_drop_box(handoffs: &Path) -> anyhow::Result<()> {
    let drop_box = handoffs.join("01_inbox");
    fs::create_dir_all(&drop_box).with_context(|| format!("failed to make {}", drop_box.display()))
}

/// Writes the template into `handoffs`. Existing files are not changed.
pub(crate) fn write(handoffs: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(handoffs).with_context(|| format!("failed to make {}", handoffs.display()))?;
    for folder in HANDOFFS.folders {
        let folder = handoffs.join(folder);
        fs::create_dir_all(&folder).with_context(|| format!("failed to make {}", folder.display()))?;
    }
    for (name, bytes) in HANDOFFS.files {
        let file = handoffs.join(name);
        // A dangling link counts as an existing file, because writing to it would create its target.
        if file.symlink_metadata().is_err() {
            fs::write(&file, bytes).with_context(|| format!("failed to write {}", file.display()))?;
        }
    }
    Ok(())
}

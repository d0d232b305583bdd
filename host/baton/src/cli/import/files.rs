//! Reads regular files of other tools. Their size and their number are limited.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Deserializer};

/// The longest file. A long list of issues has some megabytes.
const FILE_BYTES: u64 = 64 << 20;

/// The most files of an import.
const FILES: usize = 20_000;

/// The maximum depth of folders below the given folder.
const DEPTH: usize = 8;

/// The text of a file.
pub(super) fn text(path: &Path) -> anyhow::Result<String> {
    let size = path.metadata().with_context(|| format!("failed to read {}", path.display()))?.len();
    if size > FILE_BYTES {
        bail!("{} has more than {} MiB; import a smaller file", path.display(), FILE_BYTES >> 20);
    }
    baton_files::read_target_text(path, FILE_BYTES).with_context(|| format!("failed to read {}", path.display()))
}

/// The files below `folder` with this extension, sorted. Links and hidden folders are not followed.
pub(super) fn below(folder: &Path, extension: &str) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut open) = (Vec::new(), vec![(folder.to_owned(), 0)]);
    while let Some((folder, depth)) = open.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("failed to read {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("failed to read {}", folder.display()))?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if kind.is_dir() && depth < DEPTH && !is_hidden {
                open.push((path, depth + 1));
            } else if kind.is_file() && !is_hidden && path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
        if found.len() > FILES {
            bail!("there are more than {FILES} files; import a folder with fewer");
        }
    }
    found.sort();
    Ok(found)
}

/// Reads `null` as a missing field.
pub(super) fn nullable<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + Deserialize<'de>,
    D: Deserializer<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

//! The change of one configuration file.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// The change of one file.
pub(super) struct FileChange {
    pub(super) path: PathBuf,
    pub(super) before: Option<String>,
    /// `None` deletes the file.
    pub(super) after: Option<String>,
}

impl FileChange {
    pub(super) fn is_needed(&self) -> bool {
        self.before != self.after
    }

    /// Writes or deletes the file. Fails if the file has changed since it was read, because the coding agent also writes
    /// it.
    pub(super) fn write(&self) -> anyhow::Result<()> {
        if read(&self.path)? != self.before {
            bail!(
                "{} has changed in the meantime; nothing was written to it: run the command again",
                self.path.display()
            );
        }
        match &self.after {
            None => {
                std::fs::remove_file(&self.path).with_context(|| format!("failed to delete {}", self.path.display()))
            }
            Some(text) => replace(&self.path, text).with_context(|| format!("failed to write {}", self.path.display())),
        }
    }
}

/// The text of a file; `None` if it does not exist.
pub(super) fn read(path: &Path) -> anyhow::Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("failed to read {}", path.display())),
    }
}

/// Replaces a file, completely or not at all. A link stays a link. An existing file keeps its permissions.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut temporary = tempfile::NamedTempFile::new_in(folder)?;
    temporary.write_all(text.as_bytes())?;
    match path.metadata() {
        Ok(metadata) => temporary.as_file().set_permissions(metadata.permissions())?,
        // The usual mode of a new file.
        Err(_) => temporary.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?,
    }
    temporary.as_file().sync_all()?;
    temporary.persist(&path)?;
    Ok(())
}

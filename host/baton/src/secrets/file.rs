//! The file of secrets: JSON with mode 0600. A writer holds a lock and replaces the whole file (temporary file, fsync,
//! rename, fsync of the folder). So two `baton secret set` commands at the same time both take effect, and a crash leaves
//! either the old or the new file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::ErrorKind;
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_files::{PRIVATE, StagedFile, open_or_create};
use serde::{Deserialize, Serialize};

use crate::core_dumps;

/// The name of the file in the state folder.
pub(super) const FILE: &str = "secrets.json";

/// The version of the format that this build writes.
const VERSION: u32 = 1;

/// The content of the file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    version: u32,
    /// The secrets, by name.
    pub(super) secrets: BTreeMap<String, StoredSecret>,
}

/// One secret.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredSecret {
    /// The value; absent if the keychain has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) value: Option<String>,
    /// The time of the last change, such as `2026-01-18T10:15:00Z`.
    pub(super) set_at: String,
}

impl std::fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "(secret of {})", self.set_at)
    }
}

/// Reads the file; a missing file means no secrets.
pub(super) fn read(folder: &Path) -> anyhow::Result<Content> {
    core_dumps::protect_memory();
    let path = folder.join(FILE);
    let shown = path.display();
    let file = match baton_files::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(Content { version: VERSION, secrets: BTreeMap::new() });
        }
        Err(error) => return Err(error).with_context(|| format!("failed to open {shown}")),
    };
    if file.metadata().with_context(|| format!("failed to inspect {shown}"))?.permissions().mode() & 0o077 != 0 {
        bail!(
            "{shown} is open to other users: chmod 600 {shown}, then replace the secrets, because other users may have read them"
        );
    }
    let content: Content =
        serde_json::from_reader(file).map_err(|error| anyhow::anyhow!("{shown} is damaged: {}", place_of(&error)))?;
    if content.version > VERSION {
        bail!("{shown} has format {}, this baton supports formats up to {VERSION}: update baton", content.version);
    }
    Ok(content)
}

/// The position of a parse error. The text at that position is left out, because it may be a secret.
fn place_of(error: &serde_json::Error) -> String {
    format!("line {}, column {}", error.line(), error.column())
}

/// The file, locked against other writers.
pub(super) struct LockedFile {
    folder: PathBuf,
    content: Content,
    _lock: File,
}

impl LockedFile {
    /// Waits for the lock and reads the file.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("secrets.lock");
        let lock = open_or_create(&path).with_context(|| format!("failed to open {}", path.display()))?;
        lock.lock().with_context(|| format!("failed to lock {}", path.display()))?;
        Ok(Self { folder: folder.to_owned(), content: read(folder)?, _lock: lock })
    }

    /// Replaces the file.
    pub(super) fn write(self) -> anyhow::Result<()> {
        let path = self.folder.join(FILE);
        let text = serde_json::to_vec_pretty(&self.content)?;
        // The lock allows one writer, so one hidden name is enough, and a crash leaves at most one temporary file.
        StagedFile::write(&path, ".secrets.json.tmp", &text, PRIVATE)
            .and_then(StagedFile::publish)
            .with_context(|| format!("failed to write {}", path.display()))
    }
}

impl Deref for LockedFile {
    type Target = Content;

    fn deref(&self) -> &Content {
        &self.content
    }
}

impl DerefMut for LockedFile {
    fn deref_mut(&mut self) -> &mut Content {
        &mut self.content
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_for_a_broken_file_does_not_contain_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for text in [
            "{\"version\":1,\"secrets\":{\"a\":{\"value\":\"s3cr3t-value\"",
            "{\"version\":1,\"secrets\":{\"a\":{\"s3cr3t-value\":1}}}",
            "{\"version\":2,\"secrets\":{}}",
        ] {
            baton_files::replace(&path, text.as_bytes(), PRIVATE).unwrap();
            let error = format!("{:#}", read(folder.path()).unwrap_err());
            assert!(!error.contains("s3cr3t") && error.contains("secrets.json"), "{error}");
        }
    }

    #[test]
    fn two_concurrent_writes_both_take_effect() {
        let folder = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for number in 0..8 {
                let folder = folder.path();
                scope.spawn(move || {
                    let mut locked = LockedFile::open(folder).unwrap();
                    let kept = StoredSecret { value: Some("x".to_owned()), set_at: String::new() };
                    locked.secrets.insert(number.to_string(), kept);
                    locked.write().unwrap();
                });
            }
        });
        assert_eq!(read(folder.path()).unwrap().secrets.len(), 8);
    }
}

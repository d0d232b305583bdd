//! The file of secrets: JSON with mode 0600. It is replaced as a whole (temporary file, fsync, rename, fsync of the folder)
//! under a lock, so that concurrent `baton secret set` commands both take effect and a crash leaves the old or the new file.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::ops::{Deref, DerefMut};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::core_dumps;

/// The name of the file in the state folder.
pub(super) const FILE: &str = "secrets.json";

/// The version of the format that this build writes.
const VERSION: u32 = 1;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    version: u32,
    /// By name.
    pub(super) secrets: BTreeMap<String, StoredSecret>,
}

/// One secret.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredSecret {
    /// Absent if the keychain has it.
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
    let file = match File::open(&path) {
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

/// The position of a parse error, without the text there, because it may be a secret.
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
        let lock = private(OpenOptions::new().write(true).create(true).truncate(false)).open(&path);
        let lock = lock.with_context(|| format!("failed to open {}", path.display()))?;
        lock.lock().with_context(|| format!("failed to lock {}", path.display()))?;
        Ok(Self { folder: folder.to_owned(), content: read(folder)?, _lock: lock })
    }

    /// Replaces the file.
    pub(super) fn write(self) -> anyhow::Result<()> {
        let (hidden, path) = (self.folder.join(".secrets.json.tmp"), self.folder.join(FILE));
        let text = serde_json::to_vec_pretty(&self.content)?;
        let write = || {
            // A leftover of a crash may have other permissions.
            drop(fs::remove_file(&hidden));
            let mut file = private(OpenOptions::new().write(true).create_new(true)).open(&hidden)?;
            file.write_all(&text)?;
            file.sync_all()?;
            fs::rename(&hidden, &path)?;
            File::open(&self.folder)?.sync_all()
        };
        write()
            .inspect_err(|_| drop(fs::remove_file(&hidden)))
            .with_context(|| format!("failed to write {}", path.display()))
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
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
            private(OpenOptions::new().write(true).create(true).truncate(true)).open(&path).unwrap();
            fs::write(&path, text).unwrap();
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

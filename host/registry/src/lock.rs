//! `baton.lock`: which plugins may run in a workspace, from which bytes, and what each was granted.
//!
//! Written by `baton`; a person may edit the grants. A plugin that is not in it does not run, a capability that is not
//! in it is denied. What counts is declared ∩ granted.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Component, Path, PathBuf};

use baton_core::agents::is_name;
use baton_core::manifest::Manifest;
use serde::{Deserialize, Serialize};

use crate::granted::Granted;

/// The file's name.
pub const FILE: &str = "baton.lock";

/// The form that this build writes.
const VERSION: u32 = 1;

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    version: u32,
    /// Plugins, by name.
    #[serde(default, rename = "plugin")]
    pub plugins: Vec<Entry>,
}

/// One plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Where its bytes came from.
    pub source: Source,
    /// Its version, as its manifest has it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// `sha256:` and 64 hexadecimal digits: no other bytes run.
    pub digest: String,
    /// The id of the key that has signed it; absent when none of the trusted keys has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Whether nobody has allowed it yet: it does not run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_approval: bool,
    /// Whether the operator has switched it off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// What it may do.
    #[serde(default)]
    pub grants: Granted,
    /// A newer revision that waits to be allowed, while this one runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Revision>,
    /// Revisions that ran before, the last one last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous: Vec<Revision>,
}

/// One set of bytes of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// Where its bytes came from.
    pub source: Source,
    /// Its version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// As in [`Entry::digest`].
    pub digest: String,
    /// As in [`Entry::key`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it was granted when it ran.
    #[serde(default)]
    pub grants: Granted,
}

/// Where a plugin's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Inside the program.
    Shipped,
    /// A file: relative to the workspace, or absolute.
    File(PathBuf),
    /// A web server.
    Url(String),
    /// A registry, `oci://…`.
    Oci(String),
}

/// The first 16 digits of a digest: enough to name a revision.
#[must_use]
pub fn short(digest: &str) -> &str {
    digest.strip_prefix("sha256:").and_then(|hex| hex.get(..16)).unwrap_or(digest)
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shipped => f.write_str("shipped"),
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Url(place) | Self::Oci(place) => f.write_str(place),
        }
    }
}

/// Why `baton.lock` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// It cannot be read or written.
    #[error("{} cannot be used: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// What it says cannot be.
    #[error("{} does not hold: {reason}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It cannot be written as TOML.
    #[error("the lock cannot be written: {0}")]
    Unwritable(#[from] toml::ser::Error),
}

impl Entry {
    /// A plugin that may run and may do nothing.
    #[must_use]
    pub fn new(name: &str, source: Source, digest: String) -> Self {
        Self {
            name: name.to_owned(),
            source,
            version: String::new(),
            digest,
            key: None,
            needs_approval: false,
            disabled: false,
            grants: Granted::default(),
            pending: None,
            previous: Vec::new(),
        }
    }
}

impl Default for Lock {
    /// An empty file.
    fn default() -> Self {
        Self { version: VERSION, plugins: Vec::new() }
    }
}

impl Lock {
    /// Reads the file; a missing one grants nothing.
    ///
    /// # Errors
    /// When it does not parse or is of a newer form.
    pub fn read(path: &Path) -> Result<Self, LockError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(LockError::Io { path: path.to_owned(), error }),
        };
        let wrong = |reason: String| LockError::Wrong { path: path.to_owned(), reason };
        let lock: Self = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if lock.version > VERSION {
            return Err(wrong(format!("it has form {}, this baton knows up to {VERSION}: update baton", lock.version)));
        }
        lock.check().map_err(wrong)?;
        Ok(lock)
    }

    /// Names are folders of agents, and relative files lie in the workspace.
    fn check(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for entry in &self.plugins {
            if !is_name(&entry.name) || !seen.insert(&entry.name) {
                return Err(format!("`{}` is no name for a plugin, or is there twice", entry.name));
            }
            if let Source::File(file) = &entry.source
                && file.is_relative()
                && !file.components().all(|part| matches!(part, Component::Normal(_)))
            {
                let file = file.display();
                return Err(format!("the file {file} of the plugin `{}` leads out of the workspace", entry.name));
            }
        }
        Ok(())
    }

    /// The file's text.
    ///
    /// # Errors
    /// Never in practice; serialising has an error type.
    pub fn to_text(&self) -> Result<String, LockError> {
        let head = "# Which plugins may run in this workspace and what each may do. Written by baton.\n\n";
        let body = toml::to_string(self).map_err(LockError::Unwritable)?;
        Ok(format!("{head}{body}"))
    }

    /// Adds a shipped plugin with the minimum that it needs to work ([`Granted::least_of`]).
    pub fn add_shipped(&mut self, manifest: &Manifest, digest: baton_core::Digest, folders: &[&str]) {
        let grants = Granted::least_of(&manifest.declares.capabilities, folders);
        let digest = format!("sha256:{digest}");
        self.plugins.push(Entry {
            version: manifest.version.clone(),
            grants,
            ..Entry::new(&manifest.name, Source::Shipped, digest)
        });
    }

    /// The plugins that were granted a secret, by name.
    #[must_use]
    pub fn users_of(&self, secret: &str) -> Vec<String> {
        let granted = |entry: &&Entry| entry.grants.secrets.iter().any(|known| known.name == secret);
        self.plugins.iter().filter(granted).map(|entry| entry.name.clone()).collect()
    }

    /// The entry of a plugin.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.plugins.iter().find(|entry| entry.name == name)
    }
}

#[cfg(test)]
mod tests {
    use baton_core::manifest::{Database, Mode};

    use super::*;
    use crate::granted::{GrantedDatabase, GrantedFolder};

    #[test]
    fn what_is_written_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut lock = Lock::default();
        let revision = Revision {
            source: Source::Oci("oci://h/x:1".to_owned()),
            version: "2".to_owned(),
            digest: "sha256:01".to_owned(),
            key: Some("AB".to_owned()),
            grants: Granted::default(),
        };
        lock.plugins.push(Entry {
            version: "1".to_owned(),
            grants: Granted {
                files: vec![GrantedFolder { folder: "plans".to_owned(), mode: Mode::Ro, path: None }],
                http: vec!["GET:a.b/*".parse().unwrap()],
                sql: vec![GrantedDatabase { database: Database::Own, mode: Mode::Rw }],
                ..Granted::default()
            },
            pending: Some(revision.clone()),
            previous: vec![revision],
            ..Entry::new("x", Source::File(PathBuf::from("plugins/x.wasm")), "sha256:00".to_owned())
        });
        std::fs::write(&path, lock.to_text().unwrap()).unwrap();
        assert_eq!(Lock::read(&path).unwrap(), lock);
    }

    #[test]
    fn errors_on_a_name_or_a_file_that_leads_out_and_on_a_second_entry() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let entry =
            |name: &str, source: &str| format!("[[plugin]]\nname = \"{name}\"\nsource = {source}\ndigest = \"\"\n");
        for text in [
            entry("../x", "\"shipped\""),
            entry("x", "{ file = \"../x.wasm\" }"),
            entry("x", "\"shipped\"") + &entry("x", "\"shipped\""),
        ] {
            std::fs::write(&path, format!("version = 1\n{text}")).unwrap();
            assert!(Lock::read(&path).is_err(), "{text}");
        }
    }

    #[test]
    fn a_missing_file_grants_nothing_and_a_newer_form_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        assert!(Lock::read(&path).unwrap().plugins.is_empty());
        std::fs::write(&path, "version = 2").unwrap();
        assert!(Lock::read(&path).is_err());
    }
}

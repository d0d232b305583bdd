//! `baton.lock`: which plugins may run in a workspace, from which bytes, and what each was granted.
//!
//! Written by `baton`; a person may edit the grants. A plugin that is not in it does not run, a capability that is not
//! in it is denied. What counts is declared ∩ granted.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use baton_core::agents::is_name;
use baton_core::manifest::{Capabilities, Database, FilesCapability, HttpRule, Manifest, Mode, SecretCapability};
use serde::{Deserialize, Serialize};

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
    /// Where its bytes come from.
    pub source: Source,
    /// `sha256:` and 64 hexadecimal digits. Pins the bytes of a file; of a shipped plugin it is what was last seen.
    pub digest: String,
    /// What it may do.
    #[serde(default)]
    pub grants: Granted,
}

/// Where a plugin's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Inside the program.
    Shipped,
    /// A file, relative to the workspace.
    File(PathBuf),
}

/// What the operator granted a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// Named folders of `baton.toml`.
    #[serde(default)]
    pub files: Vec<GrantedFolder>,
    /// Whether files that have other names too (hard links) may be opened in these folders.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hard_links: bool,
    /// Requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpRule>,
    /// Secrets, each bound to what the plugin declared when it was granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<GrantedSecret>,
    /// Databases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sql: Vec<GrantedDatabase>,
    /// Named folders of `baton.toml` whose repository may be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub git: Vec<String>,
    /// Whether it may send handoffs to other agents.
    #[serde(default)]
    pub handoffs: bool,
}

/// A secret that was granted: where it may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantedSecret {
    /// Its name in `baton secret`.
    pub name: String,
    /// The hosts that may get it.
    pub hosts: Vec<String>,
    /// The header that it may stand in.
    pub header: String,
}

/// A database that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantedDatabase {
    /// Which.
    pub database: Database,
    /// Reading, or writing too.
    pub mode: Mode,
}

/// A folder that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantedFolder {
    /// The name under which the plugin declares it.
    pub folder: String,
    /// Reading, or writing too.
    pub mode: Mode,
    /// The folder itself, absolute or relative to the workspace; absent for the folder of this name in `baton.toml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
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

impl Granted {
    /// All that is asked for.
    #[must_use]
    pub fn all_of(asked: &Capabilities) -> Self {
        let folder = |f: &FilesCapability| GrantedFolder { folder: f.folder.clone(), mode: f.mode, path: None };
        let secret = |s: &SecretCapability| GrantedSecret {
            name: s.name.clone(),
            hosts: s.hosts.clone(),
            header: s.header.clone(),
        };
        Self {
            files: asked.files.iter().map(folder).collect(),
            hard_links: false,
            http: asked.http.iter().map(|http| http.rule.clone()).collect(),
            secrets: asked.secrets.iter().map(secret).collect(),
            sql: asked.sql.iter().map(|s| GrantedDatabase { database: s.database, mode: s.mode }).collect(),
            git: asked.git.iter().map(|git| git.folder.clone()).collect(),
            handoffs: asked.handoffs.is_some(),
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

    /// Names are folders of agents, and files lie in the workspace.
    fn check(&self) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for entry in &self.plugins {
            if !is_name(&entry.name) || !seen.insert(&entry.name) {
                return Err(format!("`{}` is no name for a plugin, or is there twice", entry.name));
            }
            if let Source::File(file) = &entry.source
                && !file.components().all(|part| matches!(part, Component::Normal(_)))
            {
                let file = file.display();
                return Err(format!("the file {file} of the plugin `{}` must lie in the workspace", entry.name));
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

    /// Adds a shipped plugin with all that it declares: the minimum that it needs to work.
    pub fn add_shipped(&mut self, manifest: &Manifest, digest: baton_core::Digest) {
        let grants = Granted::all_of(&manifest.declares.capabilities);
        let digest = format!("sha256:{digest}");
        self.plugins.push(Entry { name: manifest.name.clone(), source: Source::Shipped, digest, grants });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut lock = Lock::default();
        lock.plugins.push(Entry {
            name: "x".to_owned(),
            source: Source::File(PathBuf::from("plugins/x.wasm")),
            digest: "sha256:00".to_owned(),
            grants: Granted {
                files: vec![GrantedFolder { folder: "plans".to_owned(), mode: Mode::Ro, path: None }],
                ..Granted::default()
            },
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
            entry("x", "{ file = \"/x.wasm\" }"),
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

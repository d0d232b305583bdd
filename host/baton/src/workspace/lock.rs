//! `baton.lock`: which plugins may run in a workspace, from which bytes, and what each was granted.
//!
//! Written by `baton`; a person may edit the grants. A plugin that is not in it does not run, a capability that is not
//! in it is denied. What counts is declared ∩ granted.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};
use baton_core::agents::is_name;
use baton_core::manifest::{Capabilities, Database, FilesCapability, HttpRule, Manifest, Mode, SecretCapability};
use serde::{Deserialize, Serialize};

/// The file's name.
pub(crate) const FILE: &str = "baton.lock";

/// The form that this build writes.
const VERSION: u32 = 1;

/// The file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lock {
    version: u32,
    /// Plugins, by name.
    #[serde(default, rename = "plugin")]
    pub(crate) plugins: Vec<Entry>,
}

/// One plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: String,
    /// Where its bytes come from.
    pub(crate) source: Source,
    /// `sha256:` and 64 hexadecimal digits. Pins the bytes of a file; of a shipped plugin it is what was last seen.
    pub(crate) digest: String,
    /// What it may do.
    #[serde(default)]
    pub(crate) grants: Granted,
}

/// Where a plugin's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    /// Inside the program.
    Shipped,
    /// A file, relative to the workspace.
    File(PathBuf),
}

/// What the operator granted a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Granted {
    /// Named folders of `baton.toml`.
    #[serde(default)]
    pub(crate) files: Vec<GrantedFolder>,
    /// Requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) http: Vec<HttpRule>,
    /// Secrets, each bound to what the plugin declared when it was granted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) secrets: Vec<GrantedSecret>,
    /// Databases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) sql: Vec<GrantedDatabase>,
    /// Named folders of `baton.toml` whose repository may be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) git: Vec<String>,
    /// Whether it may send handoffs to other agents.
    #[serde(default)]
    pub(crate) handoffs: bool,
}

/// A secret that was granted: where it may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantedSecret {
    /// Its name in `baton secret`.
    pub(crate) name: String,
    /// The hosts that may get it.
    pub(crate) hosts: Vec<String>,
    /// The header that it may stand in.
    pub(crate) header: String,
}

/// A database that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantedDatabase {
    /// Which.
    pub(crate) database: Database,
    /// Reading, or writing too.
    pub(crate) mode: Mode,
}

/// A folder that was granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantedFolder {
    /// The name under which the plugin declares it.
    pub(crate) folder: String,
    /// Reading, or writing too.
    pub(crate) mode: Mode,
    /// The folder itself, absolute or relative to the workspace; absent for the folder of this name in `baton.toml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<PathBuf>,
}

impl Granted {
    /// All that is asked for.
    pub(crate) fn all_of(asked: &Capabilities) -> Self {
        let folder = |f: &FilesCapability| GrantedFolder { folder: f.folder.clone(), mode: f.mode, path: None };
        let secret = |s: &SecretCapability| GrantedSecret {
            name: s.name.clone(),
            hosts: s.hosts.clone(),
            header: s.header.clone(),
        };
        Self {
            files: asked.files.iter().map(folder).collect(),
            http: asked.http.iter().map(|http| http.rule.clone()).collect(),
            secrets: asked.secrets.iter().map(secret).collect(),
            sql: asked.sql.iter().map(|s| GrantedDatabase { database: s.database, mode: s.mode }).collect(),
            git: asked.git.iter().map(|git| git.folder.clone()).collect(),
            handoffs: asked.handoffs.is_some(),
        }
    }
}

impl Lock {
    /// An empty file.
    pub(crate) fn new() -> Self {
        Self { version: VERSION, plugins: Vec::new() }
    }

    /// Reads the file; a missing one grants nothing.
    ///
    /// # Errors
    /// When it does not parse or is of a newer form.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::new()),
            Err(error) => return Err(error).with_context(|| format!("failed to read {}", path.display())),
        };
        let lock: Self = toml::from_str(&text).with_context(|| format!("failed to understand {}", path.display()))?;
        if lock.version > VERSION {
            bail!("{} has form {}, this baton knows up to {VERSION}: update baton", path.display(), lock.version);
        }
        lock.check().with_context(|| format!("failed to use {}", path.display()))?;
        Ok(lock)
    }

    /// Names are folders of agents, and files lie in the workspace.
    fn check(&self) -> anyhow::Result<()> {
        let mut seen = BTreeSet::new();
        for entry in &self.plugins {
            if !is_name(&entry.name) || !seen.insert(&entry.name) {
                bail!("`{}` is no name for a plugin, or is there twice", entry.name);
            }
            if let Source::File(file) = &entry.source
                && !file.components().all(|part| matches!(part, Component::Normal(_)))
            {
                bail!("the file {} of the plugin `{}` must lie in the workspace", file.display(), entry.name);
            }
        }
        Ok(())
    }

    /// The file's text.
    ///
    /// # Errors
    /// Never in practice; serialising has an error type.
    pub(crate) fn to_text(&self) -> anyhow::Result<String> {
        let head = "# Which plugins may run in this workspace and what each may do. Written by baton.\n\n";
        Ok(format!("{head}{}", toml::to_string(self)?))
    }

    /// Adds a shipped plugin with all that it declares: the minimum that it needs to work.
    pub(crate) fn add_shipped(&mut self, manifest: &Manifest, digest: baton_core::Digest) {
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
        let mut lock = Lock::new();
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

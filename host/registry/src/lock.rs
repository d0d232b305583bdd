//! `baton.lock`: the plugins that may run in a workspace, the digests of their bytes, and their grants.
//!
//! `baton` writes the file; a person may edit the grants. A plugin without an entry does not run. A plugin can use a capability
//! only if its manifest declares it and the file grants it. An invalid entry is a [`BrokenEntry`]: it is kept unchanged, its
//! plugin does not run, and it does not affect the other entries.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use baton_core::agents::fold;
use baton_core::grants::GrantSet;
use baton_core::manifest::Manifest;
use baton_core::plugin_name;
use baton_core::shell::quoted;
use baton_core::text::one_line;
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

/// The file's name.
pub const FILE: &str = "baton.lock";

/// The version of the format that this build writes.
const VERSION: u32 = 1;

/// The file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lock {
    version: u32,
    /// Plugins, by name.
    #[serde(rename = "plugin", skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<PluginEntry>,
    /// Entries that cannot be used.
    #[serde(skip)]
    pub broken: Vec<BrokenEntry>,
}

/// The file before its entries are parsed. Each entry is parsed separately.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnparsedLock {
    version: u32,
    #[serde(default, rename = "plugin")]
    entries: Vec<Table>,
}

/// An entry that cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub struct BrokenEntry {
    /// The name in the entry, valid or not.
    pub name: String,
    /// One line: the problem of the entry.
    pub reason: String,
    /// The unchanged entry.
    table: Table,
}

impl fmt::Display for BrokenEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = one_line(&self.name);
        write!(
            f,
            "the entry of `{name}` in {FILE} cannot be used: {}; correct it, or remove it: baton plugin remove {}",
            self.reason,
            quoted(&name)
        )
    }
}

impl BrokenEntry {
    /// The name, if it is valid. The plugin's tasks wait until the entry is corrected.
    #[must_use]
    pub fn plugin(&self) -> Option<&str> {
        plugin_name::check(&self.name).is_ok().then_some(&self.name)
    }
}

/// The entry of one plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PluginEntry {
    /// Its name.
    pub name: String,
    /// The origin of its bytes.
    pub source: Source,
    /// The version in its manifest.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// `sha256:` and 64 hexadecimal digits: no other bytes run.
    pub digest: String,
    /// The id of the trusted key that signed the component; absent if no trusted key signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The plugin waits for approval and does not run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub needs_approval: bool,
    /// The operator has disabled it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// The grants of the operator.
    #[serde(default)]
    pub grants: GrantSet,
    /// A newer revision that waits for approval while the current revision runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Revision>,
    /// Revisions that ran before, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub previous: Vec<Revision>,
}

/// One set of bytes of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// The origin of its bytes.
    pub source: Source,
    /// Its version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// See [`PluginEntry::digest`].
    pub digest: String,
    /// See [`PluginEntry::key`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its grants when it ran.
    #[serde(default)]
    pub grants: GrantSet,
}

/// The origin of a plugin's bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Bundled in the program `baton`.
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

/// An error of `baton.lock`.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// The file cannot be read or written.
    #[error("{} cannot be used: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// The file is not a valid lock file.
    #[error("{} is not valid: {reason}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The problem.
        reason: String,
    },
    /// The entries cannot be written as TOML.
    #[error("cannot write baton.lock: {0}")]
    Unwritable(#[from] toml::ser::Error),
}

impl PluginEntry {
    /// A plugin that may run, without grants.
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
            grants: GrantSet::default(),
            pending: None,
            previous: Vec::new(),
        }
    }
}

/// The name that an entry gives, for messages.
fn name_in(table: &Table) -> String {
    table.get("name").and_then(Value::as_str).unwrap_or_default().to_owned()
}

impl Default for Lock {
    /// An empty file.
    fn default() -> Self {
        Self { version: VERSION, plugins: Vec::new(), broken: Vec::new() }
    }
}

/// The maximum size of the file, which has some hundred bytes for each plugin.
const BYTES: u64 = 16 << 20;

impl Lock {
    /// Reads the file. A missing file gives an empty lock, which grants nothing.
    ///
    /// # Errors
    /// When it cannot be read, does not parse, or was written by a newer version of Baton.
    pub fn read(path: &Path) -> Result<Self, LockError> {
        let text = match baton_files::read_target_text(path, BYTES) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(LockError::Io { path: path.to_owned(), error }),
        };
        let wrong = |reason: String| LockError::Wrong { path: path.to_owned(), reason };
        let unread: UnparsedLock = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let version = unread.version;
        if version > VERSION {
            return Err(wrong(format!(
                "it has format {version}, this baton supports formats up to {VERSION}: update baton"
            )));
        }
        let mut lock = Self { version, plugins: Vec::new(), broken: Vec::new() };
        for table in unread.entries {
            match lock.entry(&table) {
                Ok(entry) => lock.plugins.push(entry),
                Err(reason) => {
                    lock.broken.push(BrokenEntry { name: name_in(&table), reason: one_line(&reason), table });
                }
            }
        }
        Ok(lock)
    }

    /// Parses the next entry. Its name must be valid and unique, because a folder gets this name. The relative path of a
    /// source file must stay inside the workspace.
    fn entry(&self, table: &Table) -> Result<PluginEntry, String> {
        let entry =
            PluginEntry::deserialize(Value::Table(table.clone())).map_err(|error| error.message().to_owned())?;
        plugin_name::check(&entry.name).map_err(|error| error.to_string())?;
        if let Some(known) = self.namesake(&entry.name) {
            return Err(format!(
                "an earlier entry, `{}`, has the same name (other spellings count as the same); remove one of the two entries",
                known.name
            ));
        }
        if let Source::File(file) = &entry.source
            && file.is_relative()
            && !file.components().all(|part| matches!(part, Component::Normal(_)))
        {
            return Err(format!("its file {} is outside of the workspace", file.display()));
        }
        Ok(entry)
    }

    /// The file's text.
    ///
    /// # Errors
    /// Serialising can fail in theory, but not with these types.
    pub fn to_text(&self) -> Result<String, LockError> {
        let head = "# Which plugins may run in this workspace and what each may do. Written by baton.\n\n";
        let mut text = format!("{head}{}", toml::to_string(self)?);
        for broken in &self.broken {
            let entry =
                Table::from_iter([("plugin".to_owned(), Value::Array(vec![Value::Table(broken.table.clone())]))]);
            text.push_str(&format!("\n{}", toml::to_string(&entry)?));
        }
        Ok(text)
    }

    /// Adds a shipped plugin with the minimum that it needs to work ([`GrantSet::least_of`]).
    pub fn add_shipped(&mut self, manifest: &Manifest, digest: baton_core::Digest, folders: &[&str]) {
        let grants = GrantSet::least_of(&manifest.declares.capabilities, folders);
        let digest = format!("sha256:{digest}");
        self.plugins.push(PluginEntry {
            version: manifest.version.clone(),
            grants,
            ..PluginEntry::new(&manifest.name, Source::Shipped, digest)
        });
    }

    /// The plugins that were granted a secret, by name.
    #[must_use]
    pub fn users_of(&self, secret: &str) -> Vec<String> {
        let granted = |entry: &&PluginEntry| entry.grants.secrets.iter().any(|known| known.name == secret);
        self.plugins.iter().filter(granted).map(|entry| entry.name.clone()).collect()
    }

    /// The plugins whose tasks and inboxes Baton serves: approved ones, and those with a broken entry (their tasks wait). A
    /// package without approval has neither a name nor an inbox.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let allowed = self.plugins.iter().filter(|entry| !entry.needs_approval).map(|entry| entry.name.as_str());
        let broken = self.broken.iter().filter_map(BrokenEntry::plugin);
        allowed.chain(broken.filter(|name| self.namesake(name).is_none()))
    }

    /// The plugin with this name in any spelling. Two plugins whose names differ only in spelling would share an inbox.
    #[must_use]
    pub fn namesake(&self, name: &str) -> Option<&PluginEntry> {
        self.plugins.iter().find(|entry| fold(&entry.name) == fold(name))
    }

    /// The entry of a plugin.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&PluginEntry> {
        self.plugins.iter().find(|entry| entry.name == name)
    }
}

#[cfg(test)]
mod tests {
    use baton_core::grants::{Database, GrantedDatabase, GrantedFolder, Mode};

    use super::*;

    #[test]
    fn a_written_lock_file_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let mut lock = Lock::default();
        let revision = Revision {
            source: Source::Oci("oci://h/x:1".to_owned()),
            version: "2".to_owned(),
            digest: "sha256:01".to_owned(),
            key: Some("AB".to_owned()),
            grants: GrantSet::default(),
        };
        lock.plugins.push(PluginEntry {
            version: "1".to_owned(),
            grants: GrantSet {
                files: vec![GrantedFolder { folder: "plans".to_owned(), mode: Mode::Ro, path: None }],
                http: vec!["GET:a.b/*".parse().unwrap()],
                sql: vec![GrantedDatabase { database: Database::Own, mode: Mode::Rw }],
                ..GrantSet::default()
            },
            pending: Some(revision.clone()),
            previous: vec![revision],
            ..PluginEntry::new("x", Source::File(PathBuf::from("plugins/x.wasm")), "sha256:00".to_owned())
        });
        std::fs::write(&path, lock.to_text().unwrap()).unwrap();
        assert_eq!(Lock::read(&path).unwrap(), lock);
    }

    #[test]
    fn a_broken_entry_is_kept_and_does_not_affect_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let entry =
            |name: &str, source: &str| format!("[[plugin]]\nname = \"{name}\"\nsource = {source}\ndigest = \"\"\n");
        let sound = entry("x", "\"shipped\"");
        for (broken, owns) in [
            (entry("../y", "\"shipped\""), false),
            (entry("all", "\"shipped\""), false),
            (entry("y", "{ file = \"../x.wasm\" }"), true),
            (entry("x", "\"shipped\""), true),
            (entry("y", "\"shipped\"") + "grants = { sudo = true }\n", true),
            ("[[plugin]]\nname = 7\n".to_owned(), false),
            ("[[plugin]]\n".to_owned(), false),
        ] {
            std::fs::write(&path, format!("version = 1\n{broken}{sound}")).unwrap();
            let lock = Lock::read(&path).unwrap();
            assert!(lock.get("x").is_some() && lock.plugins.len() == 1 && lock.broken.len() == 1, "{broken}");
            assert_eq!(lock.broken[0].plugin().is_some(), owns, "{broken}");
            std::fs::write(&path, lock.to_text().unwrap()).unwrap();
            assert_eq!(Lock::read(&path).unwrap(), lock, "{broken}");
            std::fs::write(&path, format!("version = 1\n{broken}")).unwrap();
            let alone = Lock::read(&path).unwrap();
            std::fs::write(&path, alone.to_text().unwrap()).unwrap();
            assert_eq!(Lock::read(&path).unwrap(), alone, "{broken}");
        }
    }

    #[test]
    fn a_package_without_approval_owns_no_name() {
        let entry = |name: &str, needs_approval| PluginEntry {
            needs_approval,
            ..PluginEntry::new(name, Source::Shipped, String::new())
        };
        let broken = |name: &str| BrokenEntry { name: name.to_owned(), reason: String::new(), table: Table::new() };
        let plugins = vec![entry("x", false), entry("y", true), entry("a-b", false)];
        let lock = Lock { plugins, broken: vec![broken("ab"), broken("z"), broken("all")], ..Lock::default() };
        assert_eq!(lock.names().collect::<Vec<_>>(), ["x", "a-b", "z"], "`ab` and `a-b` would share an inbox");
        assert!(lock.namesake("Y").is_some());
    }

    #[test]
    fn a_missing_file_grants_nothing_and_a_newer_format_is_rejected() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        assert!(Lock::read(&path).unwrap().plugins.is_empty());
        std::fs::write(&path, "version = 2").unwrap();
        assert!(Lock::read(&path).is_err());
    }
}

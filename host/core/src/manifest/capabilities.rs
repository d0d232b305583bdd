//! The capabilities that a plugin can ask for, each with the reason that the operator sees.
//!
//! A declaration opens nothing: what counts is what is declared **and** granted (`baton.lock`). Whether a new declaration
//! asks for more than an old one is decided here too, because only then an update keeps its grants.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::host_capability::HostCapability;
use super::http_rule::HttpRule;

/// The capabilities that a plugin asks for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Folders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FilesCapability>,
    /// Hosts of requests that the operator sets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostCapability>,
    /// Requests to servers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpCapability>,
    /// Secrets that the host puts into requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretCapability>,
    /// Databases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sql: Vec<SqlCapability>,
    /// Repositories, for reading.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub git: Vec<GitCapability>,
    /// Fingerprints of audio.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fingerprint: Vec<FingerprintCapability>,
    /// Sending handoffs to other agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoffs: Option<HandoffsCapability>,
    /// Reading the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerCapability>,
    /// Notification about every RETURN in the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<ReturnsCapability>,
    /// Names that one attempt at a time holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<LocksCapability>,
    /// Running without being asked. A plugin that declares it has triggers on files only once this is granted; other plugins have
    /// theirs as soon as the folder is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggers: Option<TriggersCapability>,
}

/// A folder that a plugin wants to see.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesCapability {
    /// A named folder of the workspace.
    pub folder: String,
    /// Whether it wants to write there.
    pub mode: Mode,
    /// Why; shown to the operator.
    pub reason: String,
}

/// Requests that a plugin wants to send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpCapability {
    /// Which.
    pub rule: HttpRule,
    /// Why; shown to the operator.
    pub reason: String,
}

/// A secret that the host puts into a header of a plugin's requests. The plugin never sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretCapability {
    /// Its name in `baton secret`.
    pub name: String,
    /// The hosts that it goes to, as in an [`HttpRule`]: `api.spotify.com`, `localhost:8080`, `{wiki}`.
    pub hosts: Vec<String>,
    /// The header that it goes in, lower-case.
    #[serde(default = "authorization")]
    pub header: String,
    /// Why; shown to the operator.
    pub reason: String,
}

fn authorization() -> String {
    "authorization".to_owned()
}

/// A database that a plugin wants to use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlCapability {
    /// Which.
    pub database: Database,
    /// Whether it wants to write there.
    pub mode: Mode,
    /// Why; shown to the operator.
    pub reason: String,
}

/// A database of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Database {
    /// The plugin's own tables; nobody else sees them.
    Own,
    /// The music catalog, which all share.
    Catalog,
    /// SQLite files of other programs in the plugin's folders, as snapshots for reading.
    Files,
}

/// A repository that a plugin wants to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitCapability {
    /// A named folder of the workspace inside a repository.
    pub folder: String,
    /// Why; shown to the operator.
    pub reason: String,
}

/// Fingerprints of audio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FingerprintCapability {
    /// Of what.
    pub of: FingerprintScope,
    /// Why; shown to the operator.
    pub reason: String,
}

/// What a plugin listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FingerprintScope {
    /// Files in its folders, which the host decodes for it.
    Files,
    /// The library: all that Baton knows of its files, their names and places too.
    Library,
}

/// Sending handoffs to other agents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoffsCapability {
    /// Why; shown to the operator.
    pub reason: String,
}

/// Reading the ledger: everything that was handed to anybody in the workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerCapability {
    /// Why; shown to the operator.
    pub reason: String,
}

/// Notification about every RETURN in the workspace, of any sender and recipient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnsCapability {
    /// Why; shown to the operator.
    pub reason: String,
}

/// Names that one attempt at a time holds, in the whole workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocksCapability {
    /// Why; shown to the operator.
    pub reason: String,
}

/// Tasks that changes of files make: off until it is granted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriggersCapability {
    /// Why; shown to the operator.
    pub reason: String,
}

/// Whether a thing may be written to. Ordered: `Ro < Rw`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Reading.
    Ro,
    /// Reading and writing.
    Rw,
}

impl Capabilities {
    /// What these ask for that `old` did not, each in the words of a grant (`files:rw=plans`). Empty when they ask for no
    /// more.
    #[must_use]
    pub fn beyond(&self, old: &Self) -> Vec<String> {
        let files = self
            .files
            .iter()
            .filter(|new| !old.files.iter().any(|known| known.folder == new.folder && known.mode >= new.mode));
        let hosts = self.hosts.iter().filter(|new| !old.hosts.iter().any(|known| known.name == new.name));
        let http = self.http.iter().filter(|new| !old.http.iter().any(|known| known.rule.covers(&new.rule)));
        let secrets = self.secrets.iter().filter(|new| {
            let same = |known: &&SecretCapability| known.name == new.name && known.header == new.header;
            !old.secrets.iter().filter(same).any(|known| new.hosts.iter().all(|host| known.hosts.contains(host)))
        });
        let sql = self
            .sql
            .iter()
            .filter(|new| !old.sql.iter().any(|known| known.database == new.database && known.mode >= new.mode));
        let git = self.git.iter().filter(|new| !old.git.iter().any(|known| known.folder == new.folder));
        let sounds = self.fingerprint.iter().filter(|new| !old.fingerprint.iter().any(|known| known.of == new.of));
        let handoffs = self.handoffs.iter().filter(|_| old.handoffs.is_none());
        let ledger = self.ledger.iter().filter(|_| old.ledger.is_none());
        let returns = self.returns.iter().filter(|_| old.returns.is_none());
        let claims = self.claims.iter().filter(|_| old.claims.is_none());
        let triggers = self.triggers.iter().filter(|_| old.triggers.is_none());
        (files.map(FilesCapability::as_grant))
            .chain(hosts.map(HostCapability::as_grant))
            .chain(http.map(|new| format!("http={}", new.rule)))
            .chain(secrets.map(|new| format!("secret={}", new.name)))
            .chain(sql.map(SqlCapability::as_grant))
            .chain(git.map(|new| format!("git={}", new.folder)))
            .chain(sounds.map(|new| format!("fingerprint={}", new.of)))
            .chain(handoffs.map(|_| "handoffs=any".to_owned()))
            .chain(ledger.map(|_| "ledger".to_owned()))
            .chain(returns.map(|_| "returns".to_owned()))
            .chain(claims.map(|_| "claims".to_owned()))
            .chain(triggers.map(|_| "triggers".to_owned()))
            .collect()
    }

    /// Everything that is asked for, in the words of a grant.
    #[must_use]
    pub fn as_grants(&self) -> Vec<String> {
        self.beyond(&Self::default())
    }
}

impl FilesCapability {
    fn as_grant(&self) -> String {
        format!("files:{}={}", self.mode, self.folder)
    }
}

impl SqlCapability {
    fn as_grant(&self) -> String {
        format!("sql={}:{}", self.database, self.mode)
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Rw { "rw" } else { "ro" })
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "own",
            Self::Catalog => "catalog",
            Self::Files => "files",
        })
    }
}

impl fmt::Display for FingerprintScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Files { "files" } else { "library" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_beyond_an_older_declaration_is_named() {
        let parse = |text: &str| serde_json::from_str::<Capabilities>(text).unwrap();
        let old = parse(
            r#"{"files":[{"folder":"plans","mode":"ro","reason":""}],"http":[{"rule":"GET:a.b/*","reason":""}],
            "secrets":[{"name":"s","hosts":["a.b"],"reason":""}]}"#,
        );
        assert!(old.beyond(&old).is_empty());
        let new = parse(
            r#"{"files":[{"folder":"plans","mode":"rw","reason":""}],"http":[{"rule":"GET:a.b/x","reason":""}],
            "secrets":[{"name":"s","hosts":["a.b","c.d"],"reason":""}],"sql":[{"database":"catalog","mode":"rw","reason":""}],
            "git":[{"folder":"root","reason":""}],"fingerprint":[{"of":"files","reason":""},{"of":"library","reason":""}],
            "handoffs":{"reason":""},"ledger":{"reason":""},"returns":{"reason":""},"claims":{"reason":""},
            "triggers":{"reason":""}}"#,
        );
        let more =
            ["files:rw=plans", "secret=s", "sql=catalog:rw", "git=root", "fingerprint=files", "fingerprint=library"];
        assert_eq!(
            new.beyond(&old),
            [&more[..], &["handoffs=any", "ledger", "returns", "claims", "triggers"]].concat()
        );
        assert_eq!(old.beyond(&new), ["http=GET:a.b/*"]);
    }
}

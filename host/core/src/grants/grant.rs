//! The kinds of grants: their text, their form in `baton.lock`, and the comparison of two grants.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::access::{Database, FingerprintScope, Mode};
use super::host_address::{HostAddress, HostAddresses};
use super::http_rule::HttpRule;
use super::recipients::Recipients;
use crate::text::one_line;

/// The forms of a grant spec.
pub(super) const FORMS: [&str; 18] = [
    "files:ro=NAME",
    "files:rw=NAME=PATH",
    "host=NAME=ADDRESS",
    "http=METHOD:HOST/PATH*",
    "secret=NAME",
    "sql=own:rw",
    "sql=catalog:ro",
    "sql=files:ro",
    "git=NAME",
    "fingerprint=files",
    "fingerprint=library",
    "handoffs=AGENT[,AGENT]",
    "handoffs=any",
    "ledger",
    "returns",
    "locks",
    "triggers",
    "hard-links",
];

/// One grant, requested or given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// `files:MODE=FOLDER`, `files:MODE=FOLDER=PATH`: a folder.
    Files(GrantedFolder),
    /// `host=NAME=ADDRESS`: the address of a host that the operator sets.
    Host(GrantedHost),
    /// `http=RULE`: requests to servers.
    Http(HttpRule),
    /// `secret=NAME`: a secret in the header of requests.
    Secret(GrantedSecret),
    /// `sql=DATABASE:MODE`: a database.
    Sql(GrantedDatabase),
    /// `git=FOLDER`: the repository of a named folder, read-only.
    Git(String),
    /// `fingerprint=files`, `fingerprint=library`.
    Fingerprint(FingerprintScope),
    /// `handoffs=AGENT[,AGENT]`, `handoffs=any`: sending plugin requests.
    Handoffs(Recipients),
    /// `ledger`: reading the ledger.
    Ledger,
    /// `returns`: tasks for every RETURN of the workspace.
    Returns,
    /// `locks`: exclusive named locks.
    Locks,
    /// `triggers`: tasks for changes of files.
    Triggers,
    /// `hard-links`: opening files that have several hard links in the granted folders.
    HardLinks,
}

/// A folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantedFolder {
    /// The name under which the plugin declares it.
    pub folder: String,
    /// Read-only, or read and write.
    pub mode: Mode,
    /// The path of the folder, absolute or relative to the workspace. Absent for the folder of this name in
    /// `baton.toml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
}

/// A host that the operator sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantedHost {
    /// The name, used as `{NAME}` in HTTP rules and in the hosts of secrets.
    pub name: String,
    /// Absent in a request of a plugin.
    pub address: Option<HostAddress>,
}

/// A secret and its allowed destinations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantedSecret {
    /// Its name in `baton secret`.
    pub name: String,
    /// The hosts that may get it: `HOST[:PORT]`, or `{NAME}` in a request of a plugin.
    pub hosts: Vec<String>,
    /// The header in which it is sent.
    pub header: String,
}

impl GrantedSecret {
    /// The destinations of the secret, as text.
    #[must_use]
    pub fn destinations(&self) -> String {
        format!("goes to {} in the header `{}`", one_line(&self.hosts.join(", ")), one_line(&self.header))
    }
}

/// A database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantedDatabase {
    /// The database.
    pub database: Database,
    /// Read-only, or read and write.
    pub mode: Mode,
}

/// The grants of one plugin, in the form of `baton.lock`. Each field is one kind of [`Grant`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is one grant, as in `baton.lock`")]
#[expect(missing_docs, reason = "`Grant` has the meaning of each kind")]
pub struct GrantSet {
    #[serde(default)]
    pub files: Vec<GrantedFolder>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hard_links: bool,
    #[serde(default, skip_serializing_if = "HostAddresses::is_empty")]
    pub hosts: HostAddresses,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpRule>,
    /// Each secret is bound to the hosts that the plugin declared, and to their addresses, at the time of the grant.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<GrantedSecret>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sql: Vec<GrantedDatabase>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub git: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fingerprint: Vec<FingerprintScope>,
    #[serde(default, skip_serializing_if = "Recipients::is_nobody")]
    pub handoffs: Recipients,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ledger: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub returns: bool,
    #[serde(default, alias = "claims", skip_serializing_if = "std::ops::Not::not")]
    pub locks: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub triggers: bool,
}

impl Grant {
    /// True if this grant allows everything that `wanted` requests. Paths, addresses and recipients are not compared,
    /// because the operator decides about them.
    #[must_use]
    pub fn covers(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Files(given), Self::Files(wanted)) => given.folder == wanted.folder && given.mode >= wanted.mode,
            (Self::Http(given), Self::Http(wanted)) => given.covers(wanted),
            (Self::Secret(given), Self::Secret(wanted)) => {
                let goes_there = |host| given.hosts.contains(host);
                given.name == wanted.name && given.header == wanted.header && wanted.hosts.iter().all(goes_there)
            }
            (Self::Sql(given), Self::Sql(wanted)) => given.database == wanted.database && given.mode >= wanted.mode,
            _ => self.replaces(wanted),
        }
    }

    /// True if both grants have the same subject. In a set, a new grant replaces the grant with the same subject.
    #[must_use]
    pub fn replaces(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Files(one), Self::Files(other)) => one.folder == other.folder,
            (Self::Host(one), Self::Host(other)) => one.name == other.name,
            (Self::Secret(one), Self::Secret(other)) => one.name == other.name,
            (Self::Sql(one), Self::Sql(other)) => one.database == other.database,
            (Self::Handoffs(_), Self::Handoffs(_)) => true,
            _ => self == other,
        }
    }

    /// Whether both grants have the same subject, or are HTTP rules of which one covers the other.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Http(one), Self::Http(other)) => one.covers(other) || other.covers(one),
            _ => self.replaces(other),
        }
    }
}

/// The grants of `wanted` that no grant of `given` covers.
#[must_use]
pub fn missing(wanted: Vec<Grant>, given: &[Grant]) -> Vec<Grant> {
    wanted.into_iter().filter(|wanted| !given.iter().any(|given| given.covers(wanted))).collect()
}

/// The grants as text.
#[must_use]
pub fn specs(grants: &[Grant]) -> Vec<String> {
    grants.iter().map(Grant::to_string).collect()
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(GrantedFolder { folder, mode, path: None }) => write!(f, "files:{mode}={folder}"),
            Self::Files(GrantedFolder { folder, mode, path: Some(path) }) => {
                write!(f, "files:{mode}={folder}={}", path.display())
            }
            Self::Host(GrantedHost { name, address: None }) => write!(f, "host={name}=ADDRESS"),
            Self::Host(GrantedHost { name, address: Some(address) }) => write!(f, "host={name}={address}"),
            Self::Http(rule) => write!(f, "http={rule}"),
            Self::Secret(secret) => write!(f, "secret={}", secret.name),
            Self::Sql(sql) => write!(f, "sql={}:{}", sql.database, sql.mode),
            Self::Git(folder) => write!(f, "git={folder}"),
            Self::Fingerprint(scope) => write!(f, "fingerprint={scope}"),
            Self::Handoffs(recipients) => write!(f, "handoffs={recipients}"),
            Self::Ledger => f.write_str("ledger"),
            Self::Returns => f.write_str("returns"),
            Self::Locks => f.write_str("locks"),
            Self::Triggers => f.write_str("triggers"),
            Self::HardLinks => f.write_str("hard-links"),
        }
    }
}

impl GrantSet {
    /// The grants, in the order of their kinds.
    #[must_use]
    pub fn grants(&self) -> Vec<Grant> {
        let host =
            |(name, address): (&String, &_)| GrantedHost { name: name.clone(), address: Some(Clone::clone(address)) };
        (self.files.iter().cloned().map(Grant::Files))
            .chain(self.hosts.iter().map(host).map(Grant::Host))
            .chain(self.http.iter().cloned().map(Grant::Http))
            .chain(self.secrets.iter().cloned().map(Grant::Secret))
            .chain(self.sql.iter().cloned().map(Grant::Sql))
            .chain(self.git.iter().cloned().map(Grant::Git))
            .chain(self.fingerprint.iter().copied().map(Grant::Fingerprint))
            .chain((!self.handoffs.is_nobody()).then(|| Grant::Handoffs(self.handoffs.clone())))
            .chain(self.ledger.then_some(Grant::Ledger))
            .chain(self.returns.then_some(Grant::Returns))
            .chain(self.locks.then_some(Grant::Locks))
            .chain(self.triggers.then_some(Grant::Triggers))
            .chain(self.hard_links.then_some(Grant::HardLinks))
            .collect()
    }
}

impl Extend<Grant> for GrantSet {
    /// Adds grants without a check. A host without an address is left out.
    fn extend<I: IntoIterator<Item = Grant>>(&mut self, grants: I) {
        for grant in grants {
            match grant {
                Grant::Files(folder) => self.files.push(folder),
                Grant::Host(GrantedHost { name, address }) => {
                    self.hosts.extend(address.map(|address| (name, address)));
                }
                Grant::Http(rule) => self.http.push(rule),
                Grant::Secret(secret) => self.secrets.push(secret),
                Grant::Sql(database) => self.sql.push(database),
                Grant::Git(folder) => self.git.push(folder),
                Grant::Fingerprint(scope) => self.fingerprint.push(scope),
                Grant::Handoffs(recipients) => self.handoffs = recipients,
                Grant::Ledger => self.ledger = true,
                Grant::Returns => self.returns = true,
                Grant::Locks => self.locks = true,
                Grant::Triggers => self.triggers = true,
                Grant::HardLinks => self.hard_links = true,
            }
        }
    }
}

impl FromIterator<Grant> for GrantSet {
    fn from_iter<I: IntoIterator<Item = Grant>>(grants: I) -> Self {
        let mut set = Self::default();
        set.extend(grants);
        set
    }
}

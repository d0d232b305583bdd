//! The grants of a plugin, as `baton.lock` has them.

use std::path::PathBuf;

use baton_core::Recipients;
use baton_core::manifest::{Database, FingerprintScope, HostAddresses, HttpRule, Mode};
use serde::{Deserialize, Serialize};

/// What the operator granted a plugin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is one grant, as it stands in the lock")]
pub struct GrantSet {
    /// Folders.
    #[serde(default)]
    pub files: Vec<GrantedFolder>,
    /// Whether files that have other names too (hard links) may be opened in these folders.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hard_links: bool,
    /// The addresses of the hosts that the operator sets, by name.
    #[serde(default, skip_serializing_if = "HostAddresses::is_empty")]
    pub hosts: HostAddresses,
    /// Requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub http: Vec<HttpRule>,
    /// Secrets, each bound to what the plugin declared when it was granted, and to the addresses that its hosts had then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<GrantedSecret>,
    /// Databases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sql: Vec<GrantedDatabase>,
    /// Named folders of `baton.toml` whose repository may be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub git: Vec<String>,
    /// What of audio it may be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fingerprint: Vec<FingerprintScope>,
    /// The agents that it may send handoffs to.
    #[serde(default, skip_serializing_if = "Recipients::is_nobody")]
    pub handoffs: Recipients,
    /// Whether it may read the ledger.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ledger: bool,
    /// Whether it may be told of every RETURN.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub returns: bool,
    /// Whether it may hold names.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub claims: bool,
    /// Whether its triggers on files run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub triggers: bool,
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

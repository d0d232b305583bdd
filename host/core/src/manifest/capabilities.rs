//! What a plugin may ask to be lent, each with the reason that is shown to whoever grants it.
//!
//! A declaration opens nothing: what counts is what is declared **and** granted (`baton.lock`). Whether a new declaration
//! asks for more than an old one is decided here too, because only then an update keeps its grants.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::hosts::{HostCapability, host_name};
use crate::text::one_line;

/// What a plugin asks to be lent.
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
    /// How audio sounds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fingerprint: Vec<FingerprintCapability>,
    /// Sending handoffs to other agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handoffs: Option<HandoffsCapability>,
    /// Reading the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerCapability>,
    /// Being told of every RETURN in the workspace.
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
    /// A named folder of the workspace that lies in a repository.
    pub folder: String,
    /// Why; shown to the operator.
    pub reason: String,
}

/// How audio sounds.
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

/// Being told of every RETURN in the workspace, whoever asked and whoever was asked.
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

/// Which requests: `METHOD:[http://|https://]HOST[:PORT]/PATH`, or `METHOD:{NAME}/PATH`.
///
/// `METHOD` is one method or `*`. The scheme is `https` where none is given. `HOST` is a name or an address, never a
/// pattern. A `*` at the end of the path stands for anything; without it the path is exact. `{NAME}` is a host that the operator
/// sets, with its scheme and port; such a rule allows nothing until it is [resolved](HttpRule::resolved).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpRule {
    /// One method, or `*`.
    pub method: String,
    /// `http` or `https`; empty with `{NAME}`.
    pub scheme: String,
    /// Lower-case; an IPv6 address in brackets; `{NAME}` with the braces.
    pub host: String,
    /// The port, also where it is the scheme's usual one; 0 with `{NAME}`.
    pub port: u16,
    /// Begins with `/`; without the `*` at the end.
    pub path: String,
    /// Whether the path goes on.
    pub open_path: bool,
}

impl HttpRule {
    /// Whether a request is one of these. `host` is lower-case, `path` is without its query and normal (no `.` or `..`).
    #[must_use]
    pub fn allows(&self, method: &str, scheme: &str, host: &str, port: u16, path: &str) -> bool {
        let path_fits = if self.open_path { path.starts_with(&self.path) } else { path == self.path };
        (self.method == "*" || self.method == method)
            && self.host_name().is_none()
            && self.scheme == scheme
            && self.host == host
            && self.port == port
            && path_fits
    }

    /// Whether every request that `other` allows is one of these.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        let path_fits = if self.open_path {
            other.path.starts_with(&self.path)
        } else {
            !other.open_path && self.path == other.path
        };
        (self.method == "*" || self.method == other.method)
            && (&self.scheme, &self.host, self.port) == (&other.scheme, &other.host, other.port)
            && path_fits
    }
}

impl FromStr for HttpRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            |why: &str| format!("`{}` is no rule for requests: {why} (as GET:api.example.org/v1/*)", one_line(text));
        let (method, rest) = text.split_once(':').ok_or_else(|| wrong("it has no method"))?;
        if method != "*" && (method.is_empty() || !method.chars().all(|c| c.is_ascii_uppercase())) {
            return Err(wrong("its method is not in capital letters"));
        }
        let (scheme, rest) = match rest.split_once("://") {
            Some((scheme @ ("http" | "https"), rest)) => (Some(scheme), rest),
            Some(_) => return Err(wrong("its scheme is neither http nor https")),
            None => (None, rest),
        };
        let (authority, path) = rest.split_once('/').ok_or_else(|| wrong("it has no path"))?;
        let (scheme, host, port) = match host_name(authority) {
            Some(_) if scheme.is_some() => return Err(wrong("the operator sets the scheme of its host")),
            Some(_) => ("", authority.to_owned(), 0),
            None if authority.contains(['{', '}']) => {
                return Err(wrong("a name in braces is the whole host, without a port, as GET:{wiki}/*"));
            }
            None => {
                let scheme = scheme.unwrap_or("https");
                let found = authority_of(authority, scheme);
                let (host, port) = found.ok_or_else(|| wrong("its host is no name or address"))?;
                (scheme, host, port)
            }
        };
        let (path, open_path) = path.strip_suffix('*').map_or((path, false), |path| (path, true));
        if !path.chars().all(|c| c.is_ascii_graphic())
            || path.contains(['*', '?', '#', '\\', '{', '}'])
            || path.split('/').any(|part| part == "." || part == "..")
        {
            return Err(wrong("its path is not plain"));
        }
        Ok(Self {
            method: method.to_owned(),
            scheme: scheme.to_owned(),
            host,
            port,
            path: format!("/{path}"),
            open_path,
        })
    }
}

/// Host and port of `HOST[:PORT]`, as an [`HttpRule`] of that scheme has them; `None` when it is neither name nor address.
#[must_use]
pub fn authority_of(authority: &str, scheme: &str) -> Option<(String, u16)> {
    let usual = if scheme == "http" { 80 } else { 443 };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (authority, usual),
    };
    if let Some(address) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return Some((format!("[{}]", address.parse::<std::net::Ipv6Addr>().ok()?), port));
    }
    let sound = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
    sound.then(|| (host.to_ascii_lowercase(), port))
}

impl TryFrom<String> for HttpRule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<HttpRule> for String {
    fn from(rule: HttpRule) -> Self {
        rule.to_string()
    }
}

impl fmt::Display for HttpRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, scheme, host, port, path, open_path } = self;
        let scheme_shown = if scheme == "http" { "http://" } else { "" };
        write!(f, "{method}:{scheme_shown}{host}")?;
        match (scheme.as_str(), port) {
            ("https", 443) | ("http", 80) | ("", _) => {}
            _ => write!(f, ":{port}")?,
        }
        write!(f, "{path}{}", if *open_path { "*" } else { "" })
    }
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

    fn rule(text: &str) -> HttpRule {
        text.parse().unwrap()
    }

    #[test]
    fn a_rule_is_read_and_written() {
        for text in ["GET:api.spotify.com/v1/*", "*:http://localhost:8080/*", "POST:[::1]:8443/a", "GET:a.b/"] {
            assert_eq!(rule(text).to_string(), text);
        }
        assert_eq!(rule("GET:https://A.b:443/x").to_string(), "GET:a.b/x");
        assert_eq!(rule("GET:[0:0::1]/").to_string(), "GET:[::1]/", "an address has one form");
    }

    #[test]
    fn errors_on_what_is_no_rule() {
        for text in [
            "api.spotify.com/v1/*",
            "get:a.b/",
            "GET:a.b",
            "GET:ftp://a.b/",
            "GET:*.b/",
            "GET:a.b/../x",
            "GET:a.b/x?y",
            "GET:a.b/x\nhidden",
            "GET:a.b/\u{202e}x",
            "GET:u@a.b/",
            "GET:a.b:0x50/",
            "GET:[127.0.0.1]/",
            "GET:/x",
            "GET:a.b/*/x",
        ] {
            assert!(text.parse::<HttpRule>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_rule_allows_only_what_it_says() {
        let open = rule("GET:a.b/v1/*");
        assert!(open.allows("GET", "https", "a.b", 443, "/v1/x"));
        assert!(!open.allows("POST", "https", "a.b", 443, "/v1/x"));
        assert!(!open.allows("GET", "http", "a.b", 443, "/v1/x"));
        assert!(!open.allows("GET", "https", "a.b", 444, "/v1/x"));
        assert!(!open.allows("GET", "https", "a.b", 443, "/v2"));
        assert!(!rule("GET:a.b/v1").allows("GET", "https", "a.b", 443, "/v1/x"));
    }

    #[test]
    fn a_wider_rule_covers_a_narrower_one_and_not_the_other_way_round() {
        let wide = rule("*:a.b/v1/*");
        assert!(wide.covers(&rule("GET:a.b/v1/me")) && wide.covers(&wide));
        assert!(!rule("GET:a.b/v1/me").covers(&wide));
        assert!(!rule("GET:a.b/v1").covers(&rule("GET:a.b/v1*")));
    }

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

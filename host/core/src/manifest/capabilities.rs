//! The capabilities that a plugin can request, each with a reason that the operator sees.
//!
//! This is the form in the manifest. [`Capabilities::grants`] returns them as [`Grant`]s.

use serde::{Deserialize, Serialize};

use crate::grants::{
    Database, FingerprintScope, Grant, GrantedDatabase, GrantedFolder, GrantedHost, GrantedSecret, HostAddress,
    HttpRule, Mode, Recipients, authority_of, host_name, missing,
};

/// The capabilities that a plugin requests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Folders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FilesCapability>,
    /// Hosts for requests, with an address that the operator sets.
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
    pub handoffs: Option<Reason>,
    /// Reading the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<Reason>,
    /// Tasks for every RETURN in the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub returns: Option<Reason>,
    /// Exclusive named locks.
    #[serde(default, alias = "claims", skip_serializing_if = "Option::is_none")]
    pub locks: Option<Reason>,
    /// Triggers on files. A plugin that declares this capability has triggers on files only after it is granted. A
    /// plugin that does not declare it has its triggers as soon as the folder is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triggers: Option<Reason>,
}

/// A folder that a plugin requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesCapability {
    /// A named folder of the workspace.
    pub folder: String,
    /// Read-only, or read and write.
    pub mode: Mode,
    /// The reason; shown to the operator.
    pub reason: String,
}

/// HTTP requests that a plugin wants to send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpCapability {
    /// The rule that the requests match.
    pub rule: HttpRule,
    /// The reason; shown to the operator.
    pub reason: String,
}

/// A secret that the host puts into a header of a plugin's requests. The plugin never sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretCapability {
    /// Its name in `baton secret`.
    pub name: String,
    /// The hosts that get it, as in an [`HttpRule`]: `api.spotify.com`, `localhost:8080`, `{wiki}`.
    pub hosts: Vec<String>,
    /// The header in which it is sent, lower-case.
    #[serde(default = "authorization")]
    pub header: String,
    /// The reason; shown to the operator.
    pub reason: String,
}

fn authorization() -> String {
    "authorization".to_owned()
}

/// A database that a plugin wants to use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SqlCapability {
    /// The database.
    pub database: Database,
    /// Read-only, or read and write.
    pub mode: Mode,
    /// The reason; shown to the operator.
    pub reason: String,
}

/// A repository that a plugin wants to read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitCapability {
    /// A named folder of the workspace inside a repository.
    pub folder: String,
    /// The reason; shown to the operator.
    pub reason: String,
}

/// Fingerprints of audio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FingerprintCapability {
    /// The audio that the plugin may use.
    pub of: FingerprintScope,
    /// The reason; shown to the operator.
    pub reason: String,
}

/// A host that the operator sets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostCapability {
    /// The name, used as `{NAME}` in HTTP rules and in the hosts of secrets.
    pub name: String,
    /// The address that a grant for the host uses if the operator has set none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<HostAddress>,
    /// The reason; shown to the operator.
    pub reason: String,
}

/// The reason of a capability without parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The reason; shown to the operator.
    pub reason: String,
}

/// A requested grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The grant.
    pub grant: Grant,
    /// The plugin's reason. Untrusted.
    pub reason: String,
}

impl Request {
    /// The destinations of a secret, because the grant spec does not contain them.
    #[must_use]
    pub fn details(&self) -> Option<String> {
        match &self.grant {
            Grant::Secret(secret) => Some(secret.destinations()),
            _ => None,
        }
    }
}

impl Capabilities {
    /// All requests, in the order of the kinds of [`Grant`].
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        let request = |grant, reason: &String| Request { grant, reason: reason.clone() };
        let whole = |asked: &Option<Reason>, grant| asked.as_ref().map(|asked| request(grant, &asked.reason));
        (self.files.iter().map(|asked| request(asked.grant(), &asked.reason)))
            .chain(self.hosts.iter().map(|asked| request(asked.grant(), &asked.reason)))
            .chain(self.http.iter().map(|asked| request(Grant::Http(asked.rule.clone()), &asked.reason)))
            .chain(self.secrets.iter().map(|asked| request(Grant::Secret(asked.secret()), &asked.reason)))
            .chain(self.sql.iter().map(|asked| request(asked.grant(), &asked.reason)))
            .chain(self.git.iter().map(|asked| request(Grant::Git(asked.folder.clone()), &asked.reason)))
            .chain(self.fingerprint.iter().map(|asked| request(Grant::Fingerprint(asked.of), &asked.reason)))
            .chain(whole(&self.handoffs, Grant::Handoffs(Recipients::Any)))
            .chain(whole(&self.ledger, Grant::Ledger))
            .chain(whole(&self.returns, Grant::Returns))
            .chain(whole(&self.locks, Grant::Locks))
            .chain(whole(&self.triggers, Grant::Triggers))
            .collect()
    }

    /// All requested grants, without the reasons.
    #[must_use]
    pub fn grants(&self) -> Vec<Grant> {
        self.requests().into_iter().map(|request| request.grant).collect()
    }

    /// The grants that these capabilities request and that `old` does not request.
    #[must_use]
    pub fn additions_over(&self, old: &Self) -> Vec<Grant> {
        missing(self.grants(), &old.grants())
    }
}

impl FilesCapability {
    fn grant(&self) -> Grant {
        Grant::Files(GrantedFolder { folder: self.folder.clone(), mode: self.mode, path: None })
    }
}

impl HostCapability {
    fn grant(&self) -> Grant {
        Grant::Host(GrantedHost { name: self.name.clone(), address: self.default.clone() })
    }
}

impl SecretCapability {
    fn secret(&self) -> GrantedSecret {
        GrantedSecret { name: self.name.clone(), hosts: self.hosts.clone(), header: self.header.clone() }
    }

    /// Whether each host is a name or an address, and the header is valid.
    pub(super) fn is_valid(&self) -> bool {
        let token = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "!#$%&'*+-.^_`|~".contains(c);
        let header = !self.header.is_empty() && self.header.len() <= 100 && self.header.chars().all(token);
        let is_host = |host: &String| host_name(host).is_some() || authority_of(host, "https").is_some();
        header && !self.hosts.is_empty() && self.hosts.iter().all(is_host)
    }
}

impl SqlCapability {
    fn grant(&self) -> Grant {
        Grant::Sql(GrantedDatabase { database: self.database, mode: self.mode })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grants::specs;

    #[test]
    fn requests_that_an_older_declaration_does_not_have_are_listed() {
        let parse = |text: &str| serde_json::from_str::<Capabilities>(text).unwrap();
        let old = parse(
            r#"{"files":[{"folder":"plans","mode":"ro","reason":""}],"http":[{"rule":"GET:a.b/*","reason":""}],
            "secrets":[{"name":"s","hosts":["a.b"],"reason":""}]}"#,
        );
        assert!(old.additions_over(&old).is_empty());
        let new = parse(
            r#"{"files":[{"folder":"plans","mode":"rw","reason":""}],"http":[{"rule":"GET:a.b/x","reason":""}],
            "secrets":[{"name":"s","hosts":["a.b","c.d"],"reason":""}],"sql":[{"database":"catalog","mode":"rw","reason":""}],
            "git":[{"folder":"root","reason":""}],"fingerprint":[{"of":"files","reason":""},{"of":"library","reason":""}],
            "handoffs":{"reason":""},"ledger":{"reason":""},"returns":{"reason":""},"locks":{"reason":""},
            "triggers":{"reason":""}}"#,
        );
        let more =
            ["files:rw=plans", "secret=s", "sql=catalog:rw", "git=root", "fingerprint=files", "fingerprint=library"];
        assert_eq!(
            specs(&new.additions_over(&old)),
            [&more[..], &["handoffs=any", "ledger", "returns", "locks", "triggers"]].concat()
        );
        assert_eq!(specs(&old.additions_over(&new)), ["http=GET:a.b/*"]);
    }

    #[test]
    fn each_grant_has_its_reason_and_a_secret_its_destinations() {
        let asked: Capabilities = serde_json::from_str(
            r#"{"files":[{"folder":"plans","mode":"ro","reason":"1"}],"http":[{"rule":"GET:a.b/x","reason":"2"}],
                "secrets":[{"name":"s","hosts":["a.b","c.d:80"],"reason":"3"}],
                "sql":[{"database":"catalog","mode":"rw","reason":"4"}],"git":[{"folder":"root","reason":"5"}],
                "fingerprint":[{"of":"files","reason":"6"}],"handoffs":{"reason":"7"},"ledger":{"reason":"8"},
                "returns":{"reason":"9"},"locks":{"reason":"10"}}"#,
        )
        .unwrap();
        let requests = asked.requests();
        let reasons: Vec<_> = requests.iter().map(|request| request.reason.as_str()).collect();
        assert_eq!(reasons, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
        let details: Vec<_> = requests.iter().filter_map(Request::details).collect();
        assert_eq!(details, ["goes to a.b, c.d:80 in the header `authorization`"]);
    }

    #[test]
    fn a_secret_needs_hosts_and_a_header() {
        let secret = |hosts: &[&str], header: &str| SecretCapability {
            name: "s".to_owned(),
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            header: header.to_owned(),
            reason: String::new(),
        };
        assert!(secret(&["a.b", "localhost:8080", "[::1]"], "x-api-key").is_valid());
        for (hosts, header) in [
            (&["a.b\nsigned"][..], "x"),
            (&["*"], "x"),
            (&["a.b/x"], "x"),
            (&[], "x"),
            (&["a.b"], "X"),
            (&["a.b"], "a\nb"),
            (&["a.b"], ""),
        ] {
            assert!(!secret(hosts, header).is_valid(), "{hosts:?} {header:?}");
        }
    }
}

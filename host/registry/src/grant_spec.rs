//! The text form of a grant: `files:ro=plans`, `host=NAME=ADDRESS`, `http=GET:host/path*`, `secret=NAME`,
//! `sql=catalog:rw`, `git=root`, `fingerprint=library`, `handoffs=AGENT[,AGENT]`, `handoffs=any`, `ledger`, `returns`, `claims`,
//! `triggers`, `hard-links`.
//!
//! A grant spec is parsed against what the plugin declares: a capability that the plugin does not declare cannot be granted.

use std::fmt;
use std::path::PathBuf;

use baton_core::Recipients;
use baton_core::manifest::{Capabilities, Database, FingerprintScope, HostAddress, HttpRule, Mode};

use crate::granted::{GrantSet, GrantedDatabase, GrantedFolder, GrantedSecret};

/// One grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantSpec {
    /// `files:MODE=NAME`, `files:MODE=NAME=PATH`, `files:MODE=PATH`.
    Files(GrantedFolder),
    /// `host=NAME=ADDRESS`.
    Host(String, HostAddress),
    /// `http=RULE`.
    Http(HttpRule),
    /// `secret=NAME`.
    Secret(GrantedSecret),
    /// `sql=DATABASE[:MODE]`.
    Sql(GrantedDatabase),
    /// `git=NAME`.
    Git(String),
    /// `fingerprint=files`, `fingerprint=library`.
    Fingerprint(FingerprintScope),
    /// `handoffs=AGENT[,AGENT]`, `handoffs=any`.
    Handoffs(Recipients),
    /// `ledger`.
    Ledger,
    /// `returns`.
    Returns,
    /// `claims`.
    Claims,
    /// `triggers`.
    Triggers,
    /// `hard-links`.
    HardLinks,
}

impl GrantSpec {
    /// Reads a word.
    ///
    /// # Errors
    /// When it is none, or grants what is not asked for; says what could be granted instead.
    pub fn parse(text: &str, asked: &Capabilities) -> Result<Self, String> {
        let not_asked = || {
            let all = asked.as_grants();
            let all = if all.is_empty() { "nothing".to_owned() } else { all.join(" ") };
            format!("`{text}` is not what it asks for; it asks for: {all}")
        };
        let (kind, value) = text.split_once('=').unwrap_or((text, ""));
        match (kind, value) {
            ("hard-links", "") if !asked.files.is_empty() => Ok(Self::HardLinks),
            ("handoffs", agents) if asked.handoffs.is_some() => recipients(agents).map(Self::Handoffs),
            ("handoffs", _) => Err(not_asked()),
            ("ledger", "") => asked.ledger.as_ref().map(|_| Self::Ledger).ok_or_else(not_asked),
            ("returns", "") => asked.returns.as_ref().map(|_| Self::Returns).ok_or_else(not_asked),
            ("claims", "") => asked.claims.as_ref().map(|_| Self::Claims).ok_or_else(not_asked),
            ("triggers", "") => asked.triggers.as_ref().map(|_| Self::Triggers).ok_or_else(not_asked),
            ("files:ro", value) => folder(value, Mode::Ro, asked).map(Self::Files),
            ("files:rw", value) => folder(value, Mode::Rw, asked).map(Self::Files),
            ("host", value) => {
                let (name, address) = value.split_once('=').unwrap_or((value, ""));
                let host = asked.hosts.iter().find(|host| host.name == name).ok_or_else(not_asked)?;
                let address =
                    address.parse().map_err(|why: String| format!("{why}; the grant is host={name}=ADDRESS"))?;
                Ok(Self::Host(host.name.clone(), address))
            }
            ("http", rule) => {
                let rule: HttpRule = rule.parse()?;
                let fits = asked.http.iter().any(|http| http.rule.covers(&rule) || rule.covers(&http.rule));
                if fits { Ok(Self::Http(rule)) } else { Err(not_asked()) }
            }
            ("secret", name) => {
                let secret = asked.secrets.iter().find(|secret| secret.name == name);
                secret.map(|secret| Self::Secret(GrantedSecret::of(secret))).ok_or_else(not_asked)
            }
            ("sql", value) => {
                let found =
                    asked.sql.iter().find(|sql| value.split(':').next() == Some(sql.database.to_string().as_str()));
                let asked = found.ok_or_else(not_asked)?;
                let mode = match value.split_once(':') {
                    None => asked.mode,
                    Some((_, "ro")) => Mode::Ro,
                    Some((_, "rw")) if asked.database == Database::Files => {
                        return Err("other programs' files are only read: sql=files:ro".to_owned());
                    }
                    Some((_, "rw")) => Mode::Rw,
                    Some((_, mode)) => return Err(format!("`{mode}` is neither ro nor rw")),
                };
                Ok(Self::Sql(GrantedDatabase { database: asked.database, mode }))
            }
            ("git", name) => {
                let found = asked.git.iter().find(|git| git.folder == name);
                found.map(|git| Self::Git(git.folder.clone())).ok_or_else(not_asked)
            }
            ("fingerprint", of) => {
                let found = asked.fingerprint.iter().find(|asked| asked.of.to_string() == of);
                found.map(|asked| Self::Fingerprint(asked.of)).ok_or_else(not_asked)
            }
            _ => Err(format!(
                "`{text}` is not a grant; a grant is files:ro=NAME, files:rw=NAME=PATH, host=NAME=ADDRESS, http=METHOD:HOST/PATH*, secret=NAME, \
                 sql=own, sql=catalog:ro, sql=files:ro, git=NAME, fingerprint=files, fingerprint=library, \
                 handoffs=AGENT[,AGENT], handoffs=any, ledger, returns, claims, triggers or hard-links"
            )),
        }
    }

    /// Adds it; one for the same thing is replaced.
    pub fn grant(self, granted: &mut GrantSet) {
        self.revoke(granted);
        match self {
            Self::Files(folder) => granted.files.push(folder),
            Self::Host(name, address) => drop(granted.hosts.insert(name, address)),
            Self::Http(rule) => granted.http.push(rule),
            Self::Secret(secret) => granted.secrets.push(secret),
            Self::Sql(database) => granted.sql.push(database),
            Self::Git(folder) => granted.git.push(folder),
            Self::Fingerprint(of) => granted.fingerprint.push(of),
            Self::Handoffs(recipients) => granted.handoffs = recipients,
            Self::Ledger => granted.ledger = true,
            Self::Returns => granted.returns = true,
            Self::Claims => granted.claims = true,
            Self::Triggers => granted.triggers = true,
            Self::HardLinks => granted.hard_links = true,
        }
    }

    /// Takes away what was granted for the same thing. Tells whether there was any.
    pub fn revoke(&self, granted: &mut GrantSet) -> bool {
        let before = granted.clone();
        match self {
            Self::Files(folder) => granted.files.retain(|known| known.folder != folder.folder),
            Self::Host(name, _) => drop(granted.hosts.remove(name)),
            Self::Http(rule) => granted.http.retain(|known| known != rule),
            Self::Secret(secret) => granted.secrets.retain(|known| known.name != secret.name),
            Self::Sql(database) => granted.sql.retain(|known| known.database != database.database),
            Self::Git(folder) => granted.git.retain(|known| known != folder),
            Self::Fingerprint(of) => granted.fingerprint.retain(|known| known != of),
            Self::Handoffs(_) => granted.handoffs = Recipients::Nobody,
            Self::Ledger => granted.ledger = false,
            Self::Returns => granted.returns = false,
            Self::Claims => granted.claims = false,
            Self::Triggers => granted.triggers = false,
            Self::HardLinks => granted.hard_links = false,
        }
        *granted != before
    }
}

/// `NAME`, `NAME=PATH`, or a path alone where only one folder is asked for.
fn folder(value: &str, mode: Mode, asked: &Capabilities) -> Result<GrantedFolder, String> {
    let (name, path) = value.split_once('=').map_or((value, None), |(name, path)| (name, Some(path)));
    if let Some(known) = asked.files.iter().find(|files| files.folder == name) {
        return Ok(GrantedFolder { folder: known.folder.clone(), mode, path: path.map(PathBuf::from) });
    }
    match asked.files.as_slice() {
        [only] if path.is_none() && !value.is_empty() => {
            Ok(GrantedFolder { folder: only.folder.clone(), mode, path: Some(PathBuf::from(value)) })
        }
        all => {
            let names: Vec<&str> = all.iter().map(|files| files.folder.as_str()).collect();
            let names = if names.is_empty() { "no folder".to_owned() } else { names.join(", ") };
            Err(format!("`{name}` is not among the folders that it asks for: {names} (files:{mode}=NAME=PATH)"))
        }
    }
}

/// The agents that may get handoffs. There is no default: the operator names them or writes `any`.
fn recipients(agents: &str) -> Result<Recipients, String> {
    let how = "name the agents that may get its handoffs: handoffs=AGENT[,AGENT], or handoffs=any for every agent";
    if agents.is_empty() {
        Err(how.to_owned())
    } else {
        Recipients::parse(agents).map_err(|why| format!("{why}; {how}"))
    }
}

impl fmt::Display for GrantSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Files(GrantedFolder { folder, mode, path: None }) => write!(f, "files:{mode}={folder}"),
            Self::Files(GrantedFolder { folder, mode, path: Some(path) }) => {
                write!(f, "files:{mode}={folder}={}", path.display())
            }
            Self::Host(name, address) => write!(f, "host={name}={address}"),
            Self::Http(rule) => write!(f, "http={rule}"),
            Self::Secret(secret) => write!(f, "secret={}", secret.name),
            Self::Sql(sql) => write!(f, "sql={}:{}", sql.database, sql.mode),
            Self::Git(folder) => write!(f, "git={folder}"),
            Self::Fingerprint(of) => write!(f, "fingerprint={of}"),
            Self::Handoffs(recipients) => write!(f, "handoffs={recipients}"),
            Self::Ledger => f.write_str("ledger"),
            Self::Returns => f.write_str("returns"),
            Self::Claims => f.write_str("claims"),
            Self::Triggers => f.write_str("triggers"),
            Self::HardLinks => f.write_str("hard-links"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> Capabilities {
        serde_json::from_str(
            r#"{"files":[{"folder":"music","mode":"ro","reason":""}],"http":[{"rule":"GET:a.b/v1/*","reason":""}],
                "secrets":[{"name":"s","hosts":["a.b"],"reason":""}],"sql":[{"database":"catalog","mode":"rw","reason":""},
                {"database":"files","mode":"ro","reason":""}],
                "git":[{"folder":"root","reason":""}],"fingerprint":[{"of":"files","reason":""},{"of":"library","reason":""}],
                "handoffs":{"reason":""},"ledger":{"reason":""},"returns":{"reason":""},"claims":{"reason":""},
                "triggers":{"reason":""}}"#,
        )
        .unwrap()
    }

    #[test]
    fn every_word_is_granted_said_again_and_revoked() {
        let words = [
            "files:ro=music",
            "files:ro=music=/m",
            "http=GET:a.b/v1/me",
            "secret=s",
            "sql=catalog:ro",
            "sql=files:ro",
            "git=root",
            "fingerprint=files",
            "fingerprint=library",
            "handoffs=any",
            "handoffs=audit,Claude-MM1",
            "ledger",
            "returns",
            "claims",
            "triggers",
            "hard-links",
        ];
        for text in words {
            let (word, mut granted) = (GrantSpec::parse(text, &asked()).unwrap(), GrantSet::default());
            word.clone().grant(&mut granted);
            word.clone().grant(&mut granted);
            assert_eq!(granted.words(), [text]);
            assert!(word.revoke(&mut granted));
            assert!(!word.revoke(&mut granted));
            assert_eq!(granted, GrantSet::default());
        }
    }

    #[test]
    fn recipients_are_replaced_by_a_grant_and_taken_away_one_by_one() {
        let mut granted = GrantSet::default();
        for (text, now) in [("handoffs=any", "handoffs=any"), ("handoffs=a,b,c", "handoffs=a,b,c")] {
            GrantSpec::parse(text, &asked()).unwrap().grant(&mut granted);
            assert_eq!(granted.words(), [now]);
        }
        assert!(!granted.take_back("handoffs=any") && !granted.take_back("handoffs=a,d"));
        assert!(granted.take_back("handoffs=a,c"));
        assert_eq!(granted.words(), ["handoffs=b"]);
        assert!(granted.take_back("handoffs") && !granted.take_back("handoffs"));
        assert_eq!(granted, GrantSet::default());
    }

    #[test]
    fn a_path_alone_is_for_the_only_folder() {
        let GrantSpec::Files(folder) = GrantSpec::parse("files:ro=/srv/music", &asked()).unwrap() else { panic!() };
        assert_eq!((folder.folder.as_str(), folder.path), ("music", Some(PathBuf::from("/srv/music"))));
    }

    #[test]
    fn errors_when_it_is_not_asked_for_or_is_no_word() {
        let asked = asked();
        for text in [
            "http=POST:a.b/v1/x",
            "http=GET:c.d/*",
            "secret=t",
            "sql=own",
            "sql=files:rw",
            "git=plans",
            "fingerprint",
            "fingerprint=all",
            "sudo",
            "files=x",
            "handoffs",
            "handoffs=",
            "handoffs=any,x",
            "handoffs=a/b",
            "ledger=rw",
            "returns=x",
            "claims=x",
            "",
        ] {
            assert!(GrantSpec::parse(text, &asked).is_err(), "{text}");
        }
        for text in ["handoffs=any", "ledger", "returns", "claims", "files:ro=/x", "git=root", "fingerprint=files"] {
            assert!(GrantSpec::parse(text, &Capabilities::default()).is_err(), "{text}");
        }
    }

    #[test]
    fn the_operator_sets_the_address_of_a_host() {
        let asked: Capabilities = serde_json::from_str(
            r#"{"hosts":[{"name":"wiki","reason":""}],"http":[{"rule":"GET:{wiki}/*","reason":""}]}"#,
        )
        .unwrap();
        let mut granted = GrantSet::default();
        for text in ["host=wiki=https://a.b", "host=wiki=https://c.d:81/x", "http=GET:{wiki}/*"] {
            GrantSpec::parse(text, &asked).unwrap().grant(&mut granted);
        }
        assert_eq!(granted.words(), ["host=wiki=https://c.d:81/x", "http=GET:{wiki}/*"]);
        assert!(!granted.take_back("host=wiki") && granted.take_back("host=wiki=https://c.d:81/x"));
        assert_eq!(granted.lacks(&asked), ["host=wiki=ADDRESS"]);
        for text in [
            "host=wiki",
            "host=wiki=",
            "host=wiki=ADDRESS",
            "host=wiki=a.b",
            "host=feed=https://a.b",
            "host",
            "http=GET:a.b/*",
            "http=GET:{feed}/*",
        ] {
            assert!(GrantSpec::parse(text, &asked).is_err(), "{text}");
        }
    }

    #[test]
    fn all_of_is_what_the_words_say() {
        let all = GrantSet::all_of(&asked());
        assert_eq!(all.words(), asked().as_grants());
        assert!(all.lacks(&asked()).is_empty());
        assert_eq!(GrantSet::default().lacks(&asked()), asked().as_grants());
    }
}

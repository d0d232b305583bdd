//! Parses a grant spec.
//!
//! The spec is compared with the plugin's declaration: a capability that the plugin does not declare cannot be granted.

use std::path::PathBuf;

use super::access::{Database, Mode};
use super::grant::{FORMS, Grant, GrantedDatabase, GrantedFolder, GrantedHost, specs};
use super::recipients::Recipients;
use crate::manifest::Capabilities;

impl Grant {
    /// Parses a grant spec: `files:ro=plans`, `host=NAME=ADDRESS`, `http=GET:host/path*`, `secret=NAME`, `sql=catalog:rw`,
    /// `git=root`, `fingerprint=library`, `handoffs=AGENT[,AGENT]`, `handoffs=any`, `ledger`, `returns`, `locks`
    /// (formerly `claims`), `triggers`, `hard-links`.
    ///
    /// # Errors
    /// When the text is not a grant, or grants something that the plugin does not request. The error lists the possible
    /// grants.
    pub fn parse(text: &str, asked: &Capabilities) -> Result<Self, String> {
        let text = if text == "claims" { "locks" } else { text };
        let declared = asked.grants();
        let not_asked = || {
            let all = if declared.is_empty() { "nothing".to_owned() } else { specs(&declared).join(" ") };
            format!("the plugin does not ask for `{text}`; it asks for: {all}")
        };
        let (kind, value) = text.split_once('=').unwrap_or((text, ""));
        match (kind, value) {
            ("hard-links", "") if !asked.files.is_empty() => Ok(Self::HardLinks),
            ("handoffs", agents) if asked.handoffs.is_some() => recipients(agents).map(Self::Handoffs),
            ("files:ro", value) => folder(value, Mode::Ro, asked).map(Self::Files),
            ("files:rw", value) => folder(value, Mode::Rw, asked).map(Self::Files),
            ("host", value) => {
                let (name, address) = value.split_once('=').unwrap_or((value, ""));
                let host = asked.hosts.iter().find(|host| host.name == name).ok_or_else(not_asked)?;
                let address =
                    address.parse().map_err(|why: String| format!("{why}; the grant is host={name}=ADDRESS"))?;
                Ok(Self::Host(GrantedHost { name: host.name.clone(), address: Some(address) }))
            }
            ("http", rule) => {
                let grant = Self::Http(rule.parse()?);
                if declared.iter().any(|declared| declared.overlaps(&grant)) { Ok(grant) } else { Err(not_asked()) }
            }
            ("sql", value) => {
                let name = value.split(':').next().unwrap_or_default();
                let declared = asked.sql.iter().find(|sql| sql.database.to_string() == name).ok_or_else(not_asked)?;
                let mode = match value.split_once(':') {
                    None => declared.mode,
                    Some((_, "ro")) => Mode::Ro,
                    Some((_, "rw")) if declared.database == Database::Files => {
                        return Err("other programs' files are read-only: use sql=files:ro".to_owned());
                    }
                    Some((_, "rw")) => Mode::Rw,
                    Some((_, mode)) => return Err(format!("`{mode}` is neither ro nor rw")),
                };
                Ok(Self::Sql(GrantedDatabase { database: declared.database, mode }))
            }
            // All other grants have only one form.
            _ => match declared.iter().find(|declared| declared.to_string() == text) {
                Some(declared) => Ok(declared.clone()),
                None if is_form(kind, value) => Err(not_asked()),
                None => Err(not_a_grant(text)),
            },
        }
    }
}

/// Whether there are grants of this kind, with a value or without one.
fn is_form(kind: &str, value: &str) -> bool {
    FORMS.iter().any(|form| match form.split_once('=') {
        Some((known, _)) => known == kind,
        None => *form == kind && value.is_empty(),
    })
}

fn not_a_grant(text: &str) -> String {
    let [forms @ .., last] = &FORMS;
    format!("`{text}` is not a grant; a grant is {} or {last}", forms.join(", "))
}

/// `NAME`, `NAME=PATH`, or only a path if the plugin requests exactly one folder.
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
            Err(format!(
                "the plugin does not ask for the folder `{name}`; it asks for: {names} (files:{mode}=NAME=PATH)"
            ))
        }
    }
}

/// The agents to which the plugin may send handoffs. There is no default: the operator names them or writes `any`.
fn recipients(agents: &str) -> Result<Recipients, String> {
    let how = "name the agents that may get its handoffs: handoffs=AGENT[,AGENT], or handoffs=any for every agent";
    if agents.is_empty() {
        Err(how.to_owned())
    } else {
        Recipients::parse(agents).map_err(|why| format!("{why}; {how}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::grant::GrantSet;
    use super::*;

    fn asked() -> Capabilities {
        serde_json::from_str(
            r#"{"files":[{"folder":"music","mode":"ro","reason":""}],"http":[{"rule":"GET:a.b/v1/*","reason":""}],
                "secrets":[{"name":"s","hosts":["a.b"],"reason":""}],"sql":[{"database":"catalog","mode":"rw","reason":""},
                {"database":"files","mode":"ro","reason":""}],
                "git":[{"folder":"root","reason":""}],"fingerprint":[{"of":"files","reason":""},{"of":"library","reason":""}],
                "handoffs":{"reason":""},"ledger":{"reason":""},"returns":{"reason":""},"locks":{"reason":""},
                "triggers":{"reason":""}}"#,
        )
        .unwrap()
    }

    #[test]
    fn every_spec_is_granted_printed_and_revoked() {
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
            "locks",
            "triggers",
            "hard-links",
        ];
        let former = Grant::parse("claims", &asked()).unwrap();
        assert_eq!(former, Grant::Locks);
        for text in words {
            let (word, mut granted) = (Grant::parse(text, &asked()).unwrap(), GrantSet::default());
            granted.add(word.clone());
            granted.add(word.clone());
            assert_eq!(granted.specs(), [text]);
            assert!(granted.remove(&word));
            assert!(!granted.remove(&word));
            assert_eq!(granted, GrantSet::default());
        }
    }

    #[test]
    fn recipients_are_replaced_by_a_grant_and_removed_one_by_one() {
        let mut granted = GrantSet::default();
        for (text, now) in [("handoffs=any", "handoffs=any"), ("handoffs=a,b,c", "handoffs=a,b,c")] {
            granted.add(Grant::parse(text, &asked()).unwrap());
            assert_eq!(granted.specs(), [now]);
        }
        assert!(!granted.revoke("handoffs=any") && !granted.revoke("handoffs=a,d"));
        assert!(granted.revoke("handoffs=a,c"));
        assert_eq!(granted.specs(), ["handoffs=b"]);
        assert!(granted.revoke("handoffs") && !granted.revoke("handoffs"));
        assert_eq!(granted, GrantSet::default());
    }

    #[test]
    fn a_path_without_a_name_is_for_the_only_folder() {
        let Grant::Files(folder) = Grant::parse("files:ro=/srv/music", &asked()).unwrap() else { panic!() };
        assert_eq!((folder.folder.as_str(), folder.path), ("music", Some(PathBuf::from("/srv/music"))));
    }

    #[test]
    fn errors_on_text_that_is_not_a_requested_grant() {
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
            "locks=x",
            "",
        ] {
            assert!(Grant::parse(text, &asked).is_err(), "{text}");
        }
        for text in
            ["handoffs=any", "ledger", "returns", "locks", "claims", "files:ro=/x", "git=root", "fingerprint=files"]
        {
            assert!(Grant::parse(text, &Capabilities::default()).is_err(), "{text}");
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
            granted.add(Grant::parse(text, &asked).unwrap());
        }
        assert_eq!(granted.specs(), ["host=wiki=https://c.d:81/x", "http=GET:{wiki}/*"]);
        assert!(!granted.revoke("host=wiki") && granted.revoke("host=wiki=https://c.d:81/x"));
        assert_eq!(specs(&granted.missing(&asked)), ["host=wiki=ADDRESS"]);
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
            assert!(Grant::parse(text, &asked).is_err(), "{text}");
        }
    }

    #[test]
    fn all_of_has_the_specs_of_the_manifest() {
        let all = GrantSet::all_of(&asked());
        assert_eq!(all.specs(), specs(&asked().grants()));
        assert!(all.missing(&asked()).is_empty());
        assert_eq!(GrantSet::default().missing(&asked()), asked().grants());
    }
}

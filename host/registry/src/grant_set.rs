//! Making, comparing and revoking the grants of a plugin. [`GrantSpec`] is their text form.

use baton_core::Recipients;
use baton_core::manifest::{
    Capabilities, FilesCapability, FingerprintCapability, GitCapability, HandoffsCapability, HostAddress,
    HostAddresses, HostCapability, HttpCapability, LedgerCapability, LocksCapability, ReturnsCapability,
    SecretCapability, SqlCapability, TriggersCapability, host_name, resolved_host,
};

use crate::grant_spec::GrantSpec;

pub use crate::granted::{GrantSet, GrantedDatabase, GrantedFolder, GrantedSecret};

impl GrantedSecret {
    pub(crate) fn of(asked: &SecretCapability) -> Self {
        Self { name: asked.name.clone(), hosts: asked.hosts.clone(), header: asked.header.clone() }
    }
}

impl GrantSet {
    /// All that is asked for, but the addresses of hosts, which only the operator knows.
    #[must_use]
    pub fn all_of(asked: &Capabilities) -> Self {
        let folder = |f: &FilesCapability| GrantedFolder { folder: f.folder.clone(), mode: f.mode, path: None };
        Self {
            files: asked.files.iter().map(folder).collect(),
            hard_links: false,
            hosts: HostAddresses::new(),
            http: asked.http.iter().map(|http| http.rule.clone()).collect(),
            secrets: asked.secrets.iter().map(GrantedSecret::of).collect(),
            sql: asked.sql.iter().map(|s| GrantedDatabase { database: s.database, mode: s.mode }).collect(),
            git: asked.git.iter().map(|git| git.folder.clone()).collect(),
            fingerprint: asked.fingerprint.iter().map(|asked| asked.of).collect(),
            handoffs: if asked.handoffs.is_some() { Recipients::Any } else { Recipients::Nobody },
            ledger: asked.ledger.is_some(),
            returns: asked.returns.is_some(),
            claims: asked.claims.is_some(),
            triggers: asked.triggers.is_some(),
        }
    }

    /// What a plugin that comes with the program is given without being asked for: what needs no place of its own and opens
    /// nothing of the user's but the named folders of a workspace (`folders`). Servers, secrets, audio and triggers are never among it.
    #[must_use]
    pub fn least_of(asked: &Capabilities, folders: &[&str]) -> Self {
        let all = Self::all_of(asked);
        let named = |folder: &str| folders.contains(&folder);
        Self {
            files: all.files.into_iter().filter(|files| named(&files.folder)).collect(),
            git: all.git.into_iter().filter(|folder| named(folder)).collect(),
            http: Vec::new(),
            secrets: Vec::new(),
            fingerprint: Vec::new(),
            triggers: false,
            ..all
        }
    }

    /// Revokes what one of [`GrantSet::words`] says; false if it was not granted. For `handoffs` the word may also name some of
    /// the recipients, or stand alone for all of them.
    pub fn take_back(&mut self, word: &str) -> bool {
        if let Some(("handoffs", agents)) = word.split_once('=').or((word == "handoffs").then_some((word, ""))) {
            let all = self.handoffs.clone();
            let taken = if agents.is_empty() { Some(all) } else { Recipients::parse(agents).ok() };
            let left = taken.filter(|taken| !taken.is_nobody()).and_then(|taken| self.handoffs.without(&taken));
            return left.map(|left| self.handoffs = left).is_some();
        }
        let known = self.as_words().find(|known| known.to_string() == word);
        known.is_some_and(|known| known.revoke(self))
    }

    /// Binds the secrets that were granted for `{NAME}` to the address of that host. A secret that was granted before keeps its hosts:
    /// another address of the host is granted anew.
    ///
    /// # Errors
    /// When the operator has not set a host.
    pub fn bind_secrets(&mut self) -> Result<(), String> {
        for secret in &mut self.secrets {
            if let Some(name) =
                secret.hosts.iter().filter_map(|host| host_name(host)).find(|name| !self.hosts.contains_key(*name))
            {
                let secret = &secret.name;
                return Err(format!(
                    "the secret `{secret}` goes to `{{{name}}}`, which has no address; add host={name}=ADDRESS (as host={name}=https://wiki.example.org)"
                ));
            }
            secret.hosts = secret.hosts.iter().map(|host| resolved_host(host, &self.hosts)).collect();
        }
        Ok(())
    }

    /// What is asked for and not granted, in the words that grant it. Secrets are compared by the addresses of their hosts.
    #[must_use]
    pub fn lacks(&self, asked: &Capabilities) -> Vec<String> {
        let reason = String::new;
        asked.with_secret_hosts(&self.hosts).beyond(&Capabilities {
            hosts: self.hosts.keys().map(|name| HostCapability { name: name.clone(), reason: reason() }).collect(),
            files: (self.files.iter())
                .map(|f| FilesCapability { folder: f.folder.clone(), mode: f.mode, reason: reason() })
                .collect(),
            http: self.http.iter().map(|rule| HttpCapability { rule: rule.clone(), reason: reason() }).collect(),
            secrets: (self.secrets.iter())
                .map(|s| SecretCapability {
                    name: s.name.clone(),
                    hosts: s.hosts.clone(),
                    header: s.header.clone(),
                    reason: reason(),
                })
                .collect(),
            sql: (self.sql.iter())
                .map(|s| SqlCapability { database: s.database, mode: s.mode, reason: reason() })
                .collect(),
            git: self.git.iter().map(|folder| GitCapability { folder: folder.clone(), reason: reason() }).collect(),
            fingerprint: (self.fingerprint.iter())
                .map(|of| FingerprintCapability { of: *of, reason: reason() })
                .collect(),
            handoffs: (!self.handoffs.is_nobody()).then(|| HandoffsCapability { reason: reason() }),
            ledger: self.ledger.then(|| LedgerCapability { reason: reason() }),
            returns: self.returns.then(|| ReturnsCapability { reason: reason() }),
            claims: self.claims.then(|| LocksCapability { reason: reason() }),
            triggers: self.triggers.then(|| TriggersCapability { reason: reason() }),
        })
    }

    /// The grants, in the words that grant them.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.as_words().map(|word| word.to_string()).collect()
    }

    fn as_words(&self) -> impl Iterator<Item = GrantSpec> {
        let host = |(name, address): (&String, &HostAddress)| GrantSpec::Host(name.clone(), address.clone());
        (self.files.iter().cloned().map(GrantSpec::Files))
            .chain(self.hosts.iter().map(host))
            .chain(self.http.iter().cloned().map(GrantSpec::Http))
            .chain(self.secrets.iter().cloned().map(GrantSpec::Secret))
            .chain(self.sql.iter().cloned().map(GrantSpec::Sql))
            .chain(self.git.iter().cloned().map(GrantSpec::Git))
            .chain(self.fingerprint.iter().copied().map(GrantSpec::Fingerprint))
            .chain((!self.handoffs.is_nobody()).then(|| GrantSpec::Handoffs(self.handoffs.clone())))
            .chain(self.ledger.then_some(GrantSpec::Ledger))
            .chain(self.returns.then_some(GrantSpec::Returns))
            .chain(self.claims.then_some(GrantSpec::Claims))
            .chain(self.triggers.then_some(GrantSpec::Triggers))
            .chain(self.hard_links.then_some(GrantSpec::HardLinks))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stays_bound_to_the_address_that_its_host_had() {
        let asked: Capabilities = serde_json::from_str(
            r#"{"hosts":[{"name":"wiki","reason":""}],"http":[{"rule":"GET:{wiki}/*","reason":""}],
                "secrets":[{"name":"s","hosts":["{wiki}","a.b"],"reason":""}]}"#,
        )
        .unwrap();
        let mut granted = GrantSet::all_of(&asked);
        assert!(granted.bind_secrets().unwrap_err().contains("add host=wiki=ADDRESS"));
        granted.hosts.insert("wiki".to_owned(), "https://wiki.example.org".parse().unwrap());
        granted.bind_secrets().unwrap();
        assert_eq!(granted.secrets[0].hosts, ["wiki.example.org", "a.b"]);
        assert!(granted.lacks(&asked).is_empty());
        granted.hosts.insert("wiki".to_owned(), "https://other.example.org".parse().unwrap());
        granted.bind_secrets().unwrap();
        assert_eq!(granted.secrets[0].hosts, ["wiki.example.org", "a.b"]);
        assert_eq!(granted.lacks(&asked), ["secret=s"]);
        granted.hosts.clear();
        assert_eq!(granted.lacks(&asked), ["host=wiki=ADDRESS", "secret=s"]);
    }

    #[test]
    fn the_least_needs_no_place_and_opens_nothing_of_the_users() {
        let asked: Capabilities = serde_json::from_str(
            r#"{"files":[{"folder":"plans","mode":"ro","reason":""},{"folder":"music","mode":"rw","reason":""}],
                "http":[{"rule":"GET:a.b/*","reason":""}],"secrets":[{"name":"s","hosts":["a.b"],"reason":""}],
                "sql":[{"database":"own","mode":"rw","reason":""},{"database":"files","mode":"ro","reason":""}],
                "git":[{"folder":"root","reason":""},{"folder":"music","reason":""}],
                "fingerprint":[{"of":"library","reason":""}],"handoffs":{"reason":""},"claims":{"reason":""},
                "triggers":{"reason":""}}"#,
        )
        .unwrap();
        let least = GrantSet::least_of(&asked, &["plans", "root"]);
        assert_eq!(
            least.words(),
            ["files:ro=plans", "sql=own:rw", "sql=files:ro", "git=root", "handoffs=any", "claims"]
        );
    }
}

//! Makes, compares and revokes the grants of a plugin.

use super::grant::{Grant, GrantSet, GrantedFolder, missing, specs};
use super::host_address::resolved_host;
use super::http_rule::{HttpRule, host_name};
use super::recipients::Recipients;
use crate::manifest::Capabilities;

impl GrantSet {
    /// All requested grants, except the addresses of hosts, which only the operator knows.
    #[must_use]
    pub fn all_of(asked: &Capabilities) -> Self {
        asked.grants().into_iter().collect()
    }

    /// The grants that a bundled plugin gets automatically, if it requests them: the named folders of a workspace
    /// (`folders`), databases, handoffs, the ledger, RETURNs and locks. Servers, secrets, audio and triggers are never
    /// included.
    #[must_use]
    pub fn least_of(asked: &Capabilities, folders: &[&str]) -> Self {
        let is_least = |grant: &Grant| match grant {
            Grant::Files(GrantedFolder { folder, .. }) | Grant::Git(folder) => folders.contains(&folder.as_str()),
            Grant::Sql(_) | Grant::Handoffs(_) | Grant::Ledger | Grant::Returns | Grant::Locks => true,
            _ => false,
        };
        asked.grants().into_iter().filter(is_least).collect()
    }

    /// The grants as text.
    #[must_use]
    pub fn specs(&self) -> Vec<String> {
        specs(&self.grants())
    }

    /// Adds a grant. It replaces a grant with the same subject.
    pub fn add(&mut self, grant: Grant) {
        self.remove(&grant);
        self.extend([grant]);
    }

    /// Removes the grant with the same subject. Returns false if there was none.
    pub fn remove(&mut self, grant: &Grant) -> bool {
        let before = self.grants();
        let kept: Vec<Grant> = before.iter().filter(|known| !grant.replaces(known)).cloned().collect();
        let found = kept.len() < before.len();
        *self = kept.into_iter().collect();
        found
    }

    /// Removes one of [`GrantSet::specs`]. Returns false if it was not granted. A `handoffs` spec may also list some of
    /// the recipients, or none to remove all.
    pub fn revoke(&mut self, spec: &str) -> bool {
        if let Some(("handoffs", agents)) = spec.split_once('=').or((spec == "handoffs").then_some((spec, ""))) {
            let all = self.handoffs.clone();
            let revoked = if agents.is_empty() { Some(all) } else { Recipients::parse(agents).ok() };
            let left =
                revoked.filter(|revoked| !revoked.is_nobody()).and_then(|revoked| self.handoffs.without(&revoked));
            return left.map(|left| self.handoffs = left).is_some();
        }
        let spec = if spec == "claims" { "locks" } else { spec };
        let known = self.grants().into_iter().find(|known| known.to_string() == spec);
        known.is_some_and(|known| self.remove(&known))
    }

    /// For each host that a granted rule or secret names and that has no address, sets the default address.
    pub fn set_defaults(&mut self, asked: &Capabilities) {
        let rules = self.http.iter().filter_map(HttpRule::host_name);
        let secrets = self.secrets.iter().flat_map(|secret| &secret.hosts).filter_map(|host| host_name(host));
        let used: Vec<String> = rules.chain(secrets).map(str::to_owned).collect();
        let default = asked.default_hosts(&self.hosts).into_iter();
        self.hosts.extend(default.filter(|(name, _)| used.contains(name)));
    }

    /// Binds the secrets that were granted for `{NAME}` to the address of that host. A secret that was granted before
    /// keeps its hosts, so a new address of the host needs a new grant.
    ///
    /// # Errors
    /// When the operator has not set a host.
    pub fn bind_secrets(&mut self) -> Result<(), String> {
        for secret in &mut self.secrets {
            let unset = |name: &&str| !self.hosts.contains_key(*name);
            if let Some(name) = secret.hosts.iter().filter_map(|host| host_name(host)).find(unset) {
                let secret = &secret.name;
                return Err(format!(
                    "the secret `{secret}` goes to `{{{name}}}`, which has no address; add host={name}=ADDRESS (such \
                     as host={name}=https://wiki.example.org)"
                ));
            }
            secret.hosts = secret.hosts.iter().map(|host| resolved_host(host, &self.hosts)).collect();
        }
        Ok(())
    }

    /// The grants that are both given and requested. A grant that exceeds the request is left out. Secrets are compared
    /// by the addresses of their hosts.
    #[must_use]
    pub fn allowed(&self, asked: &Capabilities) -> Vec<Grant> {
        let asked = asked.with_secret_hosts(&self.hosts).grants();
        let is_asked = |grant: &Grant| asked.iter().any(|asked| asked.covers(grant)) || *grant == Grant::HardLinks;
        self.grants().into_iter().filter(is_asked).collect()
    }

    /// The requested grants that are not given. Secrets are compared by the addresses of their hosts.
    #[must_use]
    pub fn missing(&self, asked: &Capabilities) -> Vec<Grant> {
        missing(asked.with_secret_hosts(&self.hosts).grants(), &self.grants())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_stays_bound_to_the_address_at_the_time_of_the_grant() {
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
        assert!(granted.missing(&asked).is_empty());
        assert_eq!(specs(&granted.allowed(&asked)), granted.specs());
        granted.hosts.insert("wiki".to_owned(), "https://other.example.org".parse().unwrap());
        granted.bind_secrets().unwrap();
        assert!(!specs(&granted.allowed(&asked)).contains(&"secret=s".to_owned()));
        assert_eq!(granted.secrets[0].hosts, ["wiki.example.org", "a.b"]);
        assert_eq!(specs(&granted.missing(&asked)), ["secret=s"]);
        granted.hosts.clear();
        assert_eq!(specs(&granted.missing(&asked)), ["host=wiki=ADDRESS", "secret=s"]);
    }

    #[test]
    fn automatic_grants_need_no_path_and_give_no_access_to_user_data() {
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
            least.specs(),
            ["files:ro=plans", "sql=own:rw", "sql=files:ro", "git=root", "handoffs=any", "locks"]
        );
    }
}

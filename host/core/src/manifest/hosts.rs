//! Hosts that the operator sets. A manifest declares a name (`hosts`) and writes `{NAME}` in place of the host in rules
//! of `http` and in the hosts of a secret. The operator sets the address with the grant `host=NAME=ADDRESS`.
//!
//! `{NAME}` is always the whole host. Scheme, port and a path prefix belong to the address, so a plugin chooses only the
//! method and the path below the prefix. A rule or a secret whose host is not set allows nothing.
//!
//! A host may have a default address. Baton stores the default with the first grant that uses the host, so a later revision
//! with another default cannot reach another server.

use std::collections::BTreeSet;

use super::capabilities::{Capabilities, SecretCapability};
use crate::grants::{Grant, HostAddresses, host_name, resolved_host};

impl Capabilities {
    /// A copy in which the hosts of secrets have addresses instead of names, because a secret is granted for addresses.
    #[must_use]
    pub fn with_secret_hosts(&self, set: &HostAddresses) -> Self {
        let resolved = |secret: &SecretCapability| SecretCapability {
            hosts: secret.hosts.iter().map(|host| resolved_host(host, set)).collect(),
            ..secret.clone()
        };
        Self { secrets: self.secrets.iter().map(resolved).collect(), ..self.clone() }
    }

    /// The default addresses of hosts without an address in `set`.
    #[must_use]
    pub fn default_hosts(&self, set: &HostAddresses) -> HostAddresses {
        let unset = self.hosts.iter().filter(|host| !set.contains_key(&host.name));
        unset.filter_map(|host| Some((host.name.clone(), host.default.clone()?))).collect()
    }

    /// The grants that need a host without an address in `set`: first the hosts, then the requests to them and the secrets
    /// for them. Empty if every host has an address.
    #[must_use]
    pub fn unset_hosts(&self, set: &HostAddresses) -> Vec<Grant> {
        let is_unset = |host: &str| host_name(host).is_some_and(|name| !set.contains_key(name));
        let needs_host = |grant: &Grant| match grant {
            Grant::Host(host) => !set.contains_key(&host.name),
            Grant::Http(rule) => is_unset(&rule.host),
            Grant::Secret(secret) => secret.hosts.iter().any(|host| is_unset(host)),
            _ => false,
        };
        self.grants().into_iter().filter(needs_host).collect()
    }

    /// A host in a rule or a secret that is not declared.
    pub(super) fn undeclared_host(&self) -> Option<&str> {
        let rules = self.http.iter().filter_map(|http| http.rule.host_name());
        let secrets = self.secrets.iter().flat_map(|secret| &secret.hosts).filter_map(|host| host_name(host));
        rules.chain(secrets).find(|name| !self.hosts.iter().any(|host| host.name == *name))
    }

    /// A host that is declared twice.
    pub(super) fn repeated_host(&self) -> Option<&str> {
        let mut seen = BTreeSet::new();
        self.hosts.iter().map(|host| host.name.as_str()).find(|name| !seen.insert(*name))
    }
}

#[cfg(test)]
mod tests {
    use super::super::capabilities::HostCapability;
    use super::*;
    use crate::grants::{HostAddress, HttpRule, specs};

    fn set(address: &str) -> HostAddresses {
        HostAddresses::from([("wiki".to_owned(), address.parse().unwrap())])
    }

    fn rule(text: &str) -> HttpRule {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_is_parsed_and_printed_in_one_form() {
        for (text, expected) in [
            ("https://Wiki.example.org", "https://wiki.example.org"),
            ("https://wiki.example.org:443/", "https://wiki.example.org"),
            ("http://127.0.0.1:8080/a/b/", "http://127.0.0.1:8080/a/b"),
            ("https://[0::1]:81", "https://[::1]:81"),
        ] {
            assert_eq!(text.parse::<HostAddress>().unwrap().to_string(), expected);
        }
    }

    #[test]
    fn errors_on_text_that_is_not_an_address() {
        for text in [
            "",
            "ADDRESS",
            "wiki.example.org",
            "ftp://a.b",
            "HTTPS://a.b",
            "https://",
            "https:///x",
            "https://u:p@a.b",
            "https://*.b",
            "https://{wiki}",
            "https://a.b/*",
            "https://a.b/x?y",
            "https://a.b?y",
            "https://a.b#y",
            "https://a.b/x#y",
            "https://a.b/../x",
            "https://a.b/%2e%2e/x",
            "https://a.b//x",
            "https://a.b/x y",
            "https://a.b:0",
            "https://a.b:",
            "https://a.b:99999",
            "https://127.1",
            "https://2130706433",
            "https://0x7f000001",
            "https://.",
            "https://a.b\n",
            "https://a.b/\u{202e}",
        ] {
            assert!(text.parse::<HostAddress>().is_err(), "{text}");
        }
        assert!(format!("https://a.b/{}", "x".repeat(500)).parse::<HostAddress>().is_err());
    }

    #[test]
    fn a_rule_has_the_scheme_the_port_and_the_prefix_of_the_address() {
        let open = rule("GET:{wiki}/v1/*");
        assert_eq!(open.to_string(), "GET:{wiki}/v1/*");
        assert_eq!(open.resolved(&HostAddresses::new()), None);
        assert_eq!(open.resolved(&set("https://a.b/wiki/")), Some(rule("GET:a.b/wiki/v1/*")));
        assert_eq!(rule("*:{wiki}/").resolved(&set("http://[::1]:81")), Some(rule("*:http://[::1]:81/")));
        assert_eq!(rule("GET:c.d/").resolved(&set("https://a.b")), Some(rule("GET:c.d/")));
        let all = rule("GET:{wiki}/*").resolved(&set("https://a.b/wiki")).unwrap();
        assert!(all.allows("GET", "https", "a.b", 443, "/wiki/x") && !all.allows("GET", "https", "a.b", 443, "/wikis"));
    }

    #[test]
    fn a_rule_without_an_address_allows_nothing() {
        let open = rule("*:{wiki}/*");
        for scheme in ["", "http", "https"] {
            for (host, port) in [("{wiki}", 0), ("{wiki}", 443), ("wiki", 443)] {
                assert!(!open.allows("GET", scheme, host, port, "/x"), "{scheme} {host}");
            }
        }
        assert!(
            !open.covers(&rule("GET:wiki/x"))
                && !rule("*:wiki/*").covers(&open)
                && !open.covers(&rule("GET:{other}/x"))
        );
    }

    #[test]
    fn errors_when_a_name_is_not_the_whole_host() {
        for text in [
            "GET:{wiki}.evil.com/*",
            "GET:evil.{wiki}/*",
            "GET:{a}{b}/*",
            "GET:{wiki}:8080/*",
            "GET:http://{wiki}/*",
            "GET:https://{wiki}/*",
            "GET:x@{wiki}/*",
            "GET:{wiki}@evil.com/*",
            "GET:{Wiki}/*",
            "GET:{}/*",
            "GET:{wiki/*",
            "GET:{wiki}",
            "GET:{wiki}/{page}",
            "GET:a.b/{wiki}/*",
            "{method}:a.b/*",
        ] {
            assert!(text.parse::<HttpRule>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_default_address_is_used_until_the_operator_sets_one() {
        let asked: Capabilities = serde_json::from_str(
            r#"{"hosts":[{"name":"wiki","default":"https://a.b","reason":""},{"name":"feed","reason":""}]}"#,
        )
        .unwrap();
        let default = asked.default_hosts(&HostAddresses::new());
        assert_eq!(default, set("https://a.b"));
        assert!(asked.default_hosts(&set("https://c.d")).is_empty());
        assert_eq!(specs(&asked.grants()), ["host=wiki=https://a.b", "host=feed=ADDRESS"]);
        assert_eq!(specs(&asked.unset_hosts(&default)), ["host=feed=ADDRESS"]);
        let wrong = r#"{"hosts":[{"name":"wiki","default":"a.b","reason":""}]}"#;
        assert!(serde_json::from_str::<Capabilities>(wrong).is_err());
    }

    #[test]
    fn the_grants_for_an_unset_host_are_one_command() {
        let asked: Capabilities = serde_json::from_str(
            r#"{"hosts":[{"name":"wiki","reason":"1"},{"name":"feed","reason":"2"}],
                "http":[{"rule":"GET:{wiki}/*","reason":""},{"rule":"GET:a.b/*","reason":""}],
                "secrets":[{"name":"s","hosts":["{wiki}"],"reason":""},{"name":"t","hosts":["a.b"],"reason":""}]}"#,
        )
        .unwrap();
        let none = HostAddresses::new();
        assert_eq!(
            specs(&asked.unset_hosts(&none)),
            ["host=wiki=ADDRESS", "host=feed=ADDRESS", "http=GET:{wiki}/*", "secret=s"]
        );
        assert_eq!(specs(&asked.unset_hosts(&set("https://c.d"))), ["host=feed=ADDRESS"]);
        let secrets = asked.with_secret_hosts(&set("https://c.d:8443/x")).secrets;
        assert_eq!(
            (secrets[0].hosts.as_slice(), secrets[1].hosts.as_slice()),
            (&["c.d:8443".to_owned()][..], &["a.b".to_owned()][..])
        );
        assert_eq!(asked.undeclared_host(), None);
        // A revision that names another host, or another path of a host, requests more.
        let mut wider = asked.clone();
        wider.hosts.push(HostCapability { name: "new".to_owned(), default: None, reason: String::new() });
        wider.http[0].rule = rule("*:{wiki}/*");
        assert_eq!(specs(&wider.additions_over(&asked)), ["host=new=ADDRESS", "http=*:{wiki}/*"]);
        assert_eq!(Capabilities { hosts: Vec::new(), ..asked }.undeclared_host(), Some("wiki"));
    }
}

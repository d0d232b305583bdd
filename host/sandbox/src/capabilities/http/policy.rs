//! Decides whether a request is declared and granted.

use std::sync::Arc;

use baton_core::grants::{HostAddresses, HttpRule};

use super::denial::Denial;
use super::target::Target;

/// The rules of one plugin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Policy {
    pub(crate) plugin: String,
    /// The rules of the manifest, with `{NAME}` for hosts.
    pub(crate) declared: Vec<HttpRule>,
    pub(crate) hosts: Arc<HostAddresses>,
    /// The granted rules, with the addresses of hosts.
    pub(crate) granted: Arc<Vec<HttpRule>>,
}

impl Policy {
    /// Checks that `target` is declared and granted.
    pub(super) fn check(&self, target: &Target) -> Result<(), Denial> {
        let host = target.host.as_rule();
        let allows = |rule: &HttpRule| rule.allows(&target.method, target.scheme, &host, target.port, &target.path);
        let resolved = |rule: &&HttpRule| rule.resolved(&self.hosts).is_some_and(|rule| allows(&rule));
        let Some(declared) = self.declared.iter().find(resolved) else {
            return Err(Denial::refused(format!(
                "the request {} was not sent: the manifest of the plugin `{}` does not declare `{}`",
                target.shown(),
                self.plugin,
                target.as_rule()
            )));
        };
        if self.granted.iter().any(allows) {
            return Ok(());
        }
        let word = format!("http={declared}");
        let what = format!("the request {} was not sent: it is not granted", target.shown());
        Err(Denial::grant(&what, &self.plugin, &word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(declared: &[&str], granted: &[&str]) -> Policy {
        let rules = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<HttpRule>>();
        let wiki = ("wiki".to_owned(), "https://wiki.example:8443/w".parse().unwrap());
        Policy {
            plugin: "x".to_owned(),
            declared: rules(declared),
            hosts: Arc::new(HostAddresses::from([wiki])),
            granted: Arc::new(rules(granted)),
        }
    }

    fn check(policy: &Policy, method: &str, uri: &str) -> Result<(), Denial> {
        let method = http::Method::from_bytes(method.as_bytes()).unwrap();
        policy.check(&Target::read(&method, &uri.parse().unwrap()).unwrap())
    }

    #[test]
    fn works_when_the_request_is_declared_and_granted() {
        let policy = policy(&["GET:a.b/*"], &["*:a.b/v1/*"]);
        assert!(check(&policy, "GET", "https://a.b/v1/x?q").is_ok());
        assert!(check(&policy, "GET", "https://A.B:443/v1/").is_ok());
    }

    #[test]
    fn errors_when_it_is_not_granted_and_names_the_command() {
        let policy = policy(&["GET:a.b/*", "POST:http://[::1]:81/x"], &["GET:a.b/v1"]);
        let denied = check(&policy, "GET", "https://a.b/v2").unwrap_err();
        assert!(denied.text.ends_with("baton plugin grant x 'http=GET:a.b/*'`"), "{}", denied.text);
        assert!(denied.grantable);
        let denied = check(&policy, "POST", "http://[0::1]:81/x").unwrap_err();
        assert!(denied.text.contains("'http=POST:http://[::1]:81/x'"), "{}", denied.text);
    }

    #[test]
    fn a_host_that_the_operator_set_means_only_its_address() {
        let granted = policy(&["GET:{wiki}/*", "GET:{feed}/*"], &["GET:wiki.example:8443/w/*", "*:c.d/*"]);
        assert!(check(&granted, "GET", "https://wiki.example:8443/w/page").is_ok());
        for uri in [
            "https://wiki.example:8443/",
            "https://wiki.example:8443/wx",
            "https://wiki.example/w/page",
            "http://wiki.example:8443/w/page",
            "https://c.d/page",
        ] {
            assert!(check(&granted, "GET", uri).unwrap_err().text.contains("does not declare"), "{uri}");
        }
        let denied = check(&policy(&["GET:{wiki}/*"], &[]), "GET", "https://wiki.example:8443/w/page").unwrap_err();
        assert!(denied.text.ends_with("baton plugin grant x 'http=GET:{wiki}/*'`"), "{}", denied.text);
    }

    #[test]
    fn errors_when_it_is_not_declared_whatever_is_granted() {
        let policy = policy(&["GET:a.b/v1/*"], &["*:a.b/*", "GET:http://127.0.0.1/*"]);
        for (method, uri) in [
            ("POST", "https://a.b/v1/x"),
            ("GET", "http://a.b/v1/x"),
            ("GET", "https://a.b:8443/v1/x"),
            ("GET", "https://a.b/v2"),
            ("GET", "https://b.a.b/v1/x"),
            ("GET", "http://127.0.0.1/"),
        ] {
            let denied = check(&policy, method, uri).unwrap_err();
            assert!(denied.text.contains("does not declare") && !denied.grantable, "{}", denied.text);
        }
        assert!(check(&Policy::default(), "GET", "https://a.b/v1/x").is_err());
    }
}

//! Rules for the requests of a plugin: method, host and path.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::manifest::is_name;
use crate::text::one_line;

/// A rule that allows requests: `METHOD:[http://|https://]HOST[:PORT]/PATH`, or `METHOD:{NAME}/PATH`.
///
/// `METHOD` is one method or `*`. The default scheme is `https`. `HOST` is a name or an address, never a pattern. A `*`
/// at the end of the path matches anything; without it the path is exact. `{NAME}` is a host that the operator sets,
/// with its scheme and port. Such a rule allows nothing until it is [resolved](HttpRule::resolved).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HttpRule {
    /// One method, or `*`.
    pub method: String,
    /// `http` or `https`; empty with `{NAME}`.
    pub scheme: String,
    /// Lower-case; an IPv6 address in brackets; `{NAME}` with the braces.
    pub host: String,
    /// The port, even if it is the default of the scheme; 0 with `{NAME}`.
    pub port: u16,
    /// The path. It begins with `/` and does not include the final `*`.
    pub path: String,
    /// True if `path` is a prefix.
    pub open_path: bool,
}

impl HttpRule {
    /// The `NAME` of `{NAME}`; `None` if the rule names a fixed host.
    #[must_use]
    pub fn host_name(&self) -> Option<&str> {
        host_name(&self.host)
    }

    /// True if the rule allows this request. `host` is lower-case. `path` has no query and is normalised (no `.` or
    /// `..`).
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

    /// True if the rule allows every request that `other` allows.
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
        let wrong = |why: &str| {
            format!("`{}` is not a rule for requests: {why} (example: GET:api.example.org/v1/*)", one_line(text))
        };
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
                return Err(wrong("a name in braces must be the whole host, without a port, such as GET:{wiki}/*"));
            }
            None => {
                let scheme = scheme.unwrap_or("https");
                let found = authority_of(authority, scheme);
                let (host, port) = found.ok_or_else(|| wrong("its host is not a name or an IP address"))?;
                (scheme, host, port)
            }
        };
        let (path, open_path) = path.strip_suffix('*').map_or((path, false), |path| (path, true));
        if !path.chars().all(|c| c.is_ascii_graphic())
            || path.contains(['*', '?', '#', '\\', '{', '}'])
            || path.split('/').any(|part| part == "." || part == "..")
        {
            return Err(wrong(
                "its path may have only visible ASCII characters without `?#\\{}`, a `*` only at its end, and no part `.` or `..`",
            ));
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

/// Parses host and port of `HOST[:PORT]` for a rule with that scheme. `None` if the host is neither a name nor an
/// address.
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

/// The name in `{NAME}`, if `host` consists only of that.
#[must_use]
pub fn host_name(host: &str) -> Option<&str> {
    host.strip_prefix('{')?.strip_suffix('}').filter(|name| is_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> HttpRule {
        text.parse().unwrap()
    }

    #[test]
    fn a_rule_is_parsed_and_printed() {
        for text in ["GET:api.spotify.com/v1/*", "*:http://localhost:8080/*", "POST:[::1]:8443/a", "GET:a.b/"] {
            assert_eq!(rule(text).to_string(), text);
        }
        assert_eq!(rule("GET:https://A.b:443/x").to_string(), "GET:a.b/x");
        assert_eq!(rule("GET:[0:0::1]/").to_string(), "GET:[::1]/", "an address has one form");
    }

    #[test]
    fn errors_on_text_that_is_not_a_rule() {
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
    fn a_rule_allows_only_matching_requests() {
        let open = rule("GET:a.b/v1/*");
        assert!(open.allows("GET", "https", "a.b", 443, "/v1/x"));
        assert!(!open.allows("POST", "https", "a.b", 443, "/v1/x"));
        assert!(!open.allows("GET", "http", "a.b", 443, "/v1/x"));
        assert!(!open.allows("GET", "https", "a.b", 444, "/v1/x"));
        assert!(!open.allows("GET", "https", "a.b", 443, "/v2"));
        assert!(!rule("GET:a.b/v1").allows("GET", "https", "a.b", 443, "/v1/x"));
    }

    #[test]
    fn a_wider_rule_covers_a_narrower_one_but_not_vice_versa() {
        let wide = rule("*:a.b/v1/*");
        assert!(wide.covers(&rule("GET:a.b/v1/me")) && wide.covers(&wide));
        assert!(!rule("GET:a.b/v1/me").covers(&wide));
        assert!(!rule("GET:a.b/v1").covers(&rule("GET:a.b/v1*")));
    }
}

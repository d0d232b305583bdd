//! The address of a host that the operator sets.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::http_rule::{HttpRule, authority_of, host_name};
use crate::text::one_line;

const MOST_BYTES: usize = 500;

/// The addresses that the operator set, by name.
pub type HostAddresses = BTreeMap<String, HostAddress>;

/// The address of a host: `http[s]://HOST[:PORT][/PATH]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HostAddress {
    /// `http` or `https`.
    scheme: String,
    /// See [`HttpRule`].
    host: String,
    port: u16,
    /// Empty, or begins with `/` and does not end with it.
    path: String,
}

impl HostAddress {
    /// `HOST[:PORT]`, the form in which a secret names its hosts.
    #[must_use]
    pub fn authority(&self) -> String {
        let usual = if self.scheme == "http" { 80 } else { 443 };
        if self.port == usual { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }
}

impl FromStr for HostAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            let shown: String = one_line(text).chars().take(200).collect();
            format!(
                "`{shown}` is not the address of a host: {why} (write it as https://wiki.example.org or https://example.org:8443/wiki)"
            )
        };
        if text.len() > MOST_BYTES {
            return Err(wrong("it is longer than 500 bytes"));
        }
        let Some((scheme @ ("http" | "https"), rest)) = text.split_once("://") else {
            return Err(wrong("it does not begin with https:// or http://"));
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err(wrong("it has a user name; give the plugin a secret instead"));
        }
        let found = authority_of(authority, scheme).filter(|(host, port)| *port != 0 && !is_odd(host));
        let (host, port) = found.ok_or_else(|| wrong("its host is not a name or an IP address"))?;
        let path = path.strip_suffix('/').unwrap_or(path);
        if !path.is_empty() && !path.split('/').all(is_plain) {
            return Err(wrong(
                "its path may have only letters, digits and `-._~`, and no part that is empty, `.` or `..`",
            ));
        }
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        Ok(Self { scheme: scheme.to_owned(), host, port, path })
    }
}

/// True if a resolver may read the name as an IPv4 address: `127.1`, `2130706433`, `0x7f000001`.
fn is_odd(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with("0x") || last.bytes().all(|byte| byte.is_ascii_digit());
    is_number && host.parse::<Ipv4Addr>().is_err()
}

/// True if the path segment is allowed in the path of an HTTP rule.
fn is_plain(part: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    !part.is_empty() && part != "." && part != ".." && part.chars().all(allowed)
}

impl fmt::Display for HostAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority(), self.path)
    }
}

impl TryFrom<String> for HostAddress {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<HostAddress> for String {
    fn from(address: HostAddress) -> Self {
        address.to_string()
    }
}

/// A host of a secret. `{NAME}` is replaced by its address, if that is set.
#[must_use]
pub fn resolved_host(host: &str, set: &HostAddresses) -> String {
    host_name(host).and_then(|name| set.get(name)).map_or_else(|| host.to_owned(), HostAddress::authority)
}

impl HttpRule {
    /// The rule with the address of its host; `None` if the operator has not set it.
    #[must_use]
    pub fn resolved(&self, set: &HostAddresses) -> Option<Self> {
        let Some(name) = self.host_name() else { return Some(self.clone()) };
        let HostAddress { scheme, host, port, path } = set.get(name)?.clone();
        let path = format!("{path}{}", self.path);
        Some(Self { method: self.method.clone(), scheme, host, port, path, open_path: self.open_path })
    }
}

//! References of the form `oci://HOST[:PORT]/REPOSITORY[:TAG][@sha256:DIGEST]`, by the grammar of the OCI distribution
//! specification.
//!
//! The host is required: there is no default registry.

use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

use crate::http_client::is_this_machine;

/// The start of each reference.
const SCHEME: &str = "oci://";

/// The default tag, if a reference has neither tag nor digest.
const USUAL_TAG: &str = "latest";

/// The maximum length of a repository, by the specification.
const REPOSITORY_BYTES: usize = 255;

/// The maximum length of a tag, by the specification.
const TAG_BYTES: usize = 128;

/// A package in a registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OciReference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
}

impl OciReference {
    /// The registry: a host and an optional port.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository in the registry.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag; [`None`] only if the reference has just a digest.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest of the pinned manifest: `sha256:` and 64 hexadecimal digits.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// The reference, pinned to the manifest with this digest.
    #[must_use]
    pub fn pinned(&self, digest: &str) -> Self {
        Self { digest: Some(digest.to_owned()), ..self.clone() }
    }

    /// True if the registry is on this machine. Baton connects without TLS only to such a registry.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_this_machine(host_and_port(&self.registry).0)
    }

    /// The name of the manifest in requests: the pinned digest, else the tag.
    pub(super) fn manifest(&self) -> &str {
        self.digest.as_deref().or(self.tag.as_deref()).unwrap_or(USUAL_TAG)
    }
}

/// A text that does not name a package.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` does not name a package: {reason}")]
pub struct ReferenceError {
    /// The text that does not parse.
    pub text: String,
    /// The problem.
    pub reason: String,
}

impl ReferenceError {
    /// The error for the invalid reference `text`; `reason` says what is wrong.
    pub(crate) fn new(text: &str, reason: impl Into<String>) -> Self {
        Self { text: text.to_owned(), reason: reason.into() }
    }
}

impl FromStr for OciReference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        read(text).map_err(|reason| ReferenceError::new(text, reason))
    }
}

impl fmt::Display for OciReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.registry, self.repository)?;
        self.tag.iter().try_for_each(|tag| write!(f, ":{tag}"))?;
        self.digest.iter().try_for_each(|digest| write!(f, "@{digest}"))
    }
}

fn read(text: &str) -> Result<OciReference, String> {
    let rest = text.strip_prefix(SCHEME).ok_or("it does not begin with oci://")?;
    let (rest, digest) = match rest.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (rest, None),
    };
    let (registry, rest) = rest.split_once('/').ok_or("it lacks a repository: oci://HOST/REPOSITORY:TAG")?;
    let (repository, tag) = match rest.split_once(':') {
        Some((repository, tag)) => (repository, Some(tag)),
        None => (rest, digest.is_none().then_some(USUAL_TAG)),
    };
    check_registry(registry)?;
    check_repository(repository)?;
    tag.map_or(Ok(()), check_tag)?;
    digest.map_or(Ok(()), check_digest)?;
    Ok(OciReference {
        registry: registry.to_owned(),
        repository: repository.to_owned(),
        tag: tag.map(str::to_owned),
        digest: digest.map(str::to_owned),
    })
}

/// Host and port of a registry; an IPv6 address has its colons in brackets.
fn host_and_port(registry: &str) -> (&str, Option<&str>) {
    match registry.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (registry, None),
    }
}

fn check_registry(registry: &str) -> Result<(), String> {
    let (host, port) = host_and_port(registry);
    let label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(inner) && !label.starts_with('-') && !label.ends_with('-')
    };
    let v6 = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let fine = v6.map_or_else(|| host.split('.').all(label), |address| address.parse::<Ipv6Addr>().is_ok());
    if !fine {
        return Err(format!("`{host}` is not a host name; write oci://HOST/REPOSITORY:TAG in lower case"));
    }
    let number = |port: &str| !port.starts_with(['+', '0']) && port.parse::<u16>().is_ok();
    match port {
        Some(port) if !number(port) => Err(format!("`{port}` is not a port")),
        _ => Ok(()),
    }
}

/// Checks a repository: parts separated by slashes. Each part is one or more words joined by `.`, `_`, `__` or any
/// number of `-`.
fn check_repository(repository: &str) -> Result<(), String> {
    if repository.is_empty() {
        return Err("it lacks a repository: oci://HOST/REPOSITORY:TAG".to_owned());
    }
    if repository.len() > REPOSITORY_BYTES {
        return Err(format!("its repository has more than {REPOSITORY_BYTES} characters"));
    }
    if repository.split('/').all(is_part) {
        return Ok(());
    }
    Err(format!("`{repository}` is not a repository: lower-case letters, digits, and `.`, `_` or `-` between them"))
}

fn is_part(part: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let joint = |joint: &str| matches!(joint, "" | "." | "_" | "__") || joint.bytes().all(|byte| byte == b'-');
    part.starts_with(is_word) && part.ends_with(is_word) && part.split(is_word).all(joint)
}

fn check_tag(tag: &str) -> Result<(), String> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let fine = !tag.is_empty() && tag.len() <= TAG_BYTES && tag.chars().all(inner) && !tag.starts_with(['.', '-']);
    fine.then_some(()).ok_or_else(|| {
        format!(
            "`{tag}` is not a tag: at most {TAG_BYTES} letters, digits, `_`, `.` and `-`, not starting with `.` or `-`"
        )
    })
}

/// Checks that a text is a SHA-256 digest in the form of registries.
pub(super) fn check_digest(digest: &str) -> Result<(), String> {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let fine = digest.strip_prefix("sha256:").is_some_and(|digits| digits.len() == 64 && digits.bytes().all(hex));
    fine.then_some(())
        .ok_or_else(|| format!("`{digest}` is not a digest: `sha256:` and 64 hexadecimal digits, lower case"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<OciReference, ReferenceError> {
        text.parse()
    }

    #[test]
    fn every_part_is_found() {
        let digest = format!("sha256:{}", "0f".repeat(32));
        let all = parse(&format!("oci://ghcr.io:443/a/b-c/d__e:1.0@{digest}")).unwrap();
        assert_eq!((all.registry(), all.repository()), ("ghcr.io:443", "a/b-c/d__e"));
        assert_eq!((all.tag(), all.digest(), all.manifest()), (Some("1.0"), Some(digest.as_str()), digest.as_str()));
        let short = parse("oci://ghcr.io/a").unwrap();
        assert_eq!(
            (short.tag(), short.digest(), short.to_string()),
            (Some("latest"), None, "oci://ghcr.io/a:latest".into())
        );
        let pinned = parse(&format!("oci://ghcr.io/a@{digest}")).unwrap();
        assert_eq!((pinned.tag(), pinned.manifest()), (None, digest.as_str()));
        assert_eq!(short.pinned(&digest).to_string(), format!("oci://ghcr.io/a:latest@{digest}"));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (registry, loopback) in [
            ("localhost", true),
            ("localhost:5000", true),
            ("127.0.0.1:5000", true),
            ("127.8.8.8", true),
            ("[::1]:5000", true),
            ("[::1]", true),
            ("0.0.0.0:5000", false),
            ("[::2]:5000", false),
            ("localhost.example.org", false),
            ("127.0.0.1.example.org", false),
            ("ghcr.io", false),
        ] {
            assert_eq!(parse(&format!("oci://{registry}/a")).unwrap().is_loopback(), loopback, "{registry}");
        }
    }

    #[test]
    fn errors_name_the_invalid_part() {
        for (text, says) in [
            ("ghcr.io/a", "oci://"),
            ("oci://ghcr.io", "repository"),
            ("oci://ghcr.io/", "repository"),
            ("oci:///a:1", "host"),
            ("oci://GHCR.io/a", "lower case"),
            ("oci://user@ghcr.io/a", "repository"),
            ("oci://ghcr.io:http/a", "not a port"),
            ("oci://ghcr.io:70000/a", "not a port"),
            ("oci://[::1/a", "not a host"),
            ("oci://ghcr.io/A", "`A` is not a repository"),
            ("oci://ghcr.io/a//b", "not a repository"),
            ("oci://ghcr.io/../a", "not a repository"),
            ("oci://ghcr.io/a/-b", "not a repository"),
            ("oci://ghcr.io/a..b", "not a repository"),
            ("oci://ghcr.io/a:", "not a tag"),
            ("oci://ghcr.io/a:.1", "not a tag"),
            ("oci://ghcr.io/a:1:2", "not a tag"),
            ("oci://ghcr.io/a@sha256:12", "64"),
            ("oci://ghcr.io/a@md5:00", "sha256"),
            ("oci://ghcr.io/a:1@", "sha256"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    }

    proptest! {
        #[test]
        fn references_of_the_specification_round_trip(
            host in r"([a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?\.){0,3}[a-z0-9]{1,8}",
            port in proptest::option::of(1_u16..),
            repository in r"[a-z0-9]{1,4}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,3}(/[a-z0-9]{1,4}((\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}){0,3}",
            tag in "[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}",
            digest in proptest::option::of("[0-9a-f]{64}"),
        ) {
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            let digest = digest.map(|digest| format!("@sha256:{digest}")).unwrap_or_default();
            let text = format!("oci://{host}{port}/{repository}:{tag}{digest}");
            let parsed = parse(&text);
            prop_assert_eq!(parsed.map(|reference| reference.to_string()), Ok(text));
        }
    }
}

//! The origin of a package: a file, an `https://` address, or a repository of an OCI registry.
//!
//! This module only parses. If the printed form of a reference is parsed, the result is the same reference. `baton.lock`
//! contains the printed form.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use reqwest::Url;

use crate::http_client::is_loopback;
use crate::oci::{OciReference, ReferenceError};

/// The origin of a package.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reference {
    /// A file.
    File(PathBuf),
    /// An address: `https`, or `http` of this machine.
    Web(Url),
    /// `oci://HOST[:PORT]/REPOSITORY[:TAG][@sha256:DIGEST]`.
    Oci(OciReference),
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let wrong = |reason: &str| ReferenceError::new(text, reason);
        let Some((scheme, _)) = text.split_once("://") else {
            return match text {
                "" => Err(wrong("it is empty; write a file, an https:// address or oci://HOST/REPOSITORY:TAG")),
                file => Ok(Self::File(PathBuf::from(file))),
            };
        };
        match scheme {
            "oci" => text.parse().map(Self::Oci),
            "https" | "http" => web(text).map(Self::Web).map_err(|reason| ReferenceError::new(text, reason)),
            "file" => Err(wrong("write a file without `file://`")),
            _ => Err(wrong("a package must be a file, or an address with https:// or oci://")),
        }
    }
}

/// Parses and checks an address.
fn web(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("it is not an address ({error})"))?;
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err("use https://; http:// is only allowed for this machine (localhost, 127.0.0.1)".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(
            "it contains a user or a password, and baton.lock would store it; remove it from the address".to_owned()
        );
    }
    if url.fragment().is_some() {
        return Err("remove the `#` and what follows it; it is never sent to a server".to_owned());
    }
    Ok(url)
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Web(url) => url.fmt(f),
            Self::Oci(reference) => reference.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Reference, ReferenceError> {
        text.parse()
    }

    #[test]
    fn files_addresses_and_repositories_are_distinguished() {
        assert_eq!(parse("a/b.wasm"), Ok(Reference::File(PathBuf::from("a/b.wasm"))));
        assert_eq!(parse("ghcr.io/a/b:1"), Ok(Reference::File(PathBuf::from("ghcr.io/a/b:1"))));
        for web in ["https://example.org/x.wasm", "https://example.org:8443/x.wasm?a=b", "http://127.0.0.1:8080/x"] {
            assert!(matches!(parse(web), Ok(Reference::Web(_))), "{web}");
        }
        for web in ["http://localhost/x.wasm", "http://[::1]:8080/x.wasm"] {
            assert!(matches!(parse(web), Ok(Reference::Web(_))), "{web}");
        }
        assert!(matches!(parse("oci://ghcr.io/a/b:1"), Ok(Reference::Oci(_))));
    }

    #[test]
    fn errors_suggest_a_correction() {
        for (text, says) in [
            ("", "empty"),
            ("http://example.org/x.wasm", "https://"),
            ("http://127.0.0.1.example.org/x.wasm", "https://"),
            ("http://localhost.example.org/x.wasm", "https://"),
            ("https://", "not an address"),
            ("https://user:secret@example.org/x.wasm", "password"),
            ("https://example.org/x.wasm#part", "#"),
            ("file:///x.wasm", "file://"),
            ("ftp://example.org/x.wasm", "https:// or oci://"),
            ("OCI://ghcr.io/a/b", "https:// or oci://"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
        }
    }

    proptest! {
        #[test]
        fn references_round_trip(text in r"((oci|https|http)://)?[a-z0-9:/@._\[\]#?%-]{0,60}") {
            if let Ok(reference) = parse(&text) {
                prop_assert_eq!(parse(&reference.to_string()), Ok(reference));
            }
        }

        #[test]
        fn any_text_is_parsed_without_a_panic(text in "(oci://)?.{0,60}") {
            if let Err(error) = parse(&text) {
                prop_assert!(error.to_string().contains("does not name a package"));
            }
        }
    }
}

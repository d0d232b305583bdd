//! Parses an `http` or `https` address and resolves a `Location` against it (RFC 3986, section 5). Only the host decides whether an
//! address is allowed.

use std::fmt;

use super::model::HttpError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// `http` or `https`.
    pub(super) scheme: String,
    /// The host, with the port if the address has one.
    pub(super) authority: String,
    /// Path and query; begins with `/`.
    pub(super) path: String,
}

impl Address {
    pub(super) fn read(text: &str) -> Result<Self, HttpError> {
        let wrong = || HttpError::Address(format!("`{text}` is not an address that begins with http:// or https://"));
        let plain = text.split('#').next().unwrap_or(text);
        let (scheme, rest) = plain.split_once("://").ok_or_else(wrong)?;
        let scheme = scheme.to_ascii_lowercase();
        let cut = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(cut);
        if authority.is_empty() || !matches!(scheme.as_str(), "http" | "https") {
            return Err(wrong());
        }
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self { scheme, authority: authority.to_owned(), path })
    }

    /// The address of a `Location`.
    pub(super) fn join(&self, location: &str) -> Result<Self, HttpError> {
        let location = location.trim().split('#').next().unwrap_or_default();
        if has_scheme(location) {
            return Self::read(location);
        }
        if let Some(rest) = location.strip_prefix("//") {
            return Self::read(&format!("{}://{rest}", self.scheme));
        }
        let own = self.path.split('?').next().unwrap_or_default();
        let path = match location.chars().next() {
            None => self.path.clone(),
            Some('/') => without_dots(location),
            Some('?') => format!("{own}{location}"),
            Some(_) => {
                let folder = own.rsplit_once('/').map_or("", |(folder, _)| folder);
                without_dots(&format!("{folder}/{location}"))
            }
        };
        Ok(Self { path, ..self.clone() })
    }

    /// True if both addresses have the same scheme, host and port.
    pub(super) fn same_origin(&self, other: &Self) -> bool {
        let origin = |address: &Self| {
            let authority = address.authority.to_ascii_lowercase();
            let usual = if address.scheme == "http" { ":80" } else { ":443" };
            (address.scheme.clone(), authority.strip_suffix(usual).unwrap_or(&authority).to_owned())
        };
        origin(self) == origin(other)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.path)
    }
}

/// True if a text begins with `scheme:`.
fn has_scheme(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

/// A path and query without the segments `.` and `..` (RFC 3986, section 5.2.4).
fn without_dots(text: &str) -> String {
    let (path, query) = text.find('?').map_or((text, ""), |at| text.split_at(at));
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}{query}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Address {
        Address::read(text).unwrap()
    }

    #[test]
    fn an_address_is_read() {
        assert_eq!(read("HTTPS://a.b:8443/c?d#e").to_string(), "https://a.b:8443/c?d");
        assert_eq!(read("http://a.b").to_string(), "http://a.b/");
        assert_eq!(read("http://a.b?q").to_string(), "http://a.b/?q");
        for text in ["a.b/c", "ftp://a.b/", "https://", "https:///x", "/x", ""] {
            assert!(Address::read(text).is_err(), "{text}");
        }
    }

    /// The examples of RFC 3986, section 5.4, that can be in a `Location`.
    #[test]
    fn a_location_is_resolved_as_in_the_standard() {
        let base = read("http://a/b/c/d;p?q");
        for (location, expected) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("g#s", "http://a/b/c/g"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/./x", "http://a/b/c/g?y/./x"),
            ("https://x.y/z", "https://x.y/z"),
        ] {
            assert_eq!(base.join(location).unwrap().to_string(), expected, "{location}");
        }
        assert!(base.join("mailto:x@y").is_err());
        assert!(base.join("file:///etc/passwd").is_err());
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert!(read("https://A.b/x").same_origin(&read("https://a.b:443/y")));
        for other in ["http://a.b/", "https://a.b:444/", "https://b.a.b/"] {
            assert!(!read("https://a.b/").same_origin(&read(other)), "{other}");
        }
    }
}

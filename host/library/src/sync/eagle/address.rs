//! The address of Eagle's API.

use std::fmt;

use reqwest::Url;

use super::EagleError;

/// The base URL of Eagle's API: scheme, host, port, and an optional path of a proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// Eagle's default address.
    pub const DEFAULT: &'static str = "http://localhost:41595";

    /// Parses an address. Refuses URLs with a password or a query, because those do not belong on a command line.
    pub fn parse(text: &str) -> Result<Self, EagleError> {
        let wrong = |reason| EagleError::Address { address: without_secrets(text), reason };
        let mut url = Url::parse(text.trim()).map_err(|_| wrong("it is not a valid URL"))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(wrong("it does not begin with http:// or https://"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("it has a user or a password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong("it has a query; store the token with `baton secret set`"));
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The URL of one path of the API.
    pub(super) fn at(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// The given text without possible secrets: without everything before its last `@` (even if it is not a valid URL) and
/// without its query.
fn without_secrets(text: &str) -> String {
    let text = text.trim();
    let scheme = ["http://", "https://"].into_iter().find(|scheme| text.starts_with(scheme)).unwrap_or_default();
    let before = text.split(['?', '#']).next().unwrap_or_default();
    match text.rsplit_once('@') {
        None => before.to_owned(),
        Some((_, host)) if before.contains('@') && !host.contains(['?', '#']) => format!("{scheme}…@{host}"),
        // Either a password with a `?` or a query with an `@`.
        Some(_) => format!("{scheme}…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_appended() {
        let address = Address::parse("http://localhost:41595/").unwrap();
        assert_eq!(address.to_string(), Address::DEFAULT);
        let at = address.at("/api/item/info", &[("id", "a&b"), ("token", "x y")]);
        assert_eq!(at.as_str(), "http://localhost:41595/api/item/info?id=a%26b&token=x+y");
        let behind = Address::parse("https://house/eagle/").unwrap();
        assert_eq!(behind.at("/api/v2/app/info", &[]).as_str(), "https://house/eagle/api/v2/app/info");
    }

    #[test]
    fn invalid_addresses_are_rejected_without_showing_secrets() {
        for wrong in
            ["", "localhost:41595", "ftp://x", "http://", "file:///x", "http://u:secret@h", "http://h/?token=secret"]
        {
            let error = Address::parse(wrong).unwrap_err().to_string();
            assert!(!error.contains("secret@") && !error.contains("token=secret"), "{error}");
        }
        for wrong in [
            "me:secret@house:41595",
            "me:secret://@house",
            "ftp://me:secret@house/?token=secret",
            "http://me:secret?@house",
            "http://me:secret@house:port",
            "http://house/?a@token=secret",
            "http://me:secret@house#secret",
            " http://me:a@secret@house:1234567 ",
        ] {
            let error = Address::parse(wrong).unwrap_err().to_string();
            assert!(!error.contains("secret@") && !error.replace("baton secret set", "").contains("secret"), "{error}");
        }
        assert_eq!(without_secrets("me:secret@house:41595"), "…@house:41595");
        assert_eq!(without_secrets("http://me:secret@house"), "http://…@house");
    }
}

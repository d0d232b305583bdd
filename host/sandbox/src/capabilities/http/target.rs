//! The target of a request. It is parsed so strictly that the sent request is exactly the checked one: one scheme, one
//! host, one port, and one path without `..`.

use http::Uri;

use super::addresses::Host;

/// The target of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) method: String,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// The path without the query, as it will be sent.
    pub(crate) path: String,
}

impl Target {
    pub(crate) fn read(method: &http::Method, uri: &Uri) -> Result<Self, String> {
        if *method == http::Method::CONNECT || *method == http::Method::TRACE {
            return Err(format!("the method {method} is not allowed"));
        }
        let scheme = match uri.scheme_str() {
            Some("http") => "http",
            Some("https") => "https",
            _ => return Err("its scheme is neither http nor https".to_owned()),
        };
        let authority = uri.authority().ok_or("it does not name a host")?;
        if authority.as_str().contains('@') {
            return Err("a user name in the address is not allowed; use a header".to_owned());
        }
        let host = Host::read(&authority.host().to_ascii_lowercase())?;
        let port = match authority.as_str().strip_prefix(authority.host()) {
            Some("") => usual_port(scheme),
            _ => authority.port_u16().filter(|port| *port != 0).ok_or("its port is none")?,
        };
        let path = if uri.path().is_empty() { "/" } else { uri.path() };
        if has_way_up(path) {
            return Err(format!("the path {path} has segments `.` or `..`"));
        }
        Ok(Self { method: method.to_string(), scheme, host, port, path: path.to_owned() })
    }

    /// `METHOD scheme://host[:port]/path`, for people. The query is left out, because it may contain private data.
    pub(crate) fn shown(&self) -> String {
        let path: String = self.path.chars().take(200).collect();
        format!("{} {}{path}", self.method, self.origin())
    }

    /// `scheme://host[:port]`.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority())
    }

    /// The narrowest rule that allows it, as a grant spec.
    pub(crate) fn as_rule(&self) -> String {
        let scheme = if self.scheme == "https" { "" } else { "http://" };
        format!("http={}:{scheme}{}{}", self.method, self.authority(), self.path)
    }

    /// The value of the header `Host`: the host, and the port if it is not the default.
    pub(crate) fn authority(&self) -> String {
        let host = self.host.as_rule();
        if self.port == usual_port(self.scheme) { host } else { format!("{host}:{}", self.port) }
    }

    /// Whether the request is encrypted.
    pub(crate) fn is_private(&self) -> bool {
        self.scheme == "https" || self.host.is_local()
    }
}

fn usual_port(scheme: &str) -> u16 {
    if scheme == "http" { 80 } else { 443 }
}

/// Whether a server might find a `.` or `..` in the path: plain, percent-encoded (also twice), with `\` in place of
/// `/`, or followed by a parameter (`..;x`).
fn has_way_up(path: &str) -> bool {
    let mut bytes = path.as_bytes().to_vec();
    loop {
        let segments = bytes.split(|byte| matches!(byte, b'/' | b'\\'));
        let mut names = segments.map(|segment| segment.split(|byte| *byte == b';').next().unwrap_or(segment));
        if names.any(|name| name == b"." || name == b"..") {
            return true;
        }
        let decoded = decode(&bytes);
        if decoded == bytes {
            return false;
        }
        bytes = decoded;
    }
}

/// Decodes each `%XX`.
fn decode(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.first_chunk::<2>().filter(|_| *first == b'%');
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        decoded.push(byte.unwrap_or(*first));
        rest = after.get(if byte.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &str) -> Result<Target, String> {
        Target::read(&http::Method::GET, &uri.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?)
    }

    #[test]
    fn what_is_asked_for_is_read() {
        let target = read("https://API.example.org/v1/a%20b?q=..").unwrap();
        assert_eq!(target.shown(), "GET https://api.example.org/v1/a%20b");
        assert_eq!(target.as_rule(), "http=GET:api.example.org/v1/a%20b");
        assert_eq!(read("http://localhost:8080").unwrap().as_rule(), "http=GET:http://localhost:8080/");
        assert_eq!(read("http://[0::1]:80/").unwrap().as_rule(), "http=GET:http://[::1]/");
    }

    #[test]
    fn a_path_never_leads_up() {
        for path in [
            "/v1/../x",
            "/./x",
            "/v1/%2e%2e/x",
            "/v1/.%2E/x",
            "/v1/..%2fx",
            "/v1/..%5cx",
            "/v1/%252e%252e/x",
            "/v1/..;a=b/x",
            "/..",
            "/a/%2e",
        ] {
            let refused = read(&format!("https://a.b{path}")).unwrap_err();
            assert!(refused.contains("segments"), "{path}: {refused}");
        }
        for path in ["/v1/..x", "/a...b/", "/%", "/%zz", "/a%2fb", "/x..", "//x"] {
            assert!(read(&format!("https://a.b{path}")).is_ok(), "{path}");
        }
    }

    #[test]
    fn odd_requests_are_refused() {
        for uri in [
            "ftp://a.b/",
            "https://u:p@a.b/",
            "https://a.b:0/",
            "https://a.b:/",
            "http://127.1/",
            "http://2130706433/",
            "/x",
        ] {
            assert!(read(uri).is_err(), "{uri}");
        }
        assert!(Target::read(&http::Method::TRACE, &Uri::from_static("https://a.b/")).is_err());
    }

    #[test]
    fn only_tls_and_this_machine_are_private() {
        assert!(read("https://a.b/").unwrap().is_private() && read("http://127.0.0.1/").unwrap().is_private());
        assert!(read("http://localhost/").unwrap().is_private() && !read("http://a.b/").unwrap().is_private());
    }
}

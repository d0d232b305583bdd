//! The target of a request. It is parsed so strictly that the sent request is exactly the checked one: one scheme, one
//! host, one port, and one path without `..`.

use http::Uri;

use super::addresses::Host;

/// The characters of a path that a message shows.
const SHOWN: usize = 200;

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
            _ => authority.port_u16().filter(|port| *port != 0).ok_or("its port is not valid")?,
        };
        let path = if uri.path().is_empty() { "/" } else { uri.path() };
        check_path(path)?;
        Ok(Self { method: method.to_string(), scheme, host, port, path: path.to_owned() })
    }

    /// `METHOD scheme://host[:port]/path`, for people. The query is left out, because it may contain private data.
    pub(crate) fn shown(&self) -> String {
        let path: String = self.path.chars().take(SHOWN).collect();
        format!("{} {}{path}", self.method, self.origin())
    }

    /// `scheme://host[:port]`.
    pub(crate) fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.authority())
    }

    /// The narrowest rule that allows this request, as a grant spec.
    pub(crate) fn as_rule(&self) -> String {
        let scheme = if self.scheme == "https" { "" } else { "http://" };
        format!("http={}:{scheme}{}{}", self.method, self.authority(), self.path)
    }

    /// The value of the header `Host`: the host, and the port if it is not the default.
    pub(crate) fn authority(&self) -> String {
        let host = self.host.as_rule();
        if self.port == usual_port(self.scheme) { host } else { format!("{host}:{}", self.port) }
    }

    /// True if the request is encrypted.
    pub(crate) fn is_private(&self) -> bool {
        self.scheme == "https" || self.host.is_local()
    }
}

fn usual_port(scheme: &str) -> u16 {
    if scheme == "http" { 80 } else { 443 }
}

/// How often a path may be percent-encoded. A path that is encoded thousands of times would take seconds to check.
const DECODINGS: usize = 4;

/// Checks that no server finds a `.` or `..` in the path: plain, percent-encoded (also several times), with `\` in place
/// of `/`, followed by a parameter (`..;x`), with spaces or control characters, or in another [spelling](SPELLINGS).
fn check_path(path: &str) -> Result<(), String> {
    let shown: String = path.chars().take(SHOWN).collect();
    let mut bytes = path.as_bytes().to_vec();
    for _ in 0..DECODINGS {
        let segments = bytes.split(|byte| matches!(byte, b'/' | b'\\'));
        let mut names = segments.map(|segment| segment.split(|byte| *byte == b';').next().unwrap_or(segment));
        if names.any(is_way_up) {
            return Err(format!("the path {shown} has segments `.` or `..`"));
        }
        let decoded = normalised(&decode(&bytes));
        if decoded == bytes {
            return Ok(());
        }
        bytes = decoded;
    }
    Err(format!("the path {shown} is percent-encoded too often"))
}

/// Whether a server may read the name as `.` or `..`. Some servers end a name at a NUL, or remove spaces and control
/// characters from it.
fn is_way_up(name: &[u8]) -> bool {
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    let name = name.get(..end).unwrap_or(name);
    let mut signs = name.iter().filter(|byte| **byte > b' ' && **byte != 0x7f);
    signs.next() == Some(&b'.') && signs.next().is_none_or(|byte| *byte == b'.') && signs.next().is_none()
}

/// Overlong UTF-8 and full-width forms, which some servers take for the ASCII character.
const SPELLINGS: [(&[u8], u8); 7] = [
    (b"\xc0\xae", b'.'),
    (b"\xc0\xaf", b'/'),
    (b"\xc1\x9c", b'\\'),
    (b"\xe0\x80\xae", b'.'),
    (b"\xef\xbc\x8e", b'.'),
    (b"\xef\xbc\x8f", b'/'),
    (b"\xef\xbc\xbc", b'\\'),
];

fn normalised(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let found = SPELLINGS.iter().find_map(|(spelling, byte)| Some((*byte, rest.strip_prefix(*spelling)?)));
        let (byte, left) = found.unwrap_or((*first, after));
        plain.push(byte);
        rest = left;
    }
    plain
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
    fn the_target_of_a_request_is_parsed() {
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
            "/v1/..%00/x",
            "/v1/..%00.html/x",
            "/v1/..%20/x",
            "/v1/.%09./x",
            "/v1/%c0%ae%c0%ae/x",
            "/v1/..%c0%afx",
            "/v1/..%c1%9cx",
            "/v1/%e0%80%ae./x",
            "/v1/%ef%bc%8e%ef%bc%8e/x",
            "/v1/..%ef%bc%8fx",
            "/v1/%25c0%25ae./x",
        ] {
            let refused = read(&format!("https://a.b{path}")).unwrap_err();
            assert!(refused.contains("segments"), "{path}: {refused}");
        }
        for path in ["/v1/..x", "/a...b/", "/%", "/%zz", "/a%2fb", "/x..", "//x", "/...", "/%20", "/a%00b", "/%c3%a4"] {
            assert!(read(&format!("https://a.b{path}")).is_ok(), "{path}");
        }
    }

    #[test]
    fn a_path_that_is_encoded_often_is_refused_at_once() {
        let begun = std::time::Instant::now();
        let refused = read(&format!("https://a.b/%{}", "25".repeat(32_000))).unwrap_err();
        assert!(refused.contains("too often") && refused.len() < 300, "{refused}");
        assert!(begun.elapsed().as_secs() < 2, "{:?}", begun.elapsed());
        assert!(read("https://a.b/100%2525/x").is_ok());
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

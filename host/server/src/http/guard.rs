//! The checks of a request before its content is read: a Host that names this server, no Origin, a token.
//!
//! A web page in the user's browser can send requests to loopback. Such a request has the page's name as its Host (DNS
//! rebinding) or as its Origin. Baton refuses both, and the page has no token.

use http::{Request, StatusCode, header};

use crate::reply::{Reply, text};

/// The names under which the server may be called.
#[derive(Clone, Debug)]
pub struct AllowedHosts {
    names: Vec<String>,
}

impl AllowedHosts {
    /// Allows loopback at `port` and the names in `others`, which come from the configuration (`name` or `name:port`).
    #[must_use]
    pub fn new(port: u16, others: &[String]) -> Self {
        let loopback = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}"));
        Self { names: loopback.into_iter().chain(others.iter().map(|name| name.to_ascii_lowercase())).collect() }
    }

    fn has(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.names.contains(&host)
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Host,
    Origin,
}

impl Refusal {
    pub(super) fn into_reply(self) -> Reply {
        match self {
            Self::Host => {
                text(StatusCode::MISDIRECTED_REQUEST, "this server does not serve this host: see `hosts` of [server]")
            }
            Self::Origin => text(StatusCode::FORBIDDEN, "web pages cannot call this server"),
        }
    }
}

/// Checks Host and Origin. A request must have exactly one Host; a request with an Origin comes from a web page.
pub(super) fn check<B>(request: &Request<B>, hosts: &AllowedHosts) -> Result<(), Refusal> {
    let mut named = request.headers().get_all(header::HOST).iter();
    let host = named.next().and_then(|host| host.to_str().ok());
    let target = request.uri().authority().map(http::uri::Authority::as_str);
    if named.next().is_some()
        || !host.is_some_and(|host| hosts.has(host))
        || target.is_some_and(|host| !hosts.has(host))
    {
        return Err(Refusal::Host);
    }
    if request.headers().contains_key(header::ORIGIN) {
        return Err(Refusal::Origin);
    }
    Ok(())
}

/// The bearer token of a request.
pub(super) fn bearer<B>(request: &Request<B>) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let request =
            headers.iter().fold(Request::builder().uri("/mcp"), |request, (name, value)| request.header(*name, *value));
        check(&request.body(()).unwrap(), &AllowedHosts::new(7077, &["Mac.local:7077".to_owned()]))
    }

    #[test]
    fn requests_for_other_hosts_or_from_web_pages_are_refused() {
        for host in ["127.0.0.1:7077", "LOCALHOST:7077", "[::1]:7077", "mac.local:7077"] {
            assert_eq!(checked(&[("host", host)]), Ok(()), "{host}");
            assert_eq!(checked(&[("host", host), ("origin", "http://127.0.0.1:7077")]), Err(Refusal::Origin));
            assert_eq!(checked(&[("host", host), ("origin", "null")]), Err(Refusal::Origin));
            assert_eq!(checked(&[("host", host), ("host", "evil.example")]), Err(Refusal::Host));
        }
        for host in
            ["evil.example", "127.0.0.1", "127.0.0.1:80", "localhost.evil.example:7077", "", "127.0.0.1:7077@evil"]
        {
            assert_eq!(checked(&[("host", host)]), Err(Refusal::Host), "{host}");
        }
        assert_eq!(checked(&[]), Err(Refusal::Host));
    }
}

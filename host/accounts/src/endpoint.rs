//! Checks the address of an endpoint: `https`, or `http` to this machine.

use std::net::IpAddr;

use reqwest::Url;

/// Parses an address to which tokens may be sent.
pub(crate) fn check(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is not an address: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(format!("`{text}` has a user, a password or a fragment; write SCHEME://HOST[:PORT]/PATH"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine(&url) => Ok(url),
        _ => Err(format!("`{text}` is not an https:// address, and http:// is allowed only to 127.0.0.1 and [::1]")),
    }
}

/// True if the host is a loopback IP address, such as `127.0.0.1`. A host name does not count, because it can resolve to
/// any address.
pub(crate) fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_go_over_tls_or_to_this_machine() {
        for fine in ["https://a.example/token", "http://127.0.0.1:8080/token", "http://[::1]:8080/x?y=z"] {
            assert!(check(fine).is_ok(), "{fine}");
        }
        for wrong in [
            "http://a.example/token",
            "http://localhost/token",
            "http://127.0.0.1.example/token",
            "http://10.0.0.1/",
            "ftp://127.0.0.1/",
            "https://u:p@a.example/",
            "https://a.example/#x",
            "a.example/token",
            "",
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}

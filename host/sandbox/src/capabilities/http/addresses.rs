//! Decides to which addresses a request may be sent. A rule with an address, or with `localhost`, allows exactly that
//! address. Any other name may resolve only to public addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The host of a request. [`Host::read`] refuses addresses in unusual spellings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    /// An address in its canonical form.
    Address(IpAddr),
    /// A name to be resolved.
    Name(String),
}

impl Host {
    /// Parses the host of a URI. `text` is in lower case; an IPv6 address is in brackets.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let address = inner.parse::<Ipv6Addr>();
            return address
                .map(|address| Self::Address(address.into()))
                .map_err(|_| format!("`{text}` is not an address"));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        if ends_in_a_number(text) {
            return Err(format!("`{text}` is an address in an unusual form; write it as four decimal numbers"));
        }
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
        if text.is_empty() || !text.chars().all(plain) {
            return Err(format!("`{text}` is not a host name"));
        }
        Ok(Self::Name(text.to_owned()))
    }

    pub(crate) fn as_rule(&self) -> String {
        match self {
            Self::Address(IpAddr::V4(address)) => address.to_string(),
            Self::Address(IpAddr::V6(address)) => format!("[{address}]"),
            Self::Name(name) => name.clone(),
        }
    }

    /// True if the host is this machine.
    pub(crate) fn is_local(&self) -> bool {
        match self {
            Self::Address(address) => address.is_loopback(),
            Self::Name(name) => name == "localhost",
        }
    }

    /// The addresses among `answers` to which a request may be sent.
    pub(crate) fn admit(&self, answers: &[IpAddr]) -> Result<Vec<IpAddr>, String> {
        let name = match self {
            Self::Address(address) => return Ok(vec![*address]),
            Self::Name(name) => name,
        };
        let fits = |answer: &IpAddr| if self.is_local() { answer.is_loopback() } else { special(*answer).is_none() };
        let admitted: Vec<IpAddr> = answers.iter().copied().filter(fits).collect();
        match answers.first() {
            Some(first) if admitted.is_empty() => {
                let kind = special(*first).unwrap_or("not loopback");
                Err(format!("`{name}` resolves to {first}, which is {kind}; only a grant for that address allows it"))
            }
            _ => Ok(admitted),
        }
    }
}

/// True if the last label is a number, which resolvers parse as (a part of) an IPv4 address: `2130706433`, `127.1`,
/// `0x7f000001`, `0177.0.0.1`.
fn ends_in_a_number(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or(host);
    let hexadecimal = last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    hexadecimal || (!last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()))
}

/// The kind of a special address; `None` for a public address.
pub(crate) fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

/// The special-purpose registry of IANA (RFC 6890 and later).
fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    let [a, b, c, _] = address.octets();
    Some(match (a, b, c) {
        (0, ..) => "unspecified",
        (127, ..) => "loopback",
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => "private",
        (100, 64..=127, _) => "shared by a provider's customers",
        (169, 254, _) => "link-local",
        (192, 0, 0) | (198, 18..=19, _) | (192, 88, 99) => "reserved for protocols",
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => "reserved for documentation",
        (224..=239, ..) => "multicast",
        (240..=255, ..) => "reserved",
        _ => return None,
    })
}

/// Only `2000::/3` is public. So mapped (`::ffff:0:0/96`), compatible (`::/96`), NAT64 (`64:ff9b::/96`) and unknown
/// addresses are special without being listed.
fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    let [first, second, ..] = address.segments();
    if address.to_ipv4_mapped().is_some() {
        return Some("an IPv4 address in IPv6 form");
    }
    Some(match (first, second) {
        (0, 0) if address.is_loopback() => "loopback",
        (0, 0) if address.is_unspecified() => "unspecified",
        (0 | 0x2001, 0) | (0x64, 0xff9b) | (0x2002, _) => "an IPv4 address in IPv6 form",
        (0x2001, 0x0db8) | (0x3fff, 0..=0x0fff) => "reserved for documentation",
        (0x2001, 1..=0x01ff) => "reserved for protocols",
        (0xfc00..=0xfdff, _) => "private",
        (0xfe80..=0xfebf, _) => "link-local",
        (0xff00.., _) => "multicast",
        (0x2000..=0x3fff, _) => return None,
        _ => "not a public address",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn addresses_that_are_not_public_are_special() {
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.8.9.1",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::7f00:1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "2001:db8::1",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "5f00::1",
        ] {
            assert!(special(ip(text)).is_some(), "{text}");
        }
        for text in ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "192.167.1.1", "2606:4700::1111", "2a00::1"] {
            assert_eq!(special(ip(text)), None, "{text}");
        }
    }

    #[test]
    fn an_address_has_one_form() {
        for odd in [
            "2130706433",
            "127.1",
            "127.0.1",
            "0177.0.0.1",
            "0x7f.0.0.1",
            "0x7f000001",
            "127.0.0.1.",
            "1.2.3.256",
            "0x",
            "a.1",
        ] {
            assert!(Host::read(odd).unwrap_err().contains("unusual form"), "{odd}");
        }
        for wrong in ["", "[::1", "[127.0.0.1]", "a b", "a%2eb", "ä"] {
            assert!(Host::read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Host::read("[0::1]").unwrap().as_rule(), "[::1]");
        assert_eq!(Host::read("api.example.org").unwrap(), Host::Name("api.example.org".to_owned()));
    }

    #[test]
    fn a_name_leads_to_public_addresses_only() {
        let name = Host::read("a.example").unwrap();
        assert_eq!(name.admit(&[ip("1.1.1.1"), ip("10.0.0.1")]).unwrap(), [ip("1.1.1.1")]);
        let refused = name.admit(&[ip("10.0.0.1")]).unwrap_err();
        assert!(refused.contains("10.0.0.1") && refused.contains("private"), "{refused}");
        assert!(name.admit(&[ip("::ffff:10.0.0.1")]).is_err());
        assert!(name.admit(&[]).unwrap().is_empty(), "an empty answer is not a refusal");
    }

    #[test]
    fn localhost_is_loopback_and_nothing_else() {
        let local = Host::read("localhost").unwrap();
        assert_eq!(local.admit(&[ip("127.0.0.1"), ip("::1")]).unwrap().len(), 2);
        assert!(local.admit(&[ip("10.0.0.1")]).is_err());
        assert!(local.admit(&[ip("1.1.1.1")]).is_err());
    }

    #[test]
    fn an_address_needs_no_resolution() {
        assert_eq!(Host::read("127.0.0.1").unwrap().admit(&[]).unwrap(), [ip("127.0.0.1")]);
    }
}

//! The secrets of one attempt: declared and granted, each with its placeholder, and the rules about the allowed
//! positions of a placeholder.

use std::hash::{BuildHasher, Hasher, RandomState};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use baton_core::file_name::cut;
use baton_core::grants::{GrantedSecret, authority_of};
use baton_core::manifest::SecretCapability;
use http::{HeaderMap, HeaderValue};

use super::finder::PREFIX;
use super::{Finder, Scrubber, SecretValue, Vault};
use crate::capabilities::http::{Denial, Target};
use crate::limits;

/// The secrets of one attempt.
#[derive(Debug, Default)]
pub(crate) struct InjectedSecrets {
    plugin: String,
    entries: Vec<Entry>,
    /// Masks their values.
    pub(crate) scrubber: Scrubber,
}

#[derive(Debug)]
struct Entry {
    name: String,
    header: String,
    hosts: Vec<String>,
    placeholder: String,
    state: SecretState,
}

#[derive(Debug)]
enum SecretState {
    Granted(SecretValue, Scrubber),
    NotGranted,
    /// The reason why there is no value.
    Unset(String),
}

/// Why there is no placeholder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PlaceholderError {
    /// Not declared or not granted.
    Denied(Denial),
    /// Without a value.
    Unset(Denial),
}

impl PlaceholderError {
    pub(super) fn text(&self) -> &str {
        let (Self::Denied(denial) | Self::Unset(denial)) = self;
        &denial.text
    }

    pub(super) fn into_denial(self) -> Denial {
        let (Self::Denied(denial) | Self::Unset(denial)) = self;
        denial
    }
}

impl InjectedSecrets {
    /// The secrets that `plugin` declares (`declared`) and that are `granted`.
    pub(crate) fn of(
        plugin: &str,
        declared: &[SecretCapability],
        granted: &[GrantedSecret],
        vault: Option<&Vault>,
    ) -> Result<Self, String> {
        let entries: Result<Vec<Entry>, String> = declared.iter().map(|secret| entry(secret, granted, vault)).collect();
        let entries = entries?;
        let scrubber = Scrubber::joined(entries.iter().filter_map(Entry::scrubber));
        Ok(Self { plugin: plugin.to_owned(), entries, scrubber })
    }

    /// The scrubber for responses of `target`. It masks only the secrets that may be sent to this server. If responses
    /// of other servers were scrubbed, a plugin could test guesses with them.
    pub(crate) fn scrubber_of(&self, target: &Target) -> Scrubber {
        let there = self.entries.iter().filter(|entry| entry.goes_to(target));
        Scrubber::joined(there.filter_map(Entry::scrubber))
    }

    /// The placeholder of the secret `name`.
    pub(crate) fn placeholder(&self, name: &str) -> Result<String, PlaceholderError> {
        let plugin = &self.plugin;
        let Some(entry) = self.entries.iter().find(|entry| entry.name == name) else {
            let text =
                format!("the manifest of the plugin `{plugin}` does not declare the secret {:?}", cut(name, 100));
            return Err(PlaceholderError::Denied(Denial::refused(text)));
        };
        match &entry.state {
            SecretState::Granted(..) => Ok(entry.placeholder.clone()),
            SecretState::NotGranted => {
                let what = format!("the secret `{name}` is not granted");
                Err(PlaceholderError::Denied(Denial::grant(&what, plugin, &format!("secret={name}"))))
            }
            SecretState::Unset(why) => Err(PlaceholderError::Unset(Denial { text: why.clone(), grantable: true })),
        }
    }

    /// A finder for placeholders in places where they are not allowed.
    pub(crate) fn finder(&self) -> Finder {
        Finder::new(self.granted().map(|(entry, _)| entry.placeholder.clone()).collect())
    }

    /// Inserts the values into the headers of a request to `target`.
    pub(crate) fn put_in(&self, target: &Target, headers: &mut HeaderMap) -> Result<(), Denial> {
        if self.scrubber.is_idle() {
            return Ok(());
        }
        let finder = self.finder();
        if headers.keys().any(|name| finder.is_in(name.as_str().as_bytes())) {
            return Err(Denial::refused(
                "a secret's placeholder is not allowed in a header name; nothing was sent".to_owned(),
            ));
        }
        for (name, value) in headers.iter_mut() {
            for (entry, secret) in self.granted() {
                if let Some(filled) = filled(value, &entry.placeholder, secret.expose()) {
                    entry.check(target, name.as_str())?;
                    *value = filled.map_err(Denial::refused)?;
                    value.set_sensitive(true);
                }
            }
        }
        Ok(())
    }

    fn granted(&self) -> impl Iterator<Item = (&Entry, &SecretValue)> {
        self.entries.iter().filter_map(|entry| match &entry.state {
            SecretState::Granted(value, _) => Some((entry, value)),
            _ => None,
        })
    }
}

impl Entry {
    fn scrubber(&self) -> Option<&Scrubber> {
        match &self.state {
            SecretState::Granted(_, scrubber) => Some(scrubber),
            _ => None,
        }
    }

    /// Whether `target` is one of its hosts.
    fn goes_to(&self, target: &Target) -> bool {
        let to = (target.host.as_rule(), target.port);
        self.hosts.iter().any(|host| authority_of(host, target.scheme).as_ref() == Some(&to))
    }

    /// Checks that the secret may be sent to `target` in the header `header`.
    fn check(&self, target: &Target, header: &str) -> Result<(), Denial> {
        let name = &self.name;
        if header != self.header {
            let own = &self.header;
            let text = format!(
                "the secret `{name}` is allowed only in the header `{own}`, not in `{header}`; nothing was sent"
            );
            return Err(Denial::refused(text));
        }
        if !self.goes_to(target) {
            let (to, own) = (target.authority(), self.hosts.join(", "));
            let text = format!("the secret `{name}` may be sent to {own}, not to {to}; nothing was sent");
            return Err(Denial::refused(text));
        }
        if !target.is_private() {
            let to = target.authority();
            let text = format!(
                "the secret `{name}` is not sent to {to} over http, because it would be readable on the network; use \
                 https"
            );
            return Err(Denial::refused(text));
        }
        Ok(())
    }
}

fn entry(declared: &SecretCapability, granted: &[GrantedSecret], vault: Option<&Vault>) -> Result<Entry, String> {
    let name = &declared.name;
    let header = declared.header.to_ascii_lowercase();
    let same = granted.iter().filter(|grant| grant.name == *name && grant.header.eq_ignore_ascii_case(&header));
    let both = |host: &&String| same.clone().any(|grant| grant.hosts.iter().any(|own| own.eq_ignore_ascii_case(host)));
    let hosts: Vec<String> = declared.hosts.iter().filter(both).cloned().collect();
    let state = if hosts.is_empty() { SecretState::NotGranted } else { value_of(name, vault)? };
    Ok(Entry { name: name.clone(), header, hosts, placeholder: new_placeholder(), state })
}

fn value_of(name: &str, vault: Option<&Vault>) -> Result<SecretState, String> {
    let found = vault.map_or(Ok(None), |vault| vault(name));
    Ok(match found {
        Ok(Some(value)) if value.expose().len() >= limits::SECRET_LEAST_BYTES => {
            let scrubber = Scrubber::of(value.expose())?;
            SecretState::Granted(value, scrubber)
        }
        Ok(Some(_)) => SecretState::Unset(format!(
            "the secret `{name}` is shorter than {} bytes and cannot be distinguished from other text; set another with \
             `baton secret set {name}`",
            limits::SECRET_LEAST_BYTES
        )),
        Ok(None) => {
            SecretState::Unset(format!("the secret `{name}` has no value; set it with `baton secret set {name}`"))
        }
        Err(why) => SecretState::Unset(format!("the secret `{name}` cannot be read: {why}")),
    })
}

/// A random placeholder. A server that makes a plugin repeat text must not be able to guess it.
fn new_placeholder() -> String {
    let draw = || RandomState::new().build_hasher().finish();
    format!("{PREFIX}{:016x}{:016x}", draw(), draw())
}

/// The header with the value in place of the placeholder, plain or inside a `Basic` credential. `None` if the header
/// has no placeholder.
fn filled(header: &HeaderValue, placeholder: &str, value: &str) -> Option<Result<HeaderValue, String>> {
    let text = header.to_str().ok()?;
    let filled = if text.contains(placeholder) {
        text.replace(placeholder, value)
    } else {
        let (scheme, encoded) = text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))?;
        let decoded = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
        let inside = decoded.contains(placeholder).then(|| decoded.replace(placeholder, value))?;
        format!("{scheme} {}", BASE64.encode(inside))
    };
    Some(
        HeaderValue::from_bytes(filled.as_bytes())
            .map_err(|_| "the secret has characters that are not allowed in a header".to_owned()),
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::Uri;

    use super::*;

    const VALUE: &str = "s3cr3t-value";

    fn declared() -> Vec<SecretCapability> {
        serde_json::from_str(r#"[{"name":"key","hosts":["a.b","localhost:81","c.d"],"reason":""}]"#).unwrap()
    }

    fn granted(hosts: &[&str], header: &str) -> Vec<GrantedSecret> {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        vec![GrantedSecret { name: "key".to_owned(), hosts, header: header.to_owned() }]
    }

    fn secrets(granted: &[GrantedSecret]) -> InjectedSecrets {
        let vault: Vault = Arc::new(|_| Ok(Some(SecretValue::new(VALUE.to_owned()))));
        InjectedSecrets::of("x", &declared(), granted, Some(&vault)).unwrap()
    }

    fn put_in(secrets: &InjectedSecrets, uri: &str, header: &'static str, value: &str) -> Result<String, Denial> {
        let target = Target::read(&http::Method::GET, &uri.parse::<Uri>().unwrap()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header, value.parse().unwrap());
        secrets.put_in(&target, &mut headers)?;
        Ok(headers[header].to_str().unwrap().to_owned())
    }

    #[test]
    fn works_in_the_granted_header_for_the_granted_host() {
        let secrets = secrets(&granted(&["a.b", "localhost:81"], "Authorization"));
        let placeholder = secrets.placeholder("key").unwrap();
        assert_eq!(placeholder.len(), 45);
        let bearer = format!("Bearer {placeholder}");
        assert_eq!(put_in(&secrets, "https://a.b/x", "authorization", &bearer).unwrap(), format!("Bearer {VALUE}"));
        assert!(put_in(&secrets, "http://localhost:81/x", "authorization", &bearer).is_ok());
        let basic = format!("Basic {}", BASE64.encode(format!("user:{placeholder}")));
        let filled = put_in(&secrets, "https://a.b/x", "authorization", &basic).unwrap();
        assert_eq!(filled, format!("Basic {}", BASE64.encode(format!("user:{VALUE}"))));
        assert_eq!(put_in(&secrets, "https://a.b/x", "authorization", "Bearer other").unwrap(), "Bearer other");
    }

    #[test]
    fn only_the_answers_of_its_own_hosts_are_scrubbed() {
        let secrets = secrets(&granted(&["a.b", "localhost:81"], "authorization"));
        for (uri, scrubbed) in [
            ("https://a.b/", true),
            ("https://A.B:443/x", true),
            ("http://localhost:81/", true),
            ("https://c.d/", false),
            ("https://a.b:444/", false),
            ("http://localhost:82/", false),
        ] {
            let target = Target::read(&http::Method::GET, &uri.parse::<Uri>().unwrap()).unwrap();
            assert_eq!(!secrets.scrubber_of(&target).is_idle(), scrubbed, "{uri}");
        }
    }

    #[test]
    fn errors_in_another_header_for_another_host_and_in_the_clear() {
        let secrets = secrets(&granted(&["a.b"], "authorization"));
        let placeholder = secrets.placeholder("key").unwrap();
        for (uri, header, word) in [
            ("https://a.b/", "x-key", "is allowed only in the header `authorization`, not in `x-key`"),
            ("https://c.d/", "authorization", "may be sent to a.b, not to c.d"),
            ("https://a.b:444/", "authorization", "not to a.b:444"),
            ("http://localhost:81/", "authorization", "not to localhost:81"),
            ("http://a.b/", "authorization", "use https"),
        ] {
            let denied = put_in(&secrets, uri, header, &placeholder).unwrap_err();
            assert!(denied.text.contains(word) && !denied.text.contains(VALUE), "{uri}: {}", denied.text);
        }
    }

    #[test]
    fn errors_when_it_is_not_granted_and_names_the_command() {
        for granted in [Vec::new(), granted(&["e.f"], "authorization"), granted(&["a.b"], "x-key")] {
            let missing = secrets(&granted).placeholder("key").unwrap_err();
            assert!(missing.text().contains("`baton plugin grant x secret=key`"), "{}", missing.text());
        }
    }

    #[test]
    fn errors_when_it_is_not_declared() {
        let missing = secrets(&granted(&["a.b"], "authorization")).placeholder("other").unwrap_err();
        assert!(matches!(&missing, PlaceholderError::Denied(denial) if !denial.grantable));
        assert!(missing.text().contains("does not declare"), "{}", missing.text());
    }

    #[test]
    fn errors_when_it_has_no_value_and_names_the_command() {
        let grants = granted(&["a.b"], "authorization");
        let vaults: [Vault; 2] = [Arc::new(|_| Ok(None)), Arc::new(|_| Ok(Some(SecretValue::new("short".to_owned()))))];
        for vault in vaults {
            let missing =
                InjectedSecrets::of("x", &declared(), &grants, Some(&vault)).unwrap().placeholder("key").unwrap_err();
            assert!(matches!(&missing, PlaceholderError::Unset(denial) if denial.grantable));
            assert!(missing.text().contains("`baton secret set key`"), "{}", missing.text());
        }
    }
}

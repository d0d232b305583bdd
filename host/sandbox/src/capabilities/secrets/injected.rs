//! The secrets of one attempt: declared and granted, each with its placeholder, and the rules about the allowed
//! positions of a placeholder.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use baton_core::file_name::cut;
use baton_core::grants::{GrantedSecret, authority_of};
use baton_core::manifest::SecretCapability;
use http::{HeaderMap, HeaderValue};

use super::account::AttemptAccount;
use super::finder::PREFIX;
use super::{Finder, Scrubber, SecretSource, SecretValue, TokenError, Vault};
use crate::capabilities::http::{Denial, Target};
use crate::limits;

/// The secrets of one attempt.
#[derive(Debug, Default)]
pub(crate) struct InjectedSecrets {
    plugin: String,
    entries: Vec<Entry>,
}

/// Why a value was not inserted.
#[derive(Debug)]
pub(crate) enum InjectionError {
    /// The request is refused.
    Denied(Denial),
    /// There is no token now. The text says why.
    NoToken(String),
}

impl From<Denial> for InjectionError {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

/// The accounts whose tokens a request has.
#[derive(Debug, Default)]
pub(crate) struct UsedAccounts(Vec<(Arc<AttemptAccount>, SecretValue)>);

impl UsedAccounts {
    /// Records that the server refused the tokens: the next request gets new ones.
    pub(crate) fn refuse(self) {
        self.0.into_iter().for_each(|(account, token)| account.refuse(token));
    }
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
    Account(Arc<AttemptAccount>),
    NotGranted,
    /// The reason why there is no value.
    Unset(String),
}

/// Why there is no placeholder.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PlaceholderError {
    /// The secret is not declared or not granted.
    Denied(Denial),
    /// The secret has no value.
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
        Ok(Self { plugin: plugin.to_owned(), entries: entries? })
    }

    /// Masks the values of all secrets, with every token that the attempt has seen so far.
    pub(crate) fn scrubber(&self) -> Scrubber {
        let own: Vec<Scrubber> = self.entries.iter().filter_map(Entry::scrubber).collect();
        Scrubber::joined(own.iter())
    }

    /// The scrubber for responses of `target`. It masks only the secrets that may be sent to this server. If responses
    /// of other servers were scrubbed, a plugin could test guesses with them.
    pub(crate) fn scrubber_of(&self, target: &Target) -> Scrubber {
        let there = self.entries.iter().filter(|entry| entry.goes_to(target));
        let own: Vec<Scrubber> = there.filter_map(Entry::scrubber).collect();
        Scrubber::joined(own.iter())
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
            SecretState::Granted(..) | SecretState::Account(_) => Ok(entry.placeholder.clone()),
            SecretState::NotGranted => {
                let what = format!("the secret `{name}` is not granted");
                Err(PlaceholderError::Denied(Denial::grant(&what, plugin, &format!("secret={name}"))))
            }
            SecretState::Unset(why) => Err(PlaceholderError::Unset(Denial { text: why.clone(), grantable: true })),
        }
    }

    /// A finder for placeholders in places where they are not allowed.
    pub(crate) fn finder(&self) -> Finder {
        Finder::new(self.usable().map(|entry| entry.placeholder.clone()).collect())
    }

    /// Inserts the values into the headers of a request to `target`. Tokens of accounts are obtained only if the request
    /// may have them.
    pub(crate) async fn put_in(
        &self,
        target: &Target,
        headers: &mut HeaderMap,
    ) -> Result<UsedAccounts, InjectionError> {
        let mut used = UsedAccounts::default();
        if self.usable().next().is_none() {
            return Ok(used);
        }
        let finder = self.finder();
        if headers.keys().any(|name| finder.is_in(name.as_str().as_bytes())) {
            let text = "a secret's placeholder is not allowed in a header name; nothing was sent";
            return Err(Denial::refused(text.to_owned()).into());
        }
        for entry in self.usable() {
            if !entry.is_in(headers, target)? {
                continue;
            }
            let value = entry.current(&mut used).await?;
            for header in headers.values_mut() {
                if let Some(filled) = filled(header, &entry.placeholder, value.expose()) {
                    *header = filled.map_err(Denial::refused)?;
                    header.set_sensitive(true);
                }
            }
        }
        Ok(used)
    }

    /// The secrets that have a placeholder.
    fn usable(&self) -> impl Iterator<Item = &Entry> {
        let has_value = |entry: &&Entry| matches!(entry.state, SecretState::Granted(..) | SecretState::Account(_));
        self.entries.iter().filter(has_value)
    }
}

impl Entry {
    fn scrubber(&self) -> Option<Scrubber> {
        match &self.state {
            SecretState::Granted(_, scrubber) => Some(scrubber.clone()),
            SecretState::Account(account) => Some(account.scrubber()),
            _ => None,
        }
    }

    /// Whether a header has the placeholder; checks that it is allowed there.
    fn is_in(&self, headers: &HeaderMap, target: &Target) -> Result<bool, Denial> {
        let mut found = false;
        for (name, value) in headers {
            if holds(value, &self.placeholder) {
                self.check(target, name.as_str())?;
                found = true;
            }
        }
        Ok(found)
    }

    /// The value for a request that is sent now.
    async fn current(&self, used: &mut UsedAccounts) -> Result<SecretValue, InjectionError> {
        match &self.state {
            SecretState::Granted(value, _) => Ok(value.clone()),
            SecretState::Account(account) => match account.token().await {
                Ok(value) => {
                    used.0.push((Arc::clone(account), value.clone()));
                    Ok(value)
                }
                Err(TokenError::NeedsConsent(text)) => Err(Denial { text, grantable: true }.into()),
                Err(TokenError::Failed(text)) => Err(InjectionError::NoToken(text)),
            },
            SecretState::NotGranted | SecretState::Unset(_) => {
                Err(InjectionError::NoToken(format!("the secret `{}` has no value", self.name)))
            }
        }
    }

    /// True if `target` is one of the hosts to which the secret may be sent.
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
        Ok(Some(SecretSource::Value(value))) if value.expose().len() >= limits::SECRET_LEAST_BYTES => {
            let scrubber = Scrubber::of(value.expose())?;
            SecretState::Granted(value, scrubber)
        }
        Ok(Some(SecretSource::Account(tokens))) => SecretState::Account(Arc::new(AttemptAccount::new(tokens)?)),
        Ok(Some(SecretSource::Missing(why))) => SecretState::Unset(why),
        Ok(Some(SecretSource::Value(_))) => SecretState::Unset(format!(
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

/// Whether the header has the placeholder, plain or inside a `Basic` credential.
fn holds(header: &HeaderValue, placeholder: &str) -> bool {
    filled(header, placeholder, "").is_some()
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
    use http::Uri;

    use super::*;
    use crate::capabilities::secrets::{AccountToken, AccountTokens};

    const VALUE: &str = "s3cr3t-value";

    fn declared() -> Vec<SecretCapability> {
        serde_json::from_str(r#"[{"name":"key","hosts":["a.b","localhost:81","c.d"],"reason":""}]"#).unwrap()
    }

    fn granted(hosts: &[&str], header: &str) -> Vec<GrantedSecret> {
        let hosts = hosts.iter().map(|host| (*host).to_owned()).collect();
        vec![GrantedSecret { name: "key".to_owned(), hosts, header: header.to_owned() }]
    }

    fn secrets(granted: &[GrantedSecret]) -> InjectedSecrets {
        let vault: Vault = Arc::new(|_| Ok(Some(SecretValue::new(VALUE.to_owned()).into())));
        InjectedSecrets::of("x", &declared(), granted, Some(&vault)).unwrap()
    }

    fn put_in(secrets: &InjectedSecrets, uri: &str, header: &'static str, value: &str) -> Result<String, Denial> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let target = Target::read(&http::Method::GET, &uri.parse::<Uri>().unwrap()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(header, value.parse().unwrap());
        match runtime.block_on(secrets.put_in(&target, &mut headers)) {
            Ok(_) => {}
            Err(InjectionError::Denied(denial)) => return Err(denial),
            Err(InjectionError::NoToken(why)) => panic!("{why}"),
        }
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
    fn only_responses_of_the_hosts_of_a_secret_are_scrubbed() {
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
        let vaults: [Vault; 2] =
            [Arc::new(|_| Ok(None)), Arc::new(|_| Ok(Some(SecretValue::new("short".to_owned()).into())))];
        for vault in vaults {
            let missing =
                InjectedSecrets::of("x", &declared(), &grants, Some(&vault)).unwrap().placeholder("key").unwrap_err();
            assert!(matches!(&missing, PlaceholderError::Unset(denial) if denial.grantable));
            assert!(missing.text().contains("`baton secret set key`"), "{}", missing.text());
        }
    }

    /// Issues `token-1`, then `token-2` after a refusal, then needs consent.
    struct Issuer;

    impl AccountTokens for Issuer {
        fn stored(&self) -> Vec<SecretValue> {
            vec![SecretValue::new("stored-refresh-token".to_owned())]
        }

        fn token(&self, refused: Option<&SecretValue>) -> Result<AccountToken, TokenError> {
            let number = match refused.map(SecretValue::expose) {
                None => 1,
                Some("access-token-1") => 2,
                Some(_) => return Err(TokenError::NeedsConsent("run `baton account add spotify`".to_owned())),
            };
            let hidden = vec![SecretValue::new(format!("refresh-token-{number}"))];
            Ok(AccountToken { value: SecretValue::new(format!("access-token-{number}")), hidden })
        }
    }

    #[tokio::test]
    async fn a_refused_token_of_an_account_is_replaced_and_every_token_is_masked() {
        let vault: Vault = Arc::new(|_| Ok(Some(SecretSource::Account(Arc::new(Issuer)))));
        let grants = granted(&["a.b"], "authorization");
        let secrets = InjectedSecrets::of("x", &declared(), &grants, Some(&vault)).unwrap();
        let bearer = format!("Bearer {}", secrets.placeholder("key").unwrap());
        let send = async |uri: &str| {
            let target = Target::read(&http::Method::GET, &uri.parse::<Uri>().unwrap()).unwrap();
            let mut headers = HeaderMap::new();
            headers.insert("authorization", bearer.parse().unwrap());
            let used = secrets.put_in(&target, &mut headers).await?;
            Ok::<_, InjectionError>((used, headers["authorization"].to_str().unwrap().to_owned()))
        };
        assert!(matches!(send("https://c.d/").await, Err(InjectionError::Denied(_))), "another host gets no token");
        for number in [1, 2] {
            let (used, sent) = send("https://a.b/").await.unwrap();
            assert_eq!(sent, format!("Bearer access-token-{number}"));
            used.refuse();
        }
        let ended = send("https://a.b/").await.unwrap_err();
        assert!(
            matches!(ended, InjectionError::Denied(denial) if denial.grantable && denial.text.contains("account add"))
        );
        let mut text = "stored-refresh-token access-token-1 access-token-2 refresh-token-1 refresh-token-2".to_owned();
        secrets.scrubber().text(&mut text);
        assert!(!text.contains("token"), "{text}");
    }
}

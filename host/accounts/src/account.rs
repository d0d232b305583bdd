//! One account as it is stored: its tokens, the endpoint that renews them, and the scopes of the consent. The account keeps
//! the addresses of its consent, so a later change of `baton.toml` never sends a token to another server.

use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{ConsentKind, Endpoints, Provider, limits};

/// The version of the format that this build writes.
const VERSION: u32 = 1;

/// A stored account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    version: u32,
    /// The service.
    pub provider: Provider,
    /// The client ID; empty for a personal token.
    #[serde(default)]
    pub client_id: String,
    /// The name of the secret with the client secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
    /// The token endpoint; `None` for a personal token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) token_url: Option<String>,
    pub(crate) identity_url: String,
    /// The scopes that the service granted.
    #[serde(default)]
    pub scopes: Vec<String>,
    pub(crate) access_token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token: Option<String>,
    /// When the access token expires, such as `2026-01-18T10:15:00Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When the operator gave consent.
    pub consented_at: String,
    /// When the access token was issued.
    pub issued_at: String,
    /// Why the account needs consent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs_consent: Option<String>,
}

/// The tokens that a service issued.
#[derive(Clone)]
pub(crate) struct IssuedTokens {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) lifetime: Option<Duration>,
    pub(crate) scopes: Option<Vec<String>>,
}

/// The tokens of an account. Requests carry the access token, and Baton removes both tokens from texts that it shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The token in the requests to the service.
    pub access: String,
    /// The token that Baton sends only to the token endpoint.
    pub refresh: Option<String>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "(account {})", self.provider)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(tokens)")
    }
}

impl Account {
    /// Returns ` --token` for `baton account add` if the operator gave a personal token although the service has another
    /// kind of consent. Otherwise returns an empty text.
    #[must_use]
    pub fn consent_option(&self) -> &'static str {
        let is_unusual_token = self.client_id.is_empty() && self.provider.consent() != ConsentKind::Personal;
        if is_unusual_token { " --token" } else { "" }
    }

    /// A new account with the tokens of a consent.
    pub(crate) fn new(endpoints: &Endpoints, issued: IssuedTokens, now: Timestamp) -> Self {
        let mut account = Self {
            version: VERSION,
            provider: endpoints.provider,
            client_id: endpoints.client_id.clone(),
            client_secret: endpoints.client_secret.clone(),
            token_url: endpoints.token_url.clone(),
            identity_url: endpoints.identity_url.clone(),
            scopes: endpoints.scopes.clone(),
            access_token: String::new(),
            refresh_token: None,
            expires_at: None,
            consented_at: format!("{now:.0}"),
            issued_at: String::new(),
            needs_consent: None,
        };
        account.renew(issued, now);
        account
    }

    /// Parses a stored account.
    ///
    /// # Errors
    /// The account is damaged, or a newer Baton wrote it. The error contains no part of the account.
    pub fn parse(text: &str) -> Result<Self, String> {
        let account: Self = serde_json::from_str(text)
            .map_err(|error| format!("it is damaged (line {}, column {})", error.line(), error.column()))?;
        if account.version > VERSION {
            return Err(format!("it has the format {}, this baton supports {VERSION}: update baton", account.version));
        }
        Ok(account)
    }

    /// Converts the account to its stored form: one line of JSON.
    ///
    /// # Errors
    /// The account cannot be serialized. This never happens with the fields of this version.
    pub fn to_text(&self) -> Result<String, String> {
        serde_json::to_string(self).map_err(|error| error.to_string())
    }

    /// The tokens of the account.
    #[must_use]
    pub fn tokens(&self) -> Tokens {
        Tokens { access: self.access_token.clone(), refresh: self.refresh_token.clone() }
    }

    /// Stores new tokens in the account. If the service returns no new refresh token, the old one stays valid.
    pub(crate) fn renew(&mut self, issued: IssuedTokens, now: Timestamp) {
        let expires = |lifetime: Duration| now.checked_add(SignedDuration::try_from(lifetime).ok()?).ok();
        self.expires_at = issued.lifetime.and_then(expires).map(|at| format!("{at:.0}"));
        self.access_token = issued.access;
        if issued.refresh.is_some() {
            self.refresh_token = issued.refresh;
        }
        if let Some(scopes) = issued.scopes {
            self.scopes = scopes;
        }
        self.issued_at = format!("{now:.3}");
        self.needs_consent = None;
    }

    /// True if the access token can be used at `now`. A token that expires soon, or that the service refused, cannot be used.
    pub(crate) fn is_usable(&self, refused: Option<&str>, now: Timestamp) -> bool {
        refused != Some(self.access_token.as_str()) && !self.expires_soon(now)
    }

    fn expires_soon(&self, now: Timestamp) -> bool {
        let Some(at) = self.expires_at.as_ref() else { return false };
        let Ok(at) = at.parse::<Timestamp>() else { return true };
        // The margin is at most half of the lifetime, so that Baton also uses a token that is valid for only a minute.
        let issued = self.issued_at.parse::<Timestamp>().unwrap_or(now);
        let half = (at.duration_since(issued) / 2).max(SignedDuration::ZERO);
        let margin = SignedDuration::try_from(limits::EXPIRY_MARGIN).unwrap_or(SignedDuration::ZERO).min(half);
        at.duration_since(now) <= margin
    }

    /// True if the service issued the access token less than [`limits::NEW_TOKEN`] before `now`.
    pub(crate) fn is_new(&self, now: Timestamp) -> bool {
        let limit = SignedDuration::try_from(limits::NEW_TOKEN).unwrap_or(SignedDuration::ZERO);
        let issued = self.issued_at.parse::<Timestamp>();
        issued.is_ok_and(|issued| now.duration_since(issued).abs() < limit)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::AccountSettings;

    pub(crate) fn issued(access: &str, lifetime: Option<u64>) -> IssuedTokens {
        IssuedTokens {
            access: access.to_owned(),
            refresh: Some(format!("refresh-of-{access}")),
            lifetime: lifetime.map(Duration::from_secs),
            scopes: None,
        }
    }

    pub(crate) fn account(lifetime: Option<u64>) -> Account {
        let settings = AccountSettings { client_id: Some("id".to_owned()), ..AccountSettings::default() };
        let endpoints = settings.endpoints(Provider::Spotify).unwrap();
        Account::new(&endpoints, issued("first", lifetime), now(0))
    }

    fn now(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_token_is_usable_until_shortly_before_it_expires() {
        let account = account(Some(3600));
        for (seconds, usable) in [(0, true), (3479, true), (3480, false), (3600, false), (9000, false)] {
            assert_eq!(account.is_usable(None, now(seconds)), usable, "{seconds}");
        }
        assert!(!account.is_usable(Some("first"), now(0)) && account.is_usable(Some("older"), now(0)));
        let short = super::tests::account(Some(60));
        assert!(short.is_usable(None, now(29)) && !short.is_usable(None, now(31)), "half of a short lifetime");
        assert!(super::tests::account(None).is_usable(None, now(1_000_000)), "no end");
    }

    #[test]
    fn a_renewal_keeps_the_refresh_token_unless_there_is_a_new_one() {
        let mut account = account(Some(3600));
        account.renew(IssuedTokens { refresh: None, ..issued("second", None) }, now(10));
        let expected = Tokens { access: "second".to_owned(), refresh: Some("refresh-of-first".to_owned()) };
        assert_eq!(account.tokens(), expected);
        account.renew(issued("third", None), now(20));
        assert_eq!(account.tokens().refresh.as_deref(), Some("refresh-of-third"));
        assert!(account.is_new(now(25)) && !account.is_new(now(31)));
    }

    #[test]
    fn an_account_is_stored_as_one_line_and_parsed_again() {
        let account = account(Some(3600));
        let text = account.to_text().unwrap();
        assert!(!text.contains('\n'));
        assert_eq!(Account::parse(&text).unwrap(), account);
        let wrong = Account::parse(&text.replace("\"spotify\"", "\"s3cr3t\"")).unwrap_err();
        assert!(!wrong.contains("s3cr3t"), "{wrong}");
        assert!(Account::parse(&text.replace("\"version\":1", "\"version\":2")).unwrap_err().contains("update"));
        assert_eq!(format!("{account:?} {:?}", account.tokens()), "(account spotify) (tokens)");
    }
}

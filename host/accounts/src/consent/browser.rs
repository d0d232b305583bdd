//! Consent in a browser (RFC 8252): authorization code with PKCE, and a redirect to this machine.

use jiff::Timestamp;
use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};

use super::redirect::{Receiver, RedirectError, code_of};
use crate::error::AccountError;
use crate::oauth::Requester;
use crate::{Account, Endpoints};

/// A consent in progress: Baton waits until the operator confirms it in the browser.
pub struct BrowserConsent {
    endpoints: Endpoints,
    requester: Requester,
    receiver: Receiver,
    url: String,
    state: CsrfToken,
    verifier: PkceCodeVerifier,
}

impl BrowserConsent {
    /// Prepares the consent and begins to listen for the redirect.
    ///
    /// # Errors
    /// A setting is wrong, or the port of the redirect is in use.
    pub async fn begin(endpoints: Endpoints, client_secret: Option<String>) -> Result<Self, AccountError> {
        let setting = |name: &str| AccountError::Settings(format!("{} has no {name}", endpoints.provider));
        let (Some(authorize), Some(token_url)) = (endpoints.authorize_url.clone(), endpoints.token_url.clone()) else {
            return Err(setting("authorize_url or token_url"));
        };
        let port = endpoints.redirect_port;
        let receiver = Receiver::bind(port).await.map_err(|error| {
            AccountError::Settings(format!(
                "cannot wait for the redirect at 127.0.0.1:{port}: {error}; close the program that uses this port, or set \
                 another redirect_port in [accounts.{}]",
                endpoints.provider
            ))
        })?;
        let wrong = |error: oauth2::url::ParseError| AccountError::Settings(error.to_string());
        let client = BasicClient::new(ClientId::new(endpoints.client_id.clone()))
            .set_auth_uri(AuthUrl::new(authorize).map_err(wrong)?)
            .set_redirect_uri(RedirectUrl::new(receiver.address()).map_err(wrong)?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut request = client.authorize_url(CsrfToken::new_random).set_pkce_challenge(challenge);
        for scope in &endpoints.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        for (name, value) in endpoints.provider.extra_parameters() {
            request = request.add_extra_param(*name, *value);
        }
        let (url, state) = request.url();
        let requester = Requester {
            provider: endpoints.provider,
            client_id: endpoints.client_id.clone(),
            client_secret,
            token_url,
        };
        Ok(Self { endpoints, requester, receiver, url: url.to_string(), state, verifier })
    }

    /// The address that the operator opens to give consent.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address to which the browser returns.
    #[must_use]
    pub fn redirect(&self) -> String {
        self.receiver.address()
    }

    /// Checks an address that the operator pasted, and returns its code.
    ///
    /// # Errors
    /// The address is not the redirect of this consent, or the consent was refused.
    pub fn code_in(&self, address: &str) -> Result<String, RedirectError> {
        code_of(address, &self.receiver.address(), &self.state)
    }

    /// Waits until the browser returns with a code. Requests that are not the redirect are answered and ignored.
    ///
    /// # Errors
    /// The consent was refused, or the listener failed.
    pub async fn code_from_browser(&self) -> Result<String, AccountError> {
        let provider = self.endpoints.provider;
        loop {
            let visitor = self.receiver.next().await;
            let visitor = visitor
                .map_err(|error| AccountError::Temporary { provider, reason: format!("no redirect: {error}") })?;
            match self.code_in(&visitor.address) {
                Ok(code) => {
                    visitor.answer("200 OK", "Baton has your consent. You can close this page.").await;
                    return Ok(code);
                }
                Err(RedirectError::Refused(reason)) => {
                    visitor.answer("200 OK", "The consent was refused. You can close this page.").await;
                    return Err(AccountError::NeedsConsent { provider, option: "", reason });
                }
                Err(error @ RedirectError::OtherAddress(_)) => {
                    visitor.answer("404 Not Found", &error.to_string()).await;
                }
                Err(error) => visitor.answer("400 Bad Request", &error.to_string()).await,
            }
        }
    }

    /// Exchanges the code for tokens.
    ///
    /// # Errors
    /// The service refuses the code or is not reachable.
    pub async fn finish(self, code: String) -> Result<Account, AccountError> {
        let redirect = RedirectUrl::new(self.receiver.address());
        let redirect = redirect.map_err(|error| AccountError::Settings(error.to_string()))?;
        let issued = self.requester.exchange(code, self.verifier, redirect).await?;
        Ok(Account::new(&self.endpoints, issued, Timestamp::now()))
    }
}

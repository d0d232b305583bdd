//! The requests of OAuth that yield tokens, and the meaning of their errors.

use std::fmt::Display;

use baton_core::text::one_line;
use oauth2::basic::{BasicClient, BasicTokenResponse};
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, EndpointNotSet, EndpointSet, ErrorResponseType,
    PkceCodeVerifier, RedirectUrl, RefreshToken, RequestTokenError, StandardErrorResponse, TokenResponse as _,
    TokenUrl,
};

use crate::account::IssuedTokens;
use crate::client::{NoAnswer, send};
use crate::error::AccountError;
use crate::{Provider, limits};

/// A client with a token endpoint.
pub(crate) type TokenClient = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// The client that asks for tokens, and the address of the token endpoint.
#[derive(Clone)]
pub(crate) struct Requester {
    pub(crate) provider: Provider,
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<String>,
    pub(crate) token_url: String,
}

impl Requester {
    pub(crate) fn client(&self) -> Result<TokenClient, AccountError> {
        let url = TokenUrl::new(self.token_url.clone());
        let url = url.map_err(|error| AccountError::Settings(format!("`token_url`: {error}")))?;
        let client = BasicClient::new(ClientId::new(self.client_id.clone()));
        // Every known service takes the client ID in the body; some do not take it in a header.
        let client = client.set_auth_type(AuthType::RequestBody).set_token_uri(url);
        Ok(match &self.client_secret {
            Some(secret) => client.set_client_secret(ClientSecret::new(secret.clone())),
            None => client,
        })
    }

    /// Exchanges the code of a redirect for tokens.
    pub(crate) async fn exchange(
        &self,
        code: String,
        verifier: PkceCodeVerifier,
        redirect: RedirectUrl,
    ) -> Result<IssuedTokens, AccountError> {
        let client = self.client()?.set_redirect_uri(redirect);
        let request = client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier);
        let answer = request.request_async(&send).await;
        answer.map(|answer| issued(&answer)).map_err(|error| self.failure(error))
    }

    /// Exchanges a refresh token for new tokens.
    pub(crate) async fn refresh(&self, token: &str) -> Result<IssuedTokens, AccountError> {
        let (client, token) = (self.client()?, RefreshToken::new(token.to_owned()));
        let answer = client.exchange_refresh_token(&token).request_async(&send).await;
        answer.map(|answer| issued(&answer)).map_err(|error| self.failure(error))
    }

    pub(crate) fn failure<T: ErrorResponseType + AsRef<str> + Display + 'static>(
        &self,
        error: RequestTokenError<NoAnswer, StandardErrorResponse<T>>,
    ) -> AccountError {
        let provider = self.provider;
        match error {
            RequestTokenError::ServerResponse(answer) => {
                let (code, words) = (answer.error().as_ref(), answer.error_description());
                let reason = reason(code, words.map(String::as_str));
                match code {
                    "invalid_grant" => AccountError::NeedsConsent { provider, option: "", reason },
                    "temporarily_unavailable" | "server_error" | "slow_down" => {
                        AccountError::Temporary { provider, reason }
                    }
                    _ => AccountError::Refused { provider, reason },
                }
            }
            RequestTokenError::Request(error) => AccountError::Temporary { provider, reason: error.0 },
            // The bytes of the answer may contain a token.
            RequestTokenError::Parse(..) => AccountError::Temporary {
                provider,
                reason: "the token endpoint does not answer with a token".to_owned(),
            },
            RequestTokenError::Other(why) => AccountError::Temporary { provider, reason: shortened(&why) },
        }
    }
}

/// The code of an error and the words of the service, on one line.
pub(crate) fn reason(code: &str, words: Option<&str>) -> String {
    match words {
        Some(words) if !words.trim().is_empty() => format!("{}: {}", shortened(code), shortened(words)),
        _ => shortened(code),
    }
}

fn shortened(text: &str) -> String {
    one_line(text.trim()).chars().take(limits::REASON_CHARS).collect()
}

/// The tokens of an answer.
pub(crate) fn issued(answer: &BasicTokenResponse) -> IssuedTokens {
    // Some services separate scopes by commas.
    let split = |scope: &oauth2::Scope| scope.split(',').map(str::to_owned).collect::<Vec<_>>();
    let scopes =
        answer.scopes().map(|scopes| scopes.iter().flat_map(split).filter(|scope| !scope.is_empty()).collect());
    IssuedTokens {
        access: answer.access_token().secret().clone(),
        refresh: answer.refresh_token().map(|token| token.secret().clone()),
        lifetime: answer.expires_in(),
        scopes,
    }
}

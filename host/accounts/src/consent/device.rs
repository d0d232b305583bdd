//! Consent with a code that the operator types on any device (RFC 8628).

use jiff::Timestamp;
use oauth2::{DeviceAuthorizationUrl, Scope, StandardDeviceAuthorizationResponse};

use crate::client::send;
use crate::error::AccountError;
use crate::oauth::{Requester, issued};
use crate::{Account, Endpoints, limits};

/// A consent in progress: Baton waits until the operator types the code on another device.
pub struct DeviceConsent {
    endpoints: Endpoints,
    requester: Requester,
    details: StandardDeviceAuthorizationResponse,
}

impl DeviceConsent {
    /// Asks the service for a code.
    ///
    /// # Errors
    /// A setting is wrong, or the service refuses the request or is not reachable.
    pub async fn begin(endpoints: Endpoints, client_secret: Option<String>) -> Result<Self, AccountError> {
        let provider = endpoints.provider;
        let (Some(device), Some(token_url)) = (endpoints.device_url.clone(), endpoints.token_url.clone()) else {
            return Err(AccountError::Settings(format!("{provider} has no device_url or token_url")));
        };
        let client_id = endpoints.client_id.clone();
        let requester = Requester { provider, client_id, client_secret, token_url };
        let wrong = |error: oauth2::url::ParseError| AccountError::Settings(error.to_string());
        let client =
            requester.client()?.set_device_authorization_url(DeviceAuthorizationUrl::new(device).map_err(wrong)?);
        let scopes = endpoints.scopes.iter().cloned().map(Scope::new);
        let request = client.exchange_device_code().add_scopes(scopes);
        let details = request.request_async(&send).await.map_err(|error| requester.failure(error))?;
        Ok(Self { endpoints, requester, details })
    }

    /// The address that the operator opens on any device.
    #[must_use]
    pub fn url(&self) -> &str {
        self.details.verification_uri().as_str()
    }

    /// The code that the operator types there.
    #[must_use]
    pub fn code(&self) -> &str {
        self.details.user_code().secret()
    }

    /// Asks the service for the result, at the interval that the service sets, until the operator has answered.
    ///
    /// # Errors
    /// The operator refused, the code expired, or the service is not reachable.
    pub async fn finish(self) -> Result<Account, AccountError> {
        let client = self.requester.client()?;
        let request = client.exchange_device_access_token(&self.details);
        let answer = request.request_async(&send, tokio::time::sleep, Some(limits::CONSENT)).await;
        let answer = answer.map_err(|error| self.requester.failure(error))?;
        Ok(Account::new(&self.endpoints, issued(&answer), Timestamp::now()))
    }
}

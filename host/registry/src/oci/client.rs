//! The connection to a registry: the client of `oci-client` for tokens and uploads, and Baton's HTTP client for downloads.

use std::sync::Arc;
use std::time::Duration;

use oci_client::Reference as Image;
use oci_client::RegistryOperation;
use oci_client::client::{Client, ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError as OciError;
use oci_client::secrets::RegistryAuth;
use reqwest::StatusCode;

use super::access::Access;
use super::name::OciReference;
use crate::error::FetchError;
use crate::http_client::{self, refusal, root_cause, unreachable};
use crate::{limits, tls};

/// A registry and the credentials for it.
pub(super) struct Registry {
    pub(super) client: Arc<Client>,
    /// The reference in the form of `oci-client`.
    pub(super) image: Image,
    /// The credentials in the form of `oci-client`.
    pub(super) auth: RegistryAuth,
    host: String,
    /// The reference for messages.
    what: String,
}

impl Registry {
    /// Prepares a connection to the registry of `reference`, without sending anything. `quiet` is the read timeout.
    pub(super) fn new(reference: &OciReference, access: &Access, quiet: Duration) -> Result<Self, FetchError> {
        tls::install();
        let host = reference.registry().to_owned();
        let refused = |error: OciError| FetchError::Refused { host: host.clone(), reason: root_cause(&error) };
        let client = Client::try_from(config(reference, quiet)).map_err(refused)?;
        let (registry, repository) = (host.clone(), reference.repository().to_owned());
        let image = Image::with_tag(registry, repository, reference.tag().unwrap_or_default().to_owned());
        Ok(Self { client: Arc::new(client), image, auth: access.auth(), what: reference.to_string(), host })
    }

    /// Requests a token if the registry requires one.
    pub(super) async fn token(&self, operation: RegistryOperation) -> Result<Option<String>, FetchError> {
        self.client.auth(&self.image, &self.auth, operation).await.map_err(|error| self.error(&error))
    }

    /// Converts an error of `oci-client`.
    pub(super) fn error(&self, error: &OciError) -> FetchError {
        let unauthorized = || refusal(StatusCode::UNAUTHORIZED, "", &self.host, &self.what);
        match error {
            OciError::RequestError(error) if error.is_timeout() && !error.is_connect() => {
                FetchError::Timeout { what: self.what.clone(), after: limits::QUIET }
            }
            OciError::RequestError(error) => match error.status() {
                Some(status) => refusal(status, "", &self.host, &self.what),
                None => unreachable(&self.host, error),
            },
            OciError::AuthenticationFailure(_) | OciError::UnauthorizedError { .. } => unauthorized(),
            OciError::ServerError { code, message, .. } => {
                let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                refusal(status, message, &self.host, &self.what)
            }
            other => FetchError::Refused { host: self.host.clone(), reason: root_cause(other) },
        }
    }
}

/// The settings of `oci-client`. A registry on this machine is used without TLS and without a proxy.
fn config(reference: &OciReference, quiet: Duration) -> ClientConfig {
    let local = reference.is_loopback();
    let protocol = if local { ClientProtocol::Http } else { ClientProtocol::Https };
    // `oci-client` cannot disable the proxy, so it gets a proxy with an exception for every host.
    let proxy = local.then(|| "http://127.0.0.1:9".to_owned());
    ClientConfig {
        protocol,
        use_monolithic_push: true,
        platform_resolver: None,
        connect_timeout: Some(limits::CONNECT),
        read_timeout: Some(quiet),
        user_agent: concat!("baton/", env!("CARGO_PKG_VERSION")),
        http_proxy: proxy,
        no_proxy: local.then(|| "*,0.0.0.0/0,::/0".to_owned()),
        ..ClientConfig::default()
    }
}

pub(super) fn downloads(reference: &OciReference) -> Result<reqwest::Client, FetchError> {
    http_client::client(reference.registry(), reference.is_loopback())
}

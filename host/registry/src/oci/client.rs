//! A registry that is spoken to: the library's client for tokens and uploads, ours for what is downloaded.

use std::sync::Arc;
use std::time::Duration;

use oci_client::Reference as Image;
use oci_client::RegistryOperation;
use oci_client::client::{Client, ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError as Broken;
use oci_client::secrets::RegistryAuth;
use reqwest::StatusCode;

use super::access::Access;
use super::name::OciReference;
use crate::error::FetchError;
use crate::http_client::{self, refusal, root, unreachable};
use crate::{limits, tls};

/// A registry and who we are there.
pub(super) struct Registry {
    pub(super) client: Arc<Client>,
    /// The reference as the library writes it.
    pub(super) image: Image,
    /// The credentials, in the form of the library.
    pub(super) auth: RegistryAuth,
    host: String,
    /// The reference as people write it.
    what: String,
}

impl Registry {
    /// Prepares to speak to the registry of `reference`; nothing is sent. `quiet` is how long it may say nothing.
    pub(super) fn new(reference: &OciReference, access: &Access, quiet: Duration) -> Result<Self, FetchError> {
        tls::install();
        let host = reference.registry().to_owned();
        let refused = |error: Broken| FetchError::Refused { host: host.clone(), reason: root(&error) };
        let client = Client::try_from(config(reference, quiet)).map_err(refused)?;
        let (registry, repository) = (host.clone(), reference.repository().to_owned());
        let image = Image::with_tag(registry, repository, reference.tag().unwrap_or_default().to_owned());
        Ok(Self { client: Arc::new(client), image, auth: access.auth(), what: reference.to_string(), host })
    }

    /// Asks for a token where the registry wants one.
    pub(super) async fn token(&self, operation: RegistryOperation) -> Result<Option<String>, FetchError> {
        self.client.auth(&self.image, &self.auth, operation).await.map_err(|error| self.error(&error))
    }

    /// The error for an error of the library.
    pub(super) fn error(&self, error: &Broken) -> FetchError {
        let unauthorized = || refusal(StatusCode::UNAUTHORIZED, "", &self.host, &self.what);
        match error {
            Broken::RequestError(error) if error.is_timeout() && !error.is_connect() => {
                FetchError::TooSlow { what: self.what.clone(), after: limits::QUIET }
            }
            Broken::RequestError(error) => match error.status() {
                Some(status) => refusal(status, "", &self.host, &self.what),
                None => unreachable(&self.host, error),
            },
            Broken::AuthenticationFailure(_) | Broken::UnauthorizedError { .. } => unauthorized(),
            Broken::ServerError { code, message, .. } => {
                let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                refusal(status, message, &self.host, &self.what)
            }
            other => FetchError::Refused { host: self.host.clone(), reason: root(other) },
        }
    }
}

/// The library's settings. A registry of this machine is asked without TLS and never through a proxy.
fn config(reference: &OciReference, quiet: Duration) -> ClientConfig {
    let local = reference.is_loopback();
    let protocol = if local { ClientProtocol::Http } else { ClientProtocol::Https };
    // The library has no switch for "no proxy"; one that is named and excepts every host is one.
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

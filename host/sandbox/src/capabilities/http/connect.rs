//! Connects to a checked address: the name is resolved once, each resolved address is checked, and Baton connects to
//! one of these addresses. TLS uses rustls with ring, Mozilla's root certificates, and those in the file of
//! `SSL_CERT_FILE`.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, OnceLock};

use http::Uri;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use wasmtime_wasi_http::Error;

use super::addresses::Host;
use super::denial::Denial;
use super::rate::Rates;
use super::target::Target;

/// The network for all attempts: the TLS configuration, and the request rates by plugin and host.
#[derive(Debug, Default)]
pub(crate) struct Network {
    pub(super) rates: Rates,
    /// Created on first use, because most daemons never need it.
    tls: OnceLock<Result<Arc<ClientConfig>, String>>,
    /// Servers that replace the real ones, by origin, over plain HTTP. If this is set, no other server is reachable.
    servers: Option<BTreeMap<String, SocketAddr>>,
}

pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Connection for T {}

/// Why no connection was made.
#[derive(Debug)]
pub(super) enum ConnectError {
    /// Baton refused the connection.
    Denied(Denial),
    /// The network or the server failed.
    Failed(Error),
}

impl From<Error> for ConnectError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Network {
    /// A network with these servers in place of all others, by `SCHEME://HOST[:PORT]`.
    pub(crate) fn with_servers(servers: &BTreeMap<String, SocketAddr>) -> Result<Self, String> {
        let origin = |(origin, address): (&String, &SocketAddr)| {
            let wrong = |why: String| format!("`{origin}` is not a server ({why}); write SCHEME://HOST[:PORT]");
            let uri: Uri = origin.parse().map_err(|error: http::uri::InvalidUri| wrong(error.to_string()))?;
            let target = Target::read(&http::Method::GET, &uri).map_err(wrong)?;
            if target.path != "/" || uri.query().is_some() {
                return Err(wrong("it has a path".to_owned()));
            }
            Ok((target.origin(), *address))
        };
        let servers = servers.iter().map(origin).collect::<Result<_, _>>()?;
        Ok(Self { servers: Some(servers), ..Self::default() })
    }

    /// Connects to the address of `target`.
    pub(super) async fn connect(&self, target: &Target) -> Result<Box<dyn Connection>, ConnectError> {
        if let Some(servers) = &self.servers {
            let Some(address) = servers.get(&target.origin()) else {
                let text = format!(
                    "the request {} was not sent: `servers` of the example has no answer for it",
                    target.shown()
                );
                return Err(ConnectError::Denied(Denial::refused(text)));
            };
            return Ok(Box::new(dial(&[*address]).await?));
        }
        let addresses = resolve(target).await?;
        let stream = dial(&addresses).await?;
        stream.set_nodelay(true).map_err(Error::Connect)?;
        if target.scheme == "http" {
            return Ok(Box::new(stream));
        }
        let settings = self.tls.get_or_init(settings).clone();
        let settings = settings.map_err(|why| Error::InternalError(Some(why)))?;
        let secured = TlsConnector::from(settings).connect(server_name(&target.host)?, stream).await;
        Ok(Box::new(secured.map_err(|error| tls_error(&error, target))?))
    }
}

/// The addresses of the target to which a connection is allowed.
async fn resolve(target: &Target) -> Result<Vec<SocketAddr>, ConnectError> {
    let answers: Vec<IpAddr> = match &target.host {
        Host::Address(_) => Vec::new(),
        Host::Name(name) => {
            let found = tokio::net::lookup_host((name.as_str(), target.port)).await;
            found.map_err(|error| unknown(name, &error))?.map(|address| address.ip()).collect()
        }
    };
    let refused = |why| Denial::refused(format!("the request {} was not sent: {why}", target.shown()));
    let admitted = target.host.admit(&answers).map_err(|why| ConnectError::Denied(refused(why)))?;
    if admitted.is_empty() {
        return Err(Error::DestinationNotFound.into());
    }
    Ok(admitted.into_iter().map(|address| SocketAddr::new(address, target.port)).collect())
}

fn unknown(name: &str, error: &io::Error) -> Error {
    tracing::info!("the host `{name}` was not found: {error}");
    Error::DnsError { rcode: Some("address not available".to_owned()), info_code: None }
}

/// Connects to the first address that responds.
async fn dial(addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let mut last = Error::DestinationNotFound;
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => last = Error::ConnectionRefused,
            Err(_) => last = Error::DestinationUnavailable,
        }
    }
    Err(last)
}

fn server_name(host: &Host) -> Result<ServerName<'static>, Error> {
    match host {
        Host::Address(address) => Ok(ServerName::IpAddress((*address).into())),
        Host::Name(name) => ServerName::try_from(name.clone()).map_err(|_| Error::HttpRequestUriInvalid),
    }
}

/// The error for the plugin; the log has the cause.
fn tls_error(error: &io::Error, target: &Target) -> Error {
    tracing::warn!("no TLS with {}: {error}", target.authority());
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_)) => Error::TlsCertificateError,
        _ => Error::TlsProtocolError,
    }
}

fn settings() -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = std::env::var_os("SSL_CERT_FILE") {
        let shown = std::path::Path::new(&file).display().to_string();
        let certificates = CertificateDer::pem_file_iter(&file).map_err(|error| format!("{shown}: {error}"))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| format!("{shown}: {error}"))?;
            roots.add(certificate).map_err(|error| format!("{shown}: {error}"))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

//! Fetches a component from a registry. If the reference has a digest, the manifest must match it. The layer must match the
//! digest in the manifest.

use baton_core::Digest;
use oci_client::RegistryOperation;
use oci_wasm::WASM_MANIFEST_MEDIA_TYPE;
use reqwest::{Client, RequestBuilder};

use super::access::Access;
use super::artifact::Artifact;
use super::client::{Registry, downloads};
use super::name::OciReference;
use crate::error::FetchError;
use crate::http_client::{self, Download};
use crate::limits;

/// A component that was pulled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulledComponent {
    /// Its bytes.
    pub component: Vec<u8>,
    /// The text of its signature, if it has one.
    pub signature: Option<String>,
    /// The digest of its OCI manifest, `sha256:…`, for [`OciReference::pinned`].
    pub digest: String,
    /// The requested tag.
    pub tag: Option<String>,
}

/// Fetches a component.
///
/// # Errors
/// When the registry cannot be reached or refuses, or the package does not exist, is invalid, too large or incomplete, or has
/// another digest.
pub async fn pull(reference: &OciReference, access: &Access) -> Result<PulledComponent, FetchError> {
    let what = reference.to_string();
    http_client::with_timeout(limits::TRANSFER, &what, async {
        let transfer = Transfer::begin(reference, access, &what).await?;
        let manifest = transfer.manifest().await?;
        let digest = format!("sha256:{}", Digest::of(&manifest));
        if let Some(expected) = reference.digest() {
            check_same_digest(expected, &digest, &what)?;
        }
        let artifact = Artifact::read(&manifest, &what)?;
        let component = transfer.layer(&artifact).await?;
        let tag = reference.tag().map(str::to_owned);
        Ok(PulledComponent { component, signature: artifact.signature, digest, tag })
    })
    .await
}

/// A download from one repository.
struct Transfer<'a> {
    client: Client,
    reference: &'a OciReference,
    access: &'a Access,
    token: Option<String>,
    what: &'a str,
}

impl<'a> Transfer<'a> {
    async fn begin(reference: &'a OciReference, access: &'a Access, what: &'a str) -> Result<Self, FetchError> {
        let token = Registry::new(reference, access, limits::QUIET)?.token(RegistryOperation::Pull).await?;
        Ok(Self { client: downloads(reference)?, reference, access, token, what })
    }

    async fn manifest(&self) -> Result<Vec<u8>, FetchError> {
        let request = self.request("manifests", self.reference.manifest()).header("accept", WASM_MANIFEST_MEDIA_TYPE);
        let host = self.reference.registry();
        let why = "the limit for a manifest";
        http_client::get(request, Download { what: self.what, host, most: limits::MANIFEST_BYTES, why }).await
    }

    /// Downloads the layer and compares its size and digest with those in the manifest.
    async fn layer(&self, artifact: &Artifact) -> Result<Vec<u8>, FetchError> {
        let what = format!("the component of {}", self.what);
        let host = self.reference.registry();
        let why = "the size in its manifest";
        let wanted = Download { what: &what, host, most: artifact.size, why };
        let component = http_client::get(self.request("blobs", &artifact.digest), wanted).await?;
        if component.len() < artifact.size {
            return Err(FetchError::Truncated { what, expected: artifact.size as u64, found: component.len() });
        }
        check_same_digest(&artifact.digest, &format!("sha256:{}", Digest::of(&component)), &what)?;
        Ok(component)
    }

    /// A request to the repository, with credentials.
    fn request(&self, kind: &str, name: &str) -> RequestBuilder {
        let scheme = if self.reference.is_loopback() { "http" } else { "https" };
        // The server of Docker's registry has another name than the registry.
        let host = match self.reference.registry() {
            "docker.io" => "index.docker.io",
            host => host,
        };
        let repository = self.reference.repository();
        let request = self.client.get(format!("{scheme}://{host}/v2/{repository}/{kind}/{name}"));
        match (&self.token, self.access.pair()) {
            (Some(token), _) => request.bearer_auth(token),
            (None, Some((user, password))) => request.basic_auth(user, Some(password)),
            (None, None) => request,
        }
    }
}

/// Checks that two digests are equal.
fn check_same_digest(expected: &str, found: &str, what: &str) -> Result<(), FetchError> {
    if expected == found {
        return Ok(());
    }
    Err(FetchError::WrongDigest { what: what.to_owned(), expected: expected.to_owned(), found: found.to_owned() })
}

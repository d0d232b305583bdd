//! Publishes a component: first the layer and the config, then the manifest, which makes the component visible. If a push fails
//! before that, the previous package stays.

use std::collections::BTreeMap;

use baton_core::Digest;
use baton_sandbox::limits::COMPONENT_BYTES;
use oci_client::RegistryOperation;
use oci_client::errors::OciDistributionError as OciError;
use oci_wasm::WASM_MANIFEST_MEDIA_TYPE;
use reqwest::header::HeaderValue;

use super::access::Access;
use super::artifact::{SIGNATURE_ANNOTATION, Upload, annotation_of};
use super::client::Registry;
use super::name::OciReference;
use crate::error::FetchError;
use crate::http_client;
use crate::limits;

/// The annotations of the component's OCI manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Publication {
    /// Annotations for people and for other programs (`org.opencontainers.image.…`).
    pub annotations: BTreeMap<String, String>,
    /// The text of a `.minisig` file.
    pub signature: Option<String>,
}

/// A component that was published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedComponent {
    /// The digest of its OCI manifest, `sha256:…`.
    pub digest: String,
    /// The reference, pinned to that digest.
    pub reference: OciReference,
}

/// Publishes a component.
///
/// # Errors
/// When the reference has a digest, the bytes are not a component or too large, or the registry cannot be reached or refuses.
pub async fn push(
    reference: &OciReference,
    component: &[u8],
    publication: &Publication,
    access: &Access,
) -> Result<PublishedComponent, FetchError> {
    if reference.digest().is_some() {
        let reason = "the registry computes the digest from the bytes; remove `@sha256:…` from the reference";
        return Err(FetchError::Unpublishable(reason.to_owned()));
    }
    if component.len() > COMPONENT_BYTES {
        return Err(FetchError::Unpublishable(format!("it has more than {COMPONENT_BYTES} bytes")));
    }
    let upload = Upload::new(component, publication.all_annotations())?;
    let digest = format!("sha256:{}", Digest::of(&upload.manifest));
    let what = reference.to_string();
    http_client::with_timeout(limits::TRANSFER, &what, send(reference, access, upload)).await?;
    Ok(PublishedComponent { reference: reference.pinned(&digest), digest })
}

impl Publication {
    fn all_annotations(&self) -> BTreeMap<String, String> {
        let mut all = self.annotations.clone();
        if let Some(signature) = &self.signature {
            all.insert(SIGNATURE_ANNOTATION.to_owned(), annotation_of(signature));
        }
        all
    }
}

/// Uploads the parts that the registry does not have.
async fn send(reference: &OciReference, access: &Access, upload: Upload) -> Result<(), FetchError> {
    // The registry answers only at the end of an upload, so the read timeout is the time limit of the whole transfer.
    let registry = Registry::new(reference, access, limits::TRANSFER)?;
    registry.token(RegistryOperation::Push).await?;
    let (client, image) = (registry.client.clone(), registry.image.clone());
    // `oci-client` panics if a registry redirects to an invalid address, so it runs in a separate task.
    let sent = tokio::spawn(async move {
        let parts =
            [(upload.layer.sha256_digest(), upload.layer.data), (upload.config.sha256_digest(), upload.config.data)];
        for (digest, data) in parts {
            if !client.blob_exists(&image, &digest).await? {
                client.push_blob(&image, data, &digest).await?;
            }
        }
        let kind = HeaderValue::from_static(WASM_MANIFEST_MEDIA_TYPE);
        client.push_manifest_raw(&image, upload.manifest, kind).await?;
        Ok::<(), OciError>(())
    });
    match sent.await {
        Ok(sent) => sent.map_err(|error| registry.error(&error)),
        Err(_) => {
            let reason = "it sends an invalid answer to an upload".to_owned();
            Err(FetchError::Refused { host: reference.registry().to_owned(), reason })
        }
    }
}

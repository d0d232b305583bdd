//! Publishing a component: the layer, the config, and at last the manifest, which makes it visible. A push that breaks off
//! before leaves what was there.

use std::collections::BTreeMap;

use baton_core::Digest;
use baton_sandbox::limits::COMPONENT_BYTES;
use oci_client::RegistryOperation;
use oci_client::errors::OciDistributionError as Broken;
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
/// When the reference has a digest, the bytes are not a component or too many, the registry cannot be reached or refuses.
pub async fn push(
    reference: &OciReference,
    component: &[u8],
    publication: &Publication,
    access: &Access,
) -> Result<PublishedComponent, FetchError> {
    if reference.digest().is_some() {
        let reason = "the digest follows from the bytes; take it out of the reference";
        return Err(FetchError::Unpublishable(reason.to_owned()));
    }
    if component.len() > COMPONENT_BYTES {
        return Err(FetchError::Unpublishable(format!("it has more than {COMPONENT_BYTES} bytes")));
    }
    let upload = Upload::of(component, publication.all())?;
    let digest = format!("sha256:{}", Digest::of(&upload.manifest));
    let what = reference.to_string();
    http_client::within(limits::TRANSFER, &what, send(reference, access, upload)).await?;
    Ok(PublishedComponent { reference: reference.pinned(&digest), digest })
}

impl Publication {
    fn all(&self) -> BTreeMap<String, String> {
        let mut all = self.annotations.clone();
        if let Some(signature) = &self.signature {
            all.insert(SIGNATURE_ANNOTATION.to_owned(), annotation_of(signature));
        }
        all
    }
}

/// Uploads what the registry has not got yet.
async fn send(reference: &OciReference, access: &Access, upload: Upload) -> Result<(), FetchError> {
    // An upload is answered at its end, so the whole of it may be quiet.
    let registry = Registry::new(reference, access, limits::TRANSFER)?;
    registry.token(RegistryOperation::Push).await?;
    let (client, image) = (registry.client.clone(), registry.image.clone());
    // The library panics when a registry redirects to an invalid address, so it runs in a separate task.
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
        Ok::<(), Broken>(())
    });
    match sent.await {
        Ok(sent) => sent.map_err(|error| registry.error(&error)),
        Err(_) => {
            let reason = "it answers an upload with what no registry should answer".to_owned();
            Err(FetchError::Refused { host: reference.registry().to_owned(), reason })
        }
    }
}

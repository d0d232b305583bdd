//! The Wasm artifact in an OCI registry: a manifest, a small config and exactly one layer, which is the component.
//!
//! The layout is that of the CNCF's Wasm working group, which `wkg` writes. The manifest is not trusted: it is checked before
//! the layer is downloaded.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use baton_sandbox::limits::COMPONENT_BYTES;
use oci_client::client::{Config, ImageLayer};
use oci_client::manifest::OciImageManifest;
use oci_wasm::{
    ToConfig as _, WASM_LAYER_MEDIA_TYPE, WASM_MANIFEST_CONFIG_MEDIA_TYPE, WASM_MANIFEST_MEDIA_TYPE, WasmConfig,
};

use super::name::check_digest;
use crate::error::FetchError;
use crate::limits;

/// The annotation of the manifest with the signature: the `.minisig` file in base64, because clients that write canonical JSON
/// damage the newlines of a text. An annotation with the plain text is accepted too. The signature is over the bytes of the
/// layer, so it remains valid when the artifact is copied to another registry.
pub const SIGNATURE_ANNOTATION: &str = "io.baton.minisig";

/// The component as an OCI manifest describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Artifact {
    pub(super) digest: String,
    /// Bytes of the layer.
    pub(super) size: usize,
    pub(super) signature: Option<String>,
}

pub(super) struct Upload {
    /// The component.
    pub(super) layer: ImageLayer,
    /// The configuration that other programs read instead of the component.
    pub(super) config: Config,
    pub(super) manifest: Vec<u8>,
}

impl Artifact {
    pub(super) fn read(manifest: &[u8], what: &str) -> Result<Self, FetchError> {
        let wrong = |reason: String| FetchError::NotAPackage { what: what.to_owned(), reason };
        let json: serde_json::Value =
            serde_json::from_slice(manifest).map_err(|error| wrong(format!("its manifest is not JSON ({error})")))?;
        if json.get("manifests").is_some() {
            return Err(wrong(
                "it is an index of images for several machines; a plugin is a single artifact".to_owned(),
            ));
        }
        let manifest: OciImageManifest = serde_json::from_value(json)
            .map_err(|error| wrong(format!("its manifest is not an OCI manifest ({error})")))?;
        if let Some(size) = manifest.layers.first().map(|layer| layer.size)
            && size > i64::try_from(COMPONENT_BYTES).unwrap_or(i64::MAX)
        {
            let what = what.to_owned();
            return Err(FetchError::TooLarge { what, limit: COMPONENT_BYTES, why: "the limit for a component" });
        }
        Self::from_manifest(manifest).map_err(wrong)
    }

    /// Checks that a manifest describes a component.
    fn from_manifest(manifest: OciImageManifest) -> Result<Self, String> {
        let config = &manifest.config.media_type;
        if config != WASM_MANIFEST_CONFIG_MEDIA_TYPE {
            return Err(format!(
                "its config is `{config}`, not `{WASM_MANIFEST_CONFIG_MEDIA_TYPE}`; a container image is not a plugin"
            ));
        }
        let [layer] = manifest.layers.as_slice() else {
            return Err(format!("it has {} layers; a component has exactly one", manifest.layers.len()));
        };
        if layer.media_type != WASM_LAYER_MEDIA_TYPE {
            return Err(format!("its layer is `{}`, not `{WASM_LAYER_MEDIA_TYPE}`", layer.media_type));
        }
        check_digest(&layer.digest)?;
        let size = usize::try_from(layer.size).map_err(|_| format!("its layer has {} bytes", layer.size))?;
        let signature = manifest.annotations.and_then(|mut all| all.remove(SIGNATURE_ANNOTATION)).map(signature_of);
        if signature.as_ref().is_some_and(|text| text.len() > limits::SIGNATURE_BYTES) {
            return Err(format!("its signature has more than {} bytes", limits::SIGNATURE_BYTES));
        }
        Ok(Self { digest: layer.digest.clone(), size, signature })
    }
}

impl Upload {
    /// The artifact of a component. Its bytes depend only on the component and the annotations, so publishing it again changes
    /// nothing.
    pub(super) fn new(component: &[u8], annotations: BTreeMap<String, String>) -> Result<Self, FetchError> {
        let wrong = |error: String| FetchError::Unpublishable(error);
        if !wasmparser::Parser::is_component(component) {
            return Err(wrong("it is not a WebAssembly component".to_owned()));
        }
        let (mut config, layer) =
            WasmConfig::from_raw_component(component.to_vec(), None).map_err(|error| wrong(format!("{error:#}")))?;
        // The start of 1970 instead of now, as in reproducible builds.
        config.created = std::time::SystemTime::UNIX_EPOCH.into();
        let config = config.to_config().map_err(|error| wrong(format!("{error:#}")))?;
        let annotations = (!annotations.is_empty()).then_some(annotations);
        let mut manifest = OciImageManifest::build(std::slice::from_ref(&layer), &config, annotations);
        manifest.media_type = Some(WASM_MANIFEST_MEDIA_TYPE.to_owned());
        let manifest = serde_json::to_vec(&manifest).map_err(|error| wrong(error.to_string()))?;
        Ok(Self { layer, config, manifest })
    }
}

/// The value of the annotation for the text of a signature.
pub(super) fn annotation_of(signature: &str) -> String {
    STANDARD.encode(signature)
}

/// The text of the signature in an annotation. Text that is not base64 is used unchanged.
fn signature_of(annotation: String) -> String {
    let decoded = STANDARD.decode(annotation.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    decoded.unwrap_or(annotation)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn good() -> Value {
        json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": { "mediaType": "application/vnd.wasm.config.v0+json", "digest": digest(), "size": 2 },
            "layers": [{ "mediaType": "application/wasm", "digest": digest(), "size": 100 }],
            "annotations": { "io.baton.minisig": "untrusted comment: x\n" },
        })
    }

    fn digest() -> String {
        format!("sha256:{}", "0".repeat(64))
    }

    fn read(manifest: &Value) -> Result<Artifact, FetchError> {
        Artifact::read(manifest.to_string().as_bytes(), "oci://h/r:t")
    }

    #[test]
    fn the_layout_of_wasm_artifacts_is_read() {
        let signature = Some("untrusted comment: x\n".to_owned());
        assert_eq!(read(&good()).unwrap(), Artifact { digest: digest(), size: 100, signature });
        let mut encoded = good();
        encoded["annotations"]["io.baton.minisig"] = json!(annotation_of("untrusted comment: y\n"));
        assert_eq!(read(&encoded).unwrap().signature.as_deref(), Some("untrusted comment: y\n"));
        let mut bare = good();
        bare.as_object_mut().unwrap().remove("annotations");
        assert_eq!(read(&bare).unwrap().signature, None);
    }

    #[test]
    fn errors_describe_the_actual_content() {
        let layer = json!({ "mediaType": "application/wasm", "digest": digest(), "size": 100 });
        for (pointer, value, says) in [
            (
                "/config/mediaType",
                json!("application/vnd.oci.image.config.v1+json"),
                "a container image is not a plugin",
            ),
            ("/layers", json!([]), "0 layers"),
            ("/layers", json!([layer, layer]), "2 layers"),
            ("/layers/0/mediaType", json!("application/vnd.oci.image.layer.v1.tar+gzip"), "tar+gzip"),
            ("/layers/0/digest", json!("sha512:00"), "not a digest"),
            ("/layers/0/digest", json!("sha256:../../x"), "not a digest"),
            ("/layers/0/size", json!(-1), "-1 bytes"),
            ("/layers/0/size", json!(COMPONENT_BYTES + 1), "the limit for a component"),
            ("/annotations/io.baton.minisig", json!("x".repeat(limits::SIGNATURE_BYTES + 1)), "signature"),
        ] {
            let mut manifest = good();
            *manifest.pointer_mut(pointer).unwrap() = value;
            let error = read(&manifest).unwrap_err().to_string();
            assert!(error.contains(says) && error.contains("oci://h/r:t"), "{error}");
        }
        let index = json!({ "schemaVersion": 2, "manifests": [] });
        assert!(read(&index).unwrap_err().to_string().contains("several machines"));
        assert!(Artifact::read(b"<html>", "x").unwrap_err().to_string().contains("not JSON"));
    }

    #[test]
    fn only_components_are_published() {
        for bytes in [b"".as_slice(), b"\0asm\x01\0\0\0", b"text"] {
            let refused = Upload::new(bytes, BTreeMap::new());
            assert!(matches!(refused, Err(FetchError::Unpublishable(_))), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_manifest_is_parsed_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(Artifact::read(&bytes, "x").is_err());
        }
    }
}

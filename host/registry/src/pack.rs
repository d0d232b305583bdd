//! Creates a package from a component whose tools cannot write a custom section, for instance those of Python and JavaScript.
//!
//! The manifest is appended to the component. The result is then read and checked as for an installation.

use baton_core::manifest::{MAX_BYTES, Manifest, ManifestError, SECTION, SourceManifest};
use baton_sandbox::{SandboxError, read_manifest};
use wasm_encoder::{ComponentSection, CustomSection};

use crate::{Package, PackageError};

/// The error when a component and a manifest do not make a package.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The manifest is not valid.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The component is already a package.
    #[error("the component already has the manifest of `{0}`: use it as a package, or build it without a manifest")]
    Packed(String),
    /// The result is not a valid package.
    #[error(transparent)]
    Package(#[from] PackageError),
}

/// Adds the manifest to `component`. `declares` is the text of a `manifest.json`.
///
/// # Errors
/// When the manifest is not valid, or when the component already has a manifest or is not a plugin for this host.
pub fn pack(component: &[u8], name: &str, version: &str, declares: &str) -> Result<(Vec<u8>, Package), PackError> {
    match read_manifest(component) {
        Err(SandboxError::ManifestCount(0)) => {}
        Ok(manifest) => return Err(PackError::Packed(manifest.name)),
        Err(error) => return Err(PackageError::from(error).into()),
    }
    let manifest = manifest(name, version, declares)?;
    let mut package = component.to_vec();
    // A custom section of a component has the same form as that of a module: its id and its content.
    CustomSection { name: SECTION.into(), data: manifest.as_slice().into() }.append_to_component(&mut package);
    let read = Package::read(&package)?;
    Ok((package, read))
}

/// The checked content of the section. It is serialised again, without white space.
fn manifest(name: &str, version: &str, declares: &str) -> Result<Vec<u8>, ManifestError> {
    if declares.len() > MAX_BYTES {
        return Err(ManifestError::TooLong(declares.len()));
    }
    let declares: SourceManifest = serde_json::from_str(declares)?;
    let manifest = Manifest { name: name.to_owned(), version: version.to_owned(), declares };
    let bytes = serde_json::to_vec(&manifest)?;
    Manifest::parse(&bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECLARES: &str =
        r#"{"description":"x","default_action":"a","actions":{"a":{"description":"x"}},"limits":{"wall_s":3}}"#;
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    #[test]
    fn errors_when_the_manifest_is_invalid() {
        for (name, declares) in [("../x", DECLARES), ("x", "{}"), ("x", &DECLARES.replace("\"a\":{", "\"b\":{"))] {
            assert!(matches!(pack(EMPTY, name, "1", declares), Err(PackError::Manifest(_))), "{name} {declares}");
        }
    }

    #[test]
    fn errors_when_it_is_already_packed_or_not_a_plugin() {
        let section = [&[0, 15 + 2][..], &[14], b"baton:manifest", b"{}"].concat();
        let broken = [EMPTY, &section].concat();
        assert!(matches!(pack(&broken, "x", "1", DECLARES), Err(PackError::Package(_))), "its manifest does not parse");
        let manifest = String::from_utf8(manifest("old", "1", DECLARES).unwrap()).unwrap();
        let mut packed = EMPTY.to_vec();
        CustomSection { name: SECTION.into(), data: manifest.as_bytes().into() }.append_to_component(&mut packed);
        assert!(matches!(pack(&packed, "x", "1", DECLARES), Err(PackError::Packed(name)) if name == "old"));
        assert!(matches!(pack(EMPTY, "x", "1", DECLARES), Err(PackError::Package(PackageError::World(_)))));
        assert!(matches!(pack(b"\0asm\x01\0\0\0", "x", "1", DECLARES), Err(PackError::Package(_))), "a module");
    }
}

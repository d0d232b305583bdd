//! Making a package of a component whose tools cannot write a custom section: Python's, JavaScript's, and any other.
//!
//! The manifest goes to the end of the component, exactly once; the result is read back as an installation would read it.

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
    /// It is a package already.
    #[error("the component has a manifest already, of `{0}`: it is a package as it is, or build it without one")]
    Packed(String),
    /// The result is not a package either.
    #[error(transparent)]
    Package(#[from] PackageError),
}

/// Puts the manifest (`declares` is the text of a `manifest.json`) into `component`.
///
/// # Errors
/// When the manifest is not valid, the component has one already, or it is not a plugin for this host.
pub fn pack(component: &[u8], name: &str, version: &str, declares: &str) -> Result<(Vec<u8>, Package), PackError> {
    match read_manifest(component) {
        Err(SandboxError::ManifestCount(0)) => {}
        Ok(manifest) => return Err(PackError::Packed(manifest.name)),
        Err(error) => return Err(PackageError::from(error).into()),
    }
    let manifest = manifest(name, version, declares)?;
    let mut package = component.to_vec();
    // A custom section of a component is written as its id and its content, as that of a module.
    CustomSection { name: SECTION.into(), data: manifest.as_slice().into() }.append_to_component(&mut package);
    let read = Package::read(&package)?;
    Ok((package, read))
}

/// The section's content: checked as a whole, and small, because it is written again.
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
    fn errors_on_a_manifest_that_does_not_hold() {
        for (name, declares) in [("../x", DECLARES), ("x", "{}"), ("x", &DECLARES.replace("\"a\":{", "\"b\":{"))] {
            assert!(matches!(pack(EMPTY, name, "1", declares), Err(PackError::Manifest(_))), "{name} {declares}");
        }
    }

    #[test]
    fn errors_when_it_is_packed_already_or_not_a_plugin() {
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

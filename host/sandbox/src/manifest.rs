//! Finds the manifest in a component without running or compiling it.
//!
//! The section is in the component itself or in the core module inside it (`rustc` puts it there). It must occur
//! exactly once.

use baton_core::manifest::{Manifest, SECTION};
use wasmparser::{Encoding, Parser, Payload};

use crate::arguments::Arguments;
use crate::{SandboxError, limit_overrides, limits};

/// Reads the manifest of a component.
///
/// # Errors
/// When the bytes are not a component, are too large, or have no valid manifest.
pub fn read_manifest(component: &[u8]) -> Result<Manifest, SandboxError> {
    let wrong = |reason: String| SandboxError::NotAComponent(reason);
    if component.len() > limits::COMPONENT_BYTES {
        return Err(wrong(format!("it has {} bytes; at most {} are read", component.len(), limits::COMPONENT_BYTES)));
    }
    if wasmtime::Engine::detect_precompiled(component).is_some() {
        return Err(wrong("it is precompiled machine code, which is never accepted".to_owned()));
    }
    let mut sections = Vec::new();
    let mut outermost = true;
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|error| wrong(error.to_string()))? {
            Payload::Version { encoding, .. } => {
                if outermost && encoding != Encoding::Component {
                    return Err(wrong("it is a core module".to_owned()));
                }
                outermost = false;
            }
            Payload::CustomSection(section) if section.name() == SECTION => sections.push(section.data()),
            _ => {}
        }
    }
    match sections.as_slice() {
        [one] => {
            let manifest = Manifest::parse(one)?;
            limit_overrides::check(&manifest.declares.limits)?;
            Arguments::of(&manifest).map_err(SandboxError::Schema)?;
            Ok(manifest)
        }
        several => Err(SandboxError::ManifestCount(several.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_when_it_is_not_a_component() {
        let module = b"\0asm\x01\0\0\0";
        for bytes in [b"".as_slice(), b"not wasm at all", module, &module[..6]] {
            assert!(matches!(read_manifest(bytes), Err(SandboxError::NotAComponent(_))), "{bytes:?}");
        }
    }

    #[test]
    fn errors_on_a_component_without_a_manifest() {
        let empty = b"\0asm\x0d\0\x01\0";
        assert!(matches!(read_manifest(empty), Err(SandboxError::ManifestCount(0))));
    }
}

//! A plugin package: one WebAssembly component that contains its manifest. It is untrusted, so it is read and checked without
//! running or compiling it.
//!
//! First the size and depth of all its parts are checked ([`bounds`]). Then the binary is validated, so that no later step
//! processes a truncated or damaged binary.

mod bounds;

use std::collections::BTreeSet;
use std::thread;

use baton_core::Digest;
use baton_core::manifest::Manifest;
use baton_sandbox::{SandboxError, read_manifest, world};
pub use bounds::OutOfBounds;
use bounds::WalkError;
use wasmparser::{Parser, Payload, Validator};

/// The interface that makes a component a plugin.
const HANDLER: &str = "baton:plugin/handler@";

/// The stack of the validating thread. The validator follows component types by recursion, and [`bounds`] limits their number.
/// The deepest allowed package was measured to need less than 8 MiB in a build without optimisation.
const STACK_BYTES: usize = 64 << 20;

/// A component that may be a plugin of this host.
#[derive(Clone, Debug, PartialEq)]
pub struct Package {
    /// Its manifest.
    pub manifest: Manifest,
    /// SHA-256 of the component.
    pub digest: Digest,
    /// The size of the component in bytes.
    pub size: usize,
    /// The version of `baton:plugin` that it was built against.
    pub world: String,
    /// The imported interfaces with their versions.
    pub imports: BTreeSet<String>,
}

/// The error when bytes are not a package.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// It is not a component with a manifest.
    #[error(transparent)]
    Component(#[from] SandboxError),
    /// The binary is broken.
    #[error("the component is broken: {0}; fetch it again from its source")]
    Broken(#[from] wasmparser::BinaryReaderError),
    /// Something in it is larger or deeper than a plugin needs.
    #[error(transparent)]
    OutOfBounds(#[from] OutOfBounds),
    /// The system cannot start a thread for the validation.
    #[error("the component cannot be read now: {0}")]
    NoThread(std::io::Error),
    /// It is a component, but for another host.
    #[error("the component is not for this host: {0}")]
    World(String),
}

impl Package {
    /// Reads a component.
    ///
    /// # Errors
    /// When it is too large, broken, not a component, without a manifest, or for another world.
    pub fn read(component: &[u8]) -> Result<Self, PackageError> {
        let manifest = read_manifest(component)?;
        bounds::check(component).map_err(|error| match error {
            WalkError::OutOfBounds(error) => PackageError::OutOfBounds(error),
            WalkError::Broken(error) => PackageError::Broken(error),
        })?;
        validate(component)?;
        let (imports, exports) = names(component)?;
        let version = exports.iter().find_map(|export| export.strip_prefix(HANDLER));
        let Some(version) = version else {
            let exported: Vec<&str> = exports.iter().map(String::as_str).collect();
            return Err(PackageError::World(format!(
                "it does not export {HANDLER}{}; it exports: {}",
                world::VERSION,
                if exported.is_empty() { "nothing".to_owned() } else { exported.join(", ") }
            )));
        };
        world::check(version, &imports).map_err(PackageError::World)?;
        Ok(Self { world: version.to_owned(), digest: Digest::of(component), size: component.len(), manifest, imports })
    }
}

fn validate(component: &[u8]) -> Result<(), PackageError> {
    let work = || Validator::new_with_features(world::features()).validate_all(component).map(drop);
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work);
        let done = thread.map_err(PackageError::NoThread)?.join();
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)).map_err(PackageError::Broken)
    })
}

/// The names of the imports and exports of the outermost component.
fn names(component: &[u8]) -> Result<(BTreeSet<String>, BTreeSet<String>), PackageError> {
    let (mut imports, mut exports) = (BTreeSet::new(), BTreeSet::new());
    let mut depth = 0_u32;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    imports.insert(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    exports.insert(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok((imports, exports))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_when_it_is_not_a_package() {
        for bytes in [b"".as_slice(), b"not wasm", b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0"] {
            assert!(matches!(Package::read(bytes), Err(PackageError::Component(_))), "{bytes:?}");
        }
    }
}

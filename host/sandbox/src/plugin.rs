//! A component that can run: manifest, digest, and linked machine code.

use std::sync::Arc;

use baton_core::Digest;
use baton_core::manifest::Manifest;

use crate::arguments::Arguments;
use crate::bindings::PluginPre;
use crate::capabilities::State;
use crate::manifest::read_manifest;
use crate::{Sandbox, SandboxError};

/// A loaded plugin. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {
    pub(crate) linked: PluginPre<State>,
    manifest: Arc<Manifest>,
    arguments: Arc<Arguments>,
    digest: Digest,
}

impl Plugin {
    /// Its manifest.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The schemas of its actions' arguments.
    #[must_use]
    pub fn arguments(&self) -> &Arc<Arguments> {
        &self.arguments
    }

    /// SHA-256 of the component.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl Sandbox {
    /// Reads the manifest, loads the compiled code (or compiles it, see `compile`) and links it.
    ///
    /// # Errors
    /// When the bytes are not a component with a manifest, do not compile, or do not match the world.
    pub fn load(&self, component: &[u8]) -> Result<Plugin, SandboxError> {
        let manifest = Arc::new(read_manifest(component)?);
        let arguments = Arc::new(Arguments::of(&manifest).map_err(SandboxError::Schema)?);
        let digest = Digest::of(component);
        let compiled = self.code_of(component, digest, &manifest.name)?;
        let linked = self.linker.instantiate_pre(&compiled).and_then(PluginPre::new);
        let linked = linked.map_err(|error| SandboxError::World(format!("{error:#}")))?;
        Ok(Plugin { linked, manifest, arguments, digest })
    }
}

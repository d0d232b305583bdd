//! A component that is ready to run: its manifest, its digest, its compiled and linked form.

use std::sync::Arc;

use baton_core::Digest;
use baton_core::manifest::Manifest;
use wasmtime::component::Component;

use crate::bindings::PluginPre;
use crate::manifest::read_manifest;
use crate::store::State;
use crate::{Sandbox, SandboxError};

/// A loaded plugin. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {
    pub(crate) pre: Arc<PluginPre<State>>,
    manifest: Arc<Manifest>,
    digest: Digest,
}

impl Plugin {
    /// What it declares.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// SHA-256 of the component.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl Sandbox {
    /// Reads the manifest, compiles the component (or finds it in the cache) and links it.
    ///
    /// # Errors
    /// When the bytes are no component with a manifest, do not compile, or do not fit the world.
    pub fn load(&self, component: &[u8]) -> Result<Plugin, SandboxError> {
        let manifest = Arc::new(read_manifest(component)?);
        let compiled = Component::from_binary(&self.engine, component)
            .map_err(|error| SandboxError::Compile(format!("{error:#}")))?;
        let linked =
            self.linker.instantiate_pre(&compiled).map_err(|error| SandboxError::World(format!("{error:#}")))?;
        let pre = PluginPre::new(linked).map_err(|error| SandboxError::World(format!("{error:#}")))?;
        Ok(Plugin { pre: Arc::new(pre), manifest, digest: Digest::of(component) })
    }
}

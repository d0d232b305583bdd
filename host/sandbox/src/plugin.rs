//! A component that is ready to run: its manifest, its digest, its compiled and linked form.

use std::sync::Arc;

use baton_core::Digest;
use baton_core::manifest::Manifest;
use wasmtime::Store;
use wasmtime::component::InstancePre;

use crate::arguments::Arguments;
use crate::bindings::PluginPre;
use crate::manifest::read_manifest;
use crate::store::State;
use crate::{Sandbox, SandboxError, since_v0_0, wit};

/// A loaded plugin. Cheap to clone.
#[derive(Clone)]
pub struct Plugin {
    pub(crate) world: Arc<Linked>,
    manifest: Arc<Manifest>,
    arguments: Arc<Arguments>,
    digest: Digest,
}

/// A linked component, by the version of the world that it was built against.
pub(crate) enum Linked {
    Now(PluginPre<State>),
    Before(since_v0_0::Pre),
}

impl Linked {
    fn new(linked: InstancePre<State>) -> wasmtime::Result<Self> {
        match PluginPre::new(linked.clone()) {
            Ok(now) => Ok(Self::Now(now)),
            Err(error) => since_v0_0::Pre::new(linked).map(Self::Before).map_err(|_| error),
        }
    }

    /// Calls `run` in a fresh instance.
    pub(crate) async fn run(
        &self,
        store: &mut Store<State>,
        task: wit::Task,
    ) -> wasmtime::Result<Result<wit::Outcome, wit::Error>> {
        match self {
            Self::Now(pre) => {
                let instance = pre.instantiate_async(&mut *store).await?;
                instance.baton_plugin_handler().call_run(&mut *store, &task).await
            }
            Self::Before(pre) => pre.run(store, task).await,
        }
    }
}

impl Plugin {
    /// What it declares.
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
    /// Reads the manifest, loads the compiled code (which is made if there is none, see `compile`) and links it.
    ///
    /// # Errors
    /// When the bytes are no component with a manifest, do not compile, or do not fit the world.
    pub fn load(&self, component: &[u8]) -> Result<Plugin, SandboxError> {
        let manifest = Arc::new(read_manifest(component)?);
        let arguments = Arc::new(Arguments::of(&manifest).map_err(SandboxError::Schema)?);
        let digest = Digest::of(component);
        let compiled = self.code_of(component, digest, &manifest.name)?;
        let linked =
            self.linker.instantiate_pre(&compiled).map_err(|error| SandboxError::World(format!("{error:#}")))?;
        let linked = Linked::new(linked).map_err(|error| SandboxError::World(format!("{error:#}")))?;
        Ok(Plugin { world: Arc::new(linked), manifest, arguments, digest })
    }
}

//! The trait of all capabilities, and the macro for their list.

use std::sync::Arc;

use baton_core::manifest::Manifest;
use wasmtime::component::Linker;

use super::http::Egress;
use crate::AttemptError;
use crate::host_resources::HostResources;
use crate::limit_overrides::LimitOverrides;
use crate::log::Log;
use crate::request::AttemptRequest;
use crate::usage::Usage;

/// A capability of the host, with its state in one attempt. `S` is the data of a store, which contains the state of all
/// capabilities.
///
/// [`link`](Self::link) is called once, when the engine starts; [`prepare`](Self::prepare) once for each attempt,
/// before the plugin is instantiated. Then the plugin calls the functions. [`note_usage`](Self::note_usage) is called
/// after each attempt, also after a failed one.
pub(crate) trait Capability<S: 'static>: Sized {
    /// Links the functions of WASI that the capability replaces or adds. The bindings link the interfaces of `wit/`.
    /// All functions are linked for every plugin: a function returns an error if it is not declared or not granted.
    fn link(_linker: &mut Linker<S>) -> wasmtime::Result<()> {
        Ok(())
    }

    /// Builds the state of an attempt from its declared and granted rights. A missing grant is not an error here: the
    /// functions of the capability return that error when the plugin calls them.
    ///
    /// # Errors
    /// The reason why the attempt cannot start.
    fn prepare(setup: &AttemptSetup<'_>) -> Result<Self, AttemptError>;

    /// Adds to the report how much of its limits the capability has used.
    fn note_usage(&self, _usage: &mut Usage) {}
}

/// The input of [`Capability::prepare`].
pub(crate) struct AttemptSetup<'a> {
    pub(crate) manifest: &'a Manifest,
    pub(crate) request: &'a AttemptRequest,
    /// The resources that all attempts share.
    pub(crate) host: &'a HostResources,
    /// Requests and secrets, which several capabilities use.
    pub(crate) egress: &'a Arc<Egress>,
    pub(crate) limits: LimitOverrides,
    pub(crate) log: &'a Log,
}

/// Defines the data of a store: the common parts of each attempt, and one field for each capability.
macro_rules! state {
    ($($field:ident: $capability:ty,)*) => {
        /// The data of one attempt's store: WASI, handles, meters, and the state of each capability.
        pub(crate) struct State {
            pub(crate) wasi: wasmtime_wasi::WasiCtx,
            pub(crate) table: wasmtime::component::ResourceTable,
            pub(crate) memory: crate::meter::MemoryMeter,
            pub(crate) meter: crate::meter::Meter,
            pub(crate) log: crate::log::Log,
            $(pub(crate) $field: $capability,)*
        }

        impl State {
            /// Links all capabilities, in the order of the list. Called after WASI was linked.
            pub(crate) fn link(linker: &mut wasmtime::component::Linker<Self>) -> wasmtime::Result<()> {
                $(<$capability as $crate::capabilities::Capability<Self>>::link(linker)?;)*
                Ok(())
            }

            /// Prepares all capabilities for an attempt.
            pub(crate) fn prepare(
                setup: &$crate::capabilities::AttemptSetup<'_>,
                wasi: wasmtime_wasi::WasiCtx,
            ) -> Result<Self, crate::AttemptError> {
                let mut table = wasmtime::component::ResourceTable::new();
                table.set_max_capacity(crate::limits::HANDLES);
                Ok(Self {
                    wasi,
                    table,
                    memory: crate::meter::MemoryMeter::new(setup.limits.memory),
                    meter: crate::meter::Meter::new(setup.limits),
                    log: setup.log.clone(),
                    $($field: <$capability as $crate::capabilities::Capability<Self>>::prepare(setup)?,)*
                })
            }

            /// The limit usage of all capabilities.
            pub(crate) fn capability_usage(&self) -> crate::usage::Usage {
                let mut usage = crate::usage::Usage::default();
                $($crate::capabilities::Capability::<Self>::note_usage(&self.$field, &mut usage);)*
                usage
            }
        }
    };
}

pub(crate) use state;

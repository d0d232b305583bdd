//! Links the folders of an attempt: replaces functions of `wasi:filesystem`.

use baton_core::grants::Grant;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{ErrorCode, HostDescriptor as _};

use super::changed_files::ChangeTracker;
use super::state::Preopens;
use super::{Files, TYPES, answer, created_files, regular};
use crate::AttemptError;
use crate::capabilities::{AttemptSetup, Capability, State};

/// The interface that returns a guest's folders, in the version of wasmtime-wasi.
const PREOPENS: &str = "wasi:filesystem/preopens@0.2.12";

type Handle = Resource<Descriptor>;

impl Capability<State> for Files {
    /// Replaces `get-directories` and the functions that open, make, rename and remove files.
    fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
        linker.allow_shadowing(true);
        link_preopens(linker)?;
        created_files::link(linker)?;
        link_changes(linker)?;
        regular::link(linker)?;
        linker.allow_shadowing(false);
        Ok(())
    }

    fn prepare(setup: &AttemptSetup<'_>) -> Result<Self, AttemptError> {
        let services = &setup.request.services;
        services.folder_check.run()?;
        let preopens = Preopens::new(&services.mounts)
            .map_err(|error| AttemptError::Retryable(format!("the granted folders cannot be opened: {error}")))?;
        let hard_links = services.allows(&Grant::HardLinks);
        Ok(Self { preopens, hard_links, tracker: ChangeTracker::new(&services.mounts, setup.request.writes.clone()) })
    }
}

/// Replaces `get-directories`: returns the folders of the attempt as they were opened when the plugin was loaded.
fn link_preopens(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.instance(PREOPENS)?.func_wrap("get-directories", |mut store: StoreContextMut<'_, State>, (): ()| {
        let state = store.data_mut();
        let mut directories: Vec<(Resource<Descriptor>, String)> = Vec::new();
        for (folder, guest) in &state.files.preopens.0 {
            let handle = state.table.push(Descriptor::Dir(folder.clone()))?;
            state.files.tracker.preopened(handle.rep(), guest);
            directories.push((handle, guest.clone()));
        }
        Ok((directories,))
    })
}

/// Replaces the functions that rename and remove. The linker must allow shadowing.
fn link_changes(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut linked = linker.instance(TYPES)?;
    linked.func_wrap_async(
        "[method]descriptor.rename-at",
        |mut store: StoreContextMut<'_, State>, (from, old, to, new): (Handle, String, Handle, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let names = [(from.rep(), old.clone()), (to.rep(), new.clone())];
                let done = state.filesystem().rename_at(from, old, to, new).await;
                noted(state, done, &names)
            })
        },
    )?;
    linked.func_wrap_async(
        "[method]descriptor.unlink-file-at",
        |mut store: StoreContextMut<'_, State>, (folder, name): (Handle, String)| {
            Box::new(async move {
                let state = store.data_mut();
                let names = [(folder.rep(), name.clone())];
                let done = state.filesystem().unlink_file_at(folder, name).await;
                noted(state, done, &names)
            })
        },
    )
}

/// Records the names if the function succeeded.
fn noted(state: &State, done: FsResult<()>, names: &[(u32, String)]) -> wasmtime::Result<(Result<(), ErrorCode>,)> {
    if done.is_ok() {
        for (folder, name) in names {
            state.files.tracker.changed(*folder, name);
        }
    }
    answer(done)
}

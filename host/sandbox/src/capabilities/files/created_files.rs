//! Counts the files, folders and links that a guest creates, and the bytes by which it lengthens files without writing
//! (holes). The functions of `wasi:filesystem` that create something are replaced by functions that count and then call
//! wasmtime's. `write_limits.rs` counts written bytes, `regular.rs` files that are created by opening them.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::WasiFilesystemView as _;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{Descriptor, ErrorCode, HostDescriptor as _, PathFlags};

use super::{TYPES, answer};
use crate::capabilities::State;

type Handle = Resource<Descriptor>;
type Guest<'a> = StoreContextMut<'a, State>;

/// Replaces the functions that create something. The linker must allow shadowing.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut types = linker.instance(TYPES)?;
    types.func_wrap_async(
        "[method]descriptor.create-directory-at",
        |mut store: Guest<'_>, (folder, path): (Handle, String)| {
            Box::new(async move {
                let state = store.data_mut();
                state.meter.may_make()?;
                let made = state.filesystem().create_directory_at(folder, path).await;
                made_one(state, made)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.symlink-at",
        |mut store: Guest<'_>, (folder, target, path): (Handle, String, String)| {
            Box::new(async move {
                let state = store.data_mut();
                state.meter.may_make()?;
                let (folder_id, name) = (folder.rep(), path.clone());
                let made = state.filesystem().symlink_at(folder, target, path).await;
                note_made(state, &made, folder_id, &name);
                made_one(state, made)
            })
        },
    )?;
    types.func_wrap_async(
        "[method]descriptor.link-at",
        |mut store: Guest<'_>, (folder, flags, path, to, name): (Handle, PathFlags, String, Handle, String)| {
            Box::new(async move {
                let state = store.data_mut();
                state.meter.may_make()?;
                let (folder_id, new_name) = (to.rep(), name.clone());
                let made = state.filesystem().link_at(folder, flags, path, to, name).await;
                note_made(state, &made, folder_id, &new_name);
                made_one(state, made)
            })
        },
    )?;
    types.func_wrap_async("[method]descriptor.set-size", |mut store: Guest<'_>, (file, size): (Handle, u64)| {
        Box::new(async move {
            let state = store.data_mut();
            lengthen(state, &file, size)?;
            let done = state.filesystem().set_size(file, size).await;
            answer(done)
        })
    })?;
    types.func_wrap("[method]descriptor.write-via-stream", |mut store: Guest<'_>, (file, offset): (Handle, u64)| {
        let state = store.data_mut();
        lengthen(state, &file, offset)?;
        let stream = state.filesystem().write_via_stream(file, offset);
        answer(stream)
    })?;
    Ok(())
}

/// Records a new link, so that it does not fire the plugin's own triggers.
fn note_made(state: &State, made: &FsResult<()>, folder: u32, name: &str) {
    if made.is_ok() {
        state.files.tracker.changed(folder, name);
    }
}

fn made_one(state: &mut State, made: FsResult<()>) -> wasmtime::Result<(Result<(), ErrorCode>,)> {
    if made.is_ok() {
        state.meter.made += 1;
    }
    answer(made)
}

/// Counts the bytes between a file's end and `to`, which become part of the file without being written.
pub(crate) fn lengthen(state: &mut State, file: &Handle, to: u64) -> wasmtime::Result<()> {
    // If the handle is not that of a file, wasmtime returns the error.
    if let Descriptor::File(file) = state.table.get(file)?
        && let Ok(found) = file.file.metadata()
    {
        state.meter.lengthen(to.saturating_sub(found.len()))?;
    }
    Ok(())
}

//! What a guest makes in its folders is counted: files, folders and links, and the size that it gives to files without writing
//! it (holes). The functions of `wasi:filesystem` that make something are replaced by ones that count and then go on in
//! wasmtime's. Bytes that are written are counted in `written.rs`, files that are made by opening them in `regular.rs`.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::WasiFilesystemView as _;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{Descriptor, ErrorCode, HostDescriptor as _, PathFlags};

use crate::store::State;

/// The interface whose functions are replaced, in the version that wasmtime-wasi serves. A mismatch shows at start.
const TYPES: &str = "wasi:filesystem/types@0.2.12";

type Handle = Resource<Descriptor>;
type Guest<'a> = StoreContextMut<'a, State>;

/// Replaces what makes something. Called after WASI was linked.
///
/// # Errors
/// When the linker does not have the interface.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
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
                let name = (folder.rep(), path.clone());
                let made = state.filesystem().symlink_at(folder, target, path).await;
                note_made(state, &made, &name);
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
                let new = (to.rep(), name.clone());
                let made = state.filesystem().link_at(folder, flags, path, to, name).await;
                note_made(state, &made, &new);
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
    linker.allow_shadowing(false);
    Ok(())
}

/// A trigger of the plugin is not fired by what it links itself.
fn note_made(state: &State, made: &FsResult<()>, (folder, name): &(u32, String)) {
    if made.is_ok() {
        state.own.changed(*folder, name);
    }
}

fn made_one(state: &mut State, made: FsResult<()>) -> wasmtime::Result<(Result<(), ErrorCode>,)> {
    if made.is_ok() {
        state.meter.made += 1;
    }
    answer(made)
}

/// What the guest is told; a trap stays one.
fn answer<T>(done: FsResult<T>) -> wasmtime::Result<(Result<T, ErrorCode>,)> {
    match done {
        Ok(value) => Ok((Ok(value),)),
        Err(error) => Ok((Err(error.downcast()?),)),
    }
}

/// Counts what lies between a file's end and `to`: the size that it is going to have without being written.
///
/// # Errors
/// When that is too much.
pub(crate) fn lengthen(state: &mut State, file: &Handle, to: u64) -> wasmtime::Result<()> {
    // A folder, or what cannot be asked, gets its error from wasmtime.
    if let Descriptor::File(file) = state.table.get(file)?
        && let Ok(found) = file.file.metadata()
    {
        state.meter.lengthen(to.saturating_sub(found.len()))?;
    }
    Ok(())
}

//! Only regular files and directories are opened. A pipe would hold the opening thread for ever, and no ceiling of a guest
//! reaches a thread that waits in the kernel; a device is nobody's file.
//!
//! wasmtime opens whatever lies there, so its `open-at` is replaced by one that looks first. Between the look and the
//! opening somebody else may put a pipe there; a guest cannot, because WASI makes none.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::{WasiFilesystemCtxView, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, HostDescriptor, OpenFlags, PathFlags,
};

use crate::store::State;

/// The interface whose function is replaced, in the version that wasmtime-wasi serves. A mismatch shows at start.
const TYPES: &str = "wasi:filesystem/types@0.2.12";

/// The arguments of `open-at`.
type OpenAt = (Resource<Descriptor>, PathFlags, String, OpenFlags, DescriptorFlags);

/// Replaces `open-at`. Called after WASI was linked.
///
/// # Errors
/// When the linker does not have the interface.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    linker.instance(TYPES)?.func_wrap_async(
        "[method]descriptor.open-at",
        |mut store: StoreContextMut<'_, State>, args: OpenAt| {
            Box::new(async move { Ok((open(&mut store.data_mut().filesystem(), args).await?,)) })
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

async fn open(
    files: &mut WasiFilesystemCtxView<'_>,
    (folder, path_flags, path, open_flags, flags): OpenAt,
) -> wasmtime::Result<Result<Resource<Descriptor>, ErrorCode>> {
    let looked = files.stat_at(Resource::new_borrow(folder.rep()), path_flags, path.clone()).await;
    // What is not there may be made, and every other problem is told by the opening itself.
    if let Ok(stat) = looked
        && !matches!(stat.type_, DescriptorType::RegularFile | DescriptorType::Directory | DescriptorType::SymbolicLink)
    {
        return Ok(Err(ErrorCode::NotPermitted));
    }
    match files.open_at(folder, path_flags, path, open_flags, flags).await {
        Ok(opened) => Ok(Ok(opened)),
        Err(error) => Ok(Err(error.downcast()?)),
    }
}

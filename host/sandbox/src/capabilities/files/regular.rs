//! Only regular files and directories are opened, and of files only those that have one name. A pipe would hold the opening thread for ever, and no ceiling of a guest
//! reaches a thread that waits in the kernel; a device is nobody's file.
//!
//! A file with several names (hard links) may have one outside of the granted folder: whoever writes to it here changes it
//! there, and whoever reads it here reads what was never granted. The file system does not tell where its other names are,
//! so it is refused for reading too, unless the operator says `baton plugin grant NAME hard-links` (libraries whose
//! downloads are linked, deduplicated backups). A guest cannot make such a file of what lies outside: both ends of a link
//! have to be in folders that it may write to.
//!
//! wasmtime opens whatever lies there, so its `open-at` is replaced by one that looks first. Between the look and the
//! opening somebody else may put a pipe there; a guest cannot, because WASI makes none.

use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::{WasiFilesystemCtxView, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorStat, DescriptorType, ErrorCode, HostDescriptor, OpenFlags, PathFlags,
};

use crate::log::Log;
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
            Box::new(async move {
                let state = store.data_mut();
                let log = (!state.hard_links).then(|| state.log.clone());
                Ok((open(&mut state.filesystem(), args, log.as_ref()).await?,))
            })
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

/// `one_name` is told of files that have several, which are refused then.
async fn open(
    files: &mut WasiFilesystemCtxView<'_>,
    (folder, path_flags, path, open_flags, flags): OpenAt,
    one_name: Option<&Log>,
) -> wasmtime::Result<Result<Resource<Descriptor>, ErrorCode>> {
    let looked = files.stat_at(Resource::new_borrow(folder.rep()), path_flags, path.clone()).await;
    // What is not there may be made, and every other problem is told by the opening itself.
    if let Ok(stat) = looked
        && !may_open(&stat, &path, one_name)
    {
        return Ok(Err(ErrorCode::NotPermitted));
    }
    match files.open_at(folder, path_flags, path, open_flags, flags).await {
        Ok(opened) => Ok(Ok(opened)),
        Err(error) => Ok(Err(error.downcast()?)),
    }
}

fn may_open(stat: &DescriptorStat, path: &str, one_name: Option<&Log>) -> bool {
    match (stat.type_, one_name) {
        (DescriptorType::RegularFile, Some(log)) if stat.link_count > 1 => {
            log.say(&format!(
                "`{}` has several names (hard links) and was not opened; `baton plugin grant NAME hard-links` allows it",
                path.escape_debug()
            ));
            false
        }
        (DescriptorType::RegularFile | DescriptorType::Directory | DescriptorType::SymbolicLink, _) => true,
        _ => false,
    }
}

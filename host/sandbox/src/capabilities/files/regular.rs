//! Opens only regular files and folders, and only files with one name. Opening a pipe would block its thread forever,
//! and no limit of a plugin can end a thread that waits in the kernel.
//!
//! A file can have several names (hard links), and some of them may be outside of the granted folder. If a plugin writes to
//! such a file, the content also changes under the names outside. If a plugin reads such a file, it may get content that
//! was never granted. The file system does not report the other names, so Baton refuses to open such a file, even for
//! reading. The operator can allow it with `baton plugin grant NAME hard-links` (for libraries with linked downloads, or
//! deduplicated backups). A plugin cannot create a link to a file outside, because both ends of a link must be in folders
//! that it may write to.
//!
//! wasmtime opens any kind of file, so its `open-at` is replaced by a function that checks the kind first. Another file
//! may replace it between this check and the opening. So the open file is checked again, and only then truncated.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use cap_primitives::fs::{FollowSymlinks, MetadataExt as _, stat};
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::WasiFilesystemView as _;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Descriptor, DescriptorFlags, DescriptorType, ErrorCode, HostDescriptor, NewTimestamp, OpenFlags, PathFlags,
};

use super::TYPES;
use super::changed_files::OpenedPath;
use crate::capabilities::State;

/// The arguments of `open-at`.
type OpenAt = (Resource<Descriptor>, PathFlags, String, OpenFlags, DescriptorFlags);

/// The arguments of `set-times-at`.
type SetTimesAt = (Resource<Descriptor>, PathFlags, String, NewTimestamp, NewTimestamp);

/// Replaces `open-at`, and `set-times-at`, which changes a file without opening it. The linker must allow shadowing.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    let mut types = linker.instance(TYPES)?;
    types.func_wrap_async(
        "[method]descriptor.set-times-at",
        |mut store: StoreContextMut<'_, State>, args: SetTimesAt| {
            Box::new(async move { Ok((set_times(store.data_mut(), args).await?,)) })
        },
    )?;
    types.func_wrap_async("[method]descriptor.open-at", |mut store: StoreContextMut<'_, State>, args: OpenAt| {
        Box::new(async move {
            let state = store.data_mut();
            let (folder, path, open_flags, flags) = (args.0.rep(), args.2.clone(), args.3, args.4);
            let opened = open(state, args).await?;
            if let Ok(opened) = &opened {
                let from = OpenedPath { folder, path: &path, open_flags, flags };
                state.files.tracker.opened(&from, opened.rep());
            }
            Ok((opened,))
        })
    })
}

async fn open(
    state: &mut State,
    (folder, path_flags, path, open_flags, flags): OpenAt,
) -> wasmtime::Result<Result<Resource<Descriptor>, ErrorCode>> {
    let looked = state.filesystem().stat_at(Resource::new_borrow(folder.rep()), path_flags, path.clone()).await;
    // A missing file may be created. `open_at` returns any other error.
    let makes = looked.is_err() && open_flags.contains(OpenFlags::CREATE);
    match looked {
        Ok(stat) if !is_allowed(stat.type_) => return Ok(Err(ErrorCode::NotPermitted)),
        _ if makes => state.meter.may_make()?,
        _ => {}
    }
    let (empties, open_flags) = (open_flags.contains(OpenFlags::TRUNCATE), open_flags & !OpenFlags::TRUNCATE);
    // Truncating needs write access. A file that the guest does not open for writing is opened for reading.
    let flags = match (empties, flags.contains(DescriptorFlags::WRITE)) {
        (true, false) => flags | DescriptorFlags::READ | DescriptorFlags::WRITE,
        _ => flags,
    };
    let again = Resource::new_borrow(folder.rep());
    let opened = match state.filesystem().open_at(folder, path_flags, path.clone(), open_flags, flags).await {
        Ok(opened) => opened,
        Err(error) => return Ok(Err(error.downcast()?)),
    };
    if makes {
        state.meter.made += 1;
    }
    let mut checked = check_opened(state, &opened, &path);
    // The link count is also 1 if this name was removed after the opening and only a name outside remains. So this name must
    // still be the only name of the open file.
    if checked.is_ok() && !state.files.hard_links && !is_only_name(state, &opened, &again, path_flags, &path) {
        checked = Err(ErrorCode::NoEntry);
    }
    if let Err(refused) = checked.and_then(|()| if empties { empty(state, &opened) } else { Ok(()) }) {
        state.table.delete(opened)?;
        return Ok(Err(refused));
    }
    Ok(Ok(opened))
}

async fn set_times(
    state: &mut State,
    (folder, path_flags, path, accessed, modified): SetTimesAt,
) -> wasmtime::Result<Result<(), ErrorCode>> {
    let opening = (folder, path_flags, path, OpenFlags::empty(), DescriptorFlags::READ);
    let opened = match open(state, opening).await? {
        Ok(opened) => opened,
        Err(error) => return Ok(Err(error)),
    };
    let set = state.filesystem().set_times(Resource::new_borrow(opened.rep()), accessed, modified).await;
    state.table.delete(opened)?;
    Ok(match set {
        Ok(()) => Ok(()),
        Err(error) => Err(error.downcast()?),
    })
}

/// True if the path leads to the open file and is its only name. One `stat` returns both facts, because the name may be removed
/// and created again between two calls. A folder always has one name.
fn is_only_name(
    state: &State,
    opened: &Resource<Descriptor>,
    folder: &Resource<Descriptor>,
    path_flags: PathFlags,
    path: &str,
) -> bool {
    let Ok(Descriptor::File(file)) = state.table.get(opened) else { return true };
    let Ok(Descriptor::Dir(dir)) = state.table.get(folder) else { return false };
    let follows = if path_flags.contains(PathFlags::SYMLINK_FOLLOW) { FollowSymlinks::Yes } else { FollowSymlinks::No };
    let named = stat(&dir.dir, Path::new(path), follows);
    let (Ok(open), Ok(named)) = (file.file.metadata(), named) else { return false };
    (open.dev(), open.ino(), 1) == (named.dev(), named.ino(), named.nlink())
}

fn empty(state: &State, opened: &Resource<Descriptor>) -> Result<(), ErrorCode> {
    let Ok(Descriptor::File(file)) = state.table.get(opened) else { return Ok(()) };
    file.file.set_len(0).map_err(|error| ErrorCode::from(&error))
}

fn is_allowed(kind: DescriptorType) -> bool {
    matches!(kind, DescriptorType::RegularFile | DescriptorType::Directory | DescriptorType::SymbolicLink)
}

/// Checks that the open file is a regular file with one name.
fn check_opened(state: &State, opened: &Resource<Descriptor>, path: &str) -> Result<(), ErrorCode> {
    let Ok(Descriptor::File(file)) = state.table.get(opened) else { return Ok(()) };
    let found = file.file.metadata().map_err(|error| ErrorCode::from(&error))?;
    if !found.is_file() {
        return Err(ErrorCode::NotPermitted);
    }
    if found.nlink() > 1 && !state.files.hard_links {
        state.log.add_line(&format!(
            "`{}` has several names (hard links) and was not opened; `baton plugin grant NAME hard-links` allows it",
            path.escape_debug()
        ));
        return Err(ErrorCode::NotPermitted);
    }
    Ok(())
}

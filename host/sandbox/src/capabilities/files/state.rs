//! The folders of one attempt.

use std::io;

use wasmtime_wasi::filesystem::Dir;
use wasmtime_wasi::{FsPerms, OpenMode};

use super::MountGrant;
use super::changed_files::ChangeTracker;

/// The capability's state in one attempt.
pub(crate) struct Files {
    pub(super) preopens: Preopens,
    /// True if files with several names may be opened.
    pub(crate) hard_links: bool,
    /// The files that the attempt changes.
    pub(super) tracker: ChangeTracker,
}

/// The folders of an attempt, in the form for the guest.
pub(super) struct Preopens(pub(super) Vec<(Dir, String)>);

impl Preopens {
    pub(super) fn new(mounts: &[MountGrant]) -> io::Result<Self> {
        let preopen = |mount: &MountGrant| {
            let (permissions, mode) = if mount.writable {
                (FsPerms::ReadWrite, OpenMode::READ | OpenMode::WRITE)
            } else {
                (FsPerms::ReadOnly, OpenMode::READ)
            };
            // An attempt with folders runs on a separate thread, which may block (`own_thread.rs`).
            Ok((Dir::new(mount.folder.handle().try_clone()?, permissions, mode, true), mount.guest.clone()))
        };
        mounts.iter().map(preopen).collect::<io::Result<_>>().map(Self)
    }
}

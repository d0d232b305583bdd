//! Folders, granted as preopened directories of `wasi:filesystem`.
//!
//! wasmtime resolves every path inside the granted folder and refuses `..`, absolute paths and symbolic links that lead
//! out of it. Which folders are granted is decided by the caller; a folder that is not handed in does not exist for the
//! plugin. What is mounted is the folder that was opened when the plugin was loaded ([`folder`]), never a path: wasmtime's
//! builder opens paths, so `get-directories` is replaced. Pipes and devices in it are refused ([`regular`]).

pub(crate) mod folder;
pub(crate) mod host;
pub(crate) mod made;
pub(crate) mod own;
pub(crate) mod regular;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use wasmtime_wasi::filesystem::Dir;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::{FsPerms, OpenMode};

use crate::AttemptError;
use folder::Folder;

/// The interface of which functions are replaced, in the version that wasmtime-wasi has. A mismatch shows at start.
pub(crate) const TYPES: &str = "wasi:filesystem/types@0.2.12";

/// A folder that the operator granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountGrant {
    /// The name under which manifest and grant speak of it.
    pub name: String,
    /// The real folder: absolute, every link resolved.
    pub host: PathBuf,
    /// The same, opened.
    pub folder: Folder,
    /// Where the plugin sees it.
    pub guest: String,
    /// What people call it.
    pub shown_as: String,
    /// Whether writing is granted.
    pub writable: bool,
}

/// Checks before each attempt that its folders are still at their paths and may be used. The text says what is wrong and which
/// command fixes it.
#[derive(Clone, Default)]
pub struct FolderCheck(Option<Arc<dyn Fn() -> Result<(), String> + Send + Sync>>);

impl FolderCheck {
    /// A check that calls `check`.
    pub fn new(check: impl Fn() -> Result<(), String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(check)))
    }

    /// # Errors
    /// `needs_grant` when the folders must not be used.
    pub(crate) fn run(&self) -> Result<(), AttemptError> {
        self.0.as_ref().map_or(Ok(()), |check| check().map_err(AttemptError::NeedsGrant))
    }
}

impl fmt::Debug for FolderCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FolderCheck").field(&self.0.is_some()).finish()
    }
}

/// The folders of an attempt, as the guest gets them.
#[derive(Default)]
pub(crate) struct Preopens(Vec<(Dir, String)>);

impl Preopens {
    pub(crate) fn new(mounts: &[MountGrant]) -> io::Result<Self> {
        let preopen = |mount: &MountGrant| {
            let (permissions, mode) = if mount.writable {
                (FsPerms::ReadWrite, OpenMode::READ | OpenMode::WRITE)
            } else {
                (FsPerms::ReadOnly, OpenMode::READ)
            };
            // An attempt with folders has a separate thread, which may block (`own_thread.rs`).
            Ok((Dir::new(mount.folder.handle().try_clone()?, permissions, mode, true), mount.guest.clone()))
        };
        mounts.iter().map(preopen).collect::<io::Result<_>>().map(Self)
    }
}

/// The result for the guest; a trap stays a trap.
pub(crate) fn answer<T>(done: FsResult<T>) -> wasmtime::Result<(Result<T, ErrorCode>,)> {
    match done {
        Ok(value) => Ok((Ok(value),)),
        Err(error) => Ok((Err(error.downcast()?),)),
    }
}

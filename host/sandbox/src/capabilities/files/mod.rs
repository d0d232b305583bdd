//! Folders, granted as preopened directories of `wasi:filesystem`.
//!
//! wasmtime resolves every path inside the granted folder and refuses `..`, absolute paths and symbolic links that lead
//! out of it. The caller decides which folders are granted; other folders do not exist for the plugin. The sandbox
//! mounts the folder that was opened when the plugin was loaded ([`folder`]), never a path. wasmtime's builder opens
//! paths, so `get-directories` is replaced. Pipes and devices in the folder are refused ([`regular`]).

pub(crate) mod changed_files;
pub(crate) mod created_files;
pub(crate) mod folder;
mod host;
pub(crate) mod regular;
mod state;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;

use crate::AttemptError;
use folder::Folder;
pub(crate) use state::Files;

/// The interface with the replaced functions, in the version of wasmtime-wasi. With a wrong version, the engine does
/// not start.
pub(crate) const TYPES: &str = "wasi:filesystem/types@0.2.12";

/// A folder that the operator granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountGrant {
    /// Its name in the manifest and in grants.
    pub name: String,
    /// The host path: absolute, with every link resolved.
    pub host: PathBuf,
    /// The opened folder.
    pub folder: Folder,
    /// Its path for the plugin.
    pub guest: String,
    /// Its path in messages.
    pub shown_as: String,
    /// True if writing is granted.
    pub writable: bool,
}

/// Checks before each attempt that the plugin's folders are still at their paths and may be used. The error has the
/// problem and the command that fixes it.
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

/// Converts the result of a function of wasmtime for the guest. A trap is returned as an error, which ends the guest.
pub(crate) fn answer<T>(done: FsResult<T>) -> wasmtime::Result<(Result<T, ErrorCode>,)> {
    match done {
        Ok(value) => Ok((Ok(value),)),
        Err(error) => Ok((Err(error.downcast()?),)),
    }
}

//! Folders, lent as preopened directories of `wasi:filesystem`.
//!
//! wasmtime resolves every path inside the granted folder and refuses `..`, absolute paths and symbolic links that lead
//! out of it. Which folders are granted is decided by the caller; a folder that is not handed in does not exist for the
//! plugin. Pipes and devices in it are refused ([`regular`]).

pub(crate) mod regular;

use std::path::PathBuf;

use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use crate::Failure;

/// A folder that the operator granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountGrant {
    /// The name under which manifest and grant speak of it.
    pub name: String,
    /// The real folder: absolute, every link resolved.
    pub host: PathBuf,
    /// Where the plugin sees it.
    pub guest: String,
    /// What people call it.
    pub shown_as: String,
    /// Whether writing is granted.
    pub writable: bool,
}

/// Opens every granted folder.
///
/// # Errors
/// `needs_grant` when a granted folder is not there: the grant, not the plugin, has to be mended.
pub(crate) fn preopen(wasi: &mut WasiCtxBuilder, mounts: &[MountGrant]) -> Result<(), Failure> {
    for mount in mounts {
        let permissions = if mount.writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
        wasi.preopened_dir(&mount.host, &mount.guest, permissions).map_err(|error| {
            Failure::NeedsGrant(format!(
                "the granted folder `{}` ({}) cannot be opened: {error}; make it or change it in baton.toml",
                mount.name,
                mount.host.display()
            ))
        })?;
    }
    Ok(())
}

//! A path of a plugin's becomes an open file beneath the folder that was granted, or a reason why not.
//!
//! Nothing is resolved by name first and opened later: the folders are opened once, before the plugin runs, and the rest beneath
//! them by `cap-primitives`, as wasmtime does. Between a look and an opening somebody could put a link there; so could a
//! plugin that may write around one of its folders.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use cap_primitives::fs::{OpenOptions, OpenOptionsExt as _, open, open_ambient_dir};

use super::super::files::MountGrant;
use super::Sounds;
use super::generated::Error;
use crate::limits;

/// A granted folder and what came of opening it.
pub(super) struct Mount {
    grant: MountGrant,
    folder: Arc<io::Result<File>>,
}

impl Mount {
    pub(super) fn open(grant: &MountGrant) -> Self {
        let folder = open_ambient_dir(&grant.host, cap_primitives::ambient_authority());
        Self { grant: grant.clone(), folder: Arc::new(folder) }
    }
}

/// A file below a mount.
#[derive(Debug)]
pub(super) struct Place {
    /// The granted folder.
    folder: Arc<io::Result<File>>,
    /// Where it lies below that.
    below: PathBuf,
}

/// A file that cannot be opened.
#[derive(Debug)]
pub(super) enum Closed {
    /// It may not be: a link leads out of the folder, or it has other names.
    Refused(Refused),
    /// It is not there, or the system says no.
    Failed(io::Error),
}

/// Why a file may not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Outside,
    HardLinks,
}

impl Sounds {
    /// Where a guest's path lies.
    ///
    /// # Errors
    /// When it is no plain path below a mount; where its folder is declared and not granted, with the command.
    pub(super) fn place(&self, path: &str) -> Result<Place, Error> {
        let wrong = |why: &str| Error::Invalid(format!("{}: {why}", quoted(path)));
        let Some(rest) = path.strip_prefix('/').filter(|_| path.len() <= limits::SOUND_PATH_BYTES) else {
            return Err(wrong("no path of the plugin's file system, which begins with `/`, or too long"));
        };
        if rest.split('/').any(|part| matches!(part, "" | "." | "..")) || rest.contains('\0') {
            return Err(wrong("no plain path: it has `.`, `..` or an empty part"));
        }
        let found = self.mounts.iter().find_map(|mount| Some((mount, below(&mount.grant, path)?)));
        if let Some((mount, below)) = found {
            return Ok(Place { folder: Arc::clone(&mount.folder), below: below.to_owned() });
        }
        let name = rest.split('/').next().unwrap_or_default();
        if self.folders.iter().any(|folder| folder == name) && !self.mounts.iter().any(|mount| mount.grant.name == name)
        {
            let plugin = &self.plugin;
            return Err(Error::Denied(format!(
                "the folder `{name}` is not granted: baton plugin grant {plugin} files:ro={name}"
            )));
        }
        let mounts: Vec<_> = self.mounts.iter().map(|mount| mount.grant.guest.as_str()).collect();
        let mounts = if mounts.is_empty() { "it has none".to_owned() } else { mounts.join(", ") };
        Err(wrong(&format!("below none of the plugin's folders ({mounts})")))
    }
}

/// The part of a guest path below a mount; the mount itself is no file.
fn below<'a>(mount: &MountGrant, path: &'a str) -> Option<&'a Path> {
    let below = Path::new(path.strip_prefix(mount.guest.as_str())?.strip_prefix('/')?);
    below.components().all(|part| matches!(part, Component::Normal(_))).then_some(below)
}

impl Place {
    /// Opens it for reading, beneath its folder. A pipe does not hold it up.
    ///
    /// # Errors
    /// When it may not be opened, or cannot be.
    pub(super) fn open(&self, hard_links: bool) -> Result<File, Closed> {
        let again = |error: &io::Error| Closed::Failed(io::Error::new(error.kind(), error.to_string()));
        let folder = self.folder.as_ref().as_ref().map_err(again)?;
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
        let file = open(folder, &self.below, &options).map_err(|error| match error.raw_os_error() {
            // Its own refusal, not the system's.
            None if error.kind() == io::ErrorKind::PermissionDenied => Closed::Refused(Refused::Outside),
            _ => Closed::Failed(error),
        })?;
        let found = file.metadata().map_err(Closed::Failed)?;
        if found.is_file() && found.nlink() > 1 && !hard_links {
            return Err(Closed::Refused(Refused::HardLinks));
        }
        Ok(file)
    }
}

/// What a plugin says, for a sentence.
pub(super) fn quoted(path: &str) -> String {
    format!("`{}`", baton_core::file_name::cut(path, 200).escape_debug())
}

//! Opens a file below a granted folder by the path that the plugin uses.
//!
//! A path is not resolved first and opened later, because a link could be created in between. The folders are opened
//! once, when the plugin is loaded. `cap-primitives` opens the rest of the path below them, as in wasmtime.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

use baton_core::grants::grant_command;
use cap_primitives::fs::{FollowSymlinks, MetadataExt as _, OpenOptions, OpenOptionsExt as _, open, stat};

use super::files::MountGrant;
use super::files::folder::{Folder, Identity};
use crate::limits;

#[derive(Debug)]
pub(super) struct MountedFile {
    folder: Folder,
    below: PathBuf,
}

/// A file that cannot be opened.
#[derive(Debug)]
pub(super) enum OpenError {
    /// The file must not be opened: a link leads out of the folder, or the file has several hard links.
    Refused(RefusalReason),
    /// The file is missing, or the system returns another error.
    Failed(io::Error),
}

/// The reason why a file is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RefusalReason {
    Outside,
    HardLinks,
}

/// The error if a path is not a file below a mount. Each variant has a message for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathError {
    /// The folder is declared, but not granted; the text has the command.
    NotGranted(String),
    /// The path is not valid, or is below none of the mounts.
    Wrong(String),
}

/// The file or folder at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PathMetadata {
    pub(super) identity: Identity,
    pub(super) is_file: bool,
}

/// Finds the host path for a path of the plugin. `folders` are the declared folders.
pub(super) fn place(
    plugin: &str,
    folders: &[String],
    mounts: &[MountGrant],
    path: &str,
) -> Result<MountedFile, PathError> {
    let wrong = |why: &str| PathError::Wrong(format!("{}: {why}", quoted(path)));
    let Some(rest) = path.strip_prefix('/').filter(|_| path.len() <= limits::PATH_BYTES) else {
        return Err(wrong("not a path of the plugin's file system: it must begin with `/` and must not be too long"));
    };
    if rest.split('/').any(|part| matches!(part, "" | "." | "..")) || rest.contains('\0') {
        return Err(wrong("not a plain path: it has `.`, `..` or an empty part"));
    }
    let found = mounts.iter().find_map(|mount| Some((mount, below(mount, path)?)));
    if let Some((mount, below)) = found {
        return Ok(MountedFile { folder: mount.folder.clone(), below: below.to_owned() });
    }
    let name = rest.split('/').next().unwrap_or_default();
    if folders.iter().any(|folder| folder == name) && !mounts.iter().any(|mount| mount.name == name) {
        let command = grant_command(plugin, &[format!("files:ro={name}")]);
        return Err(PathError::NotGranted(format!("the folder `{name}` is not granted: {command}")));
    }
    let mounts: Vec<_> = mounts.iter().map(|mount| mount.guest.as_str()).collect();
    let mounts = if mounts.is_empty() { "it has none".to_owned() } else { mounts.join(", ") };
    Err(wrong(&format!("not below any of the plugin's folders ({mounts})")))
}

/// The part of a guest path below a mount. `None` for the mount itself, which is not a file.
fn below<'a>(mount: &MountGrant, path: &'a str) -> Option<&'a Path> {
    let below = Path::new(path.strip_prefix(mount.guest.as_str())?.strip_prefix('/')?);
    below.components().all(|part| matches!(part, Component::Normal(_))).then_some(below)
}

impl MountedFile {
    /// Opens the file for reading. The path cannot leave the folder, and a pipe does not block the call.
    pub(super) fn open(&self, hard_links: bool) -> Result<File, OpenError> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
        let file = open(self.folder.handle(), &self.below, &options).map_err(OpenError::of)?;
        let found = file.metadata().map_err(OpenError::Failed)?;
        if found.is_file() && std::os::unix::fs::MetadataExt::nlink(&found) > 1 && !hard_links {
            return Err(OpenError::Refused(RefusalReason::HardLinks));
        }
        Ok(file)
    }

    /// Reads the metadata without opening the file: closing it would release every lock that this process has on the
    /// file. The path cannot leave the folder.
    pub(super) fn metadata(&self, hard_links: bool) -> Result<PathMetadata, OpenError> {
        let found = stat(self.folder.handle(), &self.below, FollowSymlinks::Yes).map_err(OpenError::of)?;
        if found.is_file() && found.nlink() > 1 && !hard_links {
            return Err(OpenError::Refused(RefusalReason::HardLinks));
        }
        let identity = Identity::new(found.dev(), found.ino());
        Ok(PathMetadata { identity, is_file: found.is_file() })
    }

    /// The file with `ending` appended to its name.
    pub(super) fn beside(&self, ending: &str) -> Self {
        let mut name = self.below.as_os_str().to_owned();
        name.push(ending);
        Self { folder: self.folder.clone(), below: PathBuf::from(name) }
    }

    /// The path with every link resolved, for code that can open only by name. The file may be replaced before it is
    /// opened, so the caller has to compare [`Identity::at`] afterwards.
    pub(super) fn resolved(&self) -> Result<Self, OpenError> {
        let path = self.path().canonicalize().map_err(OpenError::Failed)?;
        let below =
            path.strip_prefix(self.folder.path()).map_err(|_| OpenError::Refused(RefusalReason::Outside))?.to_owned();
        Ok(Self { folder: self.folder.clone(), below })
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join(&self.below)
    }
}

impl OpenError {
    fn of(error: io::Error) -> Self {
        match error.raw_os_error() {
            // This error comes from `cap-primitives`, not from the system.
            None if error.kind() == io::ErrorKind::PermissionDenied => Self::Refused(RefusalReason::Outside),
            _ => Self::Failed(error),
        }
    }
}

/// A text of a plugin, quoted for a message.
pub(super) fn quoted(path: &str) -> String {
    format!("`{}`", baton_core::file_name::cut(path, 200).escape_debug())
}

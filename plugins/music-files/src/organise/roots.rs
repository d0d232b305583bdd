//! The granted folders. Plans identify a folder by its path on the host, because the catalog and other programs also use this
//! path.

use std::path::{Path, PathBuf};

use baton_plugin_sdk::{Error, Mount, Task};

/// A granted folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Root {
    /// `music` or `organised`.
    pub(crate) name: String,
    /// Its path in the sandbox.
    pub(crate) path: PathBuf,
    /// Its path in messages.
    pub(crate) shown: String,
    /// Its path on the host, without a slash at the end.
    pub(crate) host: String,
    pub(crate) writable: bool,
}

impl Root {
    fn from_mount(mount: &Mount) -> Self {
        Self {
            name: mount.name.clone(),
            path: PathBuf::from(&mount.path),
            shown: mount.shown_as.clone(),
            host: mount.host_path.trim_end_matches('/').to_owned(),
            writable: mount.writable,
        }
    }

    /// The path in the sandbox of a file below this folder.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        join(&self.path, path)
    }

    pub(crate) fn on_host(&self, path: &str) -> String {
        format!("{}/{path}", self.host)
    }

    /// The part of a host path below this folder.
    pub(crate) fn below(&self, host: &str) -> Option<String> {
        host.strip_prefix(&self.host)?.strip_prefix('/').map(str::to_owned)
    }
}

/// Joins a path that is written with `/`.
pub(crate) fn join(folder: &Path, path: &str) -> PathBuf {
    path.split('/').filter(|part| !part.is_empty()).fold(folder.to_owned(), |all, part| all.join(part))
}

/// The different folders that are granted under this name.
pub(crate) fn named(task: &Task, name: &str) -> Vec<Root> {
    let mut roots: Vec<Root> = Vec::new();
    for root in task.mounts(name).map(Root::from_mount) {
        if !roots.iter().any(|known| known.host == root.host) {
            roots.push(root);
        }
    }
    roots
}

/// The folders `music`.
///
/// # Errors
/// `needs-grant` when no folder `music` is granted.
pub(crate) fn music(task: &Task) -> Result<Vec<Root>, Error> {
    let roots = named(task, "music");
    if roots.is_empty() { Err(missing("music", "the folder with the music files")) } else { Ok(roots) }
}

/// The folder `organised`.
///
/// # Errors
/// `needs-grant` when no folder `organised` is granted, `permanent` when several are granted.
pub(crate) fn organised(task: &Task) -> Result<Root, Error> {
    let mut roots = named(task, "organised");
    match (roots.pop(), roots.len()) {
        (Some(root), 0) => Ok(root),
        (None, _) => Err(missing("organised", "the folder into which files are moved")),
        (Some(_), more) => Err(Error::Permanent(format!(
            "{} folders are granted as `organised`, but only one is allowed: keep one of them in baton.toml",
            more + 1
        ))),
    }
}

/// The error for a folder that is not granted.
pub(crate) fn missing(name: &str, what: &str) -> Error {
    Error::NeedsGrant(format!("{what} is not granted: baton plugin grant music-files files:rw={name}=FOLDER"))
}

//! The granted folders, each told apart by where it lies on the host: that name stays when grants come and go, and it is what
//! the catalog and other programs write down.

use std::path::{Path, PathBuf};

use baton_plugin_sdk::{Error, Mount, Task};

/// A granted folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Root {
    /// `music` or `organised`.
    pub(crate) name: String,
    /// Where it is opened.
    pub(crate) path: PathBuf,
    /// For people.
    pub(crate) shown: String,
    /// Where it is on the host, without a slash at its end.
    pub(crate) host: String,
    pub(crate) writable: bool,
}

impl Root {
    fn of(mount: &Mount) -> Self {
        Self {
            name: mount.name.clone(),
            path: PathBuf::from(&mount.path),
            shown: mount.shown_as.clone(),
            host: mount.host_path.trim_end_matches('/').to_owned(),
            writable: mount.writable,
        }
    }

    /// The place of a path below it.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        join(&self.path, path)
    }

    pub(crate) fn on_host(&self, path: &str) -> String {
        format!("{}/{path}", self.host)
    }

    /// The path below this one of a path on the host.
    pub(crate) fn below(&self, host: &str) -> Option<String> {
        host.strip_prefix(&self.host)?.strip_prefix('/').map(str::to_owned)
    }
}

/// Joins a path that is written with `/`.
pub(crate) fn join(folder: &Path, path: &str) -> PathBuf {
    path.split('/').filter(|part| !part.is_empty()).fold(folder.to_owned(), |all, part| all.join(part))
}

/// The folders of a name, each once.
pub(crate) fn named(task: &Task, name: &str) -> Vec<Root> {
    let mut roots: Vec<Root> = Vec::new();
    for root in task.mounts(name).map(Root::of) {
        if !roots.iter().any(|known| known.host == root.host) {
            roots.push(root);
        }
    }
    roots
}

/// The folders with the music.
///
/// # Errors
/// `needs-grant` when there are none.
pub(crate) fn music(task: &Task) -> Result<Vec<Root>, Error> {
    let roots = named(task, "music");
    if roots.is_empty() { Err(missing("music", "the folder with the music files")) } else { Ok(roots) }
}

/// The folder below which every file gets its place.
///
/// # Errors
/// `needs-grant` when there is none, `permanent` when there are several.
pub(crate) fn organised(task: &Task) -> Result<Root, Error> {
    let mut roots = named(task, "organised");
    match (roots.pop(), roots.len()) {
        (Some(root), 0) => Ok(root),
        (None, _) => Err(missing("organised", "the folder below which files get their places")),
        (Some(_), more) => Err(Error::Permanent(format!(
            "{} folders are granted as `organised`, and files can have one place only: leave one of them in baton.toml",
            more + 1
        ))),
    }
}

/// That a folder is not granted, or not for writing.
pub(crate) fn missing(name: &str, what: &str) -> Error {
    Error::NeedsGrant(format!("{what} is not granted: baton plugin grant music-files files:rw={name}=FOLDER"))
}

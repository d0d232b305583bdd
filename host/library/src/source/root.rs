//! The root of a source: a folder, or an Eagle library (`X.library`).

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use baton_catalog::library::FileStat;
use baton_core::shell::quoted;

use super::volume::volume_at;
use super::{SourceKind, Volume};
use crate::LibraryError;

/// The root folder of a source, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRoot {
    /// Its folder.
    pub path: PathBuf,
    /// Folder or Eagle library.
    pub kind: SourceKind,
}

impl SourceRoot {
    /// Resolves `path`.
    ///
    /// # Errors
    /// When it is not a folder, is inside an Eagle library, ends in `.library` without being an Eagle library, or has a name
    /// that is not UTF-8.
    pub fn of(path: &Path) -> Result<Self, LibraryError> {
        let no = |why: &str| LibraryError::NoSource { path: path.to_owned(), why: why.to_owned() };
        let found =
            path.canonicalize().map_err(|error| no(&format!("{error}; mount it, or name a folder that exists")))?;
        if !found.is_dir() {
            return Err(no("it is not a folder; name the folder that contains it"));
        }
        if found.to_str().is_none() {
            return Err(no("its name is not UTF-8; rename it"));
        }
        if let Some(library) = eagle_around(&found) {
            let library = quoted(&library.to_string_lossy());
            return Err(no(&format!(
                "it is inside an Eagle library; scan the library: `baton library scan {library}`"
            )));
        }
        match (is_eagle(&found), found.extension().is_some_and(|ending| ending == "library")) {
            (true, _) => Ok(Self { path: found, kind: SourceKind::Eagle }),
            (false, true) => Err(no("it is not an Eagle library: it has no metadata.json or no images/")),
            (false, false) => Ok(Self { path: found, kind: SourceKind::Folder }),
        }
    }

    /// Checks that the source can be reached now, and returns its volume. Fails with the system's reason.
    pub fn volume(&self) -> io::Result<Volume> {
        let inside = match self.kind {
            SourceKind::Folder => self.path.clone(),
            SourceKind::Eagle => self.path.join("images"),
        };
        // A folder of a disconnected disk may still open; reading an entry fails.
        fs::read_dir(inside)?.next().transpose()?;
        volume_at(&self.path)
    }
}

/// True if a folder is an Eagle library.
pub(super) fn is_eagle(folder: &Path) -> bool {
    folder.join("images").is_dir() && folder.join("metadata.json").is_file()
}

/// The Eagle library that contains a path.
#[must_use]
pub fn eagle_around(path: &Path) -> Option<&Path> {
    path.ancestors().skip(1).find(|folder| is_eagle(folder))
}

/// The id of the Eagle item that a path belongs to: Eagle stores the file of an item in `images/ID.info/`.
#[must_use]
pub fn eagle_id(path: &Path) -> Option<&str> {
    let folder = path.parent()?.file_name()?.to_str()?;
    folder.strip_suffix(".info").filter(|id| !id.is_empty())
}

/// The nearest existing folder above `path`, if it is on `device`, the volume of the source. If `path` was on a separate
/// volume, this result means that the separate volume is not mounted.
pub(crate) fn unmounted(path: &Path, device: u64) -> Option<&Path> {
    nearest(path).filter(|(_, found)| *found == device).map(|(folder, _)| folder)
}

/// The nearest existing folder above `path`, and the number of its volume.
pub(crate) fn nearest(path: &Path) -> Option<(&Path, u64)> {
    path.ancestors().skip(1).find_map(|folder| Some((folder, fs::metadata(folder).ok()?.dev())))
}

/// The mount folder of the volume `device`, if the nearest existing folder above `path` is on this volume.
pub(crate) fn mounted_at(path: &Path, device: u64) -> Option<&Path> {
    let (nearest, _) = nearest(path)?;
    let is_there = |folder: &&Path| fs::metadata(folder).is_ok_and(|found| found.dev() == device);
    nearest.ancestors().take_while(is_there).last()
}

/// The volume of a file is the volume of its folder. On an overlay file system (in a container) all folders have one volume
/// number, but files have the numbers of the underlying volumes.
pub(super) fn volume_of(path: &Path, file: &Metadata, device: u64) -> u64 {
    if file.dev() == device {
        return device;
    }
    path.parent().and_then(|folder| fs::metadata(folder).ok()).map_or_else(|| file.dev(), |folder| folder.dev())
}

/// The values by which a file is recognised.
pub(crate) fn stat(metadata: &Metadata) -> FileStat {
    FileStat { size: metadata.len(), mtime_ns: mtime_ns(metadata), inode: metadata.ino() }
}

/// The modification time in nanoseconds since 1970; times after the year 2262 are capped.
pub(crate) fn mtime_ns(metadata: &Metadata) -> i64 {
    let ns = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    i64::try_from(ns).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_of_an_item_has_an_id() {
        assert_eq!(eagle_id(Path::new("/m/x.library/images/LXYZ0123ABCDE.info/a.mp3")).unwrap(), "LXYZ0123ABCDE");
        for other in ["/m/a.mp3", "a.mp3", "/.info/a", "/"] {
            assert_eq!(eagle_id(Path::new(other)), None, "{other}");
        }
    }
}

//! A place that can be a source: a folder, or an `X.library` of Eagle.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::volume::volume_at;
use super::{SourceKind, Volume};
use crate::LibraryError;

/// A place, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRoot {
    /// Its folder.
    pub path: PathBuf,
    /// What kind of place it is.
    pub kind: SourceKind,
}

impl SourceRoot {
    /// The place that `path` names.
    ///
    /// # Errors
    /// When it is not a folder, is inside an Eagle library, ends in `.library` without being an Eagle library, or has a name that is not UTF-8.
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
            let library = library.display();
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

    /// Checks that it can be reached now, and returns its volume.
    ///
    /// # Errors
    /// The system's reason why not.
    pub fn reach(&self) -> io::Result<Volume> {
        let inside = match self.kind {
            SourceKind::Folder => self.path.clone(),
            SourceKind::Eagle => self.path.join("images"),
        };
        // A folder of a disconnected disk may still open; reading an entry fails.
        fs::read_dir(inside)?.next().transpose()?;
        volume_at(&self.path)
    }
}

/// Whether a folder is a library of Eagle.
pub(super) fn is_eagle(folder: &Path) -> bool {
    folder.join("images").is_dir() && folder.join("metadata.json").is_file()
}

/// The library of Eagle that a path lies within.
#[must_use]
pub fn eagle_around(path: &Path) -> Option<&Path> {
    path.ancestors().skip(1).find(|folder| is_eagle(folder))
}

/// Eagle's id of the item whose file a path names: Eagle keeps the file of an item in `images/ID.info/`.
#[must_use]
pub fn eagle_id(path: &Path) -> Option<&str> {
    let folder = path.parent()?.file_name()?.to_str()?;
    folder.strip_suffix(".info").filter(|id| !id.is_empty())
}

/// For a path on a separate volume within a source: the nearest existing folder, if it is on `device`, the volume of the source. Then
/// the separate volume is not mounted.
pub(crate) fn unmounted(path: &Path, device: u64) -> Option<&Path> {
    nearest(path).filter(|(_, found)| *found == device).map(|(folder, _)| folder)
}

/// The nearest existing folder of `path`, and the number of its volume.
pub(crate) fn nearest(path: &Path) -> Option<(&Path, u64)> {
    path.ancestors().skip(1).find_map(|folder| Some((folder, fs::metadata(folder).ok()?.dev())))
}

/// Where the volume `device`, on which the nearest folder of `path` lies, is mounted.
pub(crate) fn mounted_at(path: &Path, device: u64) -> Option<&Path> {
    let (nearest, _) = nearest(path)?;
    let is_there = |folder: &&Path| fs::metadata(folder).is_ok_and(|found| found.dev() == device);
    nearest.ancestors().take_while(is_there).last()
}

/// The volume of a file: that of its folder. An overlay file system (of a container) has one number for its folders, and its files
/// have the numbers of the volumes below it.
pub(super) fn volume_of(path: &Path, file: &Metadata, device: u64) -> u64 {
    if file.dev() == device {
        return device;
    }
    path.parent().and_then(|folder| fs::metadata(folder).ok()).map_or_else(|| file.dev(), |folder| folder.dev())
}

/// When a file was written, in nanoseconds since 1970. One that lies beyond the year 2262 counts as that.
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

//! A place that can be a source: a folder, or an `X.library` of Eagle.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::Kind;
use crate::LibraryError;

/// A place, resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its folder.
    pub path: PathBuf,
    /// What kind of place it is.
    pub kind: Kind,
}

impl Place {
    /// The place that `path` names.
    ///
    /// # Errors
    /// When it is no folder, is named as an Eagle library and is none, or has a name that is no UTF-8.
    pub fn of(path: &Path) -> Result<Self, LibraryError> {
        let no = |why: &str| LibraryError::NoSource { path: path.to_owned(), why: why.to_owned() };
        let found = path.canonicalize().map_err(|error| no(&format!("{error}; give a folder that is there")))?;
        if !found.is_dir() {
            return Err(no("it is no folder; give the folder that it lies in"));
        }
        if found.to_str().is_none() {
            return Err(no("its name is no UTF-8; rename it"));
        }
        match (is_eagle(&found), found.extension().is_some_and(|ending| ending == "library")) {
            (true, _) => Ok(Self { path: found, kind: Kind::Eagle }),
            (false, true) => Err(no("it is no library of Eagle: it has no metadata.json or no images/")),
            (false, false) => Ok(Self { path: found, kind: Kind::Folder }),
        }
    }

    /// Whether it can be reached now; the number of the volume that it lies on.
    ///
    /// # Errors
    /// The system's reason why not.
    pub fn reach(&self) -> io::Result<u64> {
        let metadata = fs::metadata(&self.path)?;
        let inside = match self.kind {
            Kind::Folder => self.path.clone(),
            Kind::Eagle => self.path.join("images"),
        };
        fs::read_dir(inside)?;
        Ok(metadata.dev())
    }
}

/// Whether a folder is a library of Eagle.
pub(super) fn is_eagle(folder: &Path) -> bool {
    folder.join("images").is_dir() && folder.join("metadata.json").is_file()
}

/// When a file was written, in nanoseconds since 1970. One that lies beyond the year 2262 counts as that.
pub(crate) fn mtime_ns(metadata: &Metadata) -> i64 {
    let ns = i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec());
    i64::try_from(ns).unwrap_or(i64::MAX)
}

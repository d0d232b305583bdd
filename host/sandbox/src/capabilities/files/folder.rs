//! A folder that is opened once and then used through its handle.
//!
//! A path can later lead to another folder, if a folder on the path is renamed and replaced by a link. So a granted
//! folder is opened when the plugin is loaded, one path component after the other and without following links. The
//! sandbox mounts this handle. Afterwards, device and inode identify the folder.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags, openat};

/// Identifies a file or folder independent of its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    /// The identity that the system reports.
    #[must_use]
    pub fn new(device: u64, inode: u64) -> Self {
        Self { device, inode }
    }

    /// Device and inode.
    pub(crate) fn numbers(self) -> (u64, u64) {
        (self.device, self.inode)
    }

    /// The identity of the entry at `path`, without following links. `None` if it does not exist.
    #[must_use]
    pub fn at(path: &Path) -> Option<Self> {
        path.symlink_metadata().ok().map(|found| Self::new(found.dev(), found.ino()))
    }
}

/// An open folder.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    handle: Arc<File>,
    identity: Identity,
    /// The folders above it, from the root down.
    above: Vec<Identity>,
}

/// Two folders are equal if they are the same folder at the same path.
impl PartialEq for Folder {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, self.identity) == (&other.path, other.identity)
    }
}

impl Eq for Folder {}

impl Folder {
    /// Opens a folder. `path` is absolute, and no part of it may be a link.
    ///
    /// # Errors
    /// When it is missing or not a folder, or a part of the path is a link.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut folder = open_below(CWD, Path::new("/"))?;
        let mut identity = identity(&folder)?;
        let mut above = Vec::new();
        for part in path.components() {
            match part {
                Component::RootDir => {}
                Component::Normal(name) => {
                    folder = open_below(&folder, Path::new(name))?;
                    above.push(std::mem::replace(&mut identity, self::identity(&folder)?));
                }
                _ => return Err(not_plain(path)),
            }
        }
        if !path.is_absolute() {
            return Err(not_plain(path));
        }
        Ok(Self { path: path.to_owned(), handle: Arc::new(folder), identity, above })
    }

    /// Its path when it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The identity of the folder.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The folders above it, from the root down.
    #[must_use]
    pub fn above(&self) -> &[Identity] {
        &self.above
    }

    /// Opens the path again, to check that it still leads to this folder.
    ///
    /// # Errors
    /// When the path leads to another folder or to no folder, or a part of the path is a link.
    pub fn open_again(&self) -> io::Result<Self> {
        let now = Self::open(&self.path)?;
        if now.identity == self.identity {
            Ok(now)
        } else {
            Err(io::Error::other("its path now leads to another folder"))
        }
    }

    pub(crate) fn handle(&self) -> &File {
        &self.handle
    }
}

fn not_plain(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{} is not an absolute path without `..`", path.display()))
}

fn identity(folder: &File) -> io::Result<Identity> {
    let found = folder.metadata()?;
    Ok(Identity::new(found.dev(), found.ino()))
}

/// Opens a folder in which names are looked up. A link is an error.
fn open_below(folder: impl std::os::fd::AsFd, name: &Path) -> io::Result<File> {
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | FOR_LOOKUP;
    match openat(folder.as_fd(), name, flags, Mode::empty()) {
        Ok(opened) => Ok(File::from(opened)),
        Err(error) => Err(match rustix::fs::statat(folder, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) if rustix::fs::FileType::from_raw_mode(found.st_mode).is_symlink() => {
                io::Error::other(format!("`{}` is a link", name.display()))
            }
            _ => error.into(),
        }),
    }
}

/// The mode in which wasmtime opens folders: without the permission to list them.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
const FOR_LOOKUP: OFlags = OFlags::PATH;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
const FOR_LOOKUP: OFlags = OFlags::RDONLY;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    fn place() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        (folder, path)
    }

    #[test]
    fn a_folder_has_its_identity_and_detects_that_it_was_replaced() {
        let (_folder, path) = place();
        fs::create_dir_all(path.join("a/b")).unwrap();
        let opened = Folder::open(&path.join("a/b")).unwrap();
        assert_eq!(opened.above().last().copied(), Identity::at(&path.join("a")));
        assert_eq!(Some(opened.identity()), Identity::at(&path.join("a/b")));
        assert_eq!(opened.open_again().unwrap(), opened);
        fs::rename(path.join("a/b"), path.join("a/c")).unwrap();
        assert!(opened.open_again().is_err());
        fs::create_dir(path.join("a/b")).unwrap();
        assert!(opened.open_again().is_err());
    }

    #[test]
    fn errors_when_a_part_of_the_path_is_a_link_or_not_a_folder() {
        let (_folder, path) = place();
        fs::create_dir_all(path.join("a/b")).unwrap();
        symlink("a", path.join("link")).unwrap();
        fs::write(path.join("file"), "").unwrap();
        for wrong in ["link", "link/b", "file", "missing", "a/../a"] {
            assert!(Folder::open(&path.join(wrong)).is_err(), "{wrong}");
        }
        assert!(Folder::open(&path.join("link")).unwrap_err().to_string().contains("is a link"));
        assert!(Folder::open(Path::new("a")).is_err());
    }
}

//! The packages of a workspace in its state folder, by digest. An installed package stays available and unchanged, even if its
//! source changes or disappears.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use baton_core::Digest;
use baton_files::{PRIVATE, StagedFile};
use baton_sandbox::limits::COMPONENT_BYTES;
use fail::fail_point;

/// The errors of reading a path that is not a package: it does not exist, is a link or a pipe, or is too large.
const NO_PACKAGE: [ErrorKind; 3] = [ErrorKind::NotFound, ErrorKind::InvalidInput, ErrorKind::FileTooLarge];

/// A folder of packages. Only the user may write to it.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Store {
    /// The store in `folder`, which is created with the first package.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Adds a package. The file gets its name only after all bytes are on the disk. If the store already has the package,
    /// nothing changes.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn put(&self, component: &[u8]) -> io::Result<Digest> {
        let digest = Digest::of(component);
        let path = self.path(digest);
        if self.get(digest)?.is_some() {
            return Ok(digest);
        }
        fs::create_dir_all(&self.folder)?;
        let hidden = format!(".{}.{}", digest.short(16), std::process::id());
        let written = StagedFile::write(&path, &hidden, component, PRIVATE)?;
        fail_point!("store.written");
        written.publish()?;
        fail_point!("store.named");
        Ok(digest)
    }

    /// The package with this digest, if it exists and is intact. A link or a pipe in its place is not a package.
    ///
    /// # Errors
    /// When it exists and cannot be read.
    pub fn get(&self, digest: Digest) -> io::Result<Option<Vec<u8>>> {
        match baton_files::read(&self.path(digest), COMPONENT_BYTES as u64) {
            Ok(bytes) => Ok(Some(bytes).filter(|bytes| Digest::of(bytes) == digest)),
            Err(error) if NO_PACKAGE.contains(&error.kind()) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Deletes every package that is not among `kept`, and leftovers of crashes.
    ///
    /// # Errors
    /// When the folder cannot be read or written to.
    pub fn keep_only(&self, kept: &[Digest]) -> io::Result<()> {
        let kept: Vec<PathBuf> = kept.iter().map(|digest| self.path(*digest)).collect();
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let path = entry?.path();
            if !kept.contains(&path) {
                match fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of the package with this digest, which may be missing or damaged.
    #[must_use]
    pub fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(format!("{digest}.wasm"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_stored_found_and_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("packages"));
        let (one, two) = (store.put(b"one").unwrap(), store.put(b"two").unwrap());
        assert_eq!(store.put(b"one").unwrap(), one);
        assert_eq!(store.get(one).unwrap().as_deref(), Some(b"one".as_slice()));
        store.keep_only(&[two]).unwrap();
        assert_eq!((store.get(one).unwrap(), store.get(two).unwrap()), (None, Some(b"two".to_vec())));
    }

    #[test]
    fn changed_bytes_are_not_returned_and_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().to_owned());
        let one = store.put(b"one").unwrap();
        fs::write(store.path(one), b"on").unwrap();
        assert_eq!(store.get(one).unwrap(), None);
        store.put(b"one").unwrap();
        assert!(store.get(one).unwrap().is_some());
    }
}

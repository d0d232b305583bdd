//! Reads one file that a plan names: whether it exists, its size, and its text.

use std::io::{self, Read};
use std::path::PathBuf;

use super::EntryKind;
use super::disk;
use super::walk::{Index, Root, join};
use crate::limits;

/// A file or folder below a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEntry {
    /// Its path below the root.
    pub path: String,
    /// File, folder or other.
    pub kind: EntryKind,
    /// Its size; only for regular files.
    pub bytes: Option<u64>,
    /// Modification time in nanoseconds since 1970; only for regular files.
    pub changed_ns: Option<u64>,
    /// The index of its root.
    pub root: usize,
    pub(super) guest: PathBuf,
}

/// The content of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The text; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// True if the whole file was read.
    pub whole: bool,
}

impl Index {
    /// Looks up exactly this path, which must be normal and relative.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FoundEntry> {
        if path.is_empty() {
            let root = self.roots().first()?;
            return Some(FoundEntry {
                path: String::new(),
                kind: EntryKind::Folder,
                bytes: None,
                changed_ns: None,
                root: 0,
                guest: root.path.clone(),
            });
        }
        match self.entry(path) {
            Some((at, kind)) => Some(found(self.roots().get(at)?, at, path, kind)),
            None if self.may_exist(path) => {
                self.roots().iter().enumerate().find_map(|(at, root)| step_by_step(root, at, path))
            }
            None => None,
        }
    }

    /// Opens a regular file for reading.
    ///
    /// # Errors
    /// If it is no longer a regular file or the system refuses.
    pub fn open(&self, found: &FoundEntry) -> io::Result<impl Read + use<>> {
        disk::open(&found.guest)
    }

    /// Reads a regular file, up to [`limits::CONTENT_BYTES`].
    ///
    /// # Errors
    /// If it is no longer a regular file or the system refuses.
    pub fn read(&self, found: &FoundEntry) -> io::Result<Content> {
        let mut bytes = Vec::new();
        self.open(found)?.take(limits::CONTENT_BYTES + 1).read_to_end(&mut bytes)?;
        let whole = bytes.len() as u64 <= limits::CONTENT_BYTES;
        Ok(Content { text: String::from_utf8_lossy(&bytes).into_owned(), whole })
    }

    /// Modification time of an indexed folder, or of a root for the empty path, in nanoseconds since 1970.
    #[must_use]
    pub fn folder_changed_ns(&self, path: &str) -> Option<u64> {
        let root = if path.is_empty() { 0 } else { self.entry(path)?.0 };
        disk::metadata(&join(&self.roots().get(root)?.path, path)).ok()?.changed_ns
    }
}

fn found(root: &Root, at: usize, path: &str, kind: EntryKind) -> FoundEntry {
    let guest = join(&root.path, path);
    let meta = if kind == EntryKind::File { disk::metadata(&guest).ok() } else { None };
    let meta = meta.filter(|meta| meta.kind == EntryKind::File);
    let (bytes, changed_ns) = (meta.map(|meta| meta.bytes), meta.and_then(|meta| meta.changed_ns));
    FoundEntry { path: path.to_owned(), kind, bytes, changed_ns, root: at, guest }
}

/// Descends to a path that is not indexed. Stops at a link.
fn step_by_step(root: &Root, at: usize, path: &str) -> Option<FoundEntry> {
    let mut below = String::new();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        if !below.is_empty() {
            below.push('/');
        }
        below.push_str(part);
        let kind = disk::metadata(&join(&root.path, &below)).ok()?.kind;
        if parts.peek().is_none() {
            return Some(found(root, at, path, kind));
        }
        if kind != EntryKind::Folder {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_in_skipped_folders_are_found_when_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("node_modules/m")).unwrap();
        fs::write(dir.path().join("node_modules/m/x.js"), "let a").unwrap();
        let index = Index::build(vec![Root { path: dir.path().to_owned(), shown: "r".into() }]);
        let found = index.find("node_modules/m/x.js").unwrap();
        assert_eq!(found.bytes, Some(5));
        assert_eq!(index.read(&found).unwrap(), Content { text: "let a".into(), whole: true });
        assert_eq!(index.find("node_modules/m/y.js"), None);
        assert!(index.read(&index.find("node_modules").unwrap()).is_err());
    }
}

//! Reads one file that a plan names: whether it exists, its size, and its text.

use std::io::{self, Read};
use std::path::PathBuf;

use super::EntryKind;
use super::disk;
use super::walk::{Index, Root, join};
use crate::limits;

/// Something that exists below a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundEntry {
    /// Its path below the root.
    pub path: String,
    /// What it is.
    pub kind: EntryKind,
    /// Its size; of regular files only.
    pub bytes: Option<u64>,
    /// When it was changed, in nanoseconds since 1970; of regular files only.
    pub changed_ns: Option<u64>,
    /// The index of its root.
    pub root: usize,
    pub(super) guest: PathBuf,
}

/// What a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// Its text; bytes that are not UTF-8 are replaced.
    pub text: String,
    /// Whether all of it was read.
    pub whole: bool,
}

impl Index {
    /// Looks for exactly this path, which must be normal and relative.
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
            None if self.may_hide(path) => {
                self.roots().iter().enumerate().find_map(|(at, root)| step_by_step(root, at, path))
            }
            None => None,
        }
    }

    /// Opens a regular file for reading.
    ///
    /// # Errors
    /// When it is not a regular file any more or the system refuses.
    pub fn open(&self, found: &FoundEntry) -> io::Result<impl Read + use<>> {
        disk::open(&found.guest)
    }

    /// Reads a regular file, up to [`limits::CONTENT_BYTES`].
    ///
    /// # Errors
    /// When it is not a regular file any more or the system refuses.
    pub fn read(&self, found: &FoundEntry) -> io::Result<Content> {
        let mut bytes = Vec::new();
        self.open(found)?.take(limits::CONTENT_BYTES + 1).read_to_end(&mut bytes)?;
        let whole = bytes.len() as u64 <= limits::CONTENT_BYTES;
        Ok(Content { text: String::from_utf8_lossy(&bytes).into_owned(), whole })
    }

    /// When an indexed folder, or a root for the empty path, was changed: in nanoseconds since 1970.
    #[must_use]
    pub fn folder_changed_ns(&self, path: &str) -> Option<u64> {
        let root = if path.is_empty() { 0 } else { self.entry(path)?.0 };
        disk::look(&join(&self.roots().get(root)?.path, path)).ok()?.changed_ns
    }
}

fn found(root: &Root, at: usize, path: &str, kind: EntryKind) -> FoundEntry {
    let guest = join(&root.path, path);
    let meta = if kind == EntryKind::File { disk::look(&guest).ok() } else { None };
    let meta = meta.filter(|meta| meta.kind == EntryKind::File);
    let (bytes, changed_ns) = (meta.map(|meta| meta.bytes), meta.and_then(|meta| meta.changed_ns));
    FoundEntry { path: path.to_owned(), kind, bytes, changed_ns, root: at, guest }
}

/// Walks down to a path that the index does not hold; a link on the way ends it.
fn step_by_step(root: &Root, at: usize, path: &str) -> Option<FoundEntry> {
    let mut below = String::new();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        if !below.is_empty() {
            below.push('/');
        }
        below.push_str(part);
        let kind = disk::look(&join(&root.path, &below)).ok()?.kind;
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

//! Checks whether the open files of a ledger still have their names. If another program deletes or replaces these files,
//! SQLite keeps writing to the deleted files: a commit would succeed, but its data would be lost.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use baton_sqlite::with_ending;

/// The endings of the database, of its write-ahead log, and of the index of the log.
const ENDINGS: [&str; 3] = ["", "-wal", "-shm"];

/// Identifies a file. While the file is open, the system does not use its inode number for another file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileId {
    device: u64,
    inode: u64,
}

impl FileId {
    fn of(path: &Path) -> Option<Self> {
        path.symlink_metadata().ok().map(|metadata| Self { device: metadata.dev(), inode: metadata.ino() })
    }
}

/// The files of a ledger when it was opened. SQLite does not replace them while a connection is open.
#[derive(Debug)]
pub(crate) struct LedgerFiles {
    files: Vec<(PathBuf, FileId)>,
}

impl LedgerFiles {
    /// Records the files of the ledger at `path`. The ledger must be open.
    pub(crate) fn of(path: &Path) -> Self {
        let paths = ENDINGS.map(|ending| with_ending(path, ending));
        let files = paths.into_iter().filter_map(|path| FileId::of(&path).map(|id| (path, id)));
        Self { files: files.collect() }
    }

    /// The first file that was deleted or replaced.
    pub(crate) fn missing(&self) -> Option<&Path> {
        let lost = self.files.iter().find(|(path, id)| FileId::of(path) != Some(*id));
        lost.map(|(path, _)| path.as_path())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_was_deleted_or_replaced_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l.db");
        fs::write(&path, "").unwrap();
        let open = fs::File::open(&path).unwrap();
        let presence = LedgerFiles::of(&path);
        assert_eq!(presence.missing(), None);
        fs::remove_file(&path).unwrap();
        assert_eq!(presence.missing(), Some(path.as_path()));
        fs::write(&path, "").unwrap();
        assert_eq!(presence.missing(), Some(path.as_path()), "another file of that name");
        drop(open);
    }
}

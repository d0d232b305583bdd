//! Reads several files: the files that match a pattern, their modification times, and the end of a long file.
//!
//! As in the whole index, all paths are below the roots, links are not followed, and only regular files are opened.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::time::UNIX_EPOCH;

use baton_core::glob::Globs;

use super::entry::{Content, FoundEntry};
use super::walk::Index;

impl Index {
    /// Paths of at most `most` files that match, sorted, and the number of further ones.
    #[must_use]
    pub fn matching(&self, globs: &Globs, most: usize) -> (Vec<&str>, usize) {
        let mut found = Vec::new();
        let mut more = 0;
        for path in self.files().filter(|path| globs.matches(path)) {
            if found.len() < most {
                found.push(path);
            } else {
                more += 1;
            }
        }
        (found, more)
    }

    /// Modification time in milliseconds since 1970 UTC; `None` if the system does not report one.
    #[must_use]
    pub fn modified(&self, found: &FoundEntry) -> Option<i64> {
        let modified = fs::symlink_metadata(&found.guest).ok()?.modified().ok()?;
        let since = modified.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    }

    /// Reads at most `most` bytes from the beginning of a regular file.
    ///
    /// # Errors
    /// If it is no longer a regular file or the system refuses.
    pub fn read_head(&self, found: &FoundEntry, most: u64) -> io::Result<Content> {
        let mut file = open(found)?;
        let mut bytes = Vec::new();
        Read::by_ref(&mut file).take(most).read_to_end(&mut bytes)?;
        let whole = file.read(&mut [0_u8])? == 0;
        Ok(Content { text: String::from_utf8_lossy(&bytes).into_owned(), whole })
    }

    /// Reads at most `most` bytes from the end of a regular file, starting at the beginning of a line.
    ///
    /// # Errors
    /// If it is no longer a regular file or the system refuses.
    pub fn read_tail(&self, found: &FoundEntry, most: u64) -> io::Result<Content> {
        let mut file = open(found)?;
        let bytes = file.metadata()?.len();
        let whole = bytes <= most;
        // Reads from one byte earlier, to keep a line that begins exactly at the cut.
        let skipped = if whole { 0 } else { bytes - most - 1 };
        file.seek(SeekFrom::Start(skipped))?;
        let mut tail = Vec::new();
        file.take(most + 1).read_to_end(&mut tail)?;
        let start = if whole { 0 } else { tail.iter().position(|byte| *byte == b'\n').map_or(tail.len(), |at| at + 1) };
        Ok(Content { text: String::from_utf8_lossy(tail.get(start..).unwrap_or_default()).into_owned(), whole })
    }
}

fn open(found: &FoundEntry) -> io::Result<File> {
    if !fs::symlink_metadata(&found.guest)?.file_type().is_file() {
        return Err(io::Error::other("not a regular file"));
    }
    File::open(&found.guest)
}

#[cfg(test)]
mod tests {
    use super::super::Root;
    use super::*;

    fn index(dir: &tempfile::TempDir) -> Index {
        Index::build(vec![Root { path: dir.path().to_owned(), shown: "r".into() }])
    }

    #[test]
    fn files_of_a_pattern_are_sorted_and_bounded() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("logs/deep")).unwrap();
        for name in ["logs/b.jsonl", "logs/deep/a.jsonl", "logs/c.txt", "d.jsonl"] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let index = index(&dir);
        let globs = Globs::new(&["logs/**/*.jsonl".to_owned()]).unwrap();
        assert_eq!(index.matching(&globs, 9), (vec!["logs/b.jsonl", "logs/deep/a.jsonl"], 0));
        assert_eq!(index.matching(&globs, 1), (vec!["logs/b.jsonl"], 1));
        assert!(index.modified(&index.find("d.jsonl").unwrap()).unwrap() > 1_600_000_000_000);
    }

    #[test]
    fn the_end_of_a_file_begins_with_a_line() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a"), "one\ntwo\nthree\n").unwrap();
        let index = index(&dir);
        let found = index.find("a").unwrap();
        let tail = |most| index.read_tail(&found, most).unwrap();
        assert_eq!(tail(100), Content { text: "one\ntwo\nthree\n".into(), whole: true });
        assert_eq!(
            [tail(10).text, tail(9).text, tail(6).text, tail(3).text],
            ["two\nthree\n", "three\n", "three\n", ""]
        );
        assert_eq!(index.read_head(&found, 3).unwrap(), Content { text: "one".into(), whole: false });
        assert!(index.read_head(&found, 14).unwrap().whole);
    }
}

//! Merges one folder into another without losing a file. Files with equal bytes become one file. A file with other bytes
//! under the same name gets a name that contains its origin. A folder is deleted only when it is empty.
//!
//! A file is moved by one rename after a check that the name is free; both need the database's lock. A kill leaves the file
//! under the old or the new name. Hard links are not used: a kill would leave a file with two names, and the host does not open
//! such a file. If a file already has two names here, the name to move is deleted. One race remains: another program can create
//! a file with the new name between the check and the rename.

use std::fs;
use std::io;
use std::path::Path;

use baton_core::file_name::cut;

use super::one_file::{has_several_names, is_one};
use super::{Change, Undo, at_writing, children, is_same};

/// The depth to which folders are merged. Deeper folders are moved as a whole.
const MOST_DEPTH: u32 = 16;

/// Maximum number of bytes of a name that every file system accepts.
const MOST_NAME: usize = 240;

/// Moves the contents of `root/from` to `root/into` and deletes the empty folder. Both paths are relative to `root`.
///
/// # Errors
/// If something cannot be moved. `undo` has the changes up to then; nothing is lost, and a second call continues.
pub fn merge_into(root: &Path, from: &str, into: &str, undo: &mut Undo) -> io::Result<()> {
    let origin = from.rsplit('/').next().unwrap_or(from).to_owned();
    Merge { root, origin: &origin, undo }.folder(from, into, 0)
}

struct Merge<'a> {
    root: &'a Path,
    origin: &'a str,
    undo: &'a mut Undo,
}

impl Merge<'_> {
    fn folder(&mut self, from: &str, into: &str, depth: u32) -> io::Result<()> {
        for (name, kind) in children(&self.root.join(from))? {
            let (source, target) = (format!("{from}/{name}"), format!("{into}/{name}"));
            if let Some(twin) = self.second_name(&source, into)? {
                self.remove_twin(&source, &twin)?;
                continue;
            }
            let there = fs::symlink_metadata(self.root.join(&target)).ok();
            match there {
                Some(there) if kind.is_dir() && there.is_dir() && depth < MOST_DEPTH => {
                    self.folder(&source, &target, depth + 1)?;
                }
                Some(_) if is_same(&self.root.join(&source), &self.root.join(&target))? => {
                    self.remove_twin(&source, &target)?;
                }
                _ => self.place(&source, into, &name)?,
            }
        }
        self.remove_empty(from)
    }

    /// Finds another name (hard link) of the file `source` in the folder `into`.
    fn second_name(&self, source: &str, into: &str) -> io::Result<Option<String>> {
        let (source, into_full) = (self.root.join(source), self.root.join(into));
        if !has_several_names(&source) {
            return Ok(None);
        }
        let names = children(&into_full)?;
        let twin = names.into_iter().find(|(name, kind)| kind.is_file() && is_one(&source, &into_full.join(name)));
        Ok(twin.map(|(name, _)| format!("{into}/{name}")))
    }

    /// Moves an entry to the first free name.
    fn place(&mut self, source: &str, into: &str, name: &str) -> io::Result<()> {
        for number in 0..1_000 {
            let target = format!("{into}/{}", distinct_name(name, self.origin, number));
            match move_to_free(&self.root.join(source), &self.root.join(&target)) {
                Ok(()) => {
                    self.undo.push(Change::Moved { from: source.to_owned(), to: target });
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if is_same(&self.root.join(source), &self.root.join(&target))? {
                        return self.remove_twin(source, &target);
                    }
                }
                Err(error) => return Err(at_writing(&self.root.join(source), &error)),
            }
        }
        Err(io::Error::other(format!("{into}: there are already a thousand files with names like {name}")))
    }

    fn remove_twin(&mut self, path: &str, same_as: &str) -> io::Result<()> {
        fs::remove_file(self.root.join(path)).map_err(|error| at_writing(&self.root.join(path), &error))?;
        self.undo.push(Change::RemovedTwin { path: path.to_owned(), same_as: same_as.to_owned() });
        Ok(())
    }

    /// Deletes an empty folder. The system does not delete a folder in which a new file appeared.
    fn remove_empty(&mut self, path: &str) -> io::Result<()> {
        fs::remove_dir(self.root.join(path)).map_err(|error| at_writing(&self.root.join(path), &error))?;
        self.undo.push(Change::RemovedEmpty { path: path.to_owned() });
        Ok(())
    }
}

/// The candidates for a name: the name itself, then `NAME (from FOLDER).csv`, then `NAME (from FOLDER) 2.csv`, …
fn distinct_name(name: &str, origin: &str, number: u32) -> String {
    let mark = match number {
        0 => return name.to_owned(),
        1 => format!(" (from {origin})"),
        number => format!(" (from {origin}) {number}"),
    };
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && ending.len() <= 8 => (stem, format!(".{ending}")),
        _ => (name, String::new()),
    };
    let whole = mark.len();
    let mark = cut(&mark, MOST_NAME / 2);
    let stem = cut(stem, MOST_NAME.saturating_sub(mark.len() + ending.len()));
    // If the mark was shortened, its number may be missing. So the number is appended.
    let number = if mark.len() == whole || number < 2 { String::new() } else { format!("~{number}") };
    format!("{stem}{mark}{number}{ending}")
}

/// Renames a file to a name that no file has at the moment of the check. See the race in the module documentation.
pub(super) fn move_to_free(from: &Path, to: &Path) -> io::Result<()> {
    match fs::symlink_metadata(to) {
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => fs::rename(from, to),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    fn text(root: &Path, path: &str) -> String {
        fs::read_to_string(root.join(path)).unwrap()
    }

    #[test]
    fn equal_files_become_one_and_different_files_get_distinct_names() {
        let root = folder(&[
            ("a/x.csv", "1"),
            ("a/.archive/x_v1.csv", "old"),
            ("b/x.csv", "2"),
            ("b/y.csv", "3"),
            ("b/.archive/x_v1.csv", "old"),
            ("b/.archive/x_v2.csv", "older"),
            ("c/x.csv", "4"),
            ("c/deep/z", "5"),
        ]);
        let mut undo = Undo::default();
        merge_into(root.path(), "b", "a", &mut undo).unwrap();
        merge_into(root.path(), "c", "a", &mut undo).unwrap();
        for (path, expected) in [
            ("a/x.csv", "1"),
            ("a/x (from b).csv", "2"),
            ("a/x (from c).csv", "4"),
            ("a/y.csv", "3"),
            ("a/.archive/x_v1.csv", "old"),
            ("a/.archive/x_v2.csv", "older"),
            ("a/deep/z", "5"),
        ] {
            assert_eq!(text(root.path(), path), expected, "{path}");
        }
        assert_eq!(children(root.path()).unwrap().len(), 1);
        assert!(undo.changes().contains(&Change::RemovedTwin {
            path: "b/.archive/x_v1.csv".into(),
            same_as: "a/.archive/x_v1.csv".into()
        }));
    }

    #[test]
    fn a_file_with_its_old_and_new_name_loses_the_old_one() {
        let root = folder(&[("b/x.csv", "1"), ("b/y.csv", "2"), ("a/y.csv", "3"), ("b/z", "4")]);
        fs::hard_link(root.path().join("b/x.csv"), root.path().join("a/x.csv")).unwrap();
        fs::hard_link(root.path().join("b/y.csv"), root.path().join("a/y (from b).csv")).unwrap();
        merge_into(root.path(), "b", "a", &mut Undo::default()).unwrap();
        let names: Vec<_> = children(&root.path().join("a")).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["x.csv", "y (from b).csv", "y.csv", "z"]);
        assert_eq!((text(root.path(), "a/x.csv"), text(root.path(), "a/y (from b).csv")), ("1".into(), "2".into()));
        assert!(!has_several_names(&root.path().join("a/x.csv")) && !root.path().join("b").exists());
    }

    #[test]
    fn a_distinct_name_can_also_be_in_use() {
        let root = folder(&[("a/x.csv", "1"), ("a/x (from b).csv", "2"), ("b/x.csv", "3")]);
        merge_into(root.path(), "b", "a", &mut Undo::default()).unwrap();
        assert_eq!(text(root.path(), "a/x (from b) 2.csv"), "3");
        let long = "ä".repeat(120);
        let name = distinct_name(&format!("{long}.csv"), &long, 2);
        assert!(name.len() <= 255 && name.ends_with(".csv"), "{name}");
        assert_ne!(distinct_name(&long, &long, 2), distinct_name(&long, &long, 3));
    }

    #[test]
    fn entries_that_are_not_regular_files_are_moved_unchanged() {
        let root = folder(&[("a/x", "1"), ("b/y", "2")]);
        fs::create_dir(root.path().join("b/x")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.path().join("b/link")).unwrap();
        merge_into(root.path(), "b", "a", &mut Undo::default()).unwrap();
        assert_eq!(text(root.path(), "a/x"), "1");
        assert!(root.path().join("a/x (from b)").is_dir());
        assert!(fs::symlink_metadata(root.path().join("a/link")).unwrap().is_symlink());
    }
}

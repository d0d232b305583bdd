//! One breadth-first walk of the granted roots into a sorted list of paths and a map of base names.
//!
//! Breadth first, so that a budget that runs out has cost the deepest entries and not whole top folders. Sizes are not
//! asked for here: only the files that a plan names are ever looked at again.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use crate::limits;

/// Folders whose content is somebody else's or can be made again.
const SKIPPED: &[&str] = &[".git", ".hg", ".svn", "node_modules", "target", "__pycache__", ".venv", "venv"];

/// A granted folder, as it is opened and as people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Where it is for this process.
    pub path: PathBuf,
    /// What people call it.
    pub shown: String,
}

/// What an entry of the tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link; never followed.
    Link,
    /// A pipe, a socket, a device; never opened.
    Special,
}

impl EntryKind {
    /// The kind of a directory entry, links not followed.
    #[must_use]
    pub fn of(kind: fs::FileType) -> Self {
        if kind.is_symlink() {
            Self::Link
        } else if kind.is_dir() {
            Self::Folder
        } else if kind.is_file() {
            Self::File
        } else {
            Self::Special
        }
    }
}

#[derive(Debug)]
struct Entry {
    path: String,
    kind: EntryKind,
    root: usize,
}

/// What there is below the roots. Where two roots hold the same path, the first one counts.
#[derive(Debug, Default)]
pub struct Index {
    roots: Vec<Root>,
    /// Sorted by path.
    entries: Vec<Entry>,
    by_name: HashMap<String, Vec<usize>>,
    notes: Vec<String>,
    complete: bool,
}

impl Index {
    /// Walks the roots. Never fails: what cannot be read is a note.
    #[must_use]
    pub fn build(roots: Vec<Root>) -> Self {
        let mut walk = Walk { entries: Vec::new(), notes: Vec::new(), complete: true };
        for (at, root) in roots.iter().enumerate() {
            walk.root(at, root);
        }
        let mut entries = walk.entries;
        entries.sort_by(|left, right| (&left.path, left.root).cmp(&(&right.path, right.root)));
        entries.dedup_by(|later, earlier| later.path == earlier.path);
        let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, entry) in entries.iter().enumerate() {
            by_name.entry(last_name(&entry.path).to_owned()).or_default().push(at);
        }
        Self { roots, entries, by_name, notes: walk.notes, complete: walk.complete }
    }

    /// The granted folders.
    #[must_use]
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// How many entries were found.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What a reader of the report should know about the walk: budgets that ran out, folders that could not be read.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Paths of files (or folders) with this base name, sorted; at most [`limits::CANDIDATES`].
    pub fn named<'a>(&'a self, name: &str, kind: EntryKind) -> impl Iterator<Item = &'a str> {
        let positions = self.by_name.get(name).map(Vec::as_slice).unwrap_or_default();
        let entries = positions.iter().filter_map(|at| self.entries.get(*at));
        entries.filter(move |entry| entry.kind == kind).map(|entry| entry.path.as_str()).take(limits::CANDIDATES)
    }

    /// Paths of all files, sorted.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(|entry| entry.kind == EntryKind::File).map(|entry| entry.path.as_str())
    }

    /// Root and kind of an indexed path.
    pub(super) fn entry(&self, path: &str) -> Option<(&Root, EntryKind)> {
        let at = self.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
        let entry = self.entries.get(at)?;
        Some((self.roots.get(entry.root)?, entry.kind))
    }

    /// Whether a path that was not met by the walk may exist all the same.
    pub(super) fn may_hide(&self, path: &str) -> bool {
        !self.complete || path.split('/').any(|part| SKIPPED.contains(&part))
    }
}

struct Walk {
    entries: Vec<Entry>,
    notes: Vec<String>,
    complete: bool,
}

impl Walk {
    fn root(&mut self, at: usize, root: &Root) {
        let mut waiting = VecDeque::from([(String::new(), 0_usize)]);
        while let Some((folder, depth)) = waiting.pop_front() {
            if depth >= limits::INDEX_DEPTH {
                self.cut(format!(
                    "{} is deeper than {} folders; what lies below was not indexed",
                    shown(root, &folder),
                    limits::INDEX_DEPTH
                ));
                continue;
            }
            let Some(children) = self.children(root, &folder) else { continue };
            for (name, kind) in children {
                if self.entries.len() >= limits::INDEX_ENTRIES {
                    self.cut(format!(
                        "the tree has more than {} entries; the rest was not indexed",
                        limits::INDEX_ENTRIES
                    ));
                    return;
                }
                let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
                if kind == EntryKind::Folder && !SKIPPED.contains(&name.as_str()) {
                    waiting.push_back((path.clone(), depth + 1));
                }
                self.entries.push(Entry { path, kind, root: at });
            }
        }
    }

    /// Names and kinds in a folder, sorted. Names that are not UTF-8 cannot be named by a plan and are left out.
    fn children(&mut self, root: &Root, folder: &str) -> Option<Vec<(String, EntryKind)>> {
        let read = match fs::read_dir(join(&root.path, folder)) {
            Ok(read) => read,
            Err(error) => {
                self.cut(format!("{} could not be read: {error}", shown(root, folder)));
                return None;
            }
        };
        let mut children: Vec<(String, EntryKind)> = read
            .filter_map(Result::ok)
            .take(limits::INDEX_ENTRIES + 1)
            .filter_map(|entry| Some((entry.file_name().into_string().ok()?, EntryKind::of(entry.file_type().ok()?))))
            .collect();
        children.sort_unstable_by(|left, right| left.0.cmp(&right.0));
        Some(children)
    }

    fn cut(&mut self, note: String) {
        self.complete = false;
        if self.notes.len() < 20 {
            self.notes.push(note);
        }
    }
}

/// The path of `relative` below `base`.
pub(super) fn join(base: &Path, relative: &str) -> PathBuf {
    if relative.is_empty() { base.to_owned() } else { base.join(relative) }
}

fn shown(root: &Root, folder: &str) -> String {
    if folder.is_empty() { root.shown.clone() } else { format!("{}/{folder}", root.shown) }
}

fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_finds_files_and_skips_foreign_folders() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::create_dir_all(dir.path().join("target")).unwrap();
        fs::write(dir.path().join("a/b/x.py"), "1").unwrap();
        fs::write(dir.path().join("target/y.py"), "1").unwrap();
        let index = Index::build(vec![Root { path: dir.path().to_owned(), shown: "r".into() }]);
        assert_eq!(index.named("x.py", EntryKind::File).collect::<Vec<_>>(), ["a/b/x.py"]);
        assert_eq!(index.named("y.py", EntryKind::File).count(), 0);
        assert!(index.may_hide("target/y.py") && !index.may_hide("a/z.py"));
        assert_eq!(index.len(), 4);
    }

    #[test]
    fn a_root_that_is_not_there_is_a_note() {
        let index = Index::build(vec![Root { path: "/nonexistent/x".into(), shown: "r".into() }]);
        assert!(index.is_empty());
        assert_eq!(index.notes().len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_seen_and_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("a")).unwrap();
        std::os::unix::fs::symlink("..", dir.path().join("a/up")).unwrap();
        let index = Index::build(vec![Root { path: dir.path().to_owned(), shown: "r".into() }]);
        assert_eq!(index.len(), 2);
        assert_eq!(index.entry("a/up").map(|(_, kind)| kind), Some(EntryKind::Link));
    }
}

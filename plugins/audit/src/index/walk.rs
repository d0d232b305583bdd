//! Walks the granted roots once, breadth first, into a sorted list of paths and a list sorted by base name.
//!
//! Breadth first: if a budget is exhausted, only the deepest entries are missing, not whole top-level folders. Sizes
//! are not read here, because only files that a plan names are read later. All paths are in one string, so an entry
//! needs its path and sixteen bytes, and sixteen more when a name is looked up in other spellings.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::{EntryKind, disk};
use crate::limits;

/// Folders whose content is third-party or generated.
const SKIPPED: &[&str] = &[".git", ".hg", ".svn", "node_modules", "target", "__pycache__", ".venv", "venv"];

/// A granted folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Its path for this process.
    pub path: PathBuf,
    /// Its name for readers.
    pub shown: String,
}

/// One entry: a slice of the index's text. Twelve bytes, so that 100,000 entries stay small.
#[derive(Debug, Clone, Copy)]
struct Entry {
    start: u32,
    len: u16,
    root: u16,
    kind: EntryKind,
}

/// The entries below the roots. If two roots contain the same path, the first root counts.
#[derive(Debug, Default)]
pub struct Index {
    roots: Vec<Root>,
    /// All paths, concatenated.
    text: String,
    entries: Vec<Entry>,
    /// Positions in `entries`, sorted by the last name and then by the path.
    by_name: Vec<u32>,
    /// Hashes of the letters of the last names, with positions in `entries`, sorted. Only built when it is needed.
    by_letters: OnceLock<Vec<(u64, u32)>>,
    notes: Vec<String>,
    complete: bool,
    /// Folders that could not be read.
    closed: Vec<String>,
    /// Folders whose files are found only by path.
    apart: Vec<String>,
}

impl Index {
    /// Walks the roots. Never fails: unreadable entries become notes.
    #[must_use]
    pub fn build(roots: Vec<Root>) -> Self {
        let mut walk =
            Walk { text: String::new(), entries: Vec::new(), notes: Vec::new(), complete: true, closed: Vec::new() };
        for (at, root) in roots.iter().enumerate() {
            walk.root(u16::try_from(at).unwrap_or(u16::MAX), root);
        }
        let Walk { text, mut entries, notes, complete, closed } = walk;
        entries.sort_by(|left, right| (slice(&text, left), left.root).cmp(&(slice(&text, right), right.root)));
        entries.dedup_by(|later, earlier| slice(&text, later) == slice(&text, earlier));
        entries.shrink_to_fit();
        let mut by_name: Vec<u32> = (0..entries.len()).filter_map(|at| u32::try_from(at).ok()).collect();
        let name = |at: &u32| entries.get(*at as usize).map(|entry| last_name(slice(&text, entry)));
        by_name.sort_by(|left, right| (name(left), left).cmp(&(name(right), right)));
        let by_letters = OnceLock::new();
        Self { roots, text, entries, by_name, by_letters, notes, complete, closed, apart: Vec::new() }
    }

    /// Marks folders as separate: files in them are found by path and not by name.
    pub fn set_apart(&mut self, folders: Vec<String>) {
        self.apart = folders;
    }

    /// True if a path is in a folder that was set apart.
    #[must_use]
    pub fn is_apart(&self, path: &str) -> bool {
        let below = |folder: &String| path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'));
        self.apart.iter().any(below)
    }

    /// The granted folders.
    #[must_use]
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Notes about the walk for the report: exhausted budgets, unreadable folders.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Paths of files (or folders) with this base name, sorted; at most [`limits::CANDIDATES`].
    pub fn named<'a>(&'a self, name: &str, kind: EntryKind) -> impl Iterator<Item = &'a str> {
        let name_at = |at: &u32| self.path(*at as usize).map_or("", |(path, _)| last_name(path));
        let from = self.by_name.partition_point(|at| name_at(at) < name);
        let rest = self.by_name.get(from..).unwrap_or_default();
        let same = rest.get(..rest.partition_point(|at| name_at(at) == name)).unwrap_or_default();
        let entries = same.iter().filter_map(|at| self.path(*at as usize));
        let entries = entries.filter(move |(path, its)| *its == kind && !self.is_apart(path));
        entries.map(|(path, _)| path).take(limits::CANDIDATES)
    }

    /// Paths of files whose base name is the same in another spelling: `SoundMapper.ts` for `sound-mapper.ts`. At most
    /// [`limits::CANDIDATES`].
    pub fn spelled<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let all = self.by_letters.get_or_init(|| self.by_letters());
        let wanted = hash_of_letters(name);
        let from = all.partition_point(|(hash, _)| *hash < wanted);
        let same = all.iter().skip(from).take_while(move |(hash, _)| *hash == wanted);
        let entries = same.filter_map(|(_, at)| self.path(*at as usize));
        let entries = entries.filter(move |(path, kind)| {
            *kind == EntryKind::File && letters(last_name(path)).eq(letters(name)) && !self.is_apart(path)
        });
        entries.map(|(path, _)| path).take(limits::CANDIDATES)
    }

    fn by_letters(&self) -> Vec<(u64, u32)> {
        let hash = |at: u32| Some((hash_of_letters(last_name(self.path(at as usize)?.0)), at));
        let mut all: Vec<_> = (0..self.len()).filter_map(|at| hash(u32::try_from(at).ok()?)).collect();
        all.sort_unstable();
        all
    }

    /// Paths of all files, sorted.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        let all = (0..self.len()).filter_map(|at| self.path(at));
        all.filter(|(_, kind)| *kind == EntryKind::File).map(|(path, _)| path)
    }

    /// Path and kind of the entry at a position. Positions count from 0 in the order of the paths.
    #[must_use]
    pub fn path(&self, at: usize) -> Option<(&str, EntryKind)> {
        let entry = self.entries.get(at)?;
        Some((slice(&self.text, entry), entry.kind))
    }

    /// The position of an indexed path.
    #[must_use]
    pub fn position(&self, path: &str) -> Option<usize> {
        self.entries.binary_search_by(|entry| slice(&self.text, entry).cmp(path)).ok()
    }

    /// The unreadable folder above a path, if there is one. Nothing is known about a path below such a folder.
    #[must_use]
    pub fn unreadable_above(&self, path: &str) -> Option<&str> {
        let below = |folder: &&String| {
            folder.is_empty() || path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        self.closed.iter().find(below).map(String::as_str)
    }

    /// Index of the root, and kind, of an indexed path.
    pub(super) fn entry(&self, path: &str) -> Option<(usize, EntryKind)> {
        let entry = self.entries.get(self.position(path)?)?;
        Some((usize::from(entry.root), entry.kind))
    }

    /// True if a path may exist although the walk did not find it.
    pub(super) fn may_exist(&self, path: &str) -> bool {
        !self.complete || path.split('/').any(|part| SKIPPED.contains(&part))
    }
}

fn slice<'a>(text: &'a str, entry: &Entry) -> &'a str {
    let start = entry.start as usize;
    text.get(start..start + usize::from(entry.len)).unwrap_or_default()
}

struct Walk {
    text: String,
    entries: Vec<Entry>,
    notes: Vec<String>,
    complete: bool,
    closed: Vec<String>,
}

impl Walk {
    fn root(&mut self, at: u16, root: &Root) {
        let mut next = self.entries.len();
        if !self.folder(at, root, "", 0) {
            return;
        }
        // The content of a folder is appended to the list, so the list is also the queue.
        while let Some(entry) = self.entries.get(next).copied() {
            next += 1;
            let path = slice(&self.text, &entry);
            if entry.kind != EntryKind::Folder || SKIPPED.contains(&last_name(path)) {
                continue;
            }
            let path = path.to_owned();
            if !self.folder(at, root, &path, path.split('/').count()) {
                return;
            }
        }
    }

    /// Adds the content of a folder; false if no room is left.
    fn folder(&mut self, at: u16, root: &Root, folder: &str, depth: usize) -> bool {
        if depth >= limits::INDEX_DEPTH {
            self.cut(format!(
                "{} is deeper than {} folders; the folders below it were not indexed",
                shown(root, folder),
                limits::INDEX_DEPTH
            ));
            return true;
        }
        let Some(children) = self.children(root, folder) else { return true };
        for (name, kind) in children {
            let len = if folder.is_empty() { name.len() } else { folder.len() + 1 + name.len() };
            let start = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
            let fits = self.entries.len() < limits::INDEX_ENTRIES && self.text.len() + len <= limits::INDEX_TEXT_BYTES;
            let (true, Ok(len)) = (fits, u16::try_from(len)) else {
                self.cut(format!(
                    "the tree has more than {} entries or its paths are too long; the rest was not indexed",
                    limits::INDEX_ENTRIES
                ));
                return false;
            };
            if !folder.is_empty() {
                self.text.push_str(folder);
                self.text.push('/');
            }
            self.text.push_str(&name);
            self.entries.push(Entry { start, len, root: at, kind });
        }
        true
    }

    /// Names and kinds in a folder, sorted. Names that are not UTF-8 cannot be named by a plan and are left out.
    fn children(&mut self, root: &Root, folder: &str) -> Option<Vec<(String, EntryKind)>> {
        match disk::children(&join(&root.path, folder), limits::INDEX_ENTRIES + 1) {
            Ok(mut children) => {
                children.sort_unstable_by(|left, right| left.0.cmp(&right.0));
                Some(children)
            }
            Err(error) => {
                self.cut(format!("{} could not be read: {error}", shown(root, folder)));
                if self.closed.len() < limits::CANDIDATES {
                    self.closed.push(folder.to_owned());
                }
                None
            }
        }
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

/// The letters, digits and dots of a name, in lower case.
fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|sign| sign.is_alphanumeric() || *sign == '.').flat_map(char::to_lowercase)
}

fn hash_of_letters(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    letters(name).for_each(|letter| letter.hash(&mut hasher));
    hasher.finish()
}

/// The last part of a path.
pub(crate) fn last_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_walk_finds_files_and_skips_third_party_folders() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::create_dir_all(dir.path().join("target")).unwrap();
        fs::write(dir.path().join("a/b/x.py"), "1").unwrap();
        fs::write(dir.path().join("target/y.py"), "1").unwrap();
        let index = Index::build(vec![Root { path: dir.path().to_owned(), shown: "r".into() }]);
        assert_eq!(index.named("x.py", EntryKind::File).collect::<Vec<_>>(), ["a/b/x.py"]);
        assert_eq!(index.named("y.py", EntryKind::File).count(), 0);
        assert!(index.may_exist("target/y.py") && !index.may_exist("a/z.py"));
        assert_eq!(index.len(), 4);
    }

    #[test]
    fn a_missing_root_is_a_note() {
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

//! Lists the Drive's folder: folders with an id in their names, other folders, and CSV files outside of these folders.
//!
//! It lists one level, reads no file, and follows no link.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use baton_plugin_kit::folder::{self, EntryKind};

use super::{ParsedName, at, is_one_id};

/// Maximum number of entries of one folder; a Drive of 241 databases has 700.
const MOST_ENTRIES: usize = 100_000;

/// A folder whose name has an id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Folder {
    /// Its name.
    pub name: String,
    /// The number after the id.
    pub copy: Option<u32>,
}

/// The entries of the Drive.
#[derive(Debug, Default)]
pub struct Listing {
    /// The folders of each lower-case id, sorted by name.
    pub by_id: BTreeMap<String, Vec<Folder>>,
    /// Folders without an id in their names, sorted.
    pub odd: Vec<String>,
    /// CSV files outside of a folder, sorted.
    pub loose: Vec<String>,
    /// The number of names that are not UTF-8.
    pub unreadable: usize,
}

impl Listing {
    /// Lists the Drive.
    ///
    /// # Errors
    /// When the folder cannot be read, or has more than 100,000 entries.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut listing = Self::default();
        let (children, unreadable) = children_and_unreadable(root)?;
        listing.unreadable = unreadable;
        for (name, kind) in children {
            let hidden = name.starts_with('.');
            if kind.is_dir() {
                match ParsedName::parse(&name).map(|named| (named.id.to_ascii_lowercase(), named.copy)) {
                    // A title may begin with a dot.
                    Some((id, copy)) => listing.by_id.entry(id).or_default().push(Folder { name, copy }),
                    None if hidden => {}
                    None => listing.odd.push(name),
                }
            } else if !hidden && is_csv(&name) {
                listing.loose.push(name);
            }
        }
        Ok(listing)
    }

    /// The folders of an id.
    #[must_use]
    pub fn folders(&self, id: &str) -> &[Folder] {
        self.by_id.get(&id.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }
}

/// The folders of one id.
///
/// # Errors
/// As [`Listing::read`].
pub fn find(root: &Path, id: &str) -> io::Result<Vec<Folder>> {
    let mut found = Vec::new();
    for (name, kind) in children(root)? {
        let named = ParsedName::parse(&name).filter(|named| kind.is_dir() && is_one_id(named.id, id));
        if let Some(copy) = named.map(|named| named.copy) {
            found.push(Folder { name, copy });
        }
    }
    Ok(found)
}

/// The entries of a folder, sorted by name, without names that are not UTF-8.
///
/// # Errors
/// When it cannot be read, or has more than 100,000 entries.
pub fn children(folder: &Path) -> io::Result<Vec<(String, EntryKind)>> {
    children_and_unreadable(folder).map(|(children, _)| children)
}

/// As [`children`], with the number of names that are not UTF-8.
///
/// # Errors
/// As [`children`].
pub fn children_and_unreadable(folder: &Path) -> io::Result<(Vec<(String, EntryKind)>, usize)> {
    let listing = folder::list(folder, MOST_ENTRIES).map_err(|error| at(folder, &error))?;
    if listing.more {
        return Err(io::Error::other(format!("{}: more than {MOST_ENTRIES} entries", folder.display())));
    }
    let mut found: Vec<_> = listing.entries.into_iter().map(|entry| (entry.name, entry.kind)).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok((found, listing.unreadable))
}

/// True if a name ends in `.csv`.
pub(super) fn is_csv(name: &str) -> bool {
    PathBuf::from(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn folders_are_known_by_the_ids_in_their_names() {
        let root = tempfile::tempdir().unwrap();
        for folder in ["A_id-1", "A_ID-1 (1)", "B (1)_id-2", "odd one", ".NET notes_id-1", ".hidden"] {
            fs::create_dir(root.path().join(folder)).unwrap();
        }
        for file in ["A_id-1.csv", "notes.txt", "C_id-3"] {
            fs::write(root.path().join(file), "").unwrap();
        }
        let listing = Listing::read(root.path()).unwrap();
        let names = |id: &str| listing.folders(id).iter().map(|folder| folder.name.clone()).collect::<Vec<_>>();
        assert_eq!(
            (names("id-1"), names("ID-2")),
            (vec![".NET notes_id-1".to_owned(), "A_ID-1 (1)".into(), "A_id-1".into()], vec!["B (1)_id-2".into()])
        );
        assert_eq!((listing.odd, listing.loose), (vec!["odd one".to_owned()], vec!["A_id-1.csv".into()]));
        assert_eq!(find(root.path(), "id-3").unwrap(), []);
        assert_eq!(find(root.path(), "id-1").unwrap(), listing.by_id["id-1"], "a title may begin with a dot");
    }
    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_not_utf_8_is_counted_and_does_not_hide_other_names() {
        use std::os::unix::ffi::OsStrExt as _;

        let root = tempfile::tempdir().unwrap();
        for name in [&b"A_id-1"[..], b"\xe9_id-2", b"Z_id-3"] {
            fs::create_dir(root.path().join(std::ffi::OsStr::from_bytes(name))).unwrap();
        }
        let listing = Listing::read(root.path()).unwrap();
        assert_eq!((listing.by_id.len(), listing.unreadable), (2, 1));
    }
}

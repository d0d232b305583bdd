//! Finds free names. If the requested name is not free, ` (2)`, ` (3)`, … is added before its extension.
//!
//! Names are compared without case and in composed Unicode (`fold.rs`), with existing files and with the names that the plan
//! has given to other files. The name of an existing file is not free even if the plan moves that file, so no step depends on
//! another step.

use std::collections::{HashMap, HashSet};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::rc::Rc;

use baton_plugin_kit::folder;

use super::fold::fold;
use super::limits::{MOST_ALIKE, MOST_ENTRIES};
use super::roots::{Root, join};
use super::template::TargetPath;

/// The result of a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The file already has the name.
    Own,
    /// A copy of the file has the name.
    Copied,
    /// This name below the folder is free.
    Free(String),
    /// The folder cannot be listed, so another file may have the name.
    Hidden { folder: String, why: String },
}

/// The folder `organised` with the names that are in use.
#[derive(Debug)]
pub(crate) struct Targets<'a> {
    root: &'a Root,
    taken: HashSet<String>,
    folders: HashMap<String, Rc<Folder>>,
}

/// A folder with its spelling on disk, and the names in it by their keys.
#[derive(Debug, Default)]
struct Folder {
    spelled: String,
    names: HashMap<String, Vec<String>>,
    /// The reason why the folder cannot be listed.
    hidden: Option<String>,
}

impl<'a> Targets<'a> {
    pub(crate) fn new(root: &'a Root) -> Self {
        Self { root, taken: HashSet::new(), folders: HashMap::new() }
    }

    /// Chooses a name for a file with this target and extension. `own` is the present path of the file, if the file is below the
    /// same root. `is_copy` returns whether the file at a path below the root is a copy of this file.
    pub(crate) fn choose(
        &mut self,
        place: &TargetPath,
        ext: &str,
        own: Option<&str>,
        is_copy: &dyn Fn(&str) -> bool,
    ) -> Option<Choice> {
        let (folder, stem) = (self.folder(&place.folders), &place.stem);
        if let Some(why) = &folder.hidden {
            return Some(Choice::Hidden { folder: self.root.on_host(&folder.spelled), why: why.clone() });
        }
        let own = own.map(fold);
        for number in 1..=MOST_ALIKE {
            let name = if number == 1 { format!("{stem}.{ext}") } else { format!("{stem} ({number}).{ext}") };
            let inside = |name: &str| {
                if folder.spelled.is_empty() { name.to_owned() } else { format!("{}/{name}", folder.spelled) }
            };
            let path = inside(&name);
            let key = fold(&path);
            if own.as_ref() == Some(&key) {
                self.taken.insert(key);
                return Some(Choice::Own);
            }
            let there = folder.names.get(&fold(&name));
            let copy = |spelled: &String| is_copy(&inside(spelled));
            if there.is_some_and(|names| names.iter().any(copy)) && !self.taken.contains(&key) {
                self.taken.insert(key);
                return Some(Choice::Copied);
            }
            if there.is_none() && self.taken.insert(key) {
                return Some(Choice::Free(path));
            }
        }
        None
    }

    /// The folder, spelled as on disk or, if it does not exist, as it was first requested.
    fn folder(&mut self, parts: &[String]) -> Rc<Folder> {
        let (mut spelled, mut found) = (String::new(), self.listed("", ""));
        for part in parts {
            if found.hidden.is_some() {
                break;
            }
            let there = found
                .names
                .get(&fold(part))
                .and_then(|names| names.iter().find(|name| *name == part).or_else(|| names.iter().min()));
            let name = there.unwrap_or(part);
            spelled = if spelled.is_empty() { name.clone() } else { format!("{spelled}/{name}") };
            found = self.listed(&fold(&spelled), &spelled);
            spelled.clone_from(&found.spelled);
        }
        found
    }

    fn listed(&mut self, key: &str, spelled: &str) -> Rc<Folder> {
        let root = &self.root.path;
        let list = || {
            let (names, hidden) = names(&join(root, spelled))
                .map_or_else(|error| (HashMap::new(), Some(error.to_string())), |names| (names, None));
            Rc::new(Folder { spelled: spelled.to_owned(), names, hidden })
        };
        Rc::clone(self.folders.entry(key.to_owned()).or_insert_with(list))
    }
}

/// The names in a folder; none if it does not exist. Names that are not UTF-8 are ignored: no file gets such a name.
fn names(folder: &Path) -> io::Result<HashMap<String, Vec<String>>> {
    let listing = match folder::list(folder, MOST_ENTRIES) {
        Ok(listing) if listing.more => return Err(io::Error::other("it has too many files")),
        Ok(listing) => listing,
        // If the path is a file, creating the folder fails later.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(HashMap::new());
        }
        Err(error) => return Err(error),
    };
    let mut names: HashMap<_, Vec<_>> = HashMap::new();
    for entry in listing.entries {
        names.entry(fold(&entry.name)).or_default().push(entry.name);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn root(folder: &Path) -> Root {
        Root {
            name: "organised".into(),
            path: folder.to_owned(),
            shown: "out".into(),
            host: folder.display().to_string(),
            writable: true,
        }
    }

    fn place(folders: &[&str], stem: &str) -> TargetPath {
        TargetPath { folders: folders.iter().map(|folder| (*folder).to_owned()).collect(), stem: stem.to_owned() }
    }

    #[test]
    fn equal_names_get_numbers_and_existing_names_are_skipped() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("HOUSE")).unwrap();
        fs::write(folder.path().join("HOUSE/x.MP3"), "x").unwrap();
        let root = root(folder.path());
        let mut targets = Targets::new(&root);
        let mut choose = |list: &str, stem: &str, own: Option<&str>| {
            targets.choose(&place(&[list], stem), "mp3", own, &|_| false).unwrap()
        };
        let free = |path: &str| Choice::Free(path.to_owned());
        assert_eq!(choose("House", "X", None), free("HOUSE/X (2).mp3"));
        assert_eq!(choose("house", "x", None), free("HOUSE/x (3).mp3"));
        assert_eq!(choose("House", "x", Some("HOUSE/x.MP3")), Choice::Own);
        assert_eq!(choose("New", "e\u{301}", None), free("New/e\u{301}.mp3"));
        assert_eq!(choose("NEW", "É", None), free("New/É (2).mp3"));
        let copy = targets.choose(&place(&["house"], "x"), "mp3", None, &|path| path == "HOUSE/x.MP3");
        assert_eq!(copy, Some(Choice::Free("HOUSE/x (4).mp3".to_owned())), "another file has that target");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_not_utf_8_are_ignored_and_an_unreadable_folder_gives_no_name() {
        use std::os::unix::ffi::OsStrExt as _;

        let folder = tempfile::tempdir().unwrap();
        for name in [&b"m\xe9.mp3"[..], b"x.MP3", b"\xff"] {
            fs::write(folder.path().join(std::ffi::OsStr::from_bytes(name)), "x").unwrap();
        }
        std::os::unix::fs::symlink("loop", folder.path().join("loop")).unwrap();
        let root = root(folder.path());
        let mut targets = Targets::new(&root);
        let mut choose = |folders: &[&str]| targets.choose(&place(folders, "X"), "mp3", None, &|_| false).unwrap();
        assert_eq!(choose(&[]), Choice::Free("X (2).mp3".to_owned()));
        for below in [&["Loop"][..], &["loop", "a"]] {
            let Choice::Hidden { folder: hidden, .. } = choose(below) else { panic!("{below:?}") };
            assert_eq!(hidden, format!("{}/loop", folder.path().display()));
        }
    }
}

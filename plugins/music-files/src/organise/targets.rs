//! Which name is free: the wanted one, else with ` (2)`, ` (3)`, … before its ending.
//!
//! Names are compared as the least exact file system would (`fold.rs`), with what lies there now and with what the plan has
//! given away. What lies there counts also when the plan moves it: so no step waits for another.

use std::collections::{HashMap, HashSet};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::rc::Rc;

use baton_plugin_kit::folder;

use super::fold::fold;
use super::limits::{MOST_ALIKE, MOST_ENTRIES};
use super::roots::{Root, join};

/// What is there of a wanted name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The file has its place already.
    There,
    /// A copy of it lies there.
    Copied,
    /// This name below the folder is free.
    Free(String),
    /// What lies in that folder cannot be told, and why: another file may have the name already.
    Hidden { folder: String, why: String },
}

/// Names that are taken.
#[derive(Debug)]
pub(crate) struct Targets<'a> {
    root: &'a Root,
    taken: HashSet<String>,
    folders: HashMap<String, Rc<Folder>>,
}

/// A folder as it is spelled, and what lies in it: names by their keys.
#[derive(Debug, Default)]
struct Folder {
    spelled: String,
    names: HashMap<String, Vec<String>>,
    /// Why it cannot be told what lies in it.
    hidden: Option<String>,
}

impl<'a> Targets<'a> {
    pub(crate) fn new(root: &'a Root) -> Self {
        Self { root, taken: HashSet::new(), folders: HashMap::new() }
    }

    /// The name for a file that wants `stem.ext` in these folders and lies at `own` now, when that is below the same root.
    /// `is_it` tells of a file below the root whether it is a copy of this one; its place is then this one's.
    pub(crate) fn choose(
        &mut self,
        folders: &[String],
        (stem, ext): (&str, &str),
        own: Option<&str>,
        is_it: &dyn Fn(&str) -> bool,
    ) -> Option<Choice> {
        let folder = self.folder(folders);
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
                return Some(Choice::There);
            }
            let there = folder.names.get(&fold(&name));
            let copy = |spelled: &String| is_it(&inside(spelled));
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

    /// A folder as it is spelled on disk, else as it was asked for first.
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
        let made = || {
            let (names, hidden) = names(&join(root, spelled))
                .map_or_else(|error| (HashMap::new(), Some(error.to_string())), |names| (names, None));
            Rc::new(Folder { spelled: spelled.to_owned(), names, hidden })
        };
        Rc::clone(self.folders.entry(key.to_owned()).or_insert_with(made))
    }
}

/// What lies in a folder; nothing where there is none. A name that is not UTF-8 is like none that is given here.
fn names(folder: &Path) -> io::Result<HashMap<String, Vec<String>>> {
    let listing = match folder::list(folder, MOST_ENTRIES) {
        Ok(listing) if listing.more => return Err(io::Error::other("too much lies in it")),
        Ok(listing) => listing,
        // Making it says so when a file has its name.
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

    #[test]
    fn equal_names_get_numbers_and_what_lies_there_is_passed_by() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("HOUSE")).unwrap();
        fs::write(folder.path().join("HOUSE/x.MP3"), "x").unwrap();
        let root = root(folder.path());
        let mut targets = Targets::new(&root);
        let mut choose = |list: &str, stem: &str, own: Option<&str>| {
            targets.choose(&[list.to_owned()], (stem, "mp3"), own, &|_| false).unwrap()
        };
        let free = |path: &str| Choice::Free(path.to_owned());
        assert_eq!(choose("House", "X", None), free("HOUSE/X (2).mp3"));
        assert_eq!(choose("house", "x", None), free("HOUSE/x (3).mp3"));
        assert_eq!(choose("House", "x", Some("HOUSE/x.MP3")), Choice::There);
        assert_eq!(choose("New", "e\u{301}", None), free("New/e\u{301}.mp3"));
        assert_eq!(choose("NEW", "É", None), free("New/É (2).mp3"));
        let copy = targets.choose(&["house".to_owned()], ("x", "mp3"), None, &|path| path == "HOUSE/x.MP3");
        assert_eq!(copy, Some(Choice::Free("HOUSE/x (4).mp3".to_owned())), "that place is another's already");
    }
    #[cfg(target_os = "linux")]
    #[test]
    fn a_name_that_is_no_text_hides_no_twin_and_a_folder_that_cannot_be_read_gives_no_name() {
        use std::os::unix::ffi::OsStrExt as _;

        let folder = tempfile::tempdir().unwrap();
        for name in [&b"m\xe9.mp3"[..], b"x.MP3", b"\xff"] {
            fs::write(folder.path().join(std::ffi::OsStr::from_bytes(name)), "x").unwrap();
        }
        std::os::unix::fs::symlink("loop", folder.path().join("loop")).unwrap();
        let root = root(folder.path());
        let mut targets = Targets::new(&root);
        let mut choose = |folders: &[String]| targets.choose(folders, ("X", "mp3"), None, &|_| false).unwrap();
        assert_eq!(choose(&[]), Choice::Free("X (2).mp3".to_owned()));
        for below in [&["Loop".to_owned()][..], &["loop".to_owned(), "a".to_owned()]] {
            let Choice::Hidden { folder: hidden, .. } = choose(below) else { panic!("{below:?}") };
            assert_eq!(hidden, format!("{}/loop", folder.path().display()));
        }
    }
}

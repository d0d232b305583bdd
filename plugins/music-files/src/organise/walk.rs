//! Lists the files below the granted folders that may be moved.
//!
//! Hidden files, links, special files, empty files, incomplete downloads, files inside the package of another program
//! (an Eagle library) and files with an unusual extension are ignored and counted. No file is opened.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use baton_plugin_kit::library::stem_and_ending;
use baton_plugin_kit::{folder, safe_name};

use super::limits::{DEEPEST, ENDING_BYTES, MOST_ENTRIES};
use super::roots::Root;

/// Extensions of audio files, the same as in the host's library (`host/library/src/source/audio.rs`).
const AUDIO: [&str; 40] = [
    "aac", "ac3", "aif", "aifc", "aiff", "alac", "amr", "ape", "au", "caf", "dff", "dsf", "dts", "eac3", "flac", "m4a",
    "m4b", "m4p", "m4r", "mka", "mp1", "mp2", "mp3", "mpc", "mpga", "oga", "ogg", "opus", "ra", "rf64", "snd", "spx",
    "tak", "tta", "w64", "wav", "wave", "weba", "wma", "wv",
];

/// Extensions of folders that are packages of another program; their files are not moved.
const PACKAGES: [&str; 9] =
    ["library", "musiclibrary", "photoslibrary", "app", "bundle", "band", "logicx", "als", "itlp"];

/// Extensions of incomplete downloads.
const INCOMPLETE: [&str; 8] =
    [".part", ".crdownload", ".download", ".partial", ".aria2", ".opdownload", ".tmp", ".icloud"];

/// A file that may be moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The index of its granted folder.
    pub(crate) root: usize,
    /// The path below that folder, with `/` as separator.
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) modified_ns: i64,
    /// False for a file that is listed only because a rule names its extension.
    pub(crate) audio: bool,
}

impl Entry {
    /// The name with its extension.
    pub(crate) fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The path of its folder; empty for the granted folder.
    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

/// The files below the folders `music`.
#[derive(Debug, Default)]
pub(crate) struct FoundFiles {
    /// The files, sorted by folder and name.
    pub(crate) files: Vec<Entry>,
    /// The number of ignored files, by reason.
    pub(crate) left: BTreeMap<&'static str, usize>,
    /// Folders that could not be read, with the reasons.
    pub(crate) unread: Vec<(String, String)>,
    /// Folders that contain names that are not UTF-8, with the number of such names.
    pub(crate) unreadable: Vec<(String, usize)>,
    entries: usize,
}

/// Lists everything below the folders. `named` is true for extensions that a rule names.
pub(crate) fn walk(roots: &[Root], named: &dyn Fn(&str) -> bool) -> FoundFiles {
    let mut walked = FoundFiles::default();
    for (number, root) in roots.iter().enumerate() {
        let others: BTreeSet<_> =
            roots.iter().filter(|other| other.host != root.host).map(|r| r.host.clone()).collect();
        let mut walker = Walker { root, number, others, named, walked: &mut walked };
        walker.folder(&root.path, "", 0);
    }
    walked
}

struct Walker<'a> {
    root: &'a Root,
    number: usize,
    /// The other granted folders. Each granted folder is walked separately.
    others: BTreeSet<String>,
    named: &'a dyn Fn(&str) -> bool,
    walked: &'a mut FoundFiles,
}

impl Walker<'_> {
    fn folder(&mut self, folder: &Path, path: &str, depth: usize) {
        if depth > DEEPEST {
            return self.unread(path, "it is nested too deep");
        }
        let names = match self.list(folder, path) {
            Ok(names) => names,
            Err(error) => return self.unread(path, &error.to_string()),
        };
        for name in &names {
            if self.walked.entries >= MOST_ENTRIES {
                return self.unread(path, "there are too many files; grant a smaller folder");
            }
            self.walked.entries += 1;
            let inner = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            let place = folder.join(name);
            match place.symlink_metadata() {
                Err(error) => self.unread(&inner, &error.to_string()),
                Ok(_) if name.starts_with('.') => self.leave("hidden"),
                Ok(found) if found.is_dir() => self.inner(&place, &inner, name, depth),
                Ok(found) => self.file(&found, inner, name, &names),
            }
        }
    }

    /// The names in a folder, in order. Names that are not UTF-8 are only counted.
    fn list(&mut self, folder: &Path, path: &str) -> io::Result<BTreeSet<String>> {
        let listing = folder::list(folder, MOST_ENTRIES)?;
        if listing.unreadable > 0 {
            self.walked.unreadable.push((self.shown(path), listing.unreadable));
        }
        Ok(listing.entries.into_iter().map(|entry| entry.name).collect())
    }

    fn inner(&mut self, place: &Path, path: &str, name: &str, depth: usize) {
        if PACKAGES.contains(&stem_and_ending(name).1.as_str()) {
            self.leave("in the library of another program");
        } else if !self.others.contains(&self.root.on_host(path)) {
            self.folder(place, path, depth + 1);
        }
    }

    fn file(&mut self, found: &Metadata, path: String, name: &str, names: &BTreeSet<String>) {
        let ending = stem_and_ending(name).1;
        let audio = AUDIO.contains(&ending.as_str());
        if !audio && !(self.named)(&ending) {
            return self.leave("not audio");
        }
        if found.file_type().is_symlink() {
            return self.leave("a link");
        }
        if !found.is_file() {
            return self.leave("not a regular file");
        }
        if found.len() == 0 {
            return self.leave("empty");
        }
        let lower = name.to_lowercase();
        if INCOMPLETE.iter().any(|more| lower.ends_with(more) || names.contains(&format!("{name}{more}"))) {
            return self.leave("an incomplete download");
        }
        // The new name would keep the extension, so the extension must be safe.
        if ending.is_empty() || ending != safe_name(&ending, ENDING_BYTES, "") {
            return self.leave("without a usual file extension");
        }
        let entry = Entry { root: self.number, path, size: found.len(), modified_ns: modified_ns(found), audio };
        self.walked.files.push(entry);
    }

    fn leave(&mut self, why: &'static str) {
        *self.walked.left.entry(why).or_default() += 1;
    }

    fn unread(&mut self, path: &str, why: &str) {
        self.walked.unread.push((self.shown(path), why.to_owned()));
    }

    fn shown(&self, path: &str) -> String {
        if path.is_empty() { self.root.shown.clone() } else { format!("{}/{path}", self.root.shown) }
    }
}

/// The modification time in nanoseconds since 1970; 0 if it is unknown.
pub(crate) fn modified_ns(found: &Metadata) -> i64 {
    let Ok(modified) = found.modified() else { return 0 };
    let nanos = |duration: std::time::Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    match modified.duration_since(UNIX_EPOCH) {
        Ok(since) => nanos(since),
        Err(before) => -nanos(before.duration()),
    }
}

/// Converts nanoseconds since 1970 to a time.
pub(crate) fn system_time(modified_ns: i64) -> Option<SystemTime> {
    let distance = std::time::Duration::from_nanos(modified_ns.unsigned_abs());
    if modified_ns < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn root(folder: &Path, name: &str) -> Root {
        let path = folder.join(name);
        Root { name: "music".into(), host: path.display().to_string(), shown: name.into(), path, writable: true }
    }

    #[test]
    fn files_that_must_not_be_moved_are_ignored() {
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "m/a.MP3",
            "m/b/c.flac",
            "m/notes.txt",
            "m/x.csv",
            "m/.hidden.mp3",
            "m/.git/a.mp3",
            "m/E.library/images/a.mp3",
            "m/half.mp3",
            "m/half.mp3.part",
            "m/sub/z.mp3",
        ] {
            fs::create_dir_all(folder.path().join(file).parent().unwrap()).unwrap();
            fs::write(folder.path().join(file), "x").unwrap();
        }
        fs::write(folder.path().join("m/empty.mp3"), "").unwrap();
        fs::create_dir(folder.path().join("m/folder.mp3")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("a.MP3", folder.path().join("m/link.mp3")).unwrap();
        let roots = [root(folder.path(), "m"), root(folder.path(), "m/sub")];
        let walked = walk(&roots, &|ending| ending == "csv");
        let found: Vec<_> = walked.files.iter().map(|file| (file.root, file.path.as_str(), file.audio)).collect();
        assert_eq!(found, [(0, "a.MP3", true), (0, "b/c.flac", true), (0, "x.csv", false), (1, "z.mp3", true)]);
        let left = |why: &str| walked.left.get(why).copied().unwrap_or_default();
        assert_eq!((left("hidden"), left("empty"), left("an incomplete download"), left("not audio")), (2, 1, 1, 2));
        assert_eq!(left("in the library of another program"), 1);
        #[cfg(unix)]
        assert_eq!(left("a link"), 1);
        assert!(walked.unread.is_empty());
    }

    #[test]
    fn incomplete_files_and_unusual_endings_are_ignored_even_if_a_rule_names_them() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("m")).unwrap();
        for name in ["song.mp3.part", "song.MP3.CRDOWNLOAD", "README", "a.", "a.x:", "a.x ", "a.b?", "good.txt"] {
            fs::write(folder.path().join("m").join(name), "x").unwrap();
        }
        let walked = walk(&[root(folder.path(), "m")], &|_| true);
        let found: Vec<_> = walked.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(found, ["good.txt"], "{:?}", walked.left);
        let left = |why: &str| walked.left.get(why).copied().unwrap_or_default();
        assert_eq!((left("an incomplete download"), left("without a usual file extension")), (2, 5));
    }

    #[test]
    fn times_are_kept_to_the_nanosecond() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let file = fs::File::create(&path).unwrap();
        for ns in [0, 1, -1, -1_500_000_000, 1_768_731_300_123_456_789] {
            file.set_modified(system_time(ns).unwrap()).unwrap();
            assert_eq!(modified_ns(&path.metadata().unwrap()), ns);
        }
    }
}

//! The plain name of an export is always its newest result. An existing file with other bytes becomes `NAME.older-N.csv`; the
//! highest number is the newest. No export has such a name ([`is_older_name`]), so pruning deletes only older results.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization as _;

/// Maximum number of names that are tried if other programs use them already.
const MOST_TAKEN: usize = 1_000;

#[derive(Debug)]
pub(crate) struct OlderResults {
    /// The older results of each plain name, the oldest first.
    results: BTreeMap<String, Vec<OlderResult>>,
    ignores_case: bool,
    /// Files of results that were kept again under a newer number.
    superseded: Vec<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct OlderResult {
    number: u64,
    path: PathBuf,
}

/// How an export got its plain name.
#[derive(Debug)]
pub(crate) enum NameChoice {
    /// The name was free.
    New,
    /// An existing file with the name had the same bytes.
    Same,
    /// An existing file with the name had other bytes and is now at `kept`. `is_new` is true if `kept` did not exist before.
    Replaced { kept: PathBuf, is_new: bool },
}

impl OlderResults {
    /// Reads the names in a folder, on a disk that may ignore their case.
    pub(crate) fn new(folder: &Path, ignores_case: bool) -> io::Result<Self> {
        let mut older = Self { results: BTreeMap::new(), ignores_case, superseded: Vec::new() };
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if let Some((plain, number)) = entry.file_name().to_str().and_then(parse) {
                let key = older.key(&plain);
                older.results.entry(key).or_default().push(OlderResult { number, path: entry.path() });
            }
        }
        for results in older.results.values_mut() {
            results.sort_unstable();
        }
        Ok(older)
    }

    /// The form in which names are compared: names of the same file have the same key.
    fn key(&self, name: &str) -> String {
        if self.ignores_case { name.nfc().collect::<String>().to_lowercase() } else { name.to_owned() }
    }

    /// Renames the written file `hidden` to the plain name. At every moment, a complete file has the plain name: the existing
    /// file first gets a second name, and is then replaced atomically.
    pub(crate) fn publish(&mut self, folder: &Path, name: &str, hidden: &Path) -> io::Result<NameChoice> {
        let path = folder.join(name);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return rename_to_free(hidden, &path).map(|()| NameChoice::New);
            }
            Err(error) => return Err(error),
            Ok(found) if !found.is_file() => {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{name} is not a regular file")));
            }
            Ok(_) => {}
        }
        // A file that cannot be read counts as different: a file can have two names after a kill, and the sandbox does not
        // open such a file.
        if is_same(hidden, &path).unwrap_or(false) {
            fs::remove_file(hidden)?;
            return Ok(NameChoice::Same);
        }
        let key = self.key(name);
        let results = self.results.entry(key).or_default();
        let again = results.iter().position(|older| is_same(&older.path, &path).unwrap_or(false));
        if again.is_some_and(|place| place + 1 == results.len()) {
            let kept = results.last().map(|newest| newest.path.clone()).unwrap_or_default();
            fs::rename(hidden, &path)?;
            return Ok(NameChoice::Replaced { kept, is_new: false });
        }
        // If a result occurs again, it is kept only once, as the newest one.
        self.superseded.extend(again.map(|place| results.remove(place).path));
        let last = results.last().map_or(0, |newest| newest.number);
        let kept = keep_as_next(folder, name, &path, hidden, last)?;
        results.push(kept.clone());
        fs::rename(hidden, &path)?;
        Ok(NameChoice::Replaced { kept: kept.path, is_new: true })
    }

    /// Deletes the files of results that also have a newer number. Call it after all renames.
    pub(crate) fn remove_superseded(&mut self) -> io::Result<()> {
        self.superseded.drain(..).try_for_each(fs::remove_file)
    }

    /// Deletes the oldest results of a name and keeps `most`.
    pub(crate) fn prune(&mut self, name: &str, most: usize) -> io::Result<()> {
        let key = self.key(name);
        let Some(results) = self.results.get_mut(&key) else { return Ok(()) };
        let superfluous = results.len().saturating_sub(most);
        results.drain(..superfluous).try_for_each(|older| fs::remove_file(older.path))
    }
}

/// Keeps the file at `path` under the first free number above `last`; `hidden` is the file that will replace it.
fn keep_as_next(folder: &Path, name: &str, path: &Path, hidden: &Path, last: u64) -> io::Result<OlderResult> {
    let mut number = last;
    for _ in 0..MOST_TAKEN {
        number = number.saturating_add(1);
        let kept = folder.join(numbered(name, number));
        match keep(path, &kept, &hidden.with_extension("copy")) {
            Ok(()) => return Ok(OlderResult { number, path: kept }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("the names of older results of {name} are all in use")))
}

/// Makes a hard link, or a copy where the disk has no hard links.
fn keep(path: &Path, kept: &Path, beside: &Path) -> io::Result<()> {
    match fs::hard_link(path, kept) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => copy(path, kept, beside),
    }
}

/// Copies to the hidden file `beside`, syncs and renames it.
pub(crate) fn copy(path: &Path, kept: &Path, beside: &Path) -> io::Result<()> {
    drop(fs::remove_file(beside));
    let copied = File::create_new(beside).and_then(|mut copy| {
        io::copy(&mut File::open(path)?, &mut copy)?;
        copy.sync_all()
    });
    let is_free = || match fs::symlink_metadata(kept) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
    };
    let named = copied.and_then(|()| is_free()).and_then(|()| fs::rename(beside, kept));
    named.inspect_err(|_| drop(fs::remove_file(beside)))
}

/// Renames a file to a name that must be free. A hard link fails if the name exists. On a disk without hard links an empty file
/// reserves the name.
fn rename_to_free(hidden: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(hidden, path) {
        Ok(()) => fs::remove_file(hidden),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => {
            File::create_new(path)?;
            fs::rename(hidden, path).inspect_err(|_| drop(fs::remove_file(path)))
        }
    }
}

/// True if the disk ignores case; `written` is a file that was written to it.
pub(crate) fn ignores_case(written: &Path) -> bool {
    let name = written.file_name().map(|name| name.to_string_lossy().to_ascii_uppercase());
    name.is_some_and(|name| fs::symlink_metadata(written.with_file_name(name)).is_ok())
}

fn is_same(a: &Path, b: &Path) -> io::Result<bool> {
    let (a_found, b_found) = (fs::metadata(a)?, fs::metadata(b)?);
    Ok(a_found.is_file() && b_found.is_file() && a_found.len() == b_found.len() && fs::read(a)? == fs::read(b)?)
}

fn numbered(name: &str, number: u64) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{stem}.older-{number}.{ending}"),
        _ => format!("{name}.older-{number}"),
    }
}

/// True if a name has the form of an older result. An export must not have such a name.
#[must_use]
pub fn is_older_name(name: &str) -> bool {
    parse(name).is_some()
}

/// The plain name and the number in the name of an older result.
fn parse(name: &str) -> Option<(String, u64)> {
    let (stem, rest) = name.rsplit_once(".older-")?;
    let (number, ending) =
        rest.split_once('.').map_or((rest, String::new()), |(number, ending)| (number, format!(".{ending}")));
    let (plain, number) = (format!("{stem}{ending}"), number.parse().ok()?);
    (numbered(&plain, number) == name).then_some((plain, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_older_results_are_read_again() {
        for (name, number, older) in
            [("a.csv", 1, "a.older-1.csv"), ("a", 12, "a.older-12"), ("a.b.m3u8", 3, "a.b.older-3.m3u8")]
        {
            assert_eq!(numbered(name, number), older);
            assert_eq!(parse(older), Some((name.to_owned(), number)));
        }
        for other in [
            "a-2.csv",
            "a.older-.csv",
            "a.older-x.csv",
            "a.older-01.csv",
            "a.older-+1.csv",
            "a.older-1.b.csv",
            "older-1.csv",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    fn publish(older: &mut OlderResults, folder: &Path, name: &str, bytes: &str) -> NameChoice {
        let hidden = folder.join(".t1.0.part");
        fs::write(&hidden, bytes).unwrap();
        older.publish(folder, name, &hidden).unwrap()
    }

    #[test]
    fn names_of_one_file_share_their_numbers() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        fs::write(folder.join("Mix.older-4.csv"), "old").unwrap();
        fs::write(folder.join("mix.csv"), "before").unwrap();
        let mut older = OlderResults::new(folder, true).unwrap();
        let given = publish(&mut older, folder, "mix.csv", "new");
        assert!(matches!(&given, NameChoice::Replaced { kept, .. } if kept.ends_with("mix.older-5.csv")), "{given:?}");
        older.prune("MIX.csv", 1).unwrap();
        assert!(!folder.join("Mix.older-4.csv").exists() && folder.join("mix.older-5.csv").exists());
    }

    #[test]
    fn a_number_in_use_is_skipped() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path();
        fs::write(folder.join("a.csv"), "before").unwrap();
        let mut older = OlderResults::new(folder, false).unwrap();
        // Another export creates this file after the names were read.
        fs::write(folder.join("a.older-1.csv"), "another").unwrap();
        let given = publish(&mut older, folder, "a.csv", "new");
        assert!(matches!(&given, NameChoice::Replaced { kept, .. } if kept.ends_with("a.older-2.csv")), "{given:?}");
        assert_eq!(fs::read(folder.join("a.older-1.csv")).unwrap(), b"another");
    }

    #[test]
    fn a_copy_is_complete_before_it_has_its_name() {
        let place = tempfile::tempdir().unwrap();
        let [path, kept, beside] = ["a.csv", "a.older-1.csv", ".t1.0.copy"].map(|name| place.path().join(name));
        fs::write(&path, "whole").unwrap();
        // The folder for the copy is missing.
        assert!(copy(&path, &kept, &place.path().join("none/x")).is_err() && !kept.exists());
        // A partial copy of a killed process is written again.
        fs::write(&beside, "a piece").unwrap();
        copy(&path, &kept, &beside).unwrap();
        assert!(fs::read(&kept).unwrap() == b"whole" && !beside.exists());
        assert_eq!(copy(&path, &kept, &beside).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert!(!beside.exists());
    }
}

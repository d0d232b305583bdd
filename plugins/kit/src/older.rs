//! The plain name of an export is always its newest result. What stands there with other bytes becomes `NAME.older-N.csv`, the
//! highest number being the newest of them; no playlist or table is called so, which is why those alone may be pruned.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The older results in a folder: their numbers by the plain name.
#[derive(Debug, Default)]
pub(crate) struct Older(BTreeMap<String, Vec<u64>>);

/// What became of the plain name.
#[derive(Debug)]
pub(crate) enum Given {
    /// It was free.
    New,
    /// The same bytes stood there.
    Same,
    /// Other bytes stood there, which are kept under this path now.
    Replaced(PathBuf),
}

impl Older {
    /// Looks at the names in a folder.
    pub(crate) fn of(folder: &Path) -> io::Result<Self> {
        let mut older = Self::default();
        for entry in fs::read_dir(folder)? {
            if let Some((plain, number)) = entry?.file_name().to_str().and_then(parse) {
                older.0.entry(plain).or_default().push(number);
            }
        }
        for numbers in older.0.values_mut() {
            numbers.sort_unstable();
        }
        Ok(older)
    }

    /// Gives the written file `hidden` the plain name. There is a whole file under it at every moment: the one before gets its second
    /// name first, and is then replaced at once.
    pub(crate) fn give(&mut self, folder: &Path, name: &str, hidden: &Path) -> io::Result<Given> {
        let path = folder.join(name);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return take(hidden, &path).map(|()| Given::New),
            Err(error) => return Err(error),
            Ok(found) if !found.is_file() => {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{name} is not a regular file")));
            }
            Ok(_) => {}
        }
        // One that cannot be read (after a kill it has two names, and the sandbox opens no such file) is another one.
        if is_same(hidden, &path).unwrap_or(false) {
            fs::remove_file(hidden)?;
            return Ok(Given::Same);
        }
        let numbers = self.0.entry(name.to_owned()).or_default();
        // A result that comes back is kept once.
        let mut known = numbers.iter().map(|number| folder.join(numbered(name, *number)));
        let known = known.find(|older| is_same(older, &path).unwrap_or(false));
        let kept = if let Some(kept) = known {
            kept
        } else {
            let number = numbers.last().map_or(1, |last| last.saturating_add(1));
            let kept = folder.join(numbered(name, number));
            keep(&path, &kept)?;
            numbers.push(number);
            kept
        };
        fs::rename(hidden, &path)?;
        Ok(Given::Replaced(kept))
    }

    /// Removes the oldest results of a name, but for `most`.
    pub(crate) fn prune(&mut self, folder: &Path, name: &str, most: usize) -> io::Result<()> {
        let Some(numbers) = self.0.get_mut(name) else { return Ok(()) };
        let superfluous = numbers.len().saturating_sub(most);
        for number in numbers.drain(..superfluous) {
            fs::remove_file(folder.join(numbered(name, number)))?;
        }
        Ok(())
    }
}

/// A second name for a file; where the disk knows none, a copy that is whole before it gets its name.
fn keep(path: &Path, kept: &Path) -> io::Result<()> {
    match fs::hard_link(path, kept) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => {
            let mut copy = File::create_new(kept)?;
            let copied =
                File::open(path).and_then(|mut file| io::copy(&mut file, &mut copy)).and_then(|_| copy.sync_all());
            copied.inspect_err(|_| drop(fs::remove_file(kept)))
        }
    }
}

/// Gives the written file a name that must be free. A second name for it fails when one is there, and nothing is ever half done; where
/// a disk knows no second names, the name is taken by an empty file, which the written one then replaces at once.
fn take(hidden: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(hidden, path) {
        Ok(()) => fs::remove_file(hidden),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) => {
            File::create_new(path)?;
            fs::rename(hidden, path).inspect_err(|_| drop(fs::remove_file(path)))
        }
    }
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

/// The plain name and the number of an older result.
fn parse(name: &str) -> Option<(String, u64)> {
    let (stem, rest) = name.rsplit_once(".older-")?;
    let (number, ending) =
        rest.split_once('.').map_or((rest, String::new()), |(number, ending)| (number, format!(".{ending}")));
    let plain = !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
    Some((format!("{stem}{ending}"), number.parse().ok().filter(|_| plain)?))
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
        for other in ["a-2.csv", "a.older-.csv", "a.older-x.csv", "a.older-01.csv", "older-1.csv"] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}

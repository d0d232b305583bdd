//! Writes files completely or not at all. A file is written under a hidden name, read back, compared with the digest, and then
//! renamed. A full disk or a killed program leaves the old file.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::time::UNIX_EPOCH;

use baton_core::Digest;

use super::one_file::is_one;
use super::{PART, at, at_writing};

/// Larger files are neither read nor written. A CSV of 15,540 rows with forty columns has 12 MB, and a plugin has 256 MB of
/// memory for three copies of the cells.
pub const MOST_BYTES: u64 = 16 << 20;

/// Identifies a file without reading it: its size and modification time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp(String);

impl Stamp {
    /// The stamp as text, as the plugin's own database stores it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The stamp of a regular file; `None` if it is missing.
///
/// # Errors
/// If the path is a folder or special file, or cannot be read.
pub fn stamp(path: &Path) -> io::Result<Option<Stamp>> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => {
            let changed = found.modified()?.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
            Ok(Some(Stamp(format!("{}-{changed}", found.len()))))
        }
        Ok(_) => Err(io::Error::other(format!("{}: it is not a regular file", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(path, &error)),
    }
}

/// The bytes of a regular file.
///
/// # Errors
/// If it is not a regular file, is larger than 16 MB, or cannot be read.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let found = fs::symlink_metadata(path).map_err(|error| at(path, &error))?;
    let refused = |why: String| io::Error::other(format!("{}: {why}", path.display()));
    // The kind is checked before opening, because opening a pipe waits for its writer.
    if !found.is_file() {
        return Err(refused("it is not a regular file".to_owned()));
    }
    let too_large = |bytes: u64| refused(format!("it has {bytes} bytes; the limit is {MOST_BYTES} (16 MB)"));
    if found.len() > MOST_BYTES {
        return Err(too_large(found.len()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| at(path, &error))?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| at(path, &error))?;
    if bytes.len() as u64 > MOST_BYTES { Err(too_large(bytes.len() as u64)) } else { Ok(bytes) }
}

/// SHA-256 in hexadecimal digits.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    Digest::of(bytes).to_string()
}

/// Writes a file completely and replaces the old one atomically.
///
/// # Errors
/// If the file cannot be written, or reading it back gives other bytes. Then no partial file remains.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_when(path, bytes, || Ok(true)).map(drop)
}

/// As [`write_file`], but only if the file still has the stamp `seen`; `None` means that the file is still missing. Returns
/// whether the file was written.
///
/// # Errors
/// As [`write_file`].
pub fn replace(path: &Path, bytes: &[u8], seen: Option<&Stamp>) -> io::Result<bool> {
    write_when(path, bytes, || Ok(stamp(path)?.as_ref() == seen))
}

/// Writes the file if the check allows it. The check is the last step before the rename.
fn write_when(path: &Path, bytes: &[u8], is_unchanged: impl FnOnce() -> io::Result<bool>) -> io::Result<bool> {
    let folder = path.parent().ok_or_else(|| io::Error::other(format!("{}: it is not in a folder", path.display())))?;
    let part = folder.join(PART);
    let written = write_part(&part, path, bytes).and_then(|()| {
        let good = is_unchanged()?;
        if good {
            fs::rename(&part, path).map_err(|error| at_writing(path, &error))?;
        }
        Ok(good)
    });
    if !matches!(written, Ok(true)) {
        drop(fs::remove_file(&part));
    }
    written
}

/// Writes the hidden file. Errors name the target. An existing hidden file is deleted first: it is from a killed program, or a
/// link to another place.
fn write_part(part: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    match fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at_writing(part, &error)),
        _ => {}
    }
    let mut file = File::create_new(part).map_err(|error| at_writing(path, &error))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| at_writing(path, &error))?;
    drop(file);
    if digest(&fs::read(part).map_err(|error| at(path, &error))?) == digest(bytes) {
        return Ok(());
    }
    Err(io::Error::other(format!("{}: the file has other content than was written", path.display())))
}

/// Copies a file completely to a free name.
///
/// # Errors
/// As [`read`] and [`write_file`].
pub fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    write_file(to, &read(from)?)
}

/// Whether two regular files of any size have the same bytes.
///
/// # Errors
/// When one cannot be read.
pub fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let sizes = [one, other].map(fs::symlink_metadata);
    let [Ok(a), Ok(b)] = sizes else { return Ok(false) };
    if !a.is_file() || !b.is_file() || a.len() != b.len() {
        return Ok(false);
    }
    if is_one(one, other) {
        return Ok(true);
    }
    let open = |path: &Path| File::open(path).map_err(|error| at(path, &error));
    let (one, other) = (open(one)?, open(other)?);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        left.clear();
        right.clear();
        (&one).take(1 << 20).read_to_end(&mut left)?;
        (&other).take(1 << 20).read_to_end(&mut right)?;
        if left != right {
            return Ok(false);
        }
        if left.is_empty() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_completely_and_no_other_file_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        write_file(&path, b"1").unwrap();
        let before = stamp(&path).unwrap();
        write_file(&path, b"12").unwrap();
        assert_eq!(read(&path).unwrap(), b"12");
        assert_ne!(stamp(&path).unwrap(), before);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write_file(&folder.path().join("none/a.csv"), b"1").is_err());
    }

    #[test]
    fn errors_on_large_files_and_paths_that_are_not_files() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("not a regular file"));
        assert!(stamp(folder.path()).is_err());
        assert_eq!(stamp(&folder.path().join("none")).unwrap(), None);
        let large = folder.path().join("large.csv");
        File::create(&large).unwrap().set_len(500 << 20).unwrap();
        assert!(
            read(&large).unwrap_err().to_string().ends_with("it has 524288000 bytes; the limit is 16777216 (16 MB)")
        );
    }

    #[test]
    fn files_with_equal_bytes_are_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b, c] = ["a", "b", "c"].map(|name| folder.path().join(name));
        fs::write(&a, vec![7; 3 << 20]).unwrap();
        fs::write(&b, vec![7; 3 << 20]).unwrap();
        let mut other = vec![7; 3 << 20];
        *other.last_mut().unwrap() = 8;
        fs::write(&c, other).unwrap();
        assert!(is_same(&a, &b).unwrap());
        assert!(!is_same(&a, &c).unwrap() && !is_same(&a, folder.path()).unwrap());
    }
}

//! Reads whole small files, up to a limit.

use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use crate::{open, open_target};

/// Reads a file of at most `limit` bytes. A symbolic link is an error.
///
/// # Errors
/// When the file cannot be opened, is not a regular file, or is larger than `limit`.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    whole(open(path)?, limit)
}

/// As [`read`], as text.
///
/// # Errors
/// As [`read`], and when the content is not UTF-8.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    text(read(path, limit)?)
}

/// Reads a file of at most `limit` bytes and follows links, because a person may replace the file by a link to another
/// place.
///
/// # Errors
/// As [`read`], but a link is not an error.
pub fn read_target(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    whole(open_target(path)?, limit)
}

/// As [`read_target`], as text.
///
/// # Errors
/// As [`read_target`], and when the content is not UTF-8.
pub fn read_target_text(path: &Path, limit: u64) -> io::Result<String> {
    text(read_target(path, limit)?)
}

fn text(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))
}

fn whole(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("it has more than {limit} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_when_the_file_is_larger_than_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        std::fs::write(&file, "12345").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(read(&file, 5).unwrap(), b"12345");
        assert_eq!(read_target_text(&link, 5).unwrap(), "12345");
        assert_eq!(read(&file, 4).unwrap_err().kind(), ErrorKind::FileTooLarge);
        assert_eq!(read_text(&link, 5).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

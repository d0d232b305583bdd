//! Converts paths to text for JSON and databases, and text back to paths, without loss.
//!
//! A UTF-8 path is written unchanged. Any other path is written as a `file` URL (RFC 8089) in which all characters
//! except the unreserved ones (RFC 3986, 2.3) are escaped. An absolute path begins with a slash, so it cannot look like
//! such a URL.

use std::borrow::Cow;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// The prefix of a path that is not UTF-8.
const SCHEME: &str = "file://";

/// A path as text.
#[must_use]
pub fn to_text(path: &Path) -> Cow<'_, str> {
    if let Some(text) = path.to_str() {
        return Cow::Borrowed(text);
    }
    let mut url = SCHEME.to_owned();
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => url.push(char::from(*byte)),
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    Cow::Owned(url)
}

/// The path for a text of [`to_text`].
#[must_use]
pub fn from_text(text: &str) -> PathBuf {
    let Some(escaped) = text.strip_prefix(SCHEME) else { return PathBuf::from(text) };
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    PathBuf::from(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn text_is_unchanged_and_other_bytes_are_escaped() {
        assert_eq!(to_text(Path::new("/a b/ü%41.mp3")), "/a b/ü%41.mp3");
        let latin = Path::new(OsStr::from_bytes(b"/a b/\xfc%41.mp3"));
        assert_eq!(to_text(latin), "file:///a%20b/%FC%2541.mp3");
    }

    #[test]
    fn every_path_is_restored_from_its_text() {
        let all: Vec<u8> = (1..=255).collect();
        let paths = [&b"/a%zz"[..], b"/%", b"/%4", b"/%\xff", b"/\xff%FF%", &[b"/".as_slice(), &all].concat()];
        for bytes in paths {
            let path = Path::new(OsStr::from_bytes(bytes));
            assert_eq!(from_text(&to_text(path)), path);
        }
    }
}

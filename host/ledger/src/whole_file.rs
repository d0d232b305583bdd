//! Creates a file that is complete as soon as it has its final name: it is written under a hidden name, flushed, then
//! renamed without replacing a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::Path;

use baton_core::Digest;
use sha2::{Digest as _, Sha256};

use crate::LedgerError;
use crate::database::Reader;

/// The folder of a file.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A unique hidden name for `what`.
pub(crate) fn hidden_name(reader: &Reader, what: &str) -> Result<String, LedgerError> {
    let token = "SELECT lower(hex(randomblob(8)))";
    let token: String = reader.connection.query_row(token, [], |row| row.get(0))?;
    Ok(format!(".baton-{what}-{token}.tmp"))
}

/// Renames the file. Fails with `AlreadyExists` if the name is in use.
pub(crate) fn publish(hidden: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(hidden, to) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => reserve_and_rename(hidden, to),
        linked => linked,
    }
}

/// The same for a file system without hard links (a memory stick): creates an empty file with the name first, and then
/// replaces it.
fn reserve_and_rename(hidden: &Path, to: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(to)?;
    fs::rename(hidden, to).inspect_err(|_| drop(fs::remove_file(to)))
}

/// Flushes the entries of a folder to the disk.
pub(crate) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// SHA-256 of a stream.
#[derive(Default)]
pub(crate) struct Hasher(Sha256);

impl Hasher {
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest as 64 lower-case hexadecimal digits.
    pub(crate) fn end(self) -> String {
        let bytes: [u8; 32] = self.0.finalize().into();
        Digest::from(bytes).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_taken_meanwhile_stays_theirs_on_both_ways() {
        let folder = tempfile::tempdir().unwrap();
        let [hidden, to, free] = ["hidden", "to", "free"].map(|name| folder.path().join(name));
        fs::write(&hidden, "copy").unwrap();
        fs::write(&to, "theirs").unwrap();
        assert!(publish(&hidden, &to).is_err_and(|error| error.kind() == ErrorKind::AlreadyExists));
        assert!(reserve_and_rename(&hidden, &to).is_err_and(|error| error.kind() == ErrorKind::AlreadyExists));
        assert_eq!(fs::read_to_string(&to).unwrap(), "theirs");
        reserve_and_rename(&hidden, &free).unwrap();
        assert_eq!(fs::read_to_string(&free).unwrap(), "copy");
    }

    #[test]
    fn pieces_give_the_hash_of_the_whole() {
        let mut hasher = Hasher::default();
        for piece in ["a", "", "bc"] {
            hasher.add(piece.as_bytes());
        }
        assert_eq!(hasher.end(), Digest::of(b"abc").to_string());
    }
}

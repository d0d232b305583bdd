//! Reads a file once: only regular files up to a size limit, without following links or blocking on pipes.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::time::SystemTime;

use baton_core::Digest;

use crate::IntakeError;

/// The bytes of a file and their identity.
#[derive(Clone, Debug)]
pub struct CapturedFile {
    /// The whole content.
    pub bytes: Vec<u8>,
    /// The SHA-256 of the content.
    pub hash: Digest,
    /// The modification time, see [`crate::written`].
    pub written: SystemTime,
}

/// Reads the file at `path` if it has at most `limit` bytes.
///
/// # Errors
/// When the file does not exist, is not a regular file, is larger than `limit`, or cannot be read.
pub fn capture(path: &Path, limit: u64) -> Result<CapturedFile, IntakeError> {
    let mut file = open_regular(path)?;
    let metadata = file.metadata().map_err(|error| IntakeError::io(path, "read", error))?;
    let too_large = |bytes| IntakeError::TooLarge { path: path.to_owned(), bytes, limit };
    if metadata.len() > limit {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    let read = Read::by_ref(&mut file).take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|error| IntakeError::io(path, "read", error))?;
    if bytes.len() as u64 > limit {
        return Err(too_large(bytes.len() as u64));
    }
    let written = crate::written(&metadata, SystemTime::now());
    Ok(CapturedFile { hash: Digest::of(&bytes), bytes, written })
}

/// The SHA-256 of the file at `path`, without a size limit.
///
/// # Errors
/// When the file does not exist, is not a regular file, or cannot be read.
pub fn hash_file(path: &Path) -> Result<Digest, IntakeError> {
    use sha2::Digest as _;
    let mut file = open_regular(path)?;
    let mut hasher = sha2::Sha256::new();
    std::io::copy(&mut file, &mut hasher).map_err(|error| IntakeError::io(path, "read", error))?;
    Ok(Digest::from(<[u8; 32]>::from(hasher.finalize())))
}

pub(crate) fn open_regular(path: &Path) -> Result<File, IntakeError> {
    baton_files::open(path).map_err(|error| match error.kind() {
        ErrorKind::InvalidInput => IntakeError::NotAFile { path: path.to_owned() },
        _ => IntakeError::io(path, "read", error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_when_the_path_is_not_a_regular_file() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("l.json");
        std::os::unix::fs::symlink("/etc/hostname", &link).unwrap();
        let pipe = folder.path().join("p.json");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
        for path in [folder.path(), &link, &pipe] {
            assert!(matches!(capture(path, 10), Err(IntakeError::NotAFile { .. })), "{}", path.display());
        }
    }

    #[test]
    fn errors_when_the_file_is_larger_than_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        std::fs::write(&path, "12345").unwrap();
        assert!(matches!(capture(&path, 4), Err(IntakeError::TooLarge { bytes: 5, limit: 4, .. })));
        assert_eq!(capture(&path, 5).unwrap().bytes, b"12345");
        assert_eq!(hash_file(&path).unwrap(), Digest::of(b"12345"));
    }
}

//! The key of the folder of compiled code. It authenticates machine code, so that Baton runs only code that it compiled for
//! exactly the expected component. It does not protect against other programs of the same user, which can read the key.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use baton_core::Digest;
use baton_files::PRIVATE;

const FILE: &str = "key";

const BYTES: usize = 32;

/// The bytes of an authentication code.
const TAG: usize = 32;

#[derive(Clone)]
pub(super) struct Key([u8; BYTES]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// Reads the key in `folder`. Creates the key if it is missing or damaged. With a new key, the code in the folder is
    /// compiled again.
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE);
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        if let Some(known) = read(&path).map_err(named)? {
            return Ok(known);
        }
        make(&path).map_err(named)?;
        // Another process may have created a key at the same time.
        read(&path).map_err(named)?.ok_or_else(|| named(io::Error::from(ErrorKind::InvalidData)))
    }

    /// The authentication code of machine code for a component. The inner digest has a fixed length, so nothing can be
    /// appended to an authenticated message.
    pub(super) fn authenticate(&self, component: Digest, code: &[u8]) -> [u8; TAG] {
        let message = Digest::of_parts(&[component.to_string().as_bytes(), code]);
        Digest::of_parts(&[&self.0, message.to_string().as_bytes()]).into()
    }

    /// The machine code in a file, without its authentication code. `None` if this key did not authenticate it for the component.
    pub(super) fn authentic<'a>(&self, component: Digest, file: &'a [u8]) -> Option<&'a [u8]> {
        let (code, tag) = file.split_last_chunk::<TAG>()?;
        (self.authenticate(component, code) == *tag).then_some(code)
    }
}

fn read(path: &Path) -> io::Result<Option<Key>> {
    match baton_files::read(path, BYTES as u64) {
        Ok(bytes) => Ok(bytes.try_into().ok().map(Key)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::FileTooLarge) => Ok(None),
        Err(error) => Err(error),
    }
}

fn make(path: &Path) -> io::Result<()> {
    let mut bytes = [0; BYTES];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    baton_files::create(path, &bytes, PRIVATE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_authentic_only_for_its_component_key_and_bytes() {
        let [folder, other] = [0, 1].map(|_| tempfile::tempdir().unwrap());
        let key = Key::of(folder.path()).unwrap();
        let digest = Digest::of(b"component");
        let file = [b"code".as_slice(), &key.authenticate(digest, b"code")].concat();
        assert_eq!(Key::of(folder.path()).unwrap().authentic(digest, &file), Some(b"code".as_slice()));
        assert_eq!(key.authentic(Digest::of(b"another"), &file), None);
        assert_eq!(Key::of(other.path()).unwrap().authentic(digest, &file), None);
        for at in 0..file.len() {
            let mut edited = file.clone();
            edited[at] ^= 1;
            assert_eq!(key.authentic(digest, &edited), None, "byte {at}");
        }
        assert_eq!(key.authentic(digest, &file[..file.len() - 1]), None);
        assert_eq!(key.authentic(digest, b"short"), None);
    }

    #[test]
    fn a_damaged_key_is_replaced_and_a_link_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for damaged in [b"".as_slice(), b"short", &[7; 33]] {
            std::fs::write(&path, damaged).unwrap();
            Key::of(folder.path()).unwrap();
            assert_eq!(std::fs::read(&path).unwrap().len(), BYTES);
        }
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        let refused = Key::of(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("key: it is a symbolic link"), "{refused}");
    }
}

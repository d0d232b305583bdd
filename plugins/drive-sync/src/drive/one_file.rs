//! Recognises two names of one file without opening it: the host does not open a file with several names, because one of them may
//! be outside of the granted folder.

use std::path::Path;

/// The identity of a regular file with several names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity(u64, u64);

/// True if both names are of one regular file.
#[must_use]
pub fn is_one(one: &Path, other: &Path) -> bool {
    identity(one).is_some_and(|of_one| identity(other) == Some(of_one))
}

/// True if a regular file has several names.
pub(super) fn has_several_names(path: &Path) -> bool {
    identity(path).is_some()
}

#[cfg(not(target_family = "wasm"))]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;

    let found = std::fs::symlink_metadata(path).ok().filter(|found| found.is_file() && found.nlink() > 1)?;
    Some(Identity(found.dev(), found.ino()))
}

/// In the sandbox, the host returns a hash of device and inode instead of the numbers.
#[cfg(target_family = "wasm")]
fn identity(path: &Path) -> Option<Identity> {
    use baton_plugin_kit::granted::within;
    use wasip2::filesystem::types::{DescriptorType, PathFlags};

    let identity = within(path, |folder, rest| {
        let found = folder.stat_at(PathFlags::empty(), rest)?;
        if found.type_ != DescriptorType::RegularFile || found.link_count < 2 {
            return Ok(None);
        }
        let hash = folder.metadata_hash_at(PathFlags::empty(), rest)?;
        Ok(Some(Identity(hash.upper, hash.lower)))
    });
    identity.ok().flatten()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn two_names_of_one_file_are_distinguished_from_two_files() {
        let folder = tempfile::tempdir().unwrap();
        let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| folder.path().join(name));
        fs::write(&a, "1").unwrap();
        fs::write(&c, "1").unwrap();
        fs::hard_link(&a, &b).unwrap();
        fs::hard_link(&c, &d).unwrap();
        assert!(is_one(&a, &b) && is_one(&c, &d) && has_several_names(&a));
        assert!(!is_one(&a, &c) && !is_one(&a, folder.path()) && !is_one(&a, &folder.path().join("none")));
        fs::remove_file(&d).unwrap();
        assert!(!is_one(&c, &c) && !has_several_names(&c), "one name is not a pair");
    }
}

//! Renames a file to an unused name and never replaces a file. It uses an atomic rename if the file system supports this.
//! Otherwise it uses a hard link. If hard links are not supported, it reserves the name with an empty file.
//!
//! Old NFS, FUSE and exFAT do not support renames that fail if the name exists. The creation of a hard link also fails if
//! the name exists. File systems without hard links (USB sticks) need the reservation, which is visible as an empty file for
//! a moment.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use baton_core::file_name;
use fail::fail_point;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use crate::IntakeError;

/// Renames `source` into `folder` under the first unused name of `name`, `name-2`, …; never replaces a file.
pub(crate) fn rename_free(source: &Path, folder: &Path, name: &str) -> Result<String, IntakeError> {
    for number in 1..10_000_u32 {
        let name = numbered(name, number);
        match rename_new(source, &folder.join(&name)) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(IntakeError::io(source, "moved", error)),
        }
    }
    let taken = io::Error::new(ErrorKind::AlreadyExists, "10,000 files with this name exist already");
    Err(IntakeError::io(&folder.join(name), "moved", taken))
}

/// `name` for 1, `name-2` for 2, and so on.
pub(crate) fn numbered(name: &str, number: u32) -> String {
    if number == 1 { name.to_owned() } else { file_name::with_insert(name, &format!("-{number}")) }
}

/// Renames `source` to `target` on the same volume. Fails if `target` exists, or if the system does not allow the rename.
pub fn rename_new(source: &Path, target: &Path) -> io::Result<()> {
    fail_point!("rename.link_instead", |_| link_new(source, target));
    match renameat_with(CWD, source, CWD, target, RenameFlags::NOREPLACE) {
        // A file system without this flag returns one of these errors. An invalid name may cause them too, but then the
        // other methods also fail.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => link_new(source, target),
        renamed => Ok(renamed?),
    }
}

/// Creates a hard link, then deletes the old name.
fn link_new(source: &Path, target: &Path) -> io::Result<()> {
    match fs::hard_link(source, target) {
        Ok(()) => {
            fail_point!("rename.linked");
            fs::remove_file(source)
        }
        // An earlier try created the link, and then crashed.
        Err(error) if error.kind() == ErrorKind::AlreadyExists && is_same_file(source, target) => {
            fs::remove_file(source)
        }
        Err(error) if has_no_links(&error) => reserve_and_rename(source, target),
        Err(error) => Err(error),
    }
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    let id = |metadata: Metadata| (metadata.dev(), metadata.ino());
    matches!((a.symlink_metadata().map(id), b.symlink_metadata().map(id)), (Ok(a), Ok(b)) if a == b)
}

/// True if a hard link is impossible. Linux reports "not permitted" if the file system has no hard links, and "too many" if
/// the file cannot have more links.
fn has_no_links(error: &io::Error) -> bool {
    let known = [Errno::PERM, Errno::OPNOTSUPP, Errno::NOSYS, Errno::MLINK];
    error.raw_os_error().is_some_and(|code| known.iter().any(|errno| errno.raw_os_error() == code))
}

/// Reserves the name with an empty file, then replaces that file.
fn reserve_and_rename(source: &Path, target: &Path) -> io::Result<()> {
    File::create_new(target)?;
    fs::rename(source, target).inspect_err(|_| drop(fs::remove_file(target)))
}

#[cfg(test)]
mod tests {
    use super::*;

    type RenameFn = fn(&Path, &Path) -> io::Result<()>;
    const MEANS: [(&str, RenameFn); 3] =
        [("the kernel", rename_new), ("a link", link_new), ("a reservation", reserve_and_rename)];

    #[test]
    fn each_method_gives_an_unused_name_and_refuses_a_used_one() {
        for (means, rename) in MEANS {
            let folder = tempfile::tempdir().unwrap();
            let [source, taken, free] = ["s", "taken", "free"].map(|name| folder.path().join(name));
            fs::write(&source, "ours").unwrap();
            fs::write(&taken, "theirs").unwrap();
            let refused = rename(&source, &taken).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::AlreadyExists, "{means}");
            assert_eq!(fs::read_to_string(&taken).unwrap(), "theirs", "{means}");
            assert_eq!(fs::read_to_string(&source).unwrap(), "ours", "{means}");
            rename(&source, &free).unwrap();
            assert_eq!(fs::read_to_string(&free).unwrap(), "ours", "{means}");
            assert!(!source.exists(), "{means}");
        }
    }

    #[test]
    fn a_missing_source_reserves_no_name_with_any_method() {
        for (means, rename) in MEANS {
            let folder = tempfile::tempdir().unwrap();
            let gone = rename(&folder.path().join("s"), &folder.path().join("t")).unwrap_err();
            assert_eq!(gone.kind(), ErrorKind::NotFound, "{means}");
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{means}");
        }
    }

    #[test]
    fn a_rename_that_a_crash_interrupted_is_completed_without_a_second_name() {
        let folder = tempfile::tempdir().unwrap();
        let [source, target] = ["s", "t"].map(|name| folder.path().join(name));
        fs::write(&source, "ours").unwrap();
        fs::hard_link(&source, &target).unwrap();
        link_new(&source, &target).unwrap();
        assert!(!source.exists());
        assert_eq!(fs::read_to_string(&target).unwrap(), "ours");
    }

    #[test]
    fn errors_of_file_systems_without_links_are_recognised() {
        for errno in [Errno::PERM, Errno::OPNOTSUPP, Errno::NOSYS, Errno::MLINK] {
            assert!(has_no_links(&errno.into()), "{errno}");
        }
        for errno in [Errno::XDEV, Errno::ACCESS, Errno::NOSPC] {
            assert!(!has_no_links(&errno.into()), "{errno}");
        }
    }
}

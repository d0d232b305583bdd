//! Opens regular files. The kind is checked twice: before the file is opened, because opening a device may have effects,
//! and on the open file, because the path may have changed in between.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

use crate::regular::{check, check_target, need_regular, not_regular};

/// Opens a file for reading. A symbolic link is an error.
///
/// # Errors
/// When the file cannot be opened or is not a regular file.
pub fn open(path: &Path) -> io::Result<File> {
    open_with(path, OpenOptions::new().read(true))
}

/// Opens a file for reading and writing, such as a lock file. Creates a missing file with mode 0600; an existing file keeps its
/// content.
///
/// # Errors
/// As [`open`].
pub fn open_or_create(path: &Path) -> io::Result<File> {
    open_with(path, OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600))
}

/// Opens a file with these options. Replaces the `custom_flags` of the options. A symbolic link is an error.
///
/// # Errors
/// As [`open`].
pub fn open_with(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    match check(path) {
        // A missing file is not an error here: the options decide whether it is created.
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    checked(path, options, OFlags::NOFOLLOW)
}

/// Opens a file for reading and follows links, because a person may replace the file by a link to another place.
///
/// # Errors
/// As [`open`].
pub fn open_target(path: &Path) -> io::Result<File> {
    check_target(path)?;
    checked(path, OpenOptions::new().read(true), OFlags::empty())
}

/// Empties the file at the path, or creates it. Programs that watch the folder notice both changes.
///
/// # Errors
/// As [`open`].
pub fn touch(path: &Path) -> io::Result<()> {
    open_or_create(path)?.set_len(0)
}

fn checked(path: &Path, options: &mut OpenOptions, flags: OFlags) -> io::Result<File> {
    // With `NONBLOCK`, a pipe that replaces the file after the check does not block.
    let flags = (flags | OFlags::NONBLOCK).bits().cast_signed();
    let file = options.custom_flags(flags).open(path).map_err(|error| match error.raw_os_error() {
        Some(code) if code == rustix::io::Errno::LOOP.raw_os_error() => not_regular("a symbolic link"),
        _ => error,
    })?;
    need_regular(file.metadata()?.file_type())?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    type Opener = fn(&Path) -> io::Result<()>;

    /// A folder with a file `target`, a link `link` and a pipe `pipe`; `nowhere` does not exist.
    fn place() -> (tempfile::TempDir, [PathBuf; 4]) {
        let folder = tempfile::tempdir().unwrap();
        let paths = ["target", "link", "pipe", "nowhere"].map(|name| folder.path().join(name));
        fs::write(&paths[0], "text").unwrap();
        std::os::unix::fs::symlink(&paths[0], &paths[1]).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &paths[2], rustix::fs::Mode::RWXU).unwrap();
        (folder, paths)
    }

    #[test]
    fn errors_at_once_when_it_is_not_a_regular_file() {
        let (folder, [target, link, pipe, _]) = place();
        let openers: [Opener; 4] = [
            |path| open(path).map(drop),
            |path| open_or_create(path).map(drop),
            touch,
            |path| open_target(path).map(drop),
        ];
        let others =
            [(pipe.as_path(), "a pipe (FIFO)"), (folder.path(), "a folder"), (Path::new("/dev/null"), "a device")];
        for opener in openers {
            for (path, found) in others {
                let refused = opener(path).unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::InvalidInput);
                assert!(refused.to_string().contains(&format!("it is {found}, not a regular file")), "{refused}");
            }
        }
        for opener in &openers[..3] {
            assert!(opener(&link).unwrap_err().to_string().contains("a symbolic link"));
        }
        assert!(open_target(&link).is_ok());
        assert_eq!(fs::read_to_string(&target).unwrap(), "text");
    }

    #[test]
    fn a_link_to_nothing_creates_nothing() {
        let (_folder, [_, link, _, nowhere]) = place();
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(&nowhere, &link).unwrap();
        assert!(touch(&link).is_err() && open_or_create(&link).is_err());
        assert!(!nowhere.exists());
    }

    #[test]
    fn a_missing_file_is_created_only_when_asked_for() {
        let (_folder, [.., nowhere]) = place();
        assert_eq!(open(&nowhere).unwrap_err().kind(), ErrorKind::NotFound);
        touch(&nowhere).unwrap();
        assert_eq!(open(&nowhere).unwrap().metadata().unwrap().len(), 0);
    }
}

//! Reads files that a person or a sync tool can replace by another kind of file. It opens only regular files: a pipe
//! would block its reader forever, and a device may have no end.

use std::fs::{self, File, FileType, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Opens the file for reading; follows links.
///
/// # Errors
/// When it cannot be opened or is not a regular file.
pub fn open(path: &Path) -> io::Result<File> {
    check(path)?;
    // With `O_NONBLOCK`, a pipe that replaces the file after the check does not block.
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    need_regular(file.metadata()?.file_type())?;
    Ok(file)
}

/// Reads the whole file as text.
///
/// # Errors
/// When it cannot be read, is not a regular file, or is not UTF-8.
pub fn read_to_string(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.read_to_string(&mut text)?;
    Ok(text)
}

/// Checks the type of the file at the path without opening it.
///
/// # Errors
/// When the path does not exist or is not a regular file.
pub fn check(path: &Path) -> io::Result<()> {
    need_regular(fs::metadata(path)?.file_type())
}

/// The same, but a symbolic link is an error too.
///
/// # Errors
/// When the path does not exist or is not a regular file.
pub(crate) fn check_unlinked(path: &Path) -> io::Result<()> {
    need_regular(fs::symlink_metadata(path)?.file_type())
}

fn need_regular(kind: FileType) -> io::Result<()> {
    if kind.is_file() {
        return Ok(());
    }
    let found = if kind.is_dir() {
        "a folder"
    } else if kind.is_symlink() {
        "a symbolic link"
    } else if kind.is_fifo() {
        "a pipe (FIFO)"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    let text =
        format!("it is {found}, not a regular file; move it away and put the file back, from a backup if there is one");
    Err(io::Error::new(ErrorKind::InvalidInput, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_regular_file_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, pipe, missing] = ["file", "link", "pipe", "missing"].map(|name| folder.path().join(name));
        fs::write(&file, "text").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        assert_eq!(read_to_string(&file).unwrap(), "text");
        assert_eq!(read_to_string(&link).unwrap(), "text");
        assert_eq!(open(&missing).unwrap_err().kind(), ErrorKind::NotFound);
        for (path, found) in
            [(pipe.as_path(), "a pipe (FIFO)"), (folder.path(), "a folder"), (Path::new("/dev/null"), "a device")]
        {
            let refused = open(path).unwrap_err().to_string();
            assert!(refused.contains(found) && refused.contains("not a regular file"), "{refused}");
        }
    }

    #[test]
    fn a_ledger_with_a_link_among_its_files_is_an_error_and_the_target_stays_as_it_is() {
        for ending in ["", "-wal", "-shm", "-journal"] {
            let folder = tempfile::tempdir().unwrap();
            let [ledger, target] = ["ledger.db", "target"].map(|name| folder.path().join(name));
            drop(crate::open::open(&ledger).unwrap());
            let link = baton_sqlite::with_ending(&ledger, ending);
            drop(fs::rename(&link, &target));
            for exists in [true, false] {
                drop(fs::remove_file(&link));
                std::os::unix::fs::symlink(if exists { "target" } else { "nowhere" }, &link).unwrap();
                let before = fs::read(&target).ok();
                for refused in [crate::Reader::open(&ledger).map(drop), crate::Ledger::open(&ledger, "test").map(drop)]
                {
                    let refused = refused.unwrap_err().to_string();
                    assert!(refused.contains(&format!("{} ", link.display())), "{refused}");
                    assert!(refused.contains("a symbolic link, not a regular file"), "{refused}");
                }
                assert!(fs::read(&target).ok() == before, "{ending}: the target was changed");
                assert!(!folder.path().join("nowhere").exists());
            }
        }
    }

    #[test]
    fn a_ledger_that_is_a_pipe_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("ledger.db");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        for refused in [crate::Reader::open(&pipe).map(drop), crate::Ledger::open(&pipe, "test").map(drop)] {
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains("ledger.db") && refused.contains("a pipe (FIFO)"), "{refused}");
        }
    }
}

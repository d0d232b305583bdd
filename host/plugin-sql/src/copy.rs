//! Copies an SQLite file of another program, which may be writing to it.
//!
//! SQLite's backup API copies all pages in one step, inside one read transaction. So the copy is one committed state and
//! includes the write-ahead log; copying the bytes would race with checkpoints. The copy has neither log nor journal, so that
//! it can be read in a folder where no file may be created.
//!
//! To read a database in WAL mode SQLite creates a `-wal` and a `-shm` beside it, and a reader leaves both behind. So a
//! database that no program is writing is read as an immutable file. If a program writes to the database during the copy,
//! Baton copies it again in the usual way.
//!
//! The caller decides which file may be copied.

use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::stop::StopHandle;
use super::{GuestError, limits};

/// The pause between two attempts to read a file that another program has locked.
const PAUSE: Duration = Duration::from_millis(20);

/// If a file was not written for this time, its next write changes its modification time, even on FAT, where times have
/// steps of 2 s.
const REST: Duration = Duration::from_secs(5);

/// The characters of a path that a URI encodes.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'_').remove(b'-');

/// Copies the database `from` into the empty file `to`. After SQLite has opened `from`, `is_expected` checks whether the
/// opened file is still the expected file.
///
/// # Errors
/// As `snapshot-of` in `wit/sql.wit`. The content of `to` is then invalid.
pub(super) fn copy(
    from: &Path,
    to: &Path,
    stop: &StopHandle,
    is_expected: impl Fn() -> bool,
) -> Result<(), GuestError> {
    if let Some(at_rest) = FileAtRest::of(from) {
        let copied = open_source(from, true).and_then(|source| copy_from(&source, to, stop, &is_expected));
        if FileAtRest::of(from) == Some(at_rest) {
            return copied;
        }
    }
    copy_from(&open_source(from, false)?, to, stop, &is_expected)
}

/// A database without a log or a journal, which has not been written for [`REST`].
#[derive(PartialEq, Eq)]
struct FileAtRest {
    inode: u64,
    bytes: u64,
    modified: SystemTime,
}

impl FileAtRest {
    /// This function does not open the file, because closing it would release the locks of this process.
    fn of(path: &Path) -> Option<Self> {
        let found = path.symlink_metadata().ok()?;
        let is_missing = |ending: &str| {
            let mut beside = path.as_os_str().to_owned();
            beside.push(ending);
            Path::new(&beside).symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound)
        };
        let modified = found.modified().ok()?;
        let is_old = modified.elapsed().is_ok_and(|age| age > REST);
        (is_old && ["-wal", "-journal"].into_iter().all(is_missing)).then(|| Self {
            inode: found.ino(),
            bytes: found.len(),
            modified,
        })
    }
}

/// Copies an opened database, and waits while another program writes.
fn copy_from(
    source: &Connection,
    to: &Path,
    stop: &StopHandle,
    is_expected: &impl Fn() -> bool,
) -> Result<(), GuestError> {
    let begun = Instant::now();
    loop {
        if stop.is_stopped() {
            return Err(GuestError::Timeout("the task is ending".to_owned()));
        }
        match try_copy(source, to, is_expected) {
            Ok(Step::Done) => return Ok(()),
            Ok(Step::Busy) if begun.elapsed() < limits::FILE_BUSY => sleep(PAUSE),
            Ok(Step::Busy) => {
                return Err(GuestError::Busy(format!(
                    "another program locked the database for more than {} s",
                    limits::FILE_BUSY.as_secs()
                )));
            }
            Err(error) => return Err(error),
        }
    }
}

/// The result of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Done,
    /// Another program is writing.
    Busy,
}

/// Opens the file for reading. SQLite follows no link in the path. An `immutable` file is read without locks and without a log.
fn open_source(from: &Path, immutable: bool) -> Result<Connection, GuestError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_NOFOLLOW
        | OpenFlags::SQLITE_OPEN_URI;
    let path = percent_encode(from.as_os_str().as_bytes(), PATH);
    let uri = format!("file:{path}?immutable={}", u8::from(immutable));
    let opened = Connection::open_with_flags(uri, flags).and_then(|source| {
        // `copy` waits in its own loop, where it can be stopped, and not in SQLite.
        source.busy_timeout(Duration::ZERO)?;
        source.pragma_update(None, "cell_size_check", "ON")?;
        Ok(source)
    });
    opened.map_err(|error| copy_error(&error))
}

/// One attempt to copy.
fn try_copy(source: &Connection, to: &Path, is_expected: &impl Fn() -> bool) -> Result<Step, GuestError> {
    // The transaction makes the size and the pages consistent.
    let begun = source.unchecked_transaction().and_then(|begun| {
        let number = |name: &str| source.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        Ok((begun, number("page_count")?, number("page_size")?))
    });
    let (_begun, count, size) = match begun {
        Ok(begun) => begun,
        Err(error) if is_busy(&error) => return Ok(Step::Busy),
        Err(error) => return Err(copy_error(&error)),
    };
    if !is_expected() {
        return Err(GuestError::Invalid("the file was replaced while it was opened".to_owned()));
    }
    if count == 0 {
        return Err(GuestError::Damaged("it is empty".to_owned()));
    }
    let bytes = u64::try_from(count.saturating_mul(size)).unwrap_or(u64::MAX);
    if bytes > limits::FILE_BYTES {
        let (mib, most) = (bytes >> 20, limits::FILE_BYTES >> 20);
        return Err(GuestError::TooLarge(format!("the database has {mib} MiB; at most {most} are copied")));
    }
    match copy_pages(source, to) {
        Ok(StepResult::Done) => Ok(Step::Done),
        Ok(_) => Ok(Step::Busy),
        Err(error) if is_busy(&error) => Ok(Step::Busy),
        Err(error) => Err(copy_error(&error)),
    }
}

/// Copies all pages in one step. The copy has no write-ahead log.
fn copy_pages(source: &Connection, to: &Path) -> rusqlite::Result<StepResult> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut copy = Connection::open_with_flags(to, flags)?;
    // A failed copy is deleted, and a complete copy is never written to.
    copy.pragma_update(None, "synchronous", "OFF")?;
    copy.pragma_update(None, "journal_mode", "OFF")?;
    let step = Backup::new(source, &mut copy)?.step(-1)?;
    drop(copy);
    if step == StepResult::Done {
        // The header of the copy still refers to a write-ahead log.
        let copy = Connection::open_with_flags(to, flags)?;
        copy.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
        // A file without a readable schema is not a database.
        copy.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    }
    Ok(step)
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// The error for the plugin that requested the copy.
fn copy_error(error: &rusqlite::Error) -> GuestError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => GuestError::Damaged("it is not an SQLite database".to_owned()),
        Some(ErrorCode::DatabaseCorrupt) => GuestError::Damaged(format!("the database is damaged: {error}")),
        Some(ErrorCode::DiskFull) => GuestError::Full(
            "the disk of Baton's state folder has no space for a copy of the database; free some disk space".to_owned(),
        ),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => GuestError::Failed(format!(
            "SQLite cannot read it in its folder ({error}). A database in WAL mode needs its -shm beside it, and a database must \
            be repaired after a crash. Give the user who runs Baton write access to the folder (the plugin gets none), or open \
            the database once with its own program, or copy it with its -wal file to another folder and grant that folder"
        )),
        _ => GuestError::Failed(format!("the database cannot be copied: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn written_to(path: &Path, mode: &str, rows: i64) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "journal_mode", mode).unwrap();
        connection.execute_batch("CREATE TABLE t (a INTEGER, b TEXT); PRAGMA user_version = 7;").unwrap();
        for row in 0..rows {
            connection.execute("INSERT INTO t VALUES (?1, hex(randomblob(500)))", [row]).unwrap();
        }
        connection
    }

    fn copied(from: &Path) -> Result<(tempfile::TempDir, Connection), GuestError> {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("copy.db");
        fs::write(&to, "").unwrap();
        copy(from, &to, &StopHandle::default(), || true)?;
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["copy.db"], "only one file");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        Ok((folder, Connection::open_with_flags(to, flags).unwrap()))
    }

    fn count(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap()
    }

    fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        // On macOS the path of the temporary folder contains a link.
        let path = folder.path().canonicalize().unwrap().join("x.db");
        (folder, path)
    }

    #[test]
    fn a_copy_has_exactly_the_committed_rows() {
        for mode in ["WAL", "DELETE"] {
            let (_folder, path) = folder();
            let writer = written_to(&path, mode, 50);
            writer.execute_batch("PRAGMA wal_autocheckpoint = 0; BEGIN; INSERT INTO t VALUES (99, 'no')").unwrap();
            let (_kept, copy) = copied(&path).unwrap();
            assert_eq!(count(&copy), 50, "{mode}");
            let form: i64 = copy.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
            assert_eq!(form, 7);
            writer.execute_batch("COMMIT").unwrap();
            assert_eq!(count(&copied(&path).unwrap().1), 51, "{mode}");
        }
    }

    #[test]
    fn a_copy_waits_for_a_writer_for_a_limited_time() {
        let (_folder, path) = folder();
        let writer = written_to(&path, "DELETE", 1);
        writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
        std::thread::scope(|scope| {
            let copying = scope.spawn(|| copied(&path).map(|(_kept, copy)| count(&copy)));
            sleep(Duration::from_millis(200));
            writer.execute_batch("INSERT INTO t VALUES (2, ''); COMMIT").unwrap();
            assert_eq!(copying.join().unwrap(), Ok(2));
        });
        writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let begun = Instant::now();
        assert!(matches!(copied(&path), Err(GuestError::Busy(_))));
        assert!(begun.elapsed() >= limits::FILE_BUSY);
    }

    #[test]
    fn a_stopped_copy_does_not_wait() {
        let (_folder, path) = folder();
        let writer = written_to(&path, "DELETE", 1);
        writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
        let (stop, ended) = (StopHandle::default(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let to = path.with_extension("copy");
                fs::write(&to, "").unwrap();
                assert!(matches!(copy(&path, &to, &stop, || true), Err(GuestError::Timeout(_))));
                ended.store(true, Ordering::Relaxed);
            });
            sleep(Duration::from_millis(100));
            assert!(!ended.load(Ordering::Relaxed));
            stop.stop();
        });
    }

    #[test]
    fn errors_when_the_file_is_not_a_complete_database() {
        let (_folder, path) = folder();
        fs::write(&path, "only text, and some length of it ".repeat(200)).unwrap();
        assert!(matches!(copied(&path), Err(GuestError::Damaged(_))));
        drop(fs::remove_file(&path));
        drop(written_to(&path, "DELETE", 200));
        let whole = fs::read(&path).unwrap();
        for keep in [0, 100, 1_000, whole.len() / 2, whole.len() - 4096] {
            fs::write(&path, &whole[..keep]).unwrap();
            assert!(matches!(copied(&path), Err(GuestError::Damaged(_))), "{keep} bytes");
        }
    }

    #[test]
    fn errors_when_the_database_is_too_large_before_anything_is_copied() {
        let (_folder, path) = folder();
        drop(written_to(&path, "DELETE", 1));
        let mut bytes = fs::read(&path).unwrap();
        let pages = u32::try_from(limits::FILE_BYTES / 4096 + 1).unwrap();
        bytes[28..32].copy_from_slice(&pages.to_be_bytes());
        fs::write(&path, &bytes).unwrap();
        // A sparse file needs no space on the disk.
        fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(u64::from(pages) * 4096).unwrap();
        let Err(GuestError::TooLarge(said)) = copied(&path) else { panic!() };
        assert!(said.contains("1024"), "{said}");
    }

    #[test]
    fn errors_when_the_file_was_replaced() {
        let (_folder, path) = folder();
        drop(written_to(&path, "DELETE", 1));
        let to = path.with_extension("copy");
        fs::write(&to, "").unwrap();
        assert!(matches!(copy(&path, &to, &StopHandle::default(), || false), Err(GuestError::Invalid(_))));
        assert_eq!(fs::metadata(&to).unwrap().len(), 0);
    }

    /// Sets the time of a database that no connection of this process has open.
    fn set_old(path: &Path) {
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - 2 * REST).unwrap();
    }

    #[test]
    fn a_database_that_nobody_writes_is_copied_without_a_file_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("My #1 (50%) ö?.db");
        drop(written_to(&path, "WAL", 3));
        set_old(&path);
        assert_eq!(copied(&path).map(|(_kept, copy)| count(&copy)), Ok(3));
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [path.file_name().unwrap()]);
    }

    #[test]
    fn a_database_that_is_written_during_the_copy_is_read_again() {
        let (_folder, path) = folder();
        drop(written_to(&path, "WAL", 3));
        set_old(&path);
        let to = path.with_extension("copy");
        fs::write(&to, "").unwrap();
        let writer = std::cell::OnceCell::new();
        // The writer connects and writes after the first copy has begun.
        let is_expected = || {
            writer.get_or_init(|| {
                let writer = Connection::open(&path).unwrap();
                writer.execute("INSERT INTO t VALUES (4, '')", []).unwrap();
                writer
            });
            true
        };
        copy(&path, &to, &StopHandle::default(), is_expected).unwrap();
        assert_eq!(count(&Connection::open(&to).unwrap()), 4);
    }

    #[test]
    fn errors_with_a_solution_when_sqlite_cannot_create_files_beside_a_log() {
        use std::os::unix::fs::PermissionsExt as _;

        use baton_judges::{or_skip, skip};

        let (folder, path) = folder();
        let writer = written_to(&path, "WAL", 3);
        let log = path.with_extension("db-wal");
        let written = fs::read(&log).unwrap();
        let close = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode)).unwrap();
        close(0o555);
        let denied = fs::write(folder.path().join("any"), "").err();
        or_skip!(denied.ok_or_else(|| skip("this user can write to every folder")));
        assert_eq!(copied(&path).map(|(_kept, copy)| count(&copy)), Ok(3), "the -shm file exists");
        close(0o755);
        drop(writer);
        set_old(&path);
        close(0o555);
        assert_eq!(copied(&path).map(|(_kept, copy)| count(&copy)), Ok(3), "there is no log");
        close(0o755);
        // The same files as after a crash: a log without a -shm.
        fs::write(&log, written).unwrap();
        close(0o555);
        let said = copied(&path).map(|(_kept, copy)| count(&copy));
        close(0o755);
        let Err(GuestError::Failed(said)) = said else { panic!("{said:?}") };
        assert!(said.contains("-shm beside it") && said.contains("grant that folder"), "{said}");
        assert_eq!(copied(&path).map(|(_kept, copy)| count(&copy)), Ok(3));
    }

    #[test]
    fn links_are_not_followed() {
        let (folder, path) = folder();
        drop(written_to(&path, "DELETE", 1));
        let (link, up) = (path.with_extension("link"), folder.path().canonicalize().unwrap().join("up"));
        std::os::unix::fs::symlink("x.db", &link).unwrap();
        std::os::unix::fs::symlink(".", &up).unwrap();
        for path in [link, up.join("x.db")] {
            assert!(copied(&path).is_err(), "{path:?}");
        }
        assert!(copied(&path).is_ok());
    }
}

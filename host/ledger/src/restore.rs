//! Restores a backup of the ledger: copies the backup into the state folder, checks the copy, and renames it in one step.
//! The old ledger is kept beside the restored ledger.
//!
//! The caller makes sure that no daemon serves the workspace. If there is an old ledger that SQLite can read, this module
//! checks that no other process has opened it. The restored ledger does not contain what happened after the backup.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_files::{folder_of, publish, sync_folder};
use baton_sqlite::with_ending;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::LedgerError;
use crate::database::{self, Reader};
use crate::verify::{self, ChainTip};

/// The files beside a database: its write-ahead log and the index of that log.
const BESIDE: [&str; 2] = ["-shm", "-wal"];

/// The first bytes of every SQLite database.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// How long to wait until a reader such as `baton status` ends.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a restore failed.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// A ledger exists already.
    #[error("a ledger already exists at {path}; --force replaces it and keeps it beside the restored one")]
    Exists { path: PathBuf },
    /// The backup file cannot be read.
    #[error("the copy {path} cannot be read: {source}; name a file that `baton backup` wrote")]
    Read { path: PathBuf, source: io::Error },
    /// The backup file is in use, or its log has changes that are not in the file.
    #[error("{path} has unwritten changes beside it (-wal): it is not a backup; make a backup with `baton backup`")]
    NotAlone { path: PathBuf },
    /// The backup file is not a ledger, or it is damaged.
    #[error("{path} is not an intact ledger: {why}; restore from another backup")]
    Unsound { path: PathBuf, why: String },
    /// Another process has opened the old ledger.
    #[error(
        "another process has the ledger {path} open; end it (it may be a `baton run`, or a program that reads the ledger), then try again"
    )]
    InUse { path: PathBuf },
    /// The file system reported an error.
    #[error("the ledger {path} cannot be written: {source}; check that its folder belongs to you and has free space")]
    Write { path: PathBuf, source: io::Error },
    /// The ledger failed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Makes `copy` the ledger at `to` and returns the end of its chain. An old ledger is renamed to `keep_as`. If `keep_as` is
/// `None`, an old ledger is an error.
///
/// # Errors
/// When the copy is not sound, when an old ledger exists or is in use, or when the disk fails. The old ledger is then
/// unchanged. After a crash between two renames, the old ledger may have its new name; no data are lost.
pub fn restore(copy: &Path, to: &Path, keep_as: Option<&Path>) -> Result<ChainTip, RestoreError> {
    let there = to.symlink_metadata().is_ok();
    if there && keep_as.is_none() {
        return Err(RestoreError::Exists { path: to.to_owned() });
    }
    let hidden = folder_of(to).join(format!(".baton-restore-{}.tmp", std::process::id()));
    let done = take_in(copy, &hidden, to).and_then(|tip| {
        if let Some(keep_as) = keep_as.filter(|_| there) {
            close(to)?;
            set_aside(to, keep_as).map_err(|source| RestoreError::Write { path: to.to_owned(), source })?;
        }
        name(&hidden, to)?;
        Ok(tip)
    });
    for ending in BESIDE.into_iter().chain([""]) {
        drop(fs::remove_file(with_ending(&hidden, ending)));
    }
    done
}

/// Copies the bytes to the hidden name, checks the copy and flushes it.
fn take_in(copy: &Path, hidden: &Path, to: &Path) -> Result<ChainTip, RestoreError> {
    let read = |source| RestoreError::Read { path: copy.to_owned(), source };
    let write = |source| RestoreError::Write { path: to.to_owned(), source };
    if fs::metadata(with_ending(copy, "-wal")).is_ok_and(|wal| wal.len() > 0) {
        return Err(RestoreError::NotAlone { path: copy.to_owned() });
    }
    let mut from = baton_files::open_target(copy).map_err(read)?;
    let mut into = OpenOptions::new().write(true).create_new(true).mode(0o600).open(hidden).map_err(write)?;
    io::copy(&mut from, &mut into).map_err(write)?;
    let tip = check(hidden, copy)?;
    into.sync_all().map_err(write)?;
    Ok(tip)
}

/// Checks that the file at `hidden` is a sound ledger in a format that this build supports.
fn check(hidden: &Path, copy: &Path) -> Result<ChainTip, RestoreError> {
    let unsound = |why: String| RestoreError::Unsound { path: copy.to_owned(), why };
    let reader = Reader::open(hidden).map_err(|error| match error {
        LedgerError::Open { source, .. } => unsound(source.to_string()),
        LedgerError::Unmade => unsound("it is empty".to_owned()),
        other => RestoreError::Ledger(other),
    })?;
    let failed = |error: LedgerError| unsound(error.to_string());
    // For a ledger without sums, `verify` does not check the pages and indexes.
    if let Some(damage) =
        database::damage(&reader.connection, "integrity_check(1)").map_err(|error| failed(error.into()))?.pop()
    {
        return Err(unsound(damage));
    }
    let report = verify::verify(&reader, None).map_err(failed)?;
    match report.broken {
        Some(broken) => Err(unsound(format!("at event {}, {}", broken.seq, broken.wrong.explained()))),
        None => match report.rows.problems.first() {
            Some(problem) => Err(unsound(problem.to_string())),
            None => Ok(report.tip),
        },
    }
}

/// Writes the log of the old ledger into its file. This works only if no other process has opened the ledger. A file that
/// SQLite cannot read is left unchanged, because the damage may be the reason for the restore. A file without the header of
/// a database is not opened, because SQLite would delete the log beside the file. A link is not followed.
fn close(ledger: &Path) -> Result<(), RestoreError> {
    if database::check_files(ledger).is_err() {
        return Ok(());
    }
    let mut begin = [0; MAGIC.len()];
    let read = baton_files::open(ledger).and_then(|mut file| file.read_exact(&mut begin));
    if read.is_err() || begin != *MAGIC {
        return Ok(());
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let done = Connection::open_with_flags(ledger, flags).and_then(|connection| {
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0))
    });
    match done {
        Ok(mode) if mode == "wal" => Err(RestoreError::InUse { path: ledger.to_owned() }),
        Err(error)
            if matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)) =>
        {
            Err(RestoreError::InUse { path: ledger.to_owned() })
        }
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Renames the files beside the old ledger before the ledger itself: a write-ahead log must never be beside another
/// database.
fn set_aside(ledger: &Path, keep_as: &Path) -> io::Result<()> {
    for ending in BESIDE.into_iter().chain([""]) {
        let from = with_ending(ledger, ending);
        if from.symlink_metadata().is_ok() {
            fs::rename(from, with_ending(keep_as, ending))?;
        }
    }
    sync_folder(folder_of(ledger))
}

/// Renames the copy to the ledger's name. Before that, deletes a log that a crash may have left without its database,
/// because SQLite would use this log for the copy.
fn name(hidden: &Path, to: &Path) -> Result<(), RestoreError> {
    let write = |source| RestoreError::Write { path: to.to_owned(), source };
    for ending in BESIDE {
        match fs::remove_file(with_ending(to, ending)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(write(error)),
            _ => {}
        }
    }
    publish(hidden, to).map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => RestoreError::Exists { path: to.to_owned() },
        _ => write(source),
    })?;
    sync_folder(folder_of(to)).map_err(write)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::{Tx, backup, mark};

    /// Makes and closes a ledger with the mark `word`.
    fn make_ledger(path: &Path, word: &str) {
        let connection = crate::open::open(path).unwrap();
        mark::set(&Tx { connection: &connection, owner: "test" }, "t", word, "1").unwrap();
    }

    fn word(path: &Path) -> String {
        let connection = crate::open::open(path).unwrap();
        mark::all(&Tx { connection: &connection, owner: "test" }, "t").unwrap().into_keys().collect()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    struct TestFolder {
        folder: tempfile::TempDir,
        copy: PathBuf,
        to: PathBuf,
        kept: PathBuf,
    }

    /// Makes a backup of a ledger with the word `copied`, and a state folder for it.
    fn make_backup() -> TestFolder {
        let folder = tempfile::tempdir().unwrap();
        let [source, copy, state] = ["source.db", "copy.db", "state"].map(|name| folder.path().join(name));
        make_ledger(&source, "copied");
        backup::copy(&Reader::open(&source).unwrap(), &copy).unwrap();
        fs::create_dir(&state).unwrap();
        TestFolder { folder, copy, to: state.join("ledger.db"), kept: state.join("ledger.db.before") }
    }

    #[test]
    fn a_copy_becomes_the_ledger_and_the_old_ledger_is_kept_only_on_request() {
        let TestFolder { folder, copy, to, kept } = make_backup();
        restore(&copy, &to, None).unwrap();
        let state = to.parent().unwrap();
        assert_eq!(names(state), ["ledger.db"]);
        assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(word(&to), "copied");
        fs::remove_file(&to).unwrap();
        make_ledger(&to, "old");
        assert!(matches!(restore(&copy, &to, None), Err(RestoreError::Exists { .. })));
        assert_eq!(word(&to), "old");
        restore(&copy, &to, Some(&kept)).unwrap();
        assert_eq!((word(&to), word(&kept)), ("copied".to_owned(), "old".to_owned()));
        drop(folder);
    }

    #[test]
    fn an_unsound_copy_is_refused_and_leaves_no_file() {
        let TestFolder { folder, copy, to, kept } = make_backup();
        make_ledger(&to, "old");
        let state = to.parent().unwrap();
        let before = names(state);
        let bad = folder.path().join("bad.db");
        let whole = fs::read(&copy).unwrap();
        let mut cut = whole.clone();
        cut.truncate(whole.len() / 2);
        for bytes in [b"no database".repeat(100), Vec::new(), cut] {
            fs::write(&bad, &bytes).unwrap();
            let refused = restore(&bad, &to, Some(&kept));
            assert!(matches!(refused, Err(RestoreError::Unsound { .. })), "{refused:?}");
        }
        fs::write(&bad, &whole).unwrap();
        let forged = Connection::open(&bad).unwrap();
        forged.execute("INSERT INTO pruned VALUES (3, 'ab', 0)", []).unwrap();
        forged.pragma_update(None, "journal_mode", "DELETE").unwrap();
        drop(forged);
        assert!(matches!(restore(&bad, &to, Some(&kept)), Err(RestoreError::Unsound { .. })));
        assert!(matches!(restore(&folder.path().join("none"), &to, Some(&kept)), Err(RestoreError::Read { .. })));
        fs::write(folder.path().join("copy.db-wal"), "more").unwrap();
        assert!(matches!(restore(&copy, &to, Some(&kept)), Err(RestoreError::NotAlone { .. })));
        assert_eq!((names(state), word(&to)), (before, "old".to_owned()));
    }

    #[test]
    fn a_link_in_place_of_the_ledger_is_renamed_and_its_target_is_unchanged() {
        let TestFolder { folder, copy, to, kept } = make_backup();
        let target = folder.path().join("target.db");
        make_ledger(&target, "theirs");
        std::os::unix::fs::symlink(&target, &to).unwrap();
        let before = fs::read(&target).unwrap();
        restore(&copy, &to, Some(&kept)).unwrap();
        assert_eq!((word(&to), fs::read(&target).unwrap()), ("copied".to_owned(), before));
        assert_eq!(fs::read_link(&kept).unwrap(), target);
    }

    #[test]
    fn a_ledger_in_use_is_not_replaced_and_an_unreadable_ledger_is() {
        let TestFolder { folder, copy, to, kept } = make_backup();
        make_ledger(&to, "old");
        let other = Reader::open(&to).unwrap();
        let snapshot = other.connection.unchecked_transaction().unwrap();
        let count: i64 = snapshot.query_row("SELECT count(*) FROM marks", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 1);
        assert!(matches!(restore(&copy, &to, Some(&kept)), Err(RestoreError::InUse { .. })));
        drop(snapshot);
        drop(other);
        assert_eq!(word(&to), "old");
        fs::write(&to, "damaged beyond reading ".repeat(50)).unwrap();
        fs::write(with_ending(&to, "-wal"), "and its log").unwrap();
        restore(&copy, &to, Some(&kept)).unwrap();
        assert_eq!(word(&to), "copied");
        assert_eq!(fs::read_to_string(with_ending(&kept, "-wal")).unwrap(), "and its log");
        drop(folder);
    }
}

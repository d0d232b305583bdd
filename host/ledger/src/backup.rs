//! Copies the whole ledger while other processes write to it.
//!
//! SQLite's backup API copies all pages in one read transaction. So a busy writer does not wait for the copy, and does not
//! make the copy start again. The copy is written under a hidden name, flushed to the disk and then renamed. So a file with
//! the final name is complete, and an older file is never replaced.
//!
//! [`restore`](mod@crate::restore) restores a backup.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use baton_files::{folder_of, publish as publish_file, sync_folder};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use crate::LedgerError;
use crate::database::Reader;
use crate::verify::{self, ChainTip};
use crate::whole_file;

/// Why a backup failed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// A file with the name of the backup exists.
    #[error("{path} exists already, and a backup does not overwrite files: choose another name")]
    Exists { path: PathBuf },
    /// The file system reported an error.
    #[error(
        "the backup {path} cannot be written: {source}; check that its folder exists, belongs to you and has free space"
    )]
    Write { path: PathBuf, source: io::Error },
    /// SQLite could not copy the ledger: no free space, or the ledger is damaged.
    #[error(
        "the ledger cannot be copied to {path}: {source}; check the free space, and check the ledger with `baton ledger verify`"
    )]
    Copy { path: PathBuf, source: rusqlite::Error },
    /// Another process has locked the ledger.
    #[error("the ledger is locked by another process; try again")]
    Locked,
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Copies the ledger into the new file `to`, which only its owner can read. Returns the end of the copied chain.
///
/// # Errors
/// When `to` exists or cannot be written, or the ledger cannot be read. No file is created in these cases.
pub fn copy(reader: &Reader, to: &Path) -> Result<ChainTip, BackupError> {
    if to.symlink_metadata().is_ok() {
        return Err(BackupError::Exists { path: to.to_owned() });
    }
    let hidden = folder_of(to).join(whole_file::hidden_name(reader, "backup")?);
    let made = fill(reader, &hidden, to).and_then(|tip| {
        publish(&hidden, to)?;
        Ok(tip)
    });
    drop(fs::remove_file(&hidden));
    let tip = made?;
    sync_folder(folder_of(to)).map_err(|source| BackupError::Write { path: to.to_owned(), source })?;
    Ok(tip)
}

/// Creates the hidden file, copies every page and flushes it.
fn fill(reader: &Reader, hidden: &Path, to: &Path) -> Result<ChainTip, BackupError> {
    let write = |source| BackupError::Write { path: to.to_owned(), source };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(hidden).map_err(write)?;
    let tip = copy_pages(reader, hidden, to)?;
    file.sync_all().map_err(write)?;
    Ok(tip)
}

fn copy_pages(reader: &Reader, hidden: &Path, to: &Path) -> Result<ChainTip, BackupError> {
    let failed = |source| BackupError::Copy { path: to.to_owned(), source };
    let snapshot = reader.connection.unchecked_transaction().map_err(LedgerError::from)?;
    let tip = verify::tip(&snapshot)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut copy = Connection::open_with_flags(hidden, flags).map_err(failed)?;
    // The copy needs no journal, because a failed copy is deleted.
    copy.pragma_update(None, "journal_mode", "OFF").map_err(failed)?;
    // Copy all pages in one step.
    let step = Backup::new(&snapshot, &mut copy).and_then(|backup| backup.step(-1)).map_err(failed)?;
    if step != StepResult::Done {
        return Err(BackupError::Locked);
    }
    copy.close().map_err(|(_, source)| failed(source))?;
    Ok(tip)
}

/// Renames the copy to its final name without replacing a file.
fn publish(hidden: &Path, to: &Path) -> Result<(), BackupError> {
    publish_file(hidden, to).map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => BackupError::Exists { path: to.to_owned() },
        _ => BackupError::Write { path: to.to_owned(), source },
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::atomic::{AtomicBool, Ordering};

    use baton_core::State;
    use jiff::Timestamp;

    use super::*;
    use crate::Ledger;
    use crate::event::{self, Event};

    fn append(ledger: &Ledger, number: u64) {
        let (task, reason) = (format!("task-{number}"), format!("attempt {number} ").repeat(20));
        let event = Event::new(task, "baton", "started", reason, State::Running, Timestamp::UNIX_EPOCH);
        ledger.write_blocking(move |tx| event::append(tx, &event)).unwrap();
    }

    fn ledger(events: u64) -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&folder.path().join("l.db"), "test").unwrap();
        (0..events).for_each(|number| append(&ledger, number));
        (folder, ledger)
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_copy_holds_the_chain_and_is_one_private_file() {
        let (folder, ledger) = ledger(5);
        let backups = folder.path().join("backups");
        fs::create_dir(&backups).unwrap();
        let to = backups.join("copy.db");
        let tip = copy(&ledger.reader().unwrap(), &to).unwrap();
        assert_eq!((names(&backups), tip.events), (vec!["copy.db".to_owned()], 5));
        assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
        let report = verify::verify(&Reader::open(&to).unwrap(), None).unwrap();
        assert!(report.is_sound());
        assert_eq!(report.tip, tip);
    }

    #[test]
    fn a_copy_can_be_used_as_a_ledger() {
        let (folder, ledger) = ledger(3);
        let to = folder.path().join("copy.db");
        copy(&ledger.reader().unwrap(), &to).unwrap();
        let restored = Ledger::open(&to, "test").unwrap();
        append(&restored, 3);
        let report = verify::verify(&restored.reader().unwrap(), None).unwrap();
        assert_eq!((report.is_sound(), report.tip.events), (true, 4));
        assert_eq!(verify::verify(&ledger.reader().unwrap(), None).unwrap().tip.events, 3);
    }

    #[test]
    fn every_copy_is_sound_while_others_write() {
        let (folder, ledger) = ledger(50);
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for writer in 0..2 {
                let (ledger, stop) = (ledger.clone(), &stop);
                scope.spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        append(&ledger, writer);
                    }
                });
            }
            let tips: Vec<ChainTip> = (0..20)
                .map(|number| {
                    let to = folder.path().join(format!("{number}.db"));
                    let tip = copy(&ledger.reader().unwrap(), &to).unwrap();
                    let report = verify::verify(&Reader::open(&to).unwrap(), None).unwrap();
                    assert!(report.is_sound(), "{report:?}");
                    assert_eq!(report.tip, tip);
                    tip
                })
                .collect();
            stop.store(true, Ordering::Relaxed);
            assert!(tips.is_sorted_by_key(|tip| tip.events));
            let now = ledger.reader().unwrap();
            for tip in tips {
                let head = tip.head.parse().unwrap();
                assert!(verify::verify(&now, Some(&head)).unwrap().is_sound(), "the ledger continues every copy");
            }
        });
    }

    #[test]
    fn a_failed_backup_overwrites_nothing_and_leaves_no_file() {
        let (folder, ledger) = ledger(1);
        let reader = ledger.reader().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "precious").unwrap();
        std::os::unix::fs::symlink("nowhere", &link).unwrap();
        let before = names(folder.path());
        for to in [&file, &link, folder.path()] {
            assert!(matches!(copy(&reader, to), Err(BackupError::Exists { .. })), "{to:?}");
        }
        let nowhere = folder.path().join("missing/copy.db");
        assert!(matches!(copy(&reader, &nowhere), Err(BackupError::Write { .. })));
        assert_eq!((names(folder.path()), fs::read_to_string(&file).unwrap()), (before, "precious".to_owned()));
    }
}

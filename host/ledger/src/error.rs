//! Errors of the ledger, grouped by the possible reaction of the caller.

use std::io;
use std::path::PathBuf;

use baton_sqlite::NewerForm;
use rusqlite::ErrorCode;

const RESTORE: &str = "; `baton restore --force FILE` puts a backup in its place and keeps the damaged file beside it";

/// An error of the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The file cannot be opened or created.
    #[error("the ledger {path} cannot be opened: {source}{hint}", hint = open_hint(.source))]
    Open { path: PathBuf, source: rusqlite::Error },
    /// The ledger, or a file of SQLite beside it, is not a regular file.
    #[error("the ledger {path} cannot be opened: {source} (`baton restore --force FILE`)")]
    NotAFile {
        path: PathBuf,
        /// The error, with the kind of the file and the fix.
        source: io::Error,
    },
    /// A newer version of Baton has written the file.
    #[error("the ledger {0}")]
    Newer(#[from] NewerForm),
    /// Another process is creating the file and has not written anything yet.
    #[error("another process is creating the ledger; try again")]
    Unmade,
    /// A statement failed: no free space, a lock that another process held for too long, or a damaged file.
    #[error("the ledger failed: {0}{hint}", hint = hint(.0))]
    Sql(#[from] rusqlite::Error),
    /// A row has a value that no version of Baton writes.
    #[error("the ledger contains {what} that cannot be read: {value}; restore it from a backup")]
    Corrupt { what: &'static str, value: String },
    /// An archive of pruned events cannot be read.
    #[error("the archive {path} cannot be read: {source}; name a file that `baton ledger prune` wrote")]
    Archive { path: PathBuf, source: io::Error },
    /// A file of the ledger was deleted or replaced while the ledger was open. Further writes would be lost.
    #[error(
        "{path} was deleted or replaced while this process had it open; Baton records nothing more: put the file back \
         or restore a backup (`baton restore FILE`), then start again"
    )]
    Lost { path: PathBuf },
    /// The writing thread has ended, because the program is ending.
    #[error("the ledger is closed")]
    Closed,
    /// The commit of a group of writes failed. None of these writes was stored.
    #[error("the ledger could not commit: {0}; free some disk space, or stop the program that locks the database")]
    Commit(String),
}

/// The action of the operator that fixes the error of a statement.
fn hint(error: &rusqlite::Error) -> &'static str {
    if is_damage(error) { RESTORE } else { baton_sqlite::hint(error) }
}

/// The action of the operator that fixes the error of opening the file.
fn open_hint(error: &rusqlite::Error) -> &'static str {
    if is_damage(error) { RESTORE } else { "; check that the folder exists, belongs to you and has free space" }
}

fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

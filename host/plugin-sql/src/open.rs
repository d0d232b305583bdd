//! Opens a database for a plugin: creates the file, and sets its quota and all limits of statements.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use baton_core::grants::Database;
use baton_sqlite::check_files;
use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use super::authorizer::Authorizer;
use super::stop::StopHandle;
use super::{Access, GuestError, limits, sources};

/// The size of SQLite's cache, in KiB (a negative number): a batch of tracks changes pages in the whole file.
const CACHE: i64 = -16 * 1024;

/// A connection that is safe for statements of a plugin.
pub(super) fn open(access: &Access, authorizer: &Authorizer, stop: &StopHandle) -> Result<Connection, GuestError> {
    prepare(access)?;
    let failed = |error: rusqlite::Error| {
        GuestError::Failed(format!("the database {} cannot be opened: {error}", access.path.display()))
    };
    let mode = if access.writable { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
    let mut connection =
        Connection::open_with_flags(&access.path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX).map_err(failed)?;
    set_up(&connection, access).map_err(failed)?;
    if let (Database::Catalog, true, Some(plugin)) = (access.database, access.writable, &access.writer) {
        sources::restrict_source(&connection, plugin).map_err(failed)?;
    }
    let (authorizer, watching) = (authorizer.clone(), stop.clone());
    connection
        .authorizer(Some(move |context: rusqlite::hooks::AuthContext<'_>| authorizer.authorize(&context)))
        .map_err(failed)?;
    connection.progress_handler(limits::STEPS, Some(move || watching.is_due())).map_err(failed)?;
    Ok(connection)
}

/// Creates a missing file and migrates the catalog.
fn prepare(access: &Access) -> Result<(), GuestError> {
    check_files(&access.path).map_err(|error| GuestError::Failed(format!("the database cannot be opened: {error}")))?;
    match access.database {
        // The file is a snapshot of this attempt. `copy` creates it, never this function.
        Database::Files => Ok(()),
        Database::Catalog => Ok(baton_catalog::prepare(&access.path)?),
        Database::Own if access.path.is_file() => Ok(()),
        Database::Own => create(&access.path).map_err(|error| {
            GuestError::Failed(format!("the database {} cannot be created: {error}", access.path.display()))
        }),
    }
}

fn create(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let connection = Connection::open(path)?;
    connection.busy_timeout(limits::BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    Ok(())
}

fn set_up(connection: &Connection, access: &Access) -> rusqlite::Result<()> {
    connection.busy_timeout(limits::BUSY)?;
    // When the ledger records that a task succeeded, the writes of that task must already be on the disk.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "cache_size", CACHE)?;
    if access.database == Database::Files {
        // Another program wrote the file, so its content is untrusted.
        connection.pragma_update(None, "cell_size_check", "ON")?;
    }
    let pages = i64::try_from(limits::quota(access.database) / limits::PAGE_BYTES).unwrap_or(i64::MAX);
    connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?;
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false),
        // "x" is always a name and 'x' a text; otherwise SQLite would silently read a misspelt name as a text.
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DDL, false),
    ] {
        connection.set_db_config(setting, on)?;
    }
    let bytes = |limit: usize| i32::try_from(limit).unwrap_or(i32::MAX);
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, bytes(limits::VALUE_BYTES)),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, bytes(limits::STATEMENT_BYTES)),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, bytes(limits::PARAMETERS)),
        (Limit::SQLITE_LIMIT_COLUMN, 500),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 200),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 100),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 1_000),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 20),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, most)?;
    }
    Ok(())
}

//! Creates the first database of a plugin that was split off another plugin: a copy of some tables of that plugin.

use std::fs::{self, DirEntry, File};
use std::io::ErrorKind;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OpenFlags};
use tempfile::{Builder, NamedTempFile};

use super::{GuestError, StopHandle, copy};

/// The prefix and suffix of temporary folders. They are folders, because SQLite creates files beside a database.
const PREFIX: &str = ".split-";
const SUFFIX: &str = ".tmp";

/// A copy takes seconds, so an older temporary folder belongs to a killed process.
const LEFTOVER_AGE: Duration = Duration::from_hours(1);

/// Copies the tables of the database `from` whose names start with `prefix` into the new database `to`. Does nothing if `to`
/// exists or `from` has no such table. This never changes `from`. If another process creates `to` in the meantime, that file
/// stays unchanged.
///
/// # Errors
/// When a database cannot be read or written. The file `to` does not exist then, and the next call tries again.
pub fn split_tables(from: &Path, to: &Path, prefix: &str) -> Result<(), GuestError> {
    let failed = |error: &dyn std::error::Error| {
        let (from, to) = (from.display(), to.display());
        GuestError::Failed(format!("the tables {prefix}… of {from} cannot be copied to {to}: {error}"))
    };
    let folder = to.parent().unwrap_or(Path::new("."));
    remove_leftovers(folder, SystemTime::now());
    baton_sqlite::check_files(from).map_err(|error| failed(&error))?;
    if to.exists() || !from.is_file() || !has_tables(from, prefix).map_err(|error| failed(&error))? {
        return Ok(());
    }
    let temporary = Builder::new().prefix(PREFIX).suffix(SUFFIX).tempdir_in(folder).map_err(|error| failed(&error))?;
    let copied = NamedTempFile::new_in(&temporary).map_err(|error| failed(&error))?.into_temp_path();
    copy(from, &copied, &StopHandle::default(), || true)?;
    keep_tables(&copied, prefix).map_err(|error| failed(&*error))?;
    match copied.persist_noclobber(to) {
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(&error.error)),
        Ok(()) => File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| failed(&error)),
    }
}

/// Deletes the temporary folders of killed processes.
fn remove_leftovers(folder: &Path, now: SystemTime) {
    let is_left = |entry: &DirEntry| {
        let name = entry.file_name();
        let age = entry.metadata().and_then(|found| found.modified()).ok().and_then(|at| now.duration_since(at).ok());
        let is_named = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        is_named && age.is_some_and(|age| age > LEFTOVER_AGE)
    };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten().filter(is_left) {
        drop(fs::remove_dir_all(entry.path()));
    }
}

fn has_tables(file: &Path, prefix: &str) -> rusqlite::Result<bool> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let statement = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND instr(name, ?1) = 1)";
    connection.query_row(statement, [prefix], |row| row.get(0))
}

/// Deletes all tables without the prefix, and flushes the file to the disk.
fn keep_tables(file: &Path, prefix: &str) -> Result<(), Box<dyn std::error::Error>> {
    let connection = Connection::open(file)?;
    let others =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND instr(name, ?1) <> 1 AND instr(name, 'sqlite_') <> 1";
    let others: Vec<String> =
        connection.prepare(others)?.query_map([prefix], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for name in others {
        connection.execute_batch(&format!("DROP TABLE \"{}\"", name.replace('"', "\"\"")))?;
    }
    connection.execute_batch("VACUUM")?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.close().map_err(|(_, error)| error)?;
    File::open(file)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(file: &Path) -> Vec<String> {
        let connection = Connection::open(file).unwrap();
        let mut statement = connection.prepare("SELECT name FROM sqlite_schema ORDER BY name").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = entries.collect();
        names.sort();
        names
    }

    #[test]
    fn tables_with_the_prefix_are_copied_once_and_the_source_is_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["a.db", "b.db"].map(|name| folder.path().join(name));
        split_tables(&from, &to, "plan_").unwrap();
        let old = Connection::open(&from).unwrap();
        old.pragma_update(None, "journal_mode", "WAL").unwrap();
        old.execute_batch("CREATE TABLE notes (a); CREATE TABLE \"odd \"\" name\" (a)").unwrap();
        split_tables(&from, &to, "plan_").unwrap();
        assert!(!to.exists(), "there is nothing to copy");
        old.execute_batch("CREATE TABLE plan_steps (a); INSERT INTO plan_steps VALUES (7)").unwrap();
        split_tables(&from, &to, "plan_").unwrap();
        assert_eq!(tables(&to), ["plan_steps"]);
        let row =
            |file: &Path| Connection::open(file).unwrap().query_row("SELECT a FROM plan_steps", [], |row| row.get(0));
        assert_eq!(row(&to), Ok(7));
        assert_eq!(tables(&from), ["notes", "odd \" name", "plan_steps"]);
        old.execute_batch("UPDATE plan_steps SET a = 8").unwrap();
        split_tables(&from, &to, "plan_").unwrap();
        assert_eq!(row(&to), Ok(7), "the new database is never replaced");
        drop(old);
        assert_eq!(names(folder.path()), ["a.db", "b.db"]);
    }

    #[test]
    fn a_database_that_another_process_creates_at_the_same_time_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["a.db", "b.db"].map(|name| folder.path().join(name));
        Connection::open(&from).unwrap().execute_batch("CREATE TABLE plan_steps (a)").unwrap();
        // For the first check, a link without a target does not exist; the final rename finds the name in use.
        std::os::unix::fs::symlink("missing", &to).unwrap();
        split_tables(&from, &to, "plan_").unwrap();
        assert_eq!(fs::read_link(&to).unwrap(), Path::new("missing"));
        assert_eq!(names(folder.path()), ["a.db", "b.db"]);
    }

    #[test]
    fn old_temporary_folders_are_deleted() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".split-ab12cd.tmp", ".split-notes", "notes.tmp"] {
            fs::create_dir(folder.path().join(name)).unwrap();
            fs::write(folder.path().join(name).join("copy-wal"), "").unwrap();
        }
        let now = SystemTime::now();
        remove_leftovers(folder.path(), now);
        assert_eq!(
            names(folder.path()),
            [".split-ab12cd.tmp", ".split-notes", "notes.tmp"],
            "a process may still use the young folder"
        );
        remove_leftovers(folder.path(), now + LEFTOVER_AGE + Duration::from_mins(1));
        assert_eq!(names(folder.path()), [".split-notes", "notes.tmp"]);
    }

    #[test]
    fn a_damaged_database_is_an_error_and_creates_no_copy() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["a.db", "b.db"].map(|name| folder.path().join(name));
        fs::write(&from, "not a database ".repeat(100)).unwrap();
        let error = split_tables(&from, &to, "plan_").unwrap_err();
        assert!(error.to_string().contains("cannot be copied"), "{error}");
        assert!(!to.exists());
    }
}

//! The first database of a plugin that was split off another one: a copy of the other plugin's tables.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{GuestError, StopHandle, copy};

/// Copies the tables of the database `from` whose names start with `prefix` into the new database `to`. Does nothing if `to` exists,
/// or `from` has no such table. `from` stays as it is.
///
/// # Errors
/// When a database cannot be read or written. Then there is no `to`, and the next call tries again.
pub fn split_tables(from: &Path, to: &Path, prefix: &str) -> Result<(), GuestError> {
    let failed = |error: String| {
        let (from, to) = (from.display(), to.display());
        GuestError::Failed(format!("the tables {prefix}… of {from} cannot be copied to {to}: {error}"))
    };
    if to.exists() || !from.is_file() || !has_tables(from, prefix).map_err(|error| failed(error.to_string()))? {
        return Ok(());
    }
    let hidden = to.with_extension(format!("{}.tmp", std::process::id()));
    let filled = make_private(&hidden).map_err(|error| failed(error.to_string())).and_then(|()| {
        copy(from, &hidden, &StopHandle::default(), || true)?;
        keep_tables(&hidden, prefix).map_err(|error| failed(error.to_string()))
    });
    let made = filled.and_then(|()| publish(&hidden, to).map_err(|error| failed(error.to_string())));
    drop(fs::remove_file(&hidden));
    made
}

fn make_private(file: &Path) -> io::Result<()> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file).map(drop)
}

/// Gives the complete file its name. If another process was faster, its file stays.
fn publish(hidden: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(hidden, to) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(()),
        // The file system has no hard links.
        Err(_) => fs::rename(hidden, to)?,
        Ok(()) => {}
    }
    to.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn has_tables(file: &Path, prefix: &str) -> rusqlite::Result<bool> {
    let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let statement = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND instr(name, ?1) = 1)";
    connection.query_row(statement, [prefix], |row| row.get(0))
}

/// Deletes all tables but those with the prefix, and flushes the file to the disk.
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

    #[test]
    fn tables_with_the_prefix_are_copied_once_and_stay_where_they_were() {
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
        let mut names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(names.all(|name| !name.to_string_lossy().ends_with(".tmp")));
    }

    #[test]
    fn a_damaged_database_is_an_error_and_makes_no_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let [from, to] = ["a.db", "b.db"].map(|name| folder.path().join(name));
        fs::write(&from, "not a database ".repeat(100)).unwrap();
        let error = split_tables(&from, &to, "plan_").unwrap_err();
        assert!(error.to_string().contains("cannot be copied"), "{error}");
        assert!(!to.exists());
    }
}

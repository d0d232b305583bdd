//! The content of the catalog on disk without times, to compare two runs that must give the same result.

use std::path::{Path, PathBuf};

use baton_tests::Workspace;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

/// Columns with the time or the number of an operation.
const TIMES: [&str; 8] = ["said_at", "seen_at", "read_at", "added_at", "listed_at", "failed_at", "scan", "read_scan"];

/// The file of a workspace's catalog, if it exists.
fn catalog(workspace: &Workspace) -> Option<PathBuf> {
    let states = workspace.outside().join("state/baton");
    let mut found = std::fs::read_dir(states).ok()?.map(|entry| entry.unwrap().path().join("catalog.db"));
    found.find(|file| file.is_file())
}

fn open(file: &Path) -> Connection {
    Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

/// Executes `sql` in the catalog, to imitate another version of Baton.
pub(super) fn change(workspace: &Workspace, sql: &str) {
    let connection = Connection::open(catalog(workspace).expect("a catalog")).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// The number of items that have a fingerprint; 0 while the catalog does not exist or is being created.
pub(super) fn fingerprinted(workspace: &Workspace) -> u64 {
    let Some(catalog) = catalog(workspace) else { return 0 };
    let sql = "SELECT count(*) FROM library_items WHERE state = 'fingerprinted'";
    match open(&catalog).query_row(sql, [], |row| row.get::<_, u32>(0)) {
        Ok(count) => count.into(),
        Err(error) if error.to_string().contains("no such table") => 0,
        Err(error) => panic!("{error}"),
    }
}

/// The result of a query for a number.
pub(super) fn number(workspace: &Workspace, sql: &str) -> i64 {
    number_or_none(workspace, sql).expect("a catalog")
}

/// As `number`; `None` while the catalog does not exist or is being created.
pub(super) fn number_or_none(workspace: &Workspace, sql: &str) -> Option<i64> {
    match open(&catalog(workspace)?).query_row(sql, [], |row| row.get(0)) {
        Ok(number) => Some(number),
        Err(error) if error.to_string().contains("no such table") => None,
        Err(error) => panic!("{error}"),
    }
}

/// Every row of every table of the catalog with all columns, except the tables of a search index and the times of links.
pub(super) fn all_rows(workspace: &Workspace) -> Vec<String> {
    let connection = open(&catalog(workspace).expect("a catalog"));
    let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let sql =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%' AND name NOT LIKE 'sqlite%'
        AND name <> 'link_state' ORDER BY name";
    let mut select = connection.prepare(sql).unwrap();
    let tables: Vec<String> = select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    tables.iter().flat_map(|table| rows_of(&connection, table)).collect()
}

fn rows_of(connection: &Connection, table: &str) -> Vec<String> {
    let mut select = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = select.column_count();
    let cells = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get::<_, Value>(at)).collect::<Result<Vec<_>, _>>();
    let mut rows: Vec<String> =
        select.query_map([], |row| Ok(format!("{table}: {:?}", cells(row)?))).unwrap().map(Result::unwrap).collect();
    rows.sort();
    rows
}

/// Every row of every table of the catalog, without times. `folder` is replaced by `~`, so that the same files in two folders
/// compare as equal.
pub(super) fn rows(workspace: &Workspace) -> Vec<String> {
    let connection = open(&catalog(workspace).expect("a catalog"));
    let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    let mut rows = Vec::new();
    for table in ["sources", "files", "fingerprints", "library_sources", "library_items"] {
        let mut select = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let names: Vec<String> = select.column_names().map(str::to_owned).collect();
        let mut found = select.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let kept = names.iter().enumerate().filter(|(_, name)| !TIMES.contains(&name.as_str()));
            let cells = kept.map(|(at, name)| format!("{name}={:?}", row.get::<_, Value>(at).unwrap()));
            rows.push(format!("{table}: {}", cells.collect::<Vec<_>>().join(" ")));
        }
    }
    rows.sort();
    rows
}

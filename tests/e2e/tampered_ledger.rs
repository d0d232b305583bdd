//! Tampering with the ledger while no daemon runs: `ledger verify` finds every edited, deleted or forged row and every moved event. It
//! also finds flipped bytes, unless the content of the ledger is unchanged.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use baton_tests::Workspace;
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};
use serde_json::json;

/// A workspace whose ledger has many kinds of rows, and the ledger's path.
fn workspace_with_history() -> (Workspace, PathBuf) {
    let workspace = Workspace::with_hostile();
    workspace.drop_handoff("noop", "Done");
    workspace.drop_handoff("Cursor-MM1", "Lies with an agent");
    workspace.drop_handoff_with("noop", "Waits", json!({ "depends_on": ["id-lies-with-an-agent"] }));
    workspace.drop_action("hostile", "ask-human");
    workspace.drop_action("hostile", "trap");
    workspace.write("plans/plan.md", "# Plan\n\n- [x] `tree/a.py` prints\n");
    workspace.up_once();
    let ledger = workspace.outside().join("whole.db");
    workspace.baton(&["backup", ledger.to_str().unwrap()]).ended(0);
    (workspace, ledger)
}

/// A state folder with a copy of the ledger, to tamper with.
fn copy(workspace: &Workspace, ledger: &Path) -> PathBuf {
    let state = workspace.outside().join("copy");
    drop(fs::remove_dir_all(&state));
    fs::create_dir(&state).unwrap();
    fs::copy(ledger, state.join("ledger.db")).unwrap();
    state
}

/// True if `ledger verify` finds nothing wrong.
fn is_sound(workspace: &Workspace, state: &Path) -> bool {
    workspace.baton(&["--state", state.to_str().unwrap(), "ledger", "verify"]).code == 0
}

fn open(ledger: &Path) -> Connection {
    Connection::open(ledger).unwrap()
}

fn tables(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
    let mut select = connection.prepare(sql).unwrap();
    select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

type Rows = Vec<Vec<Value>>;

fn rows(connection: &Connection, table: &str) -> Result<Rows, rusqlite::Error> {
    let mut select = connection.prepare(&format!("SELECT * FROM \"{table}\""))?;
    let columns = select.column_count();
    let rows = select.query_map([], |row| (0..columns).map(|column| row.get(column)).collect())?;
    rows.collect()
}

/// The whole content of a ledger; `None` when it cannot be read.
fn content(ledger: &Path) -> Option<BTreeMap<String, Rows>> {
    let connection = Connection::open_with_flags(ledger, OpenFlags::SQLITE_OPEN_READ_ONLY).ok()?;
    tables(&connection).into_iter().map(|table| Some((table.clone(), rows(&connection, &table).ok()?))).collect()
}

fn other(value: &Value) -> Value {
    match value {
        Value::Null => Value::Text("forged".to_owned()),
        Value::Integer(number) => Value::Integer(number + 1),
        Value::Real(number) => Value::Real(number + 1.0),
        Value::Text(text) => Value::Text(format!("{text} forged")),
        Value::Blob(bytes) => Value::Blob(bytes.iter().map(|byte| byte ^ 1).chain([0]).collect()),
    }
}

/// Adds a row of the declared types to a table. Whoever can write to the file can switch the checks of the schema off.
#[track_caller]
fn forge_without_checks(ledger: &Connection, table: &str) {
    ledger.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON").unwrap();
    let value = |kind: String| match kind.as_str() {
        "INTEGER" => Value::Integer(7),
        "BLOB" => Value::Blob(b"forged".to_vec()),
        _ => Value::Text("forged".to_owned()),
    };
    let values: Vec<Value> = {
        let mut select = ledger.prepare("SELECT upper(type) FROM pragma_table_info(?1) ORDER BY cid").unwrap();
        select.query_map([table], |row| row.get(0)).unwrap().map(|kind| value(kind.unwrap())).collect()
    };
    let places = vec!["?"; values.len()].join(", ");
    let forged = ledger.execute(&format!("INSERT INTO \"{table}\" VALUES ({places})"), params_from_iter(values));
    assert_eq!(forged.unwrap(), 1, "{table}");
}

#[test]
fn every_row_that_is_edited_deleted_or_forged_is_found() {
    let (workspace, ledger) = workspace_with_history();
    assert!(is_sound(&workspace, &copy(&workspace, &ledger)));
    let mut tried = 0;
    for table in tables(&open(&ledger)) {
        let original = open(&ledger);
        let columns: Vec<String> = {
            let select = original.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
            select.column_names().map(str::to_owned).collect()
        };
        let Some(first) = rows(&original, &table).unwrap().into_iter().next() else {
            let state = copy(&workspace, &ledger);
            forge_without_checks(&open(&state.join("ledger.db")), &table);
            tried += 1;
            assert!(!is_sound(&workspace, &state), "{table}: the first row forged");
            continue;
        };
        let known = columns.iter().map(|column| format!("\"{column}\" IS ?")).collect::<Vec<_>>().join(" AND ");
        let mut change = |what: &str, sql: &str, values: Vec<Value>| {
            let state = copy(&workspace, &ledger);
            let tampered = open(&state.join("ledger.db"));
            // A row that the table refuses cannot be forged.
            if tampered.execute(sql, params_from_iter(values)).is_ok_and(|rows| rows > 0) {
                drop(tampered);
                tried += 1;
                assert!(!is_sound(&workspace, &state), "{table}: {what}");
            }
        };
        change("deleted", &format!("DELETE FROM \"{table}\" WHERE {known}"), first.clone());
        for (number, column) in columns.iter().enumerate() {
            let sql = format!("UPDATE \"{table}\" SET \"{column}\" = ? WHERE {known}");
            let values = std::iter::once(other(&first[number])).chain(first.iter().cloned()).collect();
            change(column, &sql, values);
        }
        let places = vec!["?"; columns.len()].join(", ");
        let forged = first.iter().map(other).collect();
        change("forged", &format!("INSERT INTO \"{table}\" VALUES ({places})"), forged);
    }
    assert!(tried > 60, "only {tried}");
}

#[test]
fn events_that_are_moved_taken_out_or_appended_are_found() {
    let (workspace, ledger) = workspace_with_history();
    for sql in [
        "UPDATE events SET seq = -1 WHERE seq = 2; UPDATE events SET seq = 2 WHERE seq = 3; UPDATE events SET seq = 3 WHERE seq = -1",
        "DELETE FROM events WHERE seq = 3",
        "DELETE FROM events WHERE seq = (SELECT max(seq) FROM events)",
        "DELETE FROM events",
        "UPDATE tasks SET id = id || 'x'; UPDATE events SET task = task || 'x'",
    ] {
        let state = copy(&workspace, &ledger);
        open(&state.join("ledger.db")).execute_batch(sql).unwrap();
        assert!(!is_sound(&workspace, &state), "{sql}");
    }
}

#[test]
fn flipped_bytes_are_found_or_leave_the_content_unchanged() {
    let (workspace, ledger) = workspace_with_history();
    let original = fs::read(&ledger).unwrap();
    let said = content(&ledger).unwrap();
    let (mut found, mut harmless) = (0, 0);
    // Fixed positions in the whole file. Their distance is not a multiple of the page size, so they have different offsets
    // within a page.
    for at in (0..original.len() - 16).step_by(original.len() / 150 + 7) {
        let state = copy(&workspace, &ledger);
        let mut bytes = original.clone();
        bytes[at..at + 16].iter_mut().for_each(|byte| *byte ^= 0xA5);
        let tampered = state.join("ledger.db");
        fs::write(&tampered, bytes).unwrap();
        if is_sound(&workspace, &state) {
            assert_eq!(content(&tampered).as_ref(), Some(&said), "flipped at {at}");
            harmless += 1;
        } else {
            found += 1;
        }
    }
    assert!(found > 5 && found + harmless > 100, "{found} found, {harmless} harmless");
}

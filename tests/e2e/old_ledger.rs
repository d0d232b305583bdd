//! Ledgers of earlier formats, built from the released migrations with the rows and the chain of real work: the program migrates
//! them, continues their chain, and `ledger verify` finds later changes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use baton_core::Digest;
use baton_tests::{Workspace, repository};
use rusqlite::{Connection, params};
use serde_json::Value;

/// Formats before ledger ids (9) and before table checksums (13: `sums`, `sealed`).
const FORMATS: [i64; 3] = [2, 8, 12];

/// The former name of the state `rejected`.
const FORMER_REJECTED: &str = "quarantined";

/// A workspace with a done, an open and an unreadable handoff.
fn workspace_with_history() -> Workspace {
    let workspace = Workspace::with_noop();
    workspace.drop_handoff("noop", "Done");
    workspace.drop_handoff("Cursor-MM1", "Open");
    workspace.drop_file("noop", "unreadable.json", "{\"title\": ");
    // Baton waits a minute for the rest of a file that seems to be incomplete.
    let unreadable = File::options().append(true).open(workspace.inbox_of("noop").join("unreadable.json")).unwrap();
    unreadable.set_modified(SystemTime::now() - Duration::from_hours(2)).unwrap();
    workspace.up_once();
    workspace
}

fn migrations(format: i64) -> String {
    let step = |number| repository().join(format!("host/ledger/migrations/{number:04}.sql"));
    (1..=format).map(|number| fs::read_to_string(step(number)).unwrap()).collect()
}

fn names(ledger: &Connection, sql: &str, of: &str) -> Vec<String> {
    let mut select = ledger.prepare(sql).unwrap();
    select.query_map([of], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Rebuilds the ledger in an earlier format, as a version of that time would have written it. Returns the hashes of its events.
fn rebuild(workspace: &Workspace, format: i64) -> Vec<String> {
    let (ledger, newer) = (ledger(workspace), workspace.outside().join("newer.db"));
    workspace.baton(&["backup", newer.to_str().unwrap()]).ended(0);
    for ending in ["", "-wal", "-shm"] {
        drop(fs::remove_file(with_ending(&ledger, ending)));
    }
    let old = Connection::open(&ledger).unwrap();
    old.execute_batch(&migrations(format)).unwrap();
    old.pragma_update(None, "user_version", format).unwrap();
    old.execute("ATTACH ?1 AS newer", [newer.to_str().unwrap()]).unwrap();
    let tables = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT IN ('events', ?1)
                  AND name IN (SELECT name FROM newer.sqlite_schema)";
    for table in names(&old, tables, "pruned") {
        let columns =
            "SELECT name FROM pragma_table_info(?1, 'main') INTERSECT SELECT name FROM pragma_table_info(?1, 'newer')";
        let columns = names(&old, columns, &table).join(", ");
        old.execute_batch(&format!(
            "INSERT OR REPLACE INTO main.{table} ({columns}) SELECT {columns} FROM newer.{table}"
        ))
        .unwrap();
    }
    old.execute("UPDATE tasks SET state = ?1 WHERE state = 'rejected'", [FORMER_REJECTED]).unwrap();
    let chain = copy_events(&old);
    old.execute_batch("DETACH newer; PRAGMA journal_mode = WAL").unwrap();
    drop(old);
    chain
}

/// Copies all events except `sealed` (added in format 13), and computes their hash chain again.
fn copy_events(old: &Connection) -> Vec<String> {
    let select =
        "SELECT task, at, actor, action, reason, replace(state, 'rejected', 'quarantined'), input_hash, output_hash,
                  plugin_digest FROM newer.events WHERE action <> 'sealed' ORDER BY seq";
    let mut select = old.prepare(select).unwrap();
    let mut rows = select.query([]).unwrap();
    let mut hashes = vec!["0".repeat(64)];
    while let Some(row) = rows.next().unwrap() {
        let prev = hashes.last().unwrap().clone();
        let at: i64 = row.get(1).unwrap();
        let text = |column: usize| row.get::<_, Option<String>>(column).unwrap();
        let columns: Vec<String> =
            (0..9).map(|column| if column == 1 { at.to_string() } else { text(column).unwrap_or_default() }).collect();
        let parts: Vec<&[u8]> = std::iter::once(prev.as_bytes()).chain(columns.iter().map(String::as_bytes)).collect();
        let hash = Digest::of_parts(&parts).to_string();
        let insert = "INSERT INTO main.events (task, at, actor, action, reason, state, input_hash, output_hash, plugin_digest, prev, hash)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let [task, actor, action, reason, state] = [0, 2, 3, 4, 5].map(text);
        let [input, output, plugin] = [6, 7, 8].map(text);
        old.execute(insert, params![task, at, actor, action, reason, state, input, output, plugin, prev, hash])
            .unwrap();
        hashes.push(hash);
    }
    hashes.remove(0);
    hashes
}

/// Removes the files outside of the ledger that versions of that time did not write.
fn remove_newer_files(workspace: &Workspace) {
    fs::remove_file(workspace.root().join(".baton-ledger")).unwrap();
    for agent in fs::read_dir(workspace.root().join("handoffs")).unwrap().flatten() {
        drop(fs::remove_file(agent.path().join(".baton-owner")));
    }
}

fn with_ending(ledger: &Path, ending: &str) -> PathBuf {
    let mut path = ledger.as_os_str().to_owned();
    path.push(ending);
    path.into()
}

fn ledger(workspace: &Workspace) -> PathBuf {
    workspace.state_folder().join("ledger.db")
}

/// The hashes of the exported events.
fn exported(workspace: &Workspace) -> Vec<String> {
    let lines = workspace.baton(&["ledger", "export"]).ended(0).stdout;
    let events = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.filter_map(|event| event["hash"].as_str().map(str::to_owned)).collect()
}

#[test]
fn an_old_ledger_is_migrated_its_chain_continues_and_its_rows_are_bound() {
    for format in FORMATS {
        let workspace = workspace_with_history();
        let chain = rebuild(&workspace, format);
        assert!(chain.len() > 6, "{chain:?}");
        remove_newer_files(&workspace);
        workspace.drop_handoff("noop", "After");
        workspace.up_once();
        let current: i64 = Connection::open(ledger(&workspace))
            .unwrap()
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert!(current > 20, "format {format} became {current}");
        assert_eq!(workspace.task("After").state, "succeeded", "format {format}");
        assert_eq!(workspace.task("Done").state, "succeeded", "format {format}");
        assert_eq!(workspace.task("Open").state, "delivered", "format {format}");
        assert!(workspace.status().iter().any(|task| task.state == "rejected"), "format {format}");
        let after = exported(&workspace);
        assert!(after.starts_with(&chain) && after.len() > chain.len(), "format {format}: the chain continues");
        let verified =
            workspace.baton(&["ledger", "verify", "--json", "--head", chain.last().unwrap()]).ended(0).json();
        assert_eq!(verified["sound"], true, "format {format}: {verified}");

        let sql = "UPDATE tasks SET title = 'edited' WHERE title = 'Done'";
        assert_eq!(Connection::open(ledger(&workspace)).unwrap().execute(sql, []).unwrap(), 1);
        workspace.baton(&["ledger", "verify"]).ended(1);
    }
}

#[test]
fn an_old_ledger_with_an_edited_event_is_migrated_and_the_edit_is_found() {
    let workspace = workspace_with_history();
    rebuild(&workspace, 8);
    remove_newer_files(&workspace);
    let sql = "UPDATE events SET reason = 'edited' WHERE seq = 2";
    assert_eq!(Connection::open(ledger(&workspace)).unwrap().execute(sql, []).unwrap(), 1);
    workspace.baton(&["up", "--once"]);
    let verified = workspace.baton(&["ledger", "verify"]).ended(1).stdout;
    assert!(verified.contains("event 2"), "{verified}");
}

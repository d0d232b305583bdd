//! Databases of other programs.

use baton_plugin_sdk::sql::{Error as SqlError, Snapshot, Value};
use baton_plugin_sdk::{Error, Outcome, Task};

use super::args::{folder, text};

fn path(task: &Task) -> Result<String, Error> {
    let file = text(task, "file")?;
    Ok(if file.starts_with('/') { file } else { format!("{}/{file}", folder(task)?) })
}

/// Counts rows twice: with one query, and with a cursor that outlives its snapshot. The writer adds the rows in pairs `(n, n)`.
pub(super) fn count(task: &Task) -> Result<Outcome, Error> {
    let snapshot = Snapshot::open(&path(task)?)?;
    let told = snapshot.query("SELECT count(*), coalesce(sum(a - b), 0), max(a) FROM t", &[])?;
    let numbers: Vec<i64> = told.rows.first().into_iter().flatten().filter_map(Value::as_integer).collect();
    let form = snapshot.query("PRAGMA user_version", &[])?.integer().unwrap_or_default();
    let rows = snapshot.rows("SELECT a FROM t", &[])?;
    drop(snapshot);
    let mut walked = 0_i64;
    for row in rows {
        row?;
        walked += 1;
    }
    if numbers.first() != Some(&walked) {
        return Err(Error::Permanent(format!("OPEN: {walked} rows were walked, {numbers:?} counted")));
    }
    Ok(Outcome::new(format!("rows {walked} form {form} rest {:?}", numbers.get(1..).unwrap_or_default())))
}

/// Tries to read outside of a snapshot, and to have more snapshots than the limit.
pub(super) fn attack(task: &Task) -> Result<Outcome, Error> {
    let path = path(task)?;
    let mut lines = Vec::new();
    let snapshot = Snapshot::open(&path)?;
    for statement in [
        "INSERT INTO t VALUES (1, 1)",
        "DELETE FROM t",
        "CREATE TABLE u (a)",
        "PRAGMA user_version = 9",
        "PRAGMA journal_mode = WAL",
        "ATTACH 'other.db' AS o",
        "VACUUM INTO 'other.db'",
        "BEGIN",
        "SELECT load_extension('x')",
    ] {
        lines.push(match snapshot.query(statement, &[]) {
            Ok(_) => format!("OPEN: {statement}"),
            Err(error) => format!("shut: {statement}: {error:?}"),
        });
    }
    let second = Snapshot::open(&path)?;
    let cursor = snapshot.rows("SELECT a FROM t", &[])?;
    lines.push(match Snapshot::open(&path) {
        Err(SqlError::TooLarge(text)) => format!("shut: {text}"),
        other => format!("OPEN: a third snapshot: {other:?}"),
    });
    drop(snapshot);
    lines.push(match Snapshot::open(&path) {
        Err(SqlError::TooLarge(_)) => "shut: the cursor still has it".to_owned(),
        other => format!("OPEN: a third snapshot beside a cursor: {other:?}"),
    });
    drop((cursor, second));
    Snapshot::open(&path)?;
    let open = lines.iter().filter(|line| line.starts_with("OPEN")).count();
    Ok(Outcome::new(format!("{open} open\n{}", lines.join("\n"))))
}

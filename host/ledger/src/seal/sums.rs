//! Updates the sums: triggers on each writing connection do this, and migrations do it for their own changes.

use std::collections::BTreeMap;

use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OptionalExtension, params};

use super::digest::{RowDigest, Sum};
use super::{FORM, SCHEMA};
use crate::LedgerError;

pub(super) const ACTION: &str = "sealed";

/// The task id in events with a seal. No task has this id, because task ids are hexadecimal digits. An event with a seal may
/// be pruned, unlike the record of a prune.
pub(super) const TASK: &str = "rows";

/// The number of rows of a table and the sum of their digests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TableSum {
    pub(super) rows: i64,
    pub(super) sum: Sum,
}

/// The sums of the current rows, by table.
pub(super) type TableSums = BTreeMap<String, TableSum>;

/// A row of `sums`.
#[derive(Clone, Copy, Debug)]
pub(super) struct StoredSum {
    pub(super) sum: TableSum,
    /// True if an event of the chain confirms the sum.
    pub(super) sealed: bool,
}

/// The stored sums, by table.
pub(super) type StoredSums = BTreeMap<String, StoredSum>;

/// The sums before a migration; `None` if no migration is needed.
pub(crate) struct SumsBeforeMigration(Option<TableSums>);

/// The tables with sums: all except the table of sums and SQLite's own tables.
fn tables(connection: &Connection) -> Result<Vec<String>, LedgerError> {
    let sql = "SELECT name FROM main.sqlite_schema
               WHERE type = 'table' AND name <> 'sums' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    let mut select = connection.prepare(sql)?;
    let rows = select.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The columns of a table that are summed, as SQL. `row` is `NEW.`, `OLD.` or empty. For an event, these columns are its
/// number and its hash. The bytes of files are not summed: the row has their digest, and a check compares the bytes with the
/// digest.
fn expressions(connection: &Connection, table: &str, row: &str) -> Result<String, LedgerError> {
    if table == "events" {
        return Ok(format!("{row}seq, {row}hash"));
    }
    let mut select = connection.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
    let columns = select.query_map([table], |row| row.get::<_, String>(0))?;
    let has_digest = matches!(table, "inputs" | "outbox");
    let columns = columns.map(|column| {
        let column = column?;
        let bytes = has_digest && column == "bytes";
        Ok(if bytes { format!("length({row}\"{column}\")") } else { format!("{row}\"{column}\"") })
    });
    Ok(columns.collect::<Result<Vec<_>, rusqlite::Error>>()?.join(", "))
}

/// Reads every row and computes the sums.
pub(super) fn compute(connection: &Connection) -> Result<TableSums, LedgerError> {
    let mut sums = TableSums::new();
    for table in tables(connection)? {
        let sql = format!("SELECT {} FROM main.\"{table}\"", expressions(connection, &table, "")?);
        sums.insert(table.clone(), of_query(connection, &table, &sql)?);
    }
    let schema = "SELECT type, name, tbl_name, sql FROM main.sqlite_schema";
    sums.insert(SCHEMA.to_owned(), of_query(connection, SCHEMA, schema)?);
    Ok(sums)
}

fn of_query(connection: &Connection, table: &str, sql: &str) -> Result<TableSum, LedgerError> {
    let mut select = connection.prepare(sql)?;
    let columns = select.column_count();
    let mut rows = select.query([])?;
    let mut all = TableSum::default();
    while let Some(row) = rows.next()? {
        let mut digest = RowDigest::of_table(table);
        for column in 0..columns {
            digest.value(row.get_ref(column)?);
        }
        all.rows += 1;
        all.sum.add(digest.end());
    }
    Ok(all)
}

/// Reads the stored sums.
pub(super) fn stored(connection: &Connection) -> Result<StoredSums, LedgerError> {
    let mut select = connection.prepare("SELECT name, rows, sum, sealed FROM main.sums ORDER BY name")?;
    let rows = select.query_map([], |row| {
        let sum = row.get_ref(2)?.as_bytes().ok().and_then(Sum::from_bytes).unwrap_or(Sum::NONE);
        let sum = TableSum { rows: row.get(1)?, sum };
        Ok((row.get(0)?, StoredSum { sum, sealed: row.get(3)? }))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Whether the ledger has a format without sums although its chain has seals. If so, another program has changed the format
/// number to bypass the sums.
pub(super) fn was_set_back(connection: &Connection, form: i64) -> Result<bool, LedgerError> {
    Ok((1..FORM).contains(&form) && last(connection)?.is_some())
}

pub(super) struct Seal {
    /// The number of the event.
    pub(super) seq: i64,
    pub(super) digest: Option<String>,
}

pub(super) fn last(connection: &Connection) -> Result<Option<Seal>, LedgerError> {
    let sql = "SELECT seq, output_hash FROM events WHERE task = ?1 AND action = ?2 ORDER BY seq DESC LIMIT 1";
    let seal = connection.query_row(sql, [TASK, ACTION], |row| Ok(Seal { seq: row.get(0)?, digest: row.get(1)? }));
    Ok(seal.optional()?)
}

/// Computes the sums of the rows before the migration from format `form`. The migration may change rows.
pub(crate) fn before_migration(
    connection: &Connection,
    form: i64,
    known: i64,
) -> Result<SumsBeforeMigration, LedgerError> {
    if was_set_back(connection, form)? {
        return Err(LedgerError::Corrupt { what: "a format that is older than its seals", value: form.to_string() });
    }
    Ok(SumsBeforeMigration(match form {
        _ if form == known => None,
        FORM.. => Some(compute(connection)?),
        // If there were no sums, every row counts as added.
        _ => Some(TableSums::new()),
    }))
}

/// Adds the changes that the migration made to the sums. So if another program changed a row before the migration, this row
/// still does not match its sum.
pub(crate) fn after_migration(connection: &Connection, before: SumsBeforeMigration) -> Result<(), LedgerError> {
    let Some(before) = before.0 else { return Ok(()) };
    let had = stored(connection)?;
    let now = compute(connection)?;
    connection.execute("DELETE FROM main.sums", [])?;
    for (name, now) in now {
        let old = before.get(&name).copied().unwrap_or_default();
        let mut kept = had.get(&name).map(|stored| stored.sum).unwrap_or_default();
        kept.rows += now.rows - old.rows;
        kept.sum.add(now.sum);
        kept.sum.subtract(old.sum);
        connection.execute(
            "INSERT INTO main.sums (name, rows, sum, sealed) VALUES (?1, ?2, ?3, 0)",
            params![name, kept.rows, kept.sum.as_bytes()],
        )?;
    }
    Ok(())
}

/// Adds every later change through `connection` to the sums. All writing connections of Baton must use this function.
pub fn keep(connection: &Connection) -> Result<(), LedgerError> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    for (name, sign) in [("baton_sum_add", 1), ("baton_sum_subtract", -1)] {
        connection.create_scalar_function(name, -1, flags, move |context| {
            let mut sum = Sum::from_bytes(context.get_raw(0).as_bytes().unwrap_or_default()).unwrap_or_default();
            let table = context.get_raw(1).as_str().unwrap_or_default();
            let mut digest = RowDigest::of_table(table);
            for number in 2..context.len() {
                digest.value(context.get_raw(number));
            }
            if sign > 0 {
                sum.add(digest.end());
            } else {
                sum.subtract(digest.end());
            }
            Ok(sum.as_bytes().to_vec())
        })?;
    }
    // With this setting, a REPLACE also runs the trigger for the deleted row. Otherwise the sum would still contain the
    // deleted row.
    connection.pragma_update(None, "recursive_triggers", "ON")?;
    // The triggers are in the temporary schema, which needs no file.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    let mut triggers = String::new();
    for table in tables(connection)? {
        triggers.push_str(&triggers_of(connection, &table)?);
    }
    Ok(connection.execute_batch(&triggers)?)
}

fn triggers_of(connection: &Connection, table: &str) -> Result<String, LedgerError> {
    let (new, old) = (expressions(connection, table, "NEW.")?, expressions(connection, table, "OLD.")?);
    let add = |sum: &str| format!("baton_sum_add({sum}, '{table}', {new})");
    let subtract = format!("baton_sum_subtract(sum, '{table}', {old})");
    let trigger = |event: &str, rows: &str, sum: &str| {
        format!(
            "CREATE TEMP TRIGGER \"sum_{table}_{event}\" AFTER {event} ON main.\"{table}\" BEGIN
               UPDATE sums SET rows = rows {rows}, sum = {sum}, sealed = 0 WHERE name = '{table}';
             END;"
        )
    };
    Ok([
        trigger("INSERT", "+ 1", &add("sum")),
        trigger("DELETE", "- 1", &subtract),
        trigger("UPDATE", "+ 0", &add(&subtract)),
    ]
    .concat())
}

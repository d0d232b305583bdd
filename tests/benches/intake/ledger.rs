//! A ledger with a million events: the time of `baton status` and `baton why`, as whole commands.
//!
//! The program writes the rows of one handoff into a ledger. The bench then copies these rows, each copy with a separate id,
//! handoff, file and bytes, until the chain has the wanted length. It writes the copies without the program, in the order of
//! the chain and with its hashes. `baton ledger verify` must find the chain valid before the measurement.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use baton_core::Digest;
use baton_tests::{Workspace, sha256};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use crate::drain::spread;
use crate::latency::ms;
use crate::place::UsedFolders;
use crate::process::up_once;
use crate::report::{Report, Row};
use crate::samples::Samples;
use crate::{Scale, place};

/// The number of counted runs of each command. One run before them is not counted.
const RUNS: u32 = 10;

/// The number of tasks in one transaction while the ledger is made.
const BATCH: u32 = 10_000;

/// The columns that are hashed, in the order of the rule (`baton ledger export --help`); `prev` comes before them.
const HASHED: [&str; 9] =
    ["task", "at", "actor", "action", "reason", "state", "input_hash", "output_hash", "plugin_digest"];

/// Measures and reports.
///
/// # Errors
/// When the ledger cannot be made, is not sound, or a command fails.
pub(crate) fn run(scale: Scale, report: &mut Report, used: &mut UsedFolders) -> anyhow::Result<()> {
    let workspace = Workspace::with_noop();
    let begun = Instant::now();
    let made = make(&workspace, scale.events)?;
    report.part(format!(
        "A ledger of {} events and {} tasks, {} MiB, made in {:.0} s; whole commands, pages in memory",
        made.events,
        made.tasks,
        made.file.metadata()?.len() >> 20,
        begun.elapsed().as_secs_f64()
    ));
    let middle = made.tasks / 2;
    let (id, file, handoff) = (task_id(middle), place::name(middle), handoff_id(middle));
    let prefix = id.get(..10).unwrap_or(&id);
    let commands: [(&str, &[&str], bool); 6] = [
        ("status", &["status"], true),
        ("why ID", &["why", &id], true),
        ("why PREFIX", &["why", prefix], true),
        ("why HANDOFF-ID", &["why", &handoff], true),
        ("why FILE", &["why", &file], true),
        ("agents", &["agents"], false),
    ];
    for (name, args, wanted) in commands {
        let times = time(&workspace, args, RUNS)?;
        report.samples(&format!("{name}, ms"), &times);
        let row = Row::new(format!("baton {name}"), format!("{:.1} ms", times.median()), spread(&times, 1));
        report.row(if wanted { row.aim("< 100 ms", times.median() < 100.0) } else { row });
    }
    let verified = time(&workspace, &["ledger", "verify"], 1)?;
    report.row(Row::new(
        "baton ledger verify",
        format!("{:.1} s", verified.median() / 1_000.0),
        "1 run, finds it sound",
    ));
    let once = up_once(&workspace)?;
    let memory = once.peak_mib.map(|mib| format!(", at most {mib:.0} MiB")).unwrap_or_default();
    report.row(Row::new(
        "baton up --once, nothing to do",
        format!("{:.0} ms", ms(once.wall)),
        format!("1 run{memory}"),
    ));
    used.keep(workspace);
    Ok(())
}

/// Runs a command of the program once without counting it and then `runs` times, and returns the milliseconds of each run.
fn time(workspace: &Workspace, args: &[&str], runs: u32) -> anyhow::Result<Samples> {
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    once(&mut command)?;
    let times: Vec<Duration> = (0..runs).map(|_| once(&mut command)).collect::<Result<_, _>>()?;
    Ok(Samples::of(times.into_iter().map(ms)))
}

fn once(command: &mut Command) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    let status = command.status()?;
    let took = begun.elapsed();
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(took)
}

/// The generated ledger.
struct GeneratedLedger {
    file: PathBuf,
    tasks: u32,
    events: u32,
}

/// The rows of one handoff, table by table.
struct HandoffRows {
    tables: Vec<Table>,
    events: Table,
    /// The values that identify the handoff in the rows.
    id: String,
    hash: String,
}

struct Table {
    name: &'static str,
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
}

fn make(workspace: &Workspace, events: u32) -> anyhow::Result<GeneratedLedger> {
    workspace.drop_file("noop", &place::name(0), place::bytes(0));
    workspace.up_once();
    let file = find(workspace.outside()).context("the program made no ledger.db")?;
    let mut ledger = Connection::open(&file)?;
    baton_ledger::seal::keep(&ledger)?;
    ledger.pragma_update(None, "synchronous", "OFF")?;
    ledger.pragma_update(None, "cache_size", -512 * 1024)?;
    let way = HandoffRows::read(&ledger)?;
    let length = u32::try_from(way.events.rows.len())?;
    let tasks = (events / length).max(2);
    let mut head: String =
        ledger.query_row("SELECT hash FROM events ORDER BY seq DESC LIMIT 1", [], |row| row.get(0))?;
    for batch in (1..tasks).collect::<Vec<_>>().chunks(usize::try_from(BATCH)?) {
        let transaction = ledger.transaction()?;
        for number in batch {
            head = way.copy(&transaction, *number, head)?;
        }
        transaction.commit()?;
    }
    ledger.pragma_update(None, "wal_checkpoint", "TRUNCATE")?;
    drop(ledger);
    Ok(GeneratedLedger { file, tasks, events: tasks * length })
}

/// The only ledger below `folder`.
fn find(folder: &Path) -> Option<PathBuf> {
    let mut entries = std::fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    entries.find_map(|path| {
        let real_folder = path.symlink_metadata().is_ok_and(|found| found.is_dir());
        if real_folder { find(&path) } else { (path.file_name()? == "ledger.db").then_some(path) }
    })
}

/// The `handoff_id` that `place::bytes` writes.
fn handoff_id(number: u32) -> String {
    format!("id-job-{number:06}")
}

/// The id of a copied task: any sixteen hexadecimal digits.
fn task_id(number: u32) -> String {
    Digest::of(&number.to_le_bytes()).short(16)
}

impl HandoffRows {
    fn read(ledger: &Connection) -> anyhow::Result<Self> {
        let (id, hash): (String, String) =
            ledger.query_row("SELECT id, input FROM tasks WHERE agent = 'noop'", [], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        let table = |name, key: &str, of: &str| Table::read(ledger, name, key, of);
        let tables = vec![table("tasks", "id", &id)?, table("inputs", "hash", &hash)?, table("outbox", "task", &id)?];
        Ok(Self { tables, events: table("events", "task", &id)?, id, hash })
    }

    /// Writes the rows of the handoff `number`; returns the new head of the chain.
    fn copy(&self, ledger: &Connection, number: u32, mut head: String) -> anyhow::Result<String> {
        let bytes = place::bytes(number);
        let (id, hash) = (task_id(number), sha256(&bytes));
        let swap = RowRewriter { way: self, number, id: &id, hash: &hash };
        for table in &self.tables {
            for row in &table.rows {
                table.insert(
                    ledger,
                    table.columns.iter().zip(row).map(|(column, value)| match column.as_str() {
                        "bytes" if table.name == "inputs" => Value::Blob(bytes.clone()),
                        column => swap.value(column, value),
                    }),
                )?;
            }
        }
        for row in &self.events.rows {
            let columns = &self.events.columns;
            let mut row: Vec<Value> =
                columns.iter().zip(row).map(|(column, value)| swap.value(column, value)).collect();
            let next = chained(&head, columns, &row);
            for (column, value) in columns.iter().zip(&mut row) {
                match column.as_str() {
                    "prev" => *value = Value::Text(head.clone()),
                    "hash" => *value = Value::Text(next.clone()),
                    _ => {}
                }
            }
            self.events.insert(ledger, row.into_iter())?;
            head = next;
        }
        Ok(head)
    }
}

/// Converts the values of the first handoff to those of another one.
struct RowRewriter<'a> {
    way: &'a HandoffRows,
    number: u32,
    id: &'a str,
    hash: &'a str,
}

impl RowRewriter<'_> {
    fn value(&self, column: &str, value: &Value) -> Value {
        match (column, value) {
            // SQLite numbers the rows.
            ("seq", _) | ("id", Value::Integer(_)) => Value::Null,
            ("dedupe_key" | "substance", Value::Text(_)) => {
                Value::Text(sha256(format!("{column} {}", self.id).as_bytes()))
            }
            // The copies are one second apart.
            ("at" | "created_at" | "returned_at" | "archived_at", Value::Integer(at)) => {
                Value::Integer(at + i64::from(self.number) * 1_000)
            }
            (_, Value::Text(text)) => Value::Text(self.text(text)),
            (_, other) => other.clone(),
        }
    }

    fn text(&self, text: &str) -> String {
        let digits = format!("{:06}", self.number);
        text.replace(&self.way.id, self.id)
            .replace(&self.way.hash, self.hash)
            .replace("job-000000", &format!("job-{digits}"))
            .replace("Job-000000", &format!("Job-{digits}"))
            .replace("Job 000000", &format!("Job {digits}"))
    }
}

impl Table {
    fn read(ledger: &Connection, name: &'static str, key: &str, of: &str) -> anyhow::Result<Self> {
        let mut select = ledger.prepare(&format!("SELECT * FROM {name} WHERE {key} = ?1 ORDER BY rowid"))?;
        let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
        let width = columns.len();
        let rows = select.query_map([of], |row| (0..width).map(|column| row.get(column)).collect())?;
        let rows = rows.collect::<Result<Vec<Vec<Value>>, _>>()?;
        ensure!(!rows.is_empty(), "the program left no row in `{name}`");
        Ok(Self { name, columns, rows })
    }

    fn insert(&self, ledger: &Connection, values: impl Iterator<Item = Value>) -> anyhow::Result<()> {
        let places = vec!["?"; self.columns.len()].join(", ");
        let sql = format!("INSERT INTO {} ({}) VALUES ({places})", self.name, self.columns.join(", "));
        ledger.prepare_cached(&sql)?.execute(params_from_iter(values))?;
        Ok(())
    }
}

/// The hash of an event with these columns. `prev` is the hash of the event before.
fn chained(prev: &str, columns: &[String], row: &[Value]) -> String {
    let text = |wanted: &&str| {
        let found = columns.iter().zip(row).find(|(column, _)| column == wanted);
        match found.map(|(_, value)| value) {
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Integer(number)) => number.to_string(),
            _ => String::new(),
        }
    };
    let texts: Vec<String> = std::iter::once(prev.to_owned()).chain(HASHED.iter().map(text)).collect();
    Digest::of_parts(&texts.iter().map(String::as_bytes).collect::<Vec<_>>()).to_string()
}

//! A plugin that stores data. The tests of `sql` and `git` run it, with valid work and attacks.
//!
//! It reports every successful attack with a line that begins with `OPEN`.

mod attack;
mod catalog;
mod grind;
mod history;
mod migrate;

use baton_plugin_sdk::sql::{self, Error as SqlError};
use baton_plugin_sdk::{Error, Outcome, Plugin, Task};

/// The plugin.
pub struct Store;

/// A query without an end.
const ENDLESS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

impl Plugin for Store {
    fn run(task: Task) -> Result<Outcome, Error> {
        match task.action.as_str() {
            "fill" => catalog::fill(&task),
            "look" => catalog::look(),
            "walk" => walk(),
            "attack" => Ok(attack::databases(&outside(&task)?)),
            "overfill" => overfill(),
            "endless" => endless(),
            "endless-to-the-end" => loop {
                // Each query ends after 10 s. The task may take 30 s.
                drop(sql::own().query(ENDLESS, &[]));
            },
            "grind" => grind::ask(&task),
            "one-row" => grind::one_row(),
            "fill-the-log" => grind::fill_the_log(),
            "migrate" => migrate::migrate(&task),
            "migrate-together" => migrate::migrate_together(&task),
            "transfer" => migrate::transfer(&task),
            "history" => history::tell(),
            "break-out" => Ok(history::break_out(&outside(&task)?)),
            _ => count(),
        }
    }
}

/// The path outside of the plugin's grants to which the plugin tries to write.
fn outside(task: &Task) -> Result<String, Error> {
    task.arg_str("outside")?.ok_or_else(|| Error::Permanent("there is no `outside`".to_owned()))
}

fn count() -> Result<Outcome, Error> {
    let own = sql::own();
    own.execute("CREATE TABLE IF NOT EXISTS calls (id INTEGER PRIMARY KEY)", &[])?;
    own.execute("INSERT INTO calls DEFAULT VALUES", &[])?;
    let calls = own.query("SELECT count(*) FROM calls", &[])?.integer().unwrap_or_default();
    Ok(Outcome::new(format!("Called {calls} times.")))
}

fn walk() -> Result<Outcome, Error> {
    let own = sql::own();
    own.execute("CREATE TABLE IF NOT EXISTS walked (n INTEGER PRIMARY KEY, text TEXT)", &[])?;
    let text = "x".repeat(200);
    let rows = (0..50_000_i64).map(|n| vec![n.into(), text.as_str().into()]);
    own.batch("INSERT INTO walked VALUES (?1, ?2) ON CONFLICT DO NOTHING", rows)?;
    let (mut seen, mut sum) = (0_u32, 0);
    for row in own.rows("SELECT n, text FROM walked ORDER BY n", &[])? {
        sum += row?.first().and_then(sql::Value::as_integer).unwrap_or_default();
        seen += 1;
    }
    Ok(Outcome::new(format!("Walked {seen} rows, sum {sum}.")))
}

fn overfill() -> Result<Outcome, Error> {
    let own = sql::own();
    own.execute("CREATE TABLE IF NOT EXISTS heap (bytes BLOB)", &[])?;
    let fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 50)
                INSERT INTO heap SELECT zeroblob(1000000) FROM n";
    loop {
        own.execute(fill, &[])?;
    }
}

fn endless() -> Result<Outcome, Error> {
    match sql::own().query(ENDLESS, &[]) {
        Err(SqlError::Timeout(text)) => Ok(Outcome::new(format!("Was ended: {text}."))),
        other => Err(Error::Permanent(format!("it ended otherwise: {other:?}"))),
    }
}

baton_plugin_sdk::plugin!(Store, "../manifest.json");

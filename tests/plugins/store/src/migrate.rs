//! Migrations of the plugin's own tables, and a transaction that fails in the middle.

use baton_plugin_sdk::sql::{self, statement};
use baton_plugin_sdk::{Error, Outcome, Task};

/// The third step fails at its second statement.
const STEPS: [&[&str]; 3] = [
    &["CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE)"],
    &["ALTER TABLE notes ADD COLUMN made INTEGER", "INSERT INTO notes (text, made) VALUES ('second', 2)"],
    &["INSERT INTO notes (text) VALUES ('half')", "INSERT INTO nowhere VALUES (1)"],
];

/// The number of steps that are run.
#[derive(serde::Deserialize)]
struct Args {
    steps: usize,
}

/// Runs some of the steps, and reports the content.
pub(crate) fn migrate(task: &Task) -> Result<Outcome, Error> {
    let Args { steps } = task.args_as()?;
    let own = sql::own();
    let error = own.migrate(STEPS.get(..steps).unwrap_or(&STEPS)).err();
    let form = own.query("PRAGMA user_version", &[])?.integer().unwrap_or_default();
    let notes = own.query("SELECT count(*) FROM notes", &[])?.integer().unwrap_or_default();
    let error = error.map_or_else(|| "no error".to_owned(), |error| error.to_string());
    Ok(Outcome::new(format!("Form {form}, {notes} notes, {error}.")))
}

/// Writes two texts in one transaction. With `fails`, the second text already exists.
pub(crate) fn transfer(task: &Task) -> Result<Outcome, Error> {
    let own = sql::own();
    let put = "INSERT INTO notes (text) VALUES (?1)";
    let second = if task.arg_str("fails")?.is_some() { "one" } else { "two" };
    let done = own.transaction(&[statement(put, ["one".into()]), statement(put, [second.into()])]);
    let notes = own.query("SELECT count(*) FROM notes", &[])?.integer().unwrap_or_default();
    let done = done.map_or_else(|error| error.to_string(), |changes| format!("changed {changes:?}"));
    Ok(Outcome::new(format!("{notes} notes, {done}.")))
}

/// Migrates at the same time as another attempt, with steps that could run twice, and reports how often they ran.
pub(crate) fn migrate_together(task: &Task) -> Result<Outcome, Error> {
    const MAKE: &[&str] = &["CREATE TABLE IF NOT EXISTS made (step INTEGER NOT NULL)"];
    const COUNT: &[&str] = &["INSERT INTO made SELECT user_version FROM pragma_user_version"];
    let own = sql::own();
    own.execute("CREATE TABLE IF NOT EXISTS attempts (task TEXT PRIMARY KEY)", &[])?;
    own.execute("INSERT INTO attempts VALUES (?1) ON CONFLICT DO NOTHING", &[task.id.as_str().into()])?;
    // If the other attempt does not start, the time limit ends this attempt.
    while own.query("SELECT count(*) FROM attempts", &[])?.integer() < Some(2) {}
    let mut steps = vec![COUNT; 400];
    steps.insert(0, MAKE);
    own.migrate(&steps)?;
    let form = own.query("PRAGMA user_version", &[])?.integer().unwrap_or_default();
    let counts = own.query("SELECT count(*), count(DISTINCT step) FROM made", &[])?;
    let count = |at: usize| counts.rows.first().and_then(|row| row.get(at)?.as_integer()).unwrap_or_default();
    Ok(Outcome::new(format!("Form {form}, {} steps made, {} different ones.", count(0), count(1))))
}

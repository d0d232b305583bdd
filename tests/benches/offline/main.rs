//! Measures actions of the bundled plugins without network: a whole `baton run` through the sandbox, each compared in the same run
//! with a Python script that a user would write for the same purpose.
//!
//! `cargo xtask bench offline` builds the program and runs this; `--only PART` runs one part, `--json` prints JSON. The bench fails
//! if a result is wrong, and does not fail if a figure is slow.

mod djay;
mod drive;
mod import;
#[path = "../intake/options.rs"]
mod options;

use serde_json::{Map, Value};

use self::options::BenchOptions;

/// A part: its name, and the function that measures it and returns its figures.
type Part = (&'static str, fn() -> anyhow::Result<Value>);

const PARTS: [Part; 3] = [("djay", djay::run), ("import", import::run), ("drive", drive::run)];

fn main() -> anyhow::Result<()> {
    let names = PARTS.map(|(name, _)| name);
    let options = BenchOptions::read(&names, "", |_, _| Ok(false))?;
    let mut figures = Map::new();
    for (name, run) in PARTS {
        if options.wants(name) {
            figures.insert(name.to_owned(), run()?);
        }
    }
    print(&Value::Object(figures), options.json);
    Ok(())
}

/// Prints the figures as JSON, or one line for each figure.
#[expect(clippy::print_stdout, reason = "the bench prints its figures")]
fn print(figures: &Value, json: bool) {
    if json {
        println!("{figures:#}");
        return;
    }
    let mut lines = Vec::new();
    flatten("", figures, &mut lines);
    println!("{}", lines.join("\n"));
}

fn flatten(name: &str, value: &Value, lines: &mut Vec<String>) {
    let below = |key: &str| if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                flatten(&below(key), value, lines);
            }
        }
        Value::Array(list) => {
            for (number, value) in list.iter().enumerate() {
                flatten(&below(&number.to_string()), value, lines);
            }
        }
        other => lines.push(format!("{name:50} {other}")),
    }
}

//! The results: rows with figure, spread and aim, as an aligned table or as JSON, and every sample in a file.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench talks to the terminal")]

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Map, Value, json};

use crate::samples::Samples;

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    what: String,
    figure: String,
    spread: String,
    aim: String,
    reached: Option<bool>,
}

impl Row {
    /// A figure without an aim.
    pub(crate) fn new(what: impl Into<String>, figure: impl Into<String>, spread: impl Into<String>) -> Self {
        let (what, figure, spread) = (what.into(), figure.into(), spread.into());
        Self { what, figure, spread, aim: String::new(), reached: None }
    }

    /// A figure with an aim.
    pub(crate) fn aim(mut self, aim: impl Into<String>, reached: bool) -> Self {
        self.aim = aim.into();
        self.reached = Some(reached);
        self
    }

    fn cells(&self) -> [&str; 5] {
        let reached = match self.reached {
            Some(true) => "reached",
            Some(false) => "NOT REACHED",
            None => "",
        };
        [&self.what, &self.figure, &self.spread, &self.aim, reached]
    }
}

/// Rows under headings, and the samples behind them.
#[derive(Debug, Default)]
pub(crate) struct Report {
    parts: Vec<(String, Vec<Row>)>,
    samples: Map<String, Value>,
}

impl Report {
    /// Begins a part.
    pub(crate) fn part(&mut self, heading: impl Into<String>) {
        let heading = heading.into();
        say(&heading);
        self.parts.push((heading, Vec::new()));
    }

    /// Adds a row to the last part.
    pub(crate) fn row(&mut self, row: Row) {
        say(&format!("  {}", row.cells().join("  ").trim_end()));
        if let Some((_, rows)) = self.parts.last_mut() {
            rows.push(row);
        }
    }

    /// Keeps the samples behind a figure.
    pub(crate) fn samples(&mut self, name: &str, samples: &Samples) {
        self.samples.insert(name.to_owned(), json!(samples.values()));
    }

    /// Adds a row for a latency in milliseconds with its percentiles. `aim` has the aims for the 50th and the 99th
    /// percentile.
    pub(crate) fn latency(&mut self, what: &str, samples: &Samples, aim: Option<(f64, f64)>) {
        self.samples(&format!("{what}, ms"), samples);
        let [p50, p90, p99] = [50, 90, 99].map(|percent| samples.percentile(percent));
        let spread = format!(
            "p90 {p90:.2}, p99 {p99:.2}, {:.2} to {:.2}, n = {}",
            samples.min(),
            samples.max(),
            samples.values().len()
        );
        let row = Row::new(what, format!("p50 {p50:.2} ms"), spread);
        self.row(match aim {
            Some((at_50, at_99)) => row.aim(format!("p50 < {at_50} ms, p99 < {at_99} ms"), p50 < at_50 && p99 < at_99),
            None => row,
        });
    }

    /// Writes the report, with every sample, to `file`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn keep(&self, file: &Path) -> anyhow::Result<()> {
        let mut all = self.as_json();
        if let Some(all) = all.as_object_mut() {
            all.insert("samples".to_owned(), Value::Object(self.samples.clone()));
        }
        fs::write(file, format!("{all:#}\n")).with_context(|| format!("failed to write {}", file.display()))?;
        say(&format!("every sample: {}", file.display()));
        Ok(())
    }

    /// Prints the table, or JSON.
    pub(crate) fn print(&self, as_json: bool) {
        if as_json {
            println!("{:#}", self.as_json());
        } else {
            print!("{}", self.as_table());
        }
    }

    fn as_json(&self) -> Value {
        let row = |row: &Row| json!({ "what": row.what, "figure": row.figure, "spread": row.spread, "aim": row.aim, "reached": row.reached });
        let part = |(heading, rows): &(String, Vec<Row>)| json!({ "heading": heading, "rows": rows.iter().map(row).collect::<Vec<_>>() });
        json!({ "schema": 1, "parts": self.parts.iter().map(part).collect::<Vec<_>>() })
    }

    fn as_table(&self) -> String {
        let mut widths = [0; 5];
        for row in self.parts.iter().flat_map(|(_, rows)| rows) {
            for (width, cell) in widths.iter_mut().zip(row.cells()) {
                *width = cell.chars().count().max(*width);
            }
        }
        let mut text = String::new();
        for (heading, rows) in &self.parts {
            text.push_str(&format!("\n{heading}\n"));
            for row in rows {
                let cells = row.cells().into_iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
                text.push_str(&format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end()));
            }
        }
        text
    }
}

/// Reports the progress of the bench: a full run takes minutes.
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

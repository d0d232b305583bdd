//! `baton status`: what there is to do and what was done.

use std::io::{BufWriter, Write as _};

use baton_core::text;
use baton_ledger::supervision;
use baton_ledger::task::{self, Summary};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Place, task_view};
use crate::exit::Code;
use crate::output::{self, Table, paint};
use crate::workspace::Workspace;

/// Show the tasks, newest first
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// How many [default: 50, all with --json]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<u32>,
}

impl Args {
    /// # Errors
    /// When there is no workspace or its ledger cannot be read.
    pub(super) fn run(self, place: &Place) -> anyhow::Result<Code> {
        let workspace = place.need()?;
        let limit = self.limit.unwrap_or(if self.json { u32::MAX } else { 50 });
        let now = Timestamp::now();
        if self.json {
            return stream(&workspace, limit, now);
        }
        let (tasks, held, reached) = match task_view::reader(&workspace)? {
            Some(reader) => (
                task::recent(&reader, limit)?,
                supervision::quarantined(&reader, now)?,
                task_view::budgets_reached(&workspace, &reader, now)?,
            ),
            None => (Vec::new(), Vec::new(), Vec::new()),
        };
        if tasks.is_empty() {
            output::note("no tasks yet: drop a handoff into an inbox (handoffs/examples/ has some) and run `baton up`");
        } else {
            output::print(&table(&tasks, now));
            for held in &held {
                output::note(&task_view::held_text(held));
            }
            for reached in &reached {
                output::note(&reached.text());
            }
        }
        Ok(Code::Good)
    }
}

/// Prints each task as soon as it is read: a ledger may be larger than the memory.
fn stream(workspace: &Workspace, limit: u32, now: Timestamp) -> anyhow::Result<Code> {
    let reader = task_view::reader(workspace)?;
    let (held, reached) = match &reader {
        Some(reader) => (supervision::quarantined(reader, now)?, task_view::budgets_reached(workspace, reader, now)?),
        None => (Vec::new(), Vec::new()),
    };
    let held: Vec<Value> = held.iter().map(task_view::held_json).collect();
    let reached: Vec<Value> = reached.iter().map(task_view::reached_json).collect();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let head = json!({ "schema": 1, "quarantined": held, "budgets_reached": reached }).to_string();
    // A reader that closes the pipe is no error.
    drop(write!(out, "{},\n\"tasks\": [", text::json(head.trim_end_matches('}'))));
    let mut before = "\n";
    let print = |task: Summary| {
        drop(write!(out, "{before}{}", text::json(&task_view::as_json(&task).to_string())));
        before = ",\n";
    };
    reader.map_or(Ok(()), |reader| task::each_recent(&reader, limit, print))?;
    drop(out.write_all(b"\n]}\n").and_then(|()| out.flush()));
    Ok(Code::Good)
}

fn table(tasks: &[Summary], now: Timestamp) -> String {
    let mut table = Table::new(&["ID", "STATE", "AGENT", "FROM", "AGE", "TITLE"]);
    for task in tasks {
        table.row([
            task.id.get(..8).unwrap_or(&task.id).to_owned(),
            task.state.to_string(),
            task.agent.clone(),
            task.sender.clone().unwrap_or_else(|| "-".to_owned()),
            task_view::age(task.created_at, now),
            output::shorten(&task.title, 60),
        ]);
    }
    table.lines(|row, column, cell| match tasks.get(row).filter(|_| column == 1) {
        Some(task) => paint(task.state, &cell),
        None => cell,
    })
}

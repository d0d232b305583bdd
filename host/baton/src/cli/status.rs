//! `baton status`: what there is to do and what was done.

use baton_ledger::supervision;
use baton_ledger::task::{self, Summary};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Place, task_view};
use crate::exit::Code;
use crate::output::{self, Table, paint};

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
        let (tasks, held) = match task_view::reader(&workspace)? {
            Some(reader) => (task::recent(&reader, limit)?, supervision::quarantined(&reader, now)?),
            None => (Vec::new(), Vec::new()),
        };
        if self.json {
            let tasks: Vec<Value> = tasks.iter().map(task_view::as_json).collect();
            let held: Vec<Value> = held.iter().map(task_view::held_json).collect();
            output::json(&json!({ "schema": 1, "tasks": tasks, "quarantined": held }));
        } else if tasks.is_empty() {
            output::note("no tasks yet: drop a handoff into an inbox (handoffs/examples/ has some) and run `baton up`");
        } else {
            output::print(&table(&tasks, now));
            for held in &held {
                output::note(&task_view::held_text(held));
            }
        }
        Ok(Code::Good)
    }
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

//! `baton status`: shows the tasks, once or with updates.

mod model;
mod reason;
mod table;
mod watch;

use std::io::{BufWriter, Write as _};
use std::time::Duration;

use baton_core::text;
use baton_ledger::LedgerError;
use baton_ledger::task::{self, TaskFilter, TaskSummary};
use jiff::Timestamp;
use serde_json::{Value, json};

use self::model::{PluginHolds, nothing, since};
use super::task_selection::TaskSelection;
use super::{WorkspaceOptions, task_view};
use crate::exit::Code;
use crate::output;
use crate::workspace::{Workspace, pause};

/// Show the tasks, newest first, and why each waits or failed
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// How many tasks to show [default: 50, all with --json]
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<u32>,
    #[command(flatten)]
    selection: TaskSelection,
    /// Only tasks of the last AGE, such as 2h or 30d
    #[arg(long, value_name = "AGE", value_parser = pause)]
    since: Option<Duration>,
    /// Update the table at each change, until Ctrl-C. With --json: one line for each task, then one for each change
    #[arg(long)]
    watch: bool,
}

impl Args {
    pub(super) fn run(mut self, options: &WorkspaceOptions) -> anyhow::Result<Code> {
        let workspace = self.selection.states_of(options).need()?;
        let limit = self.limit.unwrap_or(if self.json { u32::MAX } else { 50 });
        let filter = self.selection.filter(&workspace)?;
        if self.watch {
            return watch::watch(&workspace, filter, limit, (self.json, self.since));
        }
        let filter = since(filter, self.since);
        if self.json {
            return stream(&workspace, &filter, limit, Timestamp::now());
        }
        let now = Timestamp::now();
        let (mut tasks, holds) = match task_view::reader(&workspace)? {
            Some(reader) => {
                let tasks = task::recent(&reader, &filter, limit.saturating_add(1))?;
                (tasks, PluginHolds::read(&workspace, &reader, now)?)
            }
            None => (Vec::new(), PluginHolds::default()),
        };
        // If the user gave a limit, no note about further tasks is printed.
        if output::cut_to(&mut tasks, limit) && self.limit.is_none() {
            output::note(&format!("only the {limit} newest tasks are listed; -n N lists more"));
        }
        if tasks.is_empty() {
            output::note(nothing(&filter));
        } else {
            output::print(&table::table(&tasks, &holds, now, output::columns()));
            holds.held.iter().for_each(|held| output::note(&task_view::held_text(held)));
            holds.reached.iter().for_each(|reached| output::note(&reached.text()));
        }
        Ok(Code::Good)
    }
}

/// Prints each task as soon as it is read, because a ledger may be larger than the memory.
fn stream(workspace: &Workspace, filter: &TaskFilter, limit: u32, now: Timestamp) -> anyhow::Result<Code> {
    let reader = task_view::reader(workspace)?;
    let holds = reader
        .as_ref()
        .map_or_else(|| Ok(PluginHolds::default()), |reader| PluginHolds::read(workspace, reader, now))?;
    let held: Vec<Value> = holds.held.iter().map(task_view::held_json).collect();
    let reached: Vec<Value> = holds.reached.iter().map(task_view::reached_json).collect();
    let mut out = BufWriter::new(std::io::stdout().lock());
    let head = json!({ "schema": 1, "quarantined": held, "budgets_reached": reached }).to_string();
    // A reader that closes the pipe is not an error.
    drop(write!(out, "{},\n\"tasks\": [", text::json(head.trim_end_matches('}'))));
    let mut before = "\n";
    let print = |task: TaskSummary| {
        drop(write!(out, "{before}{}", text::json(&task_view::as_json(&task).to_string())));
        before = ",\n";
    };
    let read: Result<(), LedgerError> =
        reader.map_or(Ok(()), |reader| task::each_recent(&reader, filter, limit, print));
    read?;
    drop(out.write_all(b"\n]}\n").and_then(|()| out.flush()));
    Ok(Code::Good)
}

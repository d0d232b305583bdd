//! `baton plugin log`: shows the output of a plugin, attempt by attempt.

use baton_ledger::attempt_log::{self, AttemptLog};
use serde_json::{Value, json};

use super::Plugins;
use crate::cli::task_view;
use crate::exit::Code;
use crate::output;

/// Show what a plugin wrote to standard output and standard error in its newest attempts
///
/// Baton keeps 16 KiB of each of the newest 200 attempts with output. `baton why ID` shows those of one task.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The plugin
    name: String,
    /// How many attempts to show
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    limit: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, plugins: &Plugins) -> anyhow::Result<Code> {
        let reader = task_view::reader(&plugins.workspace)?;
        let logs = reader.map(|reader| attempt_log::of_plugin(&reader, &self.name, self.limit)).transpose()?;
        let logs = logs.unwrap_or_default();
        if logs.is_empty() {
            // This call fails for an unknown plugin. If there are logs, it is skipped, because a removed plugin may have logs.
            plugins.registry.declares(&self.name)?;
        }
        if self.json {
            let logs: Vec<Value> = logs.iter().map(as_json).collect();
            output::json(&json!({ "schema": 1, "plugin": self.name, "logs": logs }));
        } else if logs.is_empty() {
            output::note(&format!("no attempt of `{}` has written anything", output::one_line(&self.name)));
        } else {
            output::print(&logs.iter().map(as_text).collect::<String>());
        }
        Ok(Code::Good)
    }
}

fn as_text(log: &AttemptLog) -> String {
    let at = log.at.strftime("%Y-%m-%d %H:%M:%SZ");
    format!("{at}  task {} attempt {}\n{}", log.task, log.attempt, output::plugin_output(&log.text, usize::MAX))
}

/// The public JSON form of a log. `baton why` uses it too.
pub(in crate::cli) fn as_json(log: &AttemptLog) -> Value {
    json!({ "task": log.task, "attempt": log.attempt, "at": task_view::time(log.at), "text": log.text })
}

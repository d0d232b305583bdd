//! `baton plugin test DIR`: runs the examples of a plugin and compares the results with the expectations.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::author::{EmittedHandoff, Project, StepTrial, build, built, read_all, run_example};
use crate::exit::Code;
use crate::output::{self, Table};

/// The number of log lines that are shown for an example; `--json` has all of them.
const LOG_LINES: usize = 20;

/// Build a plugin and run its example tasks: exit 0 all as expected, 1 some differ, 2 could not run
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// The plugin's folder
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Use the existing .wasm
    #[arg(long)]
    no_build: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self) -> anyhow::Result<Code> {
        let project = Project::read(&self.dir)?;
        let examples = read_all(&project.folder)?;
        let built = if self.no_build { built(&project)? } else { build(&project)? };
        let trials = crate::cli::block_on(async {
            let mut trials = Vec::new();
            for example in &examples {
                trials.extend(run_example(&built, example).await?);
            }
            Ok(trials)
        })?;
        if self.json {
            output::json(&as_json(&trials));
        } else {
            output::print(&as_text(&trials));
        }
        let good = trials.iter().all(|trial| trial.differences.is_empty());
        Ok(if good { Code::Good } else { Code::Findings })
    }
}

fn as_json(trials: &[StepTrial]) -> Value {
    let examples = trials.iter().map(|trial| {
        json!({
            "example": trial.name,
            "as_expected": trial.differences.is_empty(),
            "differences": trial.differences,
            "state": trial.actual.state,
            "summary": trial.actual.summary,
            "artifacts": trial.actual.artifacts.keys().collect::<Vec<_>>(),
            "findings": trial.actual.findings,
            "emits": trial.actual.emits.iter().map(emitted_as_json).collect::<Vec<_>>(),
            "log": trial.log,
            "took_ms": u64::try_from(trial.took.as_millis()).unwrap_or(u64::MAX),
        })
    });
    json!({ "schema": 1, "examples": examples.collect::<Vec<_>>() })
}

fn emitted_as_json(EmittedHandoff { to, title, action, args, body }: &EmittedHandoff) -> Value {
    json!({ "to": to, "title": title, "action": action, "args": args, "body": body })
}

fn as_text(trials: &[StepTrial]) -> String {
    let mut table = Table::new(&["EXAMPLE", "RESULT", "STATE", "TIME", "SUMMARY"]);
    for trial in trials {
        let result = if trial.differences.is_empty() { "good" } else { "DIFFERS" };
        let time = format!("{} ms", trial.took.as_millis());
        let StepTrial { name, actual, .. } = trial;
        table.row([name.clone(), result.to_owned(), actual.state.clone(), time, actual.summary.clone()]);
    }
    let mut text = table.lines(|_, _, cell| cell);
    for trial in trials {
        for difference in &trial.differences {
            text.push_str(&format!("{}: {}\n", trial.name, output::one_line(difference)));
        }
    }
    for trial in trials.iter().filter(|trial| !trial.log.trim().is_empty()) {
        text.push_str(&format!("{} wrote\n{}", trial.name, output::plugin_output(&trial.log, LOG_LINES)));
    }
    let good = trials.iter().filter(|trial| trial.differences.is_empty()).count();
    text.push_str(&format!("{good} of {} as expected\n", trials.len()));
    text
}

//! `baton lint`: says what each handoff file is, as the daemon would read it. Needs no workspace and changes nothing.

use std::path::{Path, PathBuf};

use baton_core::handoff::{self, Handoff, MAX_BYTES};
use serde_json::{Value, json};

use crate::exit::Code;
use crate::output;

/// Say what each handoff file is and what is wrong with it
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    /// # Errors
    /// Never: a file that cannot be read is a finding.
    #[expect(clippy::unnecessary_wraps, reason = "all subcommands have one shape")]
    pub(super) fn run(self) -> anyhow::Result<Code> {
        let read: Vec<_> = self.files.iter().map(|path| (path, look(path))).collect();
        if self.json {
            let files: Vec<Value> = read.iter().map(|(path, found)| as_json(path, found)).collect();
            output::json(&json!({ "schema": 1, "files": files }));
        } else {
            let text: String = read.iter().map(|(path, found)| as_text(path, found)).collect();
            output::print(&output::clean(&text));
        }
        let broken = read.iter().any(|(_, found)| found.is_err());
        Ok(if broken { Code::Findings } else { Code::Good })
    }
}

fn look(path: &Path) -> Result<Handoff, String> {
    let captured = baton_intake::capture(path, MAX_BYTES).map_err(|error| error.to_string())?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    handoff::parse(&name, &captured.bytes).map_err(|error| error.to_string())
}

fn as_text(path: &Path, found: &Result<Handoff, String>) -> String {
    match found {
        Err(problem) => format!("{}: not a handoff\n  {problem}\n", path.display()),
        Ok(handoff) => {
            let unknown = || "?".to_owned();
            let from = handoff.from.clone().unwrap_or_else(unknown);
            let to = handoff.to.clone().unwrap_or_else(unknown);
            let (dialect, kind, title) = (handoff.dialect, handoff.kind.as_str(), &handoff.title);
            let priority = handoff.priority.as_str();
            let mut text = format!("{}: {dialect} {kind}, {from} → {to}, {priority}: {title}\n", path.display());
            for mended in &handoff.mended {
                text.push_str(&format!("  mended: {mended}\n"));
            }
            text
        }
    }
}

fn as_json(path: &Path, found: &Result<Handoff, String>) -> Value {
    match found {
        Err(problem) => json!({ "file": path.display().to_string(), "ok": false, "problem": problem }),
        Ok(handoff) => json!({
            "file": path.display().to_string(),
            "ok": true,
            "dialect": handoff.dialect.as_str(),
            "kind": handoff.kind.as_str(),
            "handoff_id": handoff.id,
            "task_id": handoff.task_id,
            "from": handoff.from,
            "to": handoff.to,
            "title": handoff.title,
            "action": handoff.action,
            "priority": handoff.priority.as_str(),
            "created_at": handoff.created_at.map(|at| at.to_string()),
            "mended": handoff.mended,
        }),
    }
}

//! The output of `baton run`: findings and the answer as text, or everything as JSON.
//!
//! The answer is the call's first Markdown report. It is printed to standard error with the summary, so that standard output
//! stays a list of files.

use std::io::Read as _;
use std::path::Path;

use baton_core::OutcomeKind;
use baton_core::text::one_line;
use baton_dispatch::CallReport;
use baton_ledger::finding::Finding;
use serde_json::{Value, json};

use super::call::CallResult;

/// The most lines of an answer that are shown.
const LINES: usize = 60;

/// The maximum number of bytes that are read of a report.
const BYTES: u64 = 64 << 10;

/// Formats the answer as lines with a bar in front, below a line that names the plugin. So no line looks like output of
/// Baton. Returns `None` without a Markdown report.
pub(super) fn answer(plugin: &str, called: &CallReport, root: &Path) -> Option<String> {
    let name = called.artifacts.iter().find(|name| Path::new(name).extension().is_some_and(|ending| ending == "md"))?;
    let text = beginning(&root.join(name))?;
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let mut shown = format!("plugin {plugin} reports\n");
    shown.extend(lines.iter().take(LINES).map(|line| format!("  | {}\n", one_line(line))));
    let left = lines.len().saturating_sub(LINES);
    if left > 0 {
        shown.push_str(&format!("  … and {left} more lines in {}\n", one_line(name)));
    }
    Some(shown)
}

/// The beginning of a report, as text.
fn beginning(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    baton_files::open(path).ok()?.take(BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The whole result of a call as JSON. For a temporary workspace, `texts` has the reports, because their files are deleted.
pub(super) fn as_json(done: &CallResult, plugin: &str, action: &str, texts: Option<&[Vec<u8>]>) -> Value {
    let CallReport { id, state, outcome, text, next_steps, artifacts, log } = &done.called;
    let finding = |Finding { id, severity, title, evidence }: &Finding| json!({ "id": id, "severity": severity, "title": title, "evidence": evidence });
    let report = |(at, path): (usize, &String)| {
        let text = texts.and_then(|texts| texts.get(at)).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        json!({ "path": path, "text": text })
    };
    json!({
        "schema": 1,
        "task": id,
        "plugin": plugin,
        "action": action,
        "state": state.as_str(),
        "outcome": outcome.map(OutcomeKind::as_str),
        "summary": text,
        "next_steps": next_steps,
        "reports": artifacts.iter().enumerate().map(report).collect::<Vec<_>>(),
        "log": log,
        "findings": done.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

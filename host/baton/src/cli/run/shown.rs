//! What `baton run` shows of a call: findings and the answer for a person, or everything as JSON.
//!
//! The answer is the call's first Markdown report. A person reads it beside the summary, on standard error, so that standard
//! output stays a list of files.

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

/// The most bytes of a report that are read for that.
const BYTES: u64 = 64 << 10;

/// The answer as lines behind a bar, below a line that names the plugin, so that none of them looks like one of Baton's; `None`
/// where there is no Markdown report.
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

/// The report as text, as far as it is shown.
fn beginning(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Everything about a call. In a temporary workspace no report stays, so each stands there as text.
pub(super) fn as_json(done: &CallResult, asked: (&str, &str), texts: Option<&[Vec<u8>]>) -> Value {
    let CallReport { id, state, outcome, text, next_steps, artifacts, log } = &done.called;
    let finding = |Finding { id, severity, title, evidence }: &Finding| json!({ "id": id, "severity": severity, "title": title, "evidence": evidence });
    let report = |(at, path): (usize, &String)| {
        let text = texts.and_then(|texts| texts.get(at)).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        json!({ "path": path, "text": text })
    };
    json!({
        "schema": 1,
        "task": id,
        "plugin": asked.0,
        "action": asked.1,
        "state": state.as_str(),
        "outcome": outcome.map(OutcomeKind::as_str),
        "summary": text,
        "next_steps": next_steps,
        "reports": artifacts.iter().enumerate().map(report).collect::<Vec<_>>(),
        "log": log,
        "findings": done.findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

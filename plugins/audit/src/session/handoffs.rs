//! The requests and RETURNs in the time of a session, and the evidence of the RETURNs.
//!
//! The evidence of a RETURN are existing files and commits of the repository; words alone are not evidence.

use std::collections::BTreeSet;

use baton_plugin_kit::host::{Entry, Git, Ledger, TaskRange};
use serde::Serialize;

use super::commits::title;
use super::words::named;
use crate::index::Index;
use crate::limits;

/// Bytes of a handoff's file that are read for evidence.
const INPUT_BYTES: usize = 1024 * 1024;

/// A handoff of the session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HandoffRow {
    /// Its task in the ledger.
    pub task: String,
    /// `HANDOFF`, `RETURN` or another kind.
    pub kind: String,
    /// One line.
    pub title: String,
    /// The recipient.
    pub agent: String,
    /// The sender.
    pub from: Option<String>,
    /// Its state in the ledger.
    pub state: String,
    /// Its file, relative to the workspace.
    pub file: Option<String>,
    /// True if it has no RETURN yet.
    pub unanswered: bool,
    /// Existing paths that it names; only for RETURNs.
    pub there: Vec<String>,
    /// Missing paths that it names; only for RETURNs.
    pub not_there: Vec<String>,
    /// Commits of the repository that it names; only for RETURNs.
    pub commits: Vec<String>,
    /// True if the ledger returned its file; only RETURNs are read.
    pub read: bool,
}

impl HandoffRow {
    /// True for a RETURN.
    #[must_use]
    pub fn is_return(&self) -> bool {
        self.kind.to_uppercase().contains("RETURN")
    }

    /// True for a RETURN that could be read and has no evidence.
    #[must_use]
    pub fn is_bare(&self) -> bool {
        self.is_return() && self.read && self.there.is_empty() && self.commits.is_empty()
    }
}

/// The handoffs of a time range, oldest first.
pub(super) fn rows(
    ledger: &dyn Ledger,
    git: Option<&dyn Git>,
    index: &Index,
    (since, until): (Option<&str>, &str),
) -> Result<Vec<HandoffRow>, String> {
    let range =
        TaskRange { since: since.map(str::to_owned), until: Some(until.to_owned()), most: limits::LEDGER_TASKS };
    let mut tasks = ledger.tasks(&range).map_err(|refused| refused.text().to_owned())?;
    let open: BTreeSet<String> = match ledger.open_requests(limits::LEDGER_TASKS) {
        Ok(open) => open.into_iter().map(|entry| entry.id).collect(),
        Err(_) => tasks.iter().filter(|task| task.state == "delivered").map(|task| task.id.clone()).collect(),
    };
    tasks.retain(|task| task.origin == "handoff");
    tasks.reverse();
    tasks.truncate(usize::try_from(limits::SESSION_COMMITS).unwrap_or(usize::MAX));
    Ok(tasks.into_iter().map(|task| row(task, &open, ledger, git, index)).collect())
}

fn row(task: Entry, open: &BTreeSet<String>, ledger: &dyn Ledger, git: Option<&dyn Git>, index: &Index) -> HandoffRow {
    let mut row = HandoffRow {
        unanswered: open.contains(&task.id),
        title: title(&task.title),
        task: task.id,
        kind: task.kind,
        agent: task.agent,
        from: task.from,
        state: task.state,
        file: task.file,
        there: Vec::new(),
        not_there: Vec::new(),
        commits: Vec::new(),
        read: false,
    };
    if row.is_return() {
        let own = row.file.as_deref().unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned();
        if let Ok(Some(bytes)) = ledger.input(&row.task) {
            row.read = true;
            evidence(&text(&bytes), &own, git, index, &mut row);
        }
    }
    row
}

/// The words of a handoff: the texts of a JSON object, else the whole file.
fn text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..INPUT_BYTES).unwrap_or(bytes)).into_owned();
    // Files may have text after the object; only the object is read.
    let first = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>().next();
    match first {
        Some(Ok(value @ serde_json::Value::Object(_))) => {
            let mut words = String::new();
            strings(&value, false, &mut words);
            words
        }
        _ => text,
    }
}

/// Adds the texts of a JSON value, except those about the request that the RETURN answers.
fn strings(value: &serde_json::Value, asked: bool, out: &mut String) {
    use serde_json::Value;
    match value {
        Value::String(text) if !asked => {
            out.push_str(text);
            out.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, asked, out)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let asks = name.starts_with("original_")
                    || matches!(name.as_str(), "files_to_review" | "archive_rule" | "next_handoff" | "next_steps");
                strings(value, asked || asks, out);
            }
        }
        _ => {}
    }
}

fn evidence(text: &str, own: &str, git: Option<&dyn Git>, index: &Index, row: &mut HandoffRow) {
    let found = named(text);
    for path in found.paths.into_iter().filter(|path| own.is_empty() || !path.ends_with(own)) {
        let known = path.trim_start_matches("./").trim_start_matches('/');
        match crate::plan::Place::of(&path) {
            crate::plan::Place::Outside(_) => {}
            crate::plan::Place::Inside { .. } if index.find(known).is_some() => row.there.push(path),
            crate::plan::Place::Inside { .. } => row.not_there.push(path),
        }
    }
    let known = |id: &String| git.is_some_and(|git| matches!(git.commit(id), Ok(Some(_))));
    row.commits = found.commits.into_iter().filter(known).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_the_request_is_not_evidence_for_the_return() {
        let json = br#"{"original_handoff": {"handoff_file": "in/a.json"}, "execution_summary": {"deliverables": [{"path": "src/x.py"}], "n": 1}, "next_steps": ["b/c.py"]} and then prose about d/e.py"#;
        assert_eq!(text(json), "src/x.py\n");
        assert_eq!(text(b"# RETURN\n\nsrc/x.py"), "# RETURN\n\nsrc/x.py");
        assert!(text(b"{\"a\": ").starts_with('{'));
    }
}

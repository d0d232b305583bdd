//! Assertions of a RETURN: files, commits and sizes in the fields of its JSON, and the assertions of its prose.
//!
//! RETURNs have several dialects, so fields are recognised by words in their names. Fields that repeat the original
//! task, or that ask somebody to do something, assert nothing.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::assertion::{Assertion, Condition, FileStatement, Kind};
use super::commit::is_id;
use super::document;
use super::words::{any_among, files, is_among, stems};
use crate::limits;
use crate::plan::{self, Precision};

/// Fields that repeat the task or ask for something.
const FOREIGN: &str = "original_handoff original_context original_task next_handoff next_steps next_actions recommendations \
    files_to_review files_to_edit required_action required_actions success_criteria related_resources \
    instructions issues_found blockers_remaining key_blockers_remaining blocking_issues blocking_issue \
    context";

/// Words in the names of fields whose values are files that the RETURN delivers.
const DELIVERING: &str =
    "artifact artefact created deliverable delivered modified output produced report updated written";

/// Names of fields that hold the path of an object.
const PATHS: &[&str] = &["path", "file", "file_path", "filename", "location"];

/// The assertions of a RETURN. `body` is its Markdown and may be empty.
#[must_use]
pub fn read_return(raw: &Value, body: &str) -> Vec<Assertion> {
    let mut reader = Reader { assertions: Vec::new(), left: limits::RETURN_FIELDS };
    reader.value(raw, &Field::default());
    reader.assertions.extend(document::read_text(body));
    reader.assertions.truncate(limits::ASSERTIONS_PER_DOCUMENT);
    reader.assertions
}

/// A position in the JSON.
#[derive(Clone, Default)]
struct Field {
    path: String,
    delivers: bool,
    commits: bool,
    depth: usize,
}

impl Field {
    fn below(&self, name: &str) -> Self {
        let words = stems(name);
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        let commits = any_among("commit sha", &words);
        Self {
            path,
            delivers: self.delivers || any_among(DELIVERING, &words),
            commits: self.commits || commits,
            depth: self.depth + 1,
        }
    }

    fn nth(&self, at: usize) -> Self {
        Self { path: format!("{}[{at}]", self.path), depth: self.depth + 1, ..self.clone() }
    }
}

struct Reader {
    assertions: Vec<Assertion>,
    left: usize,
}

impl Reader {
    fn value(&mut self, value: &Value, field: &Field) {
        if self.left == 0 || field.depth > 32 {
            return;
        }
        self.left -= 1;
        match value {
            Value::Object(object) => self.object(object, field),
            Value::Array(values) => values.iter().enumerate().for_each(|(at, value)| self.value(value, &field.nth(at))),
            Value::String(text) => self.string(text, field),
            _ => {}
        }
    }

    fn object(&mut self, object: &Map<String, Value>, field: &Field) {
        let text = |names: &[&str]| names.iter().find_map(|name| object.get(*name)?.as_str());
        let path = text(PATHS).filter(|path| field.delivers && looks_like_a_file(path));
        if let Some(path) = path {
            let number = |names: &[&str]| names.iter().find_map(|name| object.get(*name)).and_then(Value::as_u64);
            let exact = |value: u64| plan::SizeAssertion { value, precision: Precision::Exact };
            let stated = FileStatement {
                path: path.to_owned(),
                bytes: number(&["bytes", "size_bytes", "size"]).map(exact),
                lines: number(&["lines", "line_count"]).map(exact),
                beside: Arc::from([]),
            };
            self.push(field, Kind::Deliverable, path, Condition::File(stated));
        }
        let commit = text(&["sha", "commit", "hash", "id"]).filter(|id| field.commits && is_id(id));
        if let Some(id) = commit {
            let title =
                text(&["title", "message", "subject"]).and_then(|title| title.lines().next()).map(str::to_owned);
            self.push(field, Kind::Commit, id, Condition::Commit { id: id.to_owned(), title });
        }
        for (name, value) in object {
            let known =
                path.is_some() && PATHS.contains(&name.as_str()) || commit.is_some() && value.as_str() == commit;
            if !is_among(FOREIGN, name) && !known {
                self.value(value, &field.below(name));
            }
        }
    }

    fn string(&mut self, text: &str, field: &Field) {
        let bare = text.trim();
        if field.commits {
            let (first, title) = bare.split_once(' ').unwrap_or((bare, ""));
            if is_id(first.trim_end_matches(':')) {
                let title = Some(title.trim_start_matches(['-', ' ', ':']))
                    .filter(|title| !title.is_empty())
                    .map(str::to_owned);
                let id = first.trim_end_matches(':').to_owned();
                self.push(field, Kind::Commit, bare, Condition::Commit { id, title });
                return;
            }
        }
        if field.delivers && looks_like_a_file(bare) {
            let stated = FileStatement {
                path: bare.trim_matches('`').to_owned(),
                bytes: None,
                lines: None,
                beside: Arc::from([]),
            };
            self.push(field, Kind::Deliverable, bare, Condition::File(stated));
            return;
        }
        if field.delivers
            && let Some(assertion) = leading_file(bare)
        {
            self.push(field, Kind::Deliverable, bare, assertion);
            return;
        }
        for assertion in document::read_text(text) {
            let line = 0;
            self.assertions.push(Assertion { line, field: Some(field.path.clone()), ..assertion });
        }
    }

    fn push(&mut self, field: &Field, kind: Kind, words: &str, stated: Condition) {
        let assertion = Assertion::new(0, kind, words, stated);
        self.assertions.push(Assertion { field: Some(field.path.clone()), ..assertion });
    }
}

fn looks_like_a_file(text: &str) -> bool {
    let bare = text.trim().trim_matches('`');
    matches!(files(&format!("`{bare}`")).as_slice(), [only] if only.path == bare)
}

/// `reports/x.md (1,024 bytes)`: the path before the size in brackets.
fn leading_file(text: &str) -> Option<Condition> {
    let named = files(text);
    let [only] = named.as_slice() else { return None };
    let opens = !text.get(..only.start)?.contains(char::is_alphanumeric);
    let (bytes, lines) = crate::reader::size_assertions::in_text(text);
    opens.then(|| Condition::File(FileStatement { path: only.path.clone(), bytes, lines, beside: Arc::from([]) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(raw: &Value) -> Vec<(String, Kind, String)> {
        let assertions = read_return(raw, "");
        assertions
            .into_iter()
            .map(|assertion| (assertion.field.unwrap_or_default(), assertion.kind, assertion.words))
            .collect()
    }

    #[test]
    fn deliverables_come_in_many_fields() {
        let raw = json!({
            "execution_summary": {
                "deliverables": [{"type": "report", "path": "reports/a.md", "description": "what was seen"}, "lib/b.rs (20 lines)"],
                "work_completed": ["Created `c.py` (10 bytes)", "Talked"]
            },
            "files_created": ["d.py"],
            "commits": ["0a1b2c3 fix: it", {"sha": "4d5e6f7", "message": "more\n\nbody"}]
        });
        let seen = found(&raw);
        let expected = [
            ("execution_summary.deliverables[0]", Kind::Deliverable, "reports/a.md"),
            ("execution_summary.deliverables[1]", Kind::Deliverable, "lib/b.rs (20 lines)"),
            ("execution_summary.work_completed[0]", Kind::File, "Created `c.py` (10 bytes)"),
            ("files_created[0]", Kind::Deliverable, "d.py"),
            ("commits[0]", Kind::Commit, "0a1b2c3 fix: it"),
            ("commits[1]", Kind::Commit, "4d5e6f7"),
        ];
        for (field, kind, words) in expected {
            assert!(seen.contains(&(field.to_owned(), kind, words.to_owned())), "{field}: {seen:?}");
        }
    }

    #[test]
    fn fields_that_repeat_the_task_or_ask_for_something_assert_nothing() {
        let raw = json!({
            "original_handoff": {"handoff_file": "inbox/x.json"},
            "next_steps": ["Created `y.py`"],
            "deliverables": {"files_to_review": ["z.py"], "next_handoff": {"inbox_path": "inbox/", "report": "q.md"}}
        });
        assert_eq!(found(&raw), []);
    }
}

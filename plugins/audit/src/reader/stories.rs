//! Task lists in JSON (`prd.json`): user stories with acceptance criteria and a flag for passing.
//!
//! The list is converted to Markdown: a story is an item with a box, its lists are labels below it, and each criterion is an item
//! below a label, with the box of the story. Each gets the line number of its text in the file; if several entries share a line,
//! the later ones get the next line numbers.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::lexer;

/// The label above the criteria of a story. Only this reader writes it.
pub(super) const CRITERIA_LABEL: &str = "criteria of the story:";

/// Keys of the title of a story or of the whole list.
const TITLES: [&str; 6] = ["title", "name", "story", "project", "description", "task"];
/// Keys that say whether a story or a criterion is done.
const STATES: [&str; 7] = ["passes", "passed", "done", "completed", "complete", "met", "status"];
/// Values of `status` that mean done.
const DONE: [&str; 8] = ["done", "complete", "completed", "passed", "passes", "passing", "finished", "merged"];
/// Parts of the keys of lists of criteria.
const CRITERIA: [&str; 2] = ["criteria", "requirements"];
/// Parts of the keys of lists of steps.
const STEPS: [&str; 2] = ["steps", "tasks"];
/// Parts of the keys of lists of files.
const FILES: [&str; 4] = ["file", "deliverable", "artifact", "output"];
/// Parts of the keys of lists of files that a story only reads.
const SOURCES: [&str; 5] = ["spec", "source", "ref", "plan", "context"];
/// Keys of the text of a criterion, if the criterion is an object.
const TEXTS: [&str; 6] = ["criterion", "criteria", "text", "description", "title", "path"];

/// Keys of texts that describe the work of a story.
const WORK: [&str; 3] = ["description", "details", "notes"];

/// Maximum distance between two entries in the text.
const NEAR_BYTES: usize = 64 * 1024;

/// The text of a plan as Markdown; other texts stay as they are.
#[must_use]
pub(crate) fn as_markdown(text: &str) -> Cow<'_, str> {
    if !text.trim_start().starts_with(['{', '[']) {
        return Cow::Borrowed(text);
    }
    let Ok(list) = serde_json::from_str::<Value>(text) else { return Cow::Borrowed(text) };
    let ends = text.match_indices('\n').map(|(at, _)| at).collect();
    let mut page = Page { source: text, ends, from: 0, rows: Vec::new(), stories: 0 };
    page.read(&list);
    if page.stories == 0 { Cow::Borrowed(text) } else { Cow::Owned(page.rows.join("\n")) }
}

/// Whether an entry is done; `None` if it has no such key.
fn is_done(entry: &Map<String, Value>) -> Option<bool> {
    STATES.iter().find_map(|key| match entry.get(*key)? {
        Value::Bool(done) => Some(*done),
        Value::String(state) => Some(DONE.contains(&state.to_lowercase().as_str())),
        _ => None,
    })
}

/// A list of a story.
struct List<'v> {
    /// The label above the list.
    label: String,
    entries: &'v [Value],
    /// True if it lists files.
    files: bool,
}

/// The list of criteria, steps or files under a key of a story; `None` for other keys.
fn list<'v>(key: &str, value: &'v Value) -> Option<List<'v>> {
    let lower = key.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let entries = value.as_array().map(Vec::as_slice);
    let label = format!("{}:", spaced(key));
    if has(&FILES) {
        let entries = entries.or_else(|| value.is_string().then(|| std::slice::from_ref(value)));
        return (!has(&SOURCES)).then_some(List { label, entries: entries?, files: true });
    }
    let label = if has(&CRITERIA) { CRITERIA_LABEL.to_owned() } else { label };
    (has(&CRITERIA) || has(&STEPS)).then_some(List { label, entries: entries?, files: false })
}

/// The words of a key: `filesToModify` is "files to modify".
fn spaced(key: &str) -> String {
    let mut out = String::new();
    for sign in key.chars() {
        if sign.is_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.extend(if matches!(sign, '_' | '-') { ' '.to_lowercase() } else { sign.to_lowercase() });
    }
    out
}

/// The marks of an item with a ticked or an open box.
const fn opens(done: bool) -> &'static str {
    if done { "- [x] " } else { "- [ ] " }
}

struct Page<'a> {
    source: &'a str,
    /// The positions of the line ends.
    ends: Vec<usize>,
    /// Where the search for the next entry starts.
    from: usize,
    rows: Vec<String>,
    stories: usize,
}

impl Page<'_> {
    fn read(&mut self, value: &Value) {
        match value {
            Value::Array(entries) => entries.iter().for_each(|entry| self.read(entry)),
            Value::Object(entry) => {
                let called = TITLES.iter().find_map(|key| entry.get(*key)?.as_str());
                let lists = entry.iter().any(|(key, value)| {
                    list(key, value).is_some_and(|list| !list.files && list.entries.iter().any(Value::is_string))
                });
                let done = is_done(entry);
                match called {
                    Some(title) if done.is_some() || lists => self.story(title, done.unwrap_or_default(), entry),
                    Some(title) if self.rows.is_empty() => self.add("# ", title),
                    _ => {}
                }
                entry.values().filter(|value| !value.is_string()).for_each(|value| self.read(value));
            }
            _ => {}
        }
    }

    fn story(&mut self, title: &str, done: bool, entry: &Map<String, Value>) {
        self.stories += 1;
        let start = self.from;
        self.add(opens(done), title);
        // The criteria may come before the title.
        let titled = std::mem::replace(&mut self.from, start);
        for (key, value) in entry {
            if let Some(said) = value.as_str().filter(|said| WORK.contains(&key.as_str()) && *said != title) {
                // A description is not a task: its item has no box, and inherits the box of the story.
                self.find(said);
                self.row(format!("  - {}", said.replace(['\n', '\r'], ". ")));
            }
            let Some(List { label, entries, files }) = list(key, value) else { continue };
            let listed: Vec<(&str, bool)> = entries.iter().filter_map(|entry| criterion(entry, done)).collect();
            if listed.is_empty() {
                continue;
            }
            self.find(key);
            self.row(format!("  - {label}"));
            for (said, done) in listed {
                // A file is not a task: its item has no box, and inherits the box of the story.
                let opens = if files { "- " } else { opens(done) };
                self.add(&format!("    {opens}"), said);
            }
        }
        self.from = self.from.max(titled);
    }

    /// Moves to the next occurrence of a text.
    fn find(&mut self, said: &str) {
        let near = lexer::start(self.source.get(self.from..).unwrap_or_default(), NEAR_BYTES);
        self.from += near.find(&Value::from(said).to_string()).unwrap_or_default();
    }

    /// Adds an item at the line of its text.
    fn add(&mut self, opens: &str, said: &str) {
        self.find(said);
        self.row(format!("{opens}{}", said.replace(['\n', '\r'], " ")));
    }

    fn row(&mut self, row: String) {
        let line = self.ends.partition_point(|end| *end < self.from);
        self.rows.resize(line.max(self.rows.len()), String::new());
        self.rows.push(row);
    }
}

/// The text of a criterion, and whether it is done. A criterion without a state has the state of its story. Stories below a story
/// are read separately.
fn criterion(entry: &Value, done: bool) -> Option<(&str, bool)> {
    match entry {
        Value::String(said) => Some((said, done)),
        Value::Object(entry) if !TITLES.iter().any(|key| entry.contains_key(*key)) || is_done(entry).is_none() => {
            let said = TEXTS.iter().find_map(|key| entry.get(*key)?.as_str())?;
            Some((said, is_done(entry).unwrap_or(done)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_are_items_with_boxes() {
        let text = "{\n  \"project\": \"Till\",\n  \"userStories\": [\n    {\n      \"title\": \"Open\",\n      \"acceptanceCriteria\": [\n        \"Create `till.rs` with \\\"open\\\"\",\n        \"Tests pass\"\n      ],\n      \"passes\": true\n    },\n    { \n      \"title\": \"Close\",\n      \"passes\": false\n    }\n  ]\n}\n";
        let rows = as_markdown(text);
        let rows: Vec<&str> = rows.lines().collect();
        assert_eq!((rows[1], rows[4], rows[12]), ("# Till", "- [x] Open", "- [ ] Close"));
        assert_eq!(rows[5], "  - criteria of the story:");
        assert_eq!((rows[6], rows[7]), ("    - [x] Create `till.rs` with \"open\"", "    - [x] Tests pass"));
        assert_eq!(as_markdown("# A plan"), "# A plan");
    }

    #[test]
    fn the_texts_of_a_story_are_items_that_inherit_its_box() {
        let text = r#"{"master": {"tasks": [{"id": 1, "title": "Open", "description": "Open the till", "details":
            "Create till.rs. Add open() to drawer.rs.", "status": "done", "subtasks": [{"id": 2, "title": "Close",
            "details": "Create close.rs", "status": "pending"}]}]}}"#;
        let rows = "- [x] Open\n  - Open the till\n  - Create till.rs. Add open() to drawer.rs.\n- [ ] Close\n  - Create close.rs";
        assert_eq!(as_markdown(text), rows);
    }

    #[test]
    fn a_file_of_one_line_is_read() {
        let text = r#"[{"description": "Open", "steps": ["Create till.rs"], "passes": true}, {"name": "Close", "passes": false}]"#;
        let rows = "- [x] Open\n  - steps:\n    - [x] Create till.rs\n- [ ] Close";
        assert_eq!(as_markdown(text), rows);
        for text in ["{\"passes\"", "{\"name\": \"till\", \"version\": 1}", "[1, 2]"] {
            assert_eq!(as_markdown(text), text);
        }
    }

    #[test]
    fn states_files_and_criteria_have_other_spellings() {
        let text = r#"{"tasks": [{"title": "Open", "status": "done", "filesToModify": ["till.rs"], "criteria":
            [{"text": "It opens", "met": false}], "spec_file": "s.md"}, {"title": "Close", "acceptanceCriteria": ["It closes"],
            "impl_file": "close.rs"}]}"#;
        let rows = "- [x] Open\n  - files to modify:\n    - till.rs\n  - criteria of the story:\n    - [ ] It opens\n\
                    - [ ] Close\n  - criteria of the story:\n    - [ ] It closes\n  - impl file:\n    - close.rs";
        assert_eq!(as_markdown(text), rows);
    }
}

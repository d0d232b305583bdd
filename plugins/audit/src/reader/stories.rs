//! Task lists in JSON (`prd.json`): user stories with acceptance criteria and a flag for passing.
//!
//! The list is converted to Markdown: a story is an item with a box, a criterion a nested item with the same box. Each
//! has the line number of its text in the file; entries on the same line take the next lines.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::lexer;

/// Keys with the name of a story or of the whole list.
const TITLES: [&str; 6] = ["title", "name", "story", "project", "description", "task"];
/// Parts of the keys of lists with acceptance criteria.
const CRITERIA: [&str; 4] = ["criteria", "steps", "tasks", "requirements"];

/// Maximum distance between two entries in the text.
const NEAR_BYTES: usize = 64 * 1024;

/// The text of a plan as Markdown; other texts stay as they are.
#[must_use]
pub(crate) fn as_markdown(text: &str) -> Cow<'_, str> {
    if !(text.trim_start().starts_with(['{', '[']) && text.contains("\"passes\"")) {
        return Cow::Borrowed(text);
    }
    let Ok(list) = serde_json::from_str::<Value>(text) else { return Cow::Borrowed(text) };
    let ends = text.match_indices('\n').map(|(at, _)| at).collect();
    let mut page = Page { source: text, ends, from: 0, rows: Vec::new() };
    page.read(&list);
    Cow::Owned(page.rows.join("\n"))
}

struct Page<'a> {
    source: &'a str,
    /// Where its lines end.
    ends: Vec<usize>,
    /// Where the search for the next entry starts.
    from: usize,
    rows: Vec<String>,
}

impl Page<'_> {
    fn read(&mut self, value: &Value) {
        match value {
            Value::Array(entries) => entries.iter().for_each(|entry| self.read(entry)),
            Value::Object(entry) => {
                let called = TITLES.iter().find_map(|key| entry.get(*key)?.as_str());
                let passes = entry.get("passes").and_then(Value::as_bool);
                match (called, passes) {
                    (Some(title), Some(passes)) => {
                        let start = self.from;
                        let opens = if passes { "- [x] " } else { "- [ ] " };
                        self.add(opens, title);
                        // The criteria may precede the title.
                        let titled = std::mem::replace(&mut self.from, start);
                        self.criteria(entry, opens);
                        self.from = self.from.max(titled);
                    }
                    (Some(title), None) if self.rows.is_empty() => self.add("# ", title),
                    _ => {}
                }
                entry.values().filter(|value| !value.is_string()).for_each(|value| self.read(value));
            }
            _ => {}
        }
    }

    /// The criteria of a story, each with the box of the story.
    fn criteria(&mut self, story: &Map<String, Value>, opens: &str) {
        let opens = format!("  {opens}");
        let named = |key: &str| CRITERIA.iter().any(|part| key.to_lowercase().contains(part));
        for list in story.iter().filter(|(key, _)| named(key)).filter_map(|(_, value)| value.as_array()) {
            list.iter().filter_map(Value::as_str).for_each(|said| self.add(&opens, said));
        }
    }

    /// Adds a row at the line of its text.
    fn add(&mut self, opens: &str, said: &str) {
        let near = lexer::start(self.source.get(self.from..).unwrap_or_default(), NEAR_BYTES);
        self.from += near.find(&Value::from(said).to_string()).unwrap_or_default();
        let line = self.ends.partition_point(|end| *end < self.from);
        self.rows.resize(line.max(self.rows.len()), String::new());
        self.rows.push(format!("{opens}{}", said.replace(['\n', '\r'], " ")));
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
        assert_eq!((rows[6], rows[7]), ("  - [x] Create `till.rs` with \"open\"", "  - [x] Tests pass"));
        assert_eq!(as_markdown("# A plan"), "# A plan");
    }

    #[test]
    fn a_file_of_one_line_is_read() {
        let text = r#"[{"description": "Open", "steps": ["Create till.rs"], "passes": true}, {"name": "Close", "passes": false}]"#;
        assert_eq!(as_markdown(text), "- [x] Open\n  - [x] Create till.rs\n- [ ] Close");
        assert_eq!(as_markdown("{\"passes\""), "{\"passes\"");
    }
}

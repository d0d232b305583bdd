//! Task lists in JSON (`prd.json`): user stories with acceptance criteria and whether they pass.
//!
//! Read line by line into Markdown with the same line numbers: a story is an item with a box, a criterion an item below it.

use std::borrow::Cow;

/// The text of a plan as Markdown; other texts stay as they are.
#[must_use]
pub(crate) fn as_markdown(text: &str) -> Cow<'_, str> {
    if !(text.trim_start().starts_with('{') && text.contains("\"passes\"")) {
        return Cow::Borrowed(text);
    }
    let mut rows = Vec::new();
    let mut title = None;
    for line in text.lines() {
        let line = line.trim().trim_end_matches(',');
        let (key, value) = keyed(line);
        rows.push(match (key, string(value)) {
            (Some("title"), Some(said)) => {
                title = Some(rows.len());
                format!("- [ ] {said}")
            }
            (Some("project"), Some(said)) => format!("# {said}"),
            (None, Some(said)) => format!("  - {said}"),
            _ => String::new(),
        });
        if let (Some("passes"), "true") = (key, value)
            && let Some(row) = title.take().and_then(|at| rows.get_mut(at))
        {
            *row = row.replacen("[ ]", "[x]", 1);
        }
    }
    Cow::Owned(rows.join("\n"))
}

/// The key and the value of a line; no key in a list.
fn keyed(line: &str) -> (Option<&str>, &str) {
    let member = line.strip_prefix('"').and_then(|rest| rest.split_once("\": "));
    let plain = member.filter(|(key, _)| key.chars().all(|sign| sign.is_alphanumeric() || sign == '_'));
    plain.map_or((None, line), |(key, value)| (Some(key), value))
}

fn string(value: &str) -> Option<String> {
    serde_json::from_str::<String>(value).ok().map(|said| said.replace('\n', " "))
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
        assert_eq!((rows[6], rows[7]), ("  - Create `till.rs` with \"open\"", "  - Tests pass"));
        assert_eq!(as_markdown("# A plan"), "# A plan");
    }
}

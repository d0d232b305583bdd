//! Markdown triggers: an H1 title (`# HANDOFF: …`), bold fields (`**From:** …`), the whole text as the body.
//!
//! Only the head is read, up to the first heading of the second level; fields further down belong to the work.

use jiff::Timestamp;

use super::model::{Dialect, Handoff, Kind, Original, Priority};
use crate::file_name::FileName;

/// Reads a Markdown trigger. Total: a text without any field is a request with its first line as the title.
pub(super) fn read(text: &str, named: &FileName) -> Handoff {
    let (word, heading) = heading(text);
    let field = |names: &[&str]| names.iter().find_map(|name| field(text, name));
    let kind = word.or_else(|| named.kind.clone()).unwrap_or_else(|| "HANDOFF".to_owned());
    let answer = kind.starts_with("RETURN");
    Handoff {
        dialect: Dialect::Markdown,
        kind: if answer { Kind::Return } else { Kind::Request(kind) },
        id: field(&["Handoff ID", "Handoff-ID"]),
        task_id: field(&["Task ID", "Agent Task ID"]),
        dedupe_key: field(&["Dedupe Key"]),
        from: field(&["From", "Created By", "Source Agent", "Source"]),
        to: field(&["To", "Target Agent", "Assigned Agent", "Assigned To", "Agent"]),
        title: heading.or_else(|| named.title.clone()).unwrap_or_else(|| "Untitled".to_owned()),
        body: text.to_owned(),
        action: field(&["Action"]),
        args: serde_json::Map::new(),
        priority: field(&["Priority", "Urgency"]).and_then(|word| Priority::read(&word)).unwrap_or_default(),
        created_at: field(&["Date", "Created Date", "Created", "Timestamp"])
            .and_then(|time| time.parse::<Timestamp>().ok())
            .or(named.made_at),
        original: answer.then(|| Original {
            handoff_id: field(&["Original Handoff ID"]),
            file_name: field(&["Original Handoff", "Original File"]),
        }),
        raw: None,
        mended: Vec::new(),
    }
}

/// The type word and the title of the first heading: `# VALIDATION: Check it` is (`VALIDATION`, `Check it`).
fn heading(text: &str) -> (Option<String>, Option<String>) {
    let Some(line) = text.lines().find_map(|line| line.strip_prefix("# ")) else {
        return (None, text.lines().map(str::trim).find(|line| !line.is_empty()).map(super::dialect::one_line));
    };
    let typed = line.split_once(':').filter(|(word, rest)| {
        !rest.trim().is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || matches!(c, ' ' | '-' | '_'))
    });
    match typed {
        Some((word, title)) => (Some(word.trim().replace([' ', '-'], "_")), Some(super::dialect::one_line(title))),
        None => (None, Some(super::dialect::one_line(line))),
    }
}

/// The value of the bold field `name` in the head: `**Name:** value` or `**Name**: value`.
fn field(text: &str, name: &str) -> Option<String> {
    let head = text.lines().take_while(|line| !line.starts_with("## ")).take(60);
    let value = head.filter_map(bold_field).find(|(key, _)| key.eq_ignore_ascii_case(name))?.1;
    let value = value.trim().trim_matches('`').trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn bold_field(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start().trim_start_matches(['-', ' ']).strip_prefix("**")?;
    let (key, value) = rest.split_once("**")?;
    match key.strip_suffix(':') {
        Some(key) => Some((key.trim(), value)),
        None => Some((key.trim(), value.trim_start().strip_prefix(':')?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_title_type_and_fields_of_the_head() {
        let text = "# VALIDATION: Check the index\n\n**From:** Claude-MM1\n**To**: `Cursor-MM1`\n**Priority:** HIGH\n\
                    **Date:** 2026-01-20T07:00:00Z\n\n## Context\n\n**To:** nobody\n";
        let read = read(text, &FileName::default());
        assert_eq!((read.kind.as_str(), read.title.as_str()), ("VALIDATION", "Check the index"));
        assert_eq!((read.from.as_deref(), read.to.as_deref()), (Some("Claude-MM1"), Some("Cursor-MM1")));
        assert_eq!((read.priority, read.created_at.is_some()), (Priority::High, true));
    }

    #[test]
    fn a_text_without_a_head_is_a_request_with_its_first_line() {
        let read = read("\nPlease look at the logs.\nThanks.", &FileName::default());
        assert_eq!((read.title.as_str(), read.kind.as_str()), ("Please look at the logs.", "HANDOFF"));
    }
}

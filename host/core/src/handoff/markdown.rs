//! Markdown handoffs: an H1 title (`# HANDOFF: …`), bold fields (`**From:** …`), and the whole text as the body.
//!
//! Fields are read only before the first heading of the second level. Fields after it belong to the work.

use super::fields;
use super::model::{Dialect, Handoff, Kind, Original, Priority};
use crate::file_name::FileName;

/// Parses a Markdown handoff. If neither its heading nor its file name has a type, the text is a request. If it has no
/// heading, its first line is the title.
pub(super) fn read(text: &str, named: &FileName) -> Handoff {
    let (word, heading) = heading(text);
    let field = |names: &[&str]| names.iter().find_map(|name| field(text, name));
    let (from, to) = from_to(field(&["From/To"]).as_deref());
    let kind = Kind::of(word.as_deref().or(named.kind.as_deref()).unwrap_or("HANDOFF"));
    let answer = kind == Kind::Return;
    let mut repairs = Vec::new();
    let by_name = |answers: bool| named.agent.clone().filter(|_| answer == answers);
    Handoff {
        dialect: Dialect::Markdown,
        id: field(&["Handoff ID", "Handoff-ID"]),
        task_id: field(&["Task ID", "Agent Task ID"]),
        dedupe_key: field(&["Dedupe Key"]),
        from: agent(field(&["From", "Created By", "Source Agent", "Source"]).or(from)).or_else(|| by_name(true)),
        to: agent(field(&["To", "Target Agent", "Assigned Agent", "Assigned To", "Agent"]).or(to))
            .or_else(|| by_name(false)),
        title: heading.or_else(|| named.title.clone()).unwrap_or_else(|| "Untitled".to_owned()),
        body: text.to_owned(),
        action: field(&["Action"]),
        args: serde_json::Map::new(),
        priority: field(&["Priority", "Urgency"]).and_then(|word| Priority::read(&word)).unwrap_or_default(),
        created_at: field(&["Date", "Created Date", "Created", "Timestamp"])
            .and_then(|time| fields::time(&time))
            .or(named.made_at),
        original: answer.then(|| Original {
            handoff_id: field(&["Original Handoff ID"]),
            file_name: field(&["Original Handoff", "Original File"]),
            task_id: field(&["Original Task ID", "Original Task"]),
            token: named.token.clone(),
        }),
        status: status(text),
        work_completed: Vec::new(),
        success_criteria: criteria(text),
        depends_on: field(&["Depends On", "Dependencies"]).map(|ids| split_list(&ids)).unwrap_or_default(),
        chain: None,
        follows: field(&["Follows", "Parent Handoff"]).filter(|_| !answer),
        reply_to: field(&["Reply To", "Reply-To"]).filter(|_| !answer),
        deadline: fields::deadline(field(&["Deadline", "Due", "Due Date"]).as_slice(), &mut repairs),
        kind,
        raw: None,
        repairs,
    }
}

/// The name of an agent without a remark after it: `Claude Code Agent (by way of review)`.
fn agent(written: Option<String>) -> Option<String> {
    let written = written?;
    let name = written.split_once(" (").map_or(written.as_str(), |(name, _)| name).trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Both agents in one field: `A → B`.
fn from_to(field: Option<&str>) -> (Option<String>, Option<String>) {
    let both = field.and_then(|field| ["→", "->", " to ", "/"].iter().find_map(|by| field.split_once(by)));
    both.map_or((None, None), |(from, to)| (Some(from.trim().to_owned()), Some(to.trim().to_owned())))
}

fn split_list(text: &str) -> Vec<String> {
    text.split(',').map(|item| item.trim().trim_matches('`').to_owned()).filter(|item| !item.is_empty()).collect()
}

/// The last `**Status**` outside of code. Agents add it at the end when the work is done.
fn status(text: &str) -> Option<String> {
    let found =
        outside_code(text).filter_map(bold_field).filter(|(key, _)| key.eq_ignore_ascii_case("status")).last()?;
    let status: String = fields::one_line(found.1);
    (!status.is_empty()).then_some(status)
}

/// The list items below headings about criteria.
fn criteria(text: &str) -> Vec<String> {
    let (mut found, mut inside) = (Vec::new(), false);
    for line in outside_code(text) {
        if let Some(heading) = line.strip_prefix('#') {
            inside = heading.to_ascii_lowercase().contains("criteria");
        } else if let Some(item) = list_item(line).filter(|_| inside) {
            let item = ["[ ]", "[x]", "[X]"].iter().find_map(|mark| item.strip_prefix(mark)).unwrap_or(item);
            found.push(fields::one_line(item));
        }
    }
    found.retain(|item| !item.is_empty());
    found
}

/// The text after `- `, `* ` or `1. `.
fn list_item(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let numbered = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let item =
        line.strip_prefix(['-', '*']).or_else(|| numbered.strip_prefix('.').filter(|_| numbered.len() < line.len()))?;
    item.starts_with([' ', '\t']).then(|| item.trim_start())
}

/// The lines that are not between code fences.
fn outside_code(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        inside ^= fence;
        !inside && !fence
    })
}

/// The type and the title in the first heading: `# VALIDATION: Check it` is (`VALIDATION`, `Check it`).
fn heading(text: &str) -> (Option<String>, Option<String>) {
    let Some(line) = text.lines().find_map(|line| line.strip_prefix("# ")) else {
        return (None, text.lines().map(str::trim).find(|line| !line.is_empty()).map(fields::one_line));
    };
    let typed = line.split_once(':').filter(|(word, rest)| {
        !rest.trim().is_empty() && word.chars().all(|c| c.is_ascii_uppercase() || matches!(c, ' ' | '-' | '_'))
    });
    match typed {
        Some((word, title)) => (Some(word.trim().replace([' ', '-'], "_")), Some(fields::one_line(title))),
        None => (None, Some(fields::one_line(line))),
    }
}

/// The value of the bold field `name` in the first 60 lines, before the first second-level heading: `**Name:** value` or
/// `**Name**: value`.
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
    fn reads_title_type_and_fields_before_the_second_heading() {
        let text = "# VALIDATION: Check the index\n\n**From:** Claude-MM1\n**To**: `Cursor-MM1`\n**Priority:** HIGH\n\
                    **Date:** 2026-01-20T07:00:00Z\n\n## Context\n\n**To:** nobody\n";
        let read = read(text, &FileName::default());
        assert_eq!((read.kind.as_str(), read.title.as_str()), ("VALIDATION", "Check the index"));
        assert_eq!((read.from.as_deref(), read.to.as_deref()), (Some("Claude-MM1"), Some("Cursor-MM1")));
        assert_eq!((read.priority, read.created_at.is_some()), (Priority::High, true));
    }

    #[test]
    fn reads_agents_with_remarks_two_agents_in_one_field_and_dates_without_a_time() {
        let read = |text: &str| super::read(text, &FileName::default());
        let one = read("# HANDOFF: X\r\n\r\n**From**: Claude Code (after review)\r\n**Created Date**: 2026-03-04\r\n");
        assert_eq!((one.from.as_deref(), one.created_at), (Some("Claude Code"), None));
        let one = read("# Pump\n\n**From/To**: Codex → Claude-MM1\n**Depends On**: `h-1`, h-2\n");
        assert_eq!((one.from.as_deref(), one.to.as_deref()), (Some("Codex"), Some("Claude-MM1")));
        assert_eq!(one.depends_on, ["h-1", "h-2"]);
    }

    #[test]
    fn the_last_status_is_read_and_code_is_ignored() {
        let text = "# AUDIT FOLLOW-UP: Pump\n\n## Acceptance Criteria\n\n- [ ] It runs\n- [x] It is dry\n1. It is **clean**\n**No item**\n2026 is none\n```\n- [ ] no\n**Status**: no\n\
                    ```\n## Files\n- a.py\n\n**Status**: COMPLETED (today)\n";
        let read = read(text, &FileName::default());
        assert_eq!((read.kind.as_str(), read.status.as_deref()), ("AUDIT_FOLLOW_UP", Some("COMPLETED (today)")));
        assert_eq!(read.success_criteria, ["It runs", "It is dry", "It is **clean**"]);
    }

    #[test]
    fn the_file_name_supplies_missing_values() {
        let read = |name: &str| super::read("# Done", &crate::file_name::parse(name));
        let asked = read("20260304T050607Z__HANDOFF__Pump__Claude-MM1.md");
        assert_eq!((asked.from, asked.to.as_deref()), (None, Some("Claude-MM1")));
        let answer = read("20260304T050607Z__RETURN__Pump__Claude-MM1.md");
        assert_eq!((answer.kind, answer.from.as_deref(), answer.to), (Kind::Return, Some("Claude-MM1"), None));
    }

    #[test]
    fn a_text_without_fields_is_a_request_with_its_first_line_as_title() {
        let read = read("\nPlease look at the logs.\nThanks.", &FileName::default());
        assert_eq!((read.title.as_str(), read.kind.as_str()), ("Please look at the logs.", "HANDOFF"));
    }
}

//! The title and the description of a gap. Text of audited documents cannot act as Markdown, mention people, or end Baton's block.

use baton_plugin_kit::markdown::{code, visible};

use baton_plugin_kit::audit_report::Gap;

/// The maximum number of characters of a title. Trackers allow 256.
const TITLE_CHARS: usize = 200;

/// The title of an issue.
#[must_use]
pub fn title(gap: &Gap) -> String {
    let shown = visible(&gap.title);
    let title = shown.trim();
    let title = if title.is_empty() { gap.id.as_str() } else { title };
    match title.char_indices().nth(TITLE_CHARS) {
        Some((end, _)) => format!("{}…", title.get(..end).unwrap_or_default().trim_end()),
        None => title.to_owned(),
    }
}

/// The description of a gap.
#[must_use]
pub fn text(gap: &Gap) -> String {
    let mut parts = vec![format!("Severity: {}", gap.severity.word())];
    if let Some(place) = &gap.place {
        parts.push(format!("Place: {}", inline(&format!("{}:{}", place.path, place.line))));
    }
    if let Some(request) = &gap.request {
        parts.push(format!("Follow-up: {}", inline(request)));
    }
    let mut text = parts.join("  \n");
    for quoted in [&gap.title, &gap.evidence] {
        if !quoted.trim().is_empty() {
            text.push_str("\n\n");
            text.push_str(&fenced(quoted));
        }
    }
    format!(
        "{text}\n\nBaton's audit found this gap: {}. Baton replaces this block when the gap changes and closes the issue when \
         the gap is fixed. Write above or below it.",
        inline(&gap.id)
    )
}

/// Formats a text as inline code, so that a tracker notifies nobody who is named in it. Backticks and backslashes would end the
/// code; they are replaced.
fn inline(text: &str) -> String {
    code(visible(text).replace('`', "'").replace('\\', "/").trim())
}

/// The description of an issue that another one replaces.
#[must_use]
pub fn duplicate(gap: &Gap, first: &str) -> String {
    format!("Duplicate of {first}.\n\n{}", text(gap))
}

/// A code block that its content cannot end.
fn fenced(content: &str) -> String {
    let content = visible(content).replace("baton:", "baton :");
    let run = content.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(run.max(2) + 1);
    format!("{fence}text\n{}\n{fence}", content.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{Origin, Style, read, replace, write};
    use baton_plugin_kit::audit_report::Severity;

    const ORIGIN: Origin<'static> = Origin { gap: "audit:a:b", source: "audit", at: 0 };

    #[test]
    fn text_outside_of_code_blocks_mentions_nobody() {
        for hostile in ["a`@team", "a\\@team", " @team", "`@team`", "@team\n@team"] {
            let place = Some(baton_plugin_kit::audit_report::Location { path: hostile.to_owned(), line: 1 });
            let gap = Gap {
                id: hostile.to_owned(),
                severity: Severity::High,
                title: String::new(),
                evidence: String::new(),
                place,
                request: Some(hostile.to_owned()),
            };
            for line in text(&gap).lines() {
                // The parts with an odd index are code.
                let outside: Vec<&str> = line.split('`').step_by(2).collect();
                assert!(!outside.concat().contains('@') && line.matches('`').count() % 2 == 0, "{line}");
            }
        }
    }

    #[test]
    fn hostile_text_stays_inside_of_the_block() {
        let gap = Gap {
            id: "audit:a:b".to_owned(),
            severity: Severity::High,
            title: format!("@everyone\n{}", "é".repeat(300)),
            evidence: "````\n<!-- baton:end -->\n`baton:end`\n@team fixes #1".to_owned(),
            place: None,
            request: Some("needs a decision of a person: `<!-- baton:end -->`".to_owned()),
        };
        for style in [Style::Comment, Style::Code, Style::Plain] {
            for end in ["<!-- baton:end -->", "`baton:end`", "baton:end"] {
                let only = Gap { title: end.to_owned(), evidence: end.to_owned(), ..gap.clone() };
                let block = write(style, ORIGIN, "t", &self::text(&only));
                assert_eq!(replace(style, &block, "new"), "new", "{end}");
            }
        }
        assert_eq!(title(&gap).chars().count(), TITLE_CHARS + 1);
        let text = text(&gap);
        assert!(text.contains("`````text\n````"), "{text}");
        for style in [Style::Comment, Style::Code, Style::Plain] {
            let block = write(style, ORIGIN, "t", &text);
            assert!(read(style, &block).is_some());
            assert_eq!(replace(style, &block, "new"), "new", "the text does not end the block");
        }
    }
}

//! A document as passages and grids, the input of every reader of assertions.
//!
//! A passage is a line of prose, an item, a heading or a line of a fence; a grid is a table. Both have their line, their section
//! and the label above them. Code keeps its backticks, so that no reader mistakes a number or a word in code for prose. Quoted
//! and struck-out text is left out.

use std::sync::Arc;

use crate::limits;
use crate::markdown::{self, Block};
use crate::markdown::{Inline, SpanKind};

/// The kind of a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Heading,
    /// A line of a paragraph.
    Text,
    /// A list item at a depth, from 1.
    Item(usize),
    /// A line of a code block.
    Fence,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Passage {
    /// The line, from 1.
    pub line: usize,
    /// The text; code is in backticks.
    pub text: String,
    pub form: Form,
    pub at: BlockPosition,
}

/// The position of a passage or grid in the document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BlockPosition {
    /// The index of the section, 0 before the first heading.
    pub section: usize,
    /// The index of the block; the lines of one fence or paragraph share it.
    pub block: usize,
    /// The label: the nearest line above that ends with a colon or is entirely bold. It is empty if there is no such line,
    /// or if a paragraph follows that line before this passage.
    pub label: Arc<str>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grid {
    pub head: Vec<String>,
    pub rows: Vec<Row>,
    pub at: BlockPosition,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// The line, from 1.
    pub line: usize,
    /// The cells; code is in backticks.
    pub cells: Vec<String>,
}

/// A part of a document below one heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Section {
    /// The heading; empty before the first heading.
    pub title: String,
}

/// A parsed document.
#[derive(Debug, Default)]
pub(super) struct Text {
    pub passages: Vec<Passage>,
    pub grids: Vec<Grid>,
    pub sections: Vec<Section>,
}

impl Text {
    /// Parses Markdown.
    pub(super) fn of(markdown: &str) -> Self {
        let mut reader = Reader::new();
        for (number, block) in markdown::blocks(markdown).into_iter().enumerate() {
            reader.block(number, block);
        }
        reader.text
    }

    /// The label above a passage, or its heading.
    pub(super) fn above<'a>(&'a self, passage: &'a Passage) -> &'a str {
        let heading = self.section(&passage.at).map_or("", |section| section.title.as_str());
        if passage.at.label.is_empty() { heading } else { &passage.at.label }
    }

    pub(super) fn section(&self, at: &BlockPosition) -> Option<&Section> {
        self.sections.get(at.section)
    }
}

struct Reader {
    text: Text,
    label: Arc<str>,
}

impl Reader {
    fn new() -> Self {
        let before = Section { title: String::new() };
        let text = Text { sections: vec![before], ..Text::default() };
        Self { text, label: Arc::from("") }
    }

    fn block(&mut self, number: usize, block: Block) {
        match block {
            Block::Heading { text, .. } => self.heading(number, &text),
            Block::Paragraph(text) => self.running(number, &text, Form::Text),
            Block::Item { depth, text, .. } => self.running(number, &text, Form::Item(depth)),
            Block::Table(rows) => self.table(number, &rows),
            Block::Fence(fence) => {
                for (line, text) in fence.rows {
                    self.push(number, line, cut(&text), Form::Fence);
                }
            }
        }
    }

    fn heading(&mut self, number: usize, text: &Inline) {
        let title = marked(text);
        self.text.sections.push(Section { title: title.clone() });
        self.label = Arc::from("");
        self.push(number, text.line(), title, Form::Heading);
    }

    fn running(&mut self, number: usize, text: &Inline, form: Form) {
        if form == Form::Text {
            self.label = Arc::from("");
        }
        for (line, words) in logical_lines(text) {
            let is_label = words.ends_with(':') || (form == Form::Text && text.is_strong());
            let label = is_label.then(|| Arc::from(words.as_str()));
            self.push(number, line, words, form);
            if let Some(label) = label {
                self.label = label;
            }
        }
    }

    fn table(&mut self, number: usize, rows: &[Vec<Inline>]) {
        let Some((head, body)) = rows.split_first() else { return };
        let mut line = head.first().map_or(1, Inline::line) + 1;
        let mut read = Vec::with_capacity(body.len());
        for row in body {
            line = row.iter().find(|cell| !cell.is_empty()).map_or(line + 1, Inline::line);
            read.push(Row { line, cells: row.iter().map(marked).collect() });
        }
        let head = head.iter().map(marked).collect();
        self.text.grids.push(Grid { head, rows: read, at: self.at(number) });
    }

    fn at(&self, block: usize) -> BlockPosition {
        BlockPosition { section: self.text.sections.len() - 1, block, label: Arc::clone(&self.label) }
    }

    fn push(&mut self, number: usize, line: usize, text: String, form: Form) {
        let at = self.at(number);
        self.text.passages.push(Passage { line, text, form, at });
    }
}

/// The logical lines of a text: a wrapped sentence is one line, a line that begins with bold words is another.
fn logical_lines(text: &Inline) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    for piece in text.by_line() {
        let words = marked(&piece);
        let begins_bold =
            piece.spans().iter().find(|span| !span.text.trim().is_empty()).is_some_and(|span| span.strong);
        match lines.last_mut() {
            Some((_, before)) if !begins_bold && before.len() + words.len() < limits::ASSERTION_TEXT_BYTES => {
                before.push(' ');
                before.push_str(&words);
            }
            _ => lines.push((piece.line(), words)),
        }
    }
    lines
}

/// The text in one line, with code in backticks.
fn marked(text: &Inline) -> String {
    let mut out = String::new();
    for span in text.spans() {
        match span.kind {
            SpanKind::Code => {
                out.push('`');
                out.push_str(&span.text);
                out.push('`');
            }
            SpanKind::Text => out.push_str(&span.text),
        }
    }
    cut(out.replace('\n', " ").trim())
}

/// The first [`limits::ASSERTION_TEXT_BYTES`] bytes of a text.
fn cut(text: &str) -> String {
    let mut end = text.len().min(limits::ASSERTION_TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

/// For tests: line, verdict and evidence of the assertions that a reader finds in Markdown.
#[cfg(test)]
pub(super) fn decided(
    read: fn(&Text, &mut Vec<super::assertion::Assertion>),
    markdown: &str,
) -> Vec<(usize, super::assertion::Verdict, String)> {
    let mut assertions = Vec::new();
    read(&Text::of(markdown), &mut assertions);
    let decided = assertions.into_iter().filter_map(|assertion| match assertion.stated {
        super::assertion::Condition::Decided(outcome) => Some((assertion.line, outcome.verdict, outcome.evidence)),
        _ => None,
    });
    decided.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_have_their_line_section_and_label() {
        let text = Text::of("# A\n\n## B 1\n\n**Size:** 3\n**Place:** `x`\n\nParts:\n- one\n- two\n\nwrapped\nline\n");
        let seen: Vec<(usize, &str, &str, usize)> = text
            .passages
            .iter()
            .map(|passage| (passage.line, passage.text.as_str(), &*passage.at.label, passage.at.section))
            .collect();
        assert_eq!(
            seen,
            [
                (1, "A", "", 1),
                (3, "B 1", "", 2),
                (5, "Size: 3", "", 2),
                (6, "Place: `x`", "", 2),
                (8, "Parts:", "", 2),
                (9, "one", "Parts:", 2),
                (10, "two", "Parts:", 2),
                (12, "wrapped line", "", 2),
            ]
        );
    }

    #[test]
    fn tables_keep_their_lines() {
        let text = Text::of("| A | B |\n|---|---|\n| `c` | |\n| | 4 |\n");
        assert_eq!(text.grids[0].head, ["A", "B"]);
        assert_eq!(text.grids[0].rows[0], Row { line: 3, cells: vec!["`c`".into(), String::new()] });
        assert_eq!(text.grids[0].rows[1].line, 4);
    }
}

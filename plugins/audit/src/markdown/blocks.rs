//! Markdown as a flat list of blocks with line numbers: headings, paragraphs, list items, tables, fences.
//!
//! `pulldown-cmark` reads the structure; this file only flattens it. Quoted text, struck-out text, HTML and front
//! matter are dropped, so that no later step can mistake them for a promise.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::inline::{Inline, Lines, SpanKind};

/// A part of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// A heading of level 1 to 6.
    Heading {
        /// 1 to 6.
        level: u8,
        text: Inline,
    },
    /// A paragraph outside a list, or a later paragraph of an item.
    Paragraph(Inline),
    /// The text of a list item.
    Item {
        /// Nesting depth of the list, from 1.
        depth: usize,
        /// True for `[x]`, false for `[ ]`; `None` without a box.
        checked: Option<bool>,
        text: Inline,
    },
    /// A table: the header row first.
    Table(Vec<Vec<Inline>>),
    /// A code block.
    Fence(Fence),
}

/// A code block, line by line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fence {
    /// The first word of the info string, in lower case; empty without one.
    pub language: String,
    /// True for a fenced block, false for an indented one.
    pub fenced: bool,
    /// Line of the opening fence.
    pub line: usize,
    /// Line number and text of each line.
    pub rows: Vec<(usize, String)>,
}

/// Reads a plan. Never fails: every text is Markdown.
#[must_use]
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut flattener = Flattener::new(text);
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        flattener.event(event, &range);
    }
    flattener.flush();
    flattener.blocks
}

/// The block to which the next text belongs.
enum Leaf {
    Heading(u8),
    Paragraph,
    Item { depth: usize, checked: Option<bool> },
}

struct Flattener<'a> {
    source: &'a str,
    lines: Lines,
    blocks: Vec<Block>,
    leaf: Option<Leaf>,
    inline: Inline,
    fence: Option<Fence>,
    table: Option<Vec<Vec<Inline>>>,
    lists: usize,
    /// Depth of quotes, HTML and metadata, whose text is dropped.
    dropped: usize,
    struck: usize,
    strong: usize,
    link: Option<String>,
}

impl<'a> Flattener<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            lines: Lines::of(source),
            blocks: Vec::new(),
            leaf: None,
            inline: Inline::default(),
            fence: None,
            table: None,
            lists: 0,
            dropped: 0,
            struck: 0,
            strong: 0,
            link: None,
        }
    }

    fn event(&mut self, event: Event<'_>, range: &Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            _ if self.dropped > 0 => {}
            Event::Text(text) => self.text(&text, range),
            Event::Code(text) => self.span(SpanKind::Code, &text, range),
            Event::SoftBreak | Event::HardBreak => self.span(SpanKind::Text, "\n", range),
            Event::TaskListMarker(done) => {
                if let Some(Leaf::Item { checked, .. }) = &mut self.leaf {
                    *checked = Some(done);
                }
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: &Range<usize>) {
        match tag {
            Tag::Heading { level, .. } => self.open(Leaf::Heading(number(level))),
            Tag::Paragraph if !matches!(self.leaf, Some(Leaf::Item { .. })) || !self.inline.is_empty() => {
                self.open(Leaf::Paragraph);
            }
            Tag::BlockQuote(_) | Tag::MetadataBlock(_) | Tag::HtmlBlock => {
                self.flush();
                self.dropped += 1;
            }
            Tag::List(_) => {
                self.flush();
                self.lists += 1;
            }
            Tag::Item => self.open(Leaf::Item { depth: self.lists, checked: None }),
            Tag::CodeBlock(kind) => self.open_fence(kind, range),
            Tag::Table(_) => {
                self.flush();
                self.table = Some(Vec::new());
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.push(Vec::new());
                }
            }
            Tag::TableCell => self.inline = Inline::default(),
            Tag::Strikethrough => self.struck += 1,
            Tag::Strong => self.strong += 1,
            Tag::Link { dest_url, .. } => self.link = Some(dest_url.into_string()),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) | TagEnd::Paragraph => self.flush(),
            TagEnd::Item => {
                self.flush();
                self.leaf = None;
            }
            TagEnd::BlockQuote(_) | TagEnd::MetadataBlock(_) | TagEnd::HtmlBlock => {
                self.inline = Inline::default();
                self.leaf = None;
                self.dropped = self.dropped.saturating_sub(1);
            }
            TagEnd::List(_) => {
                self.flush();
                self.lists = self.lists.saturating_sub(1);
            }
            TagEnd::CodeBlock => self.blocks.extend(self.fence.take().filter(|_| self.dropped == 0).map(Block::Fence)),
            TagEnd::TableCell => {
                let cell = std::mem::take(&mut self.inline);
                if let Some(row) = self.table.as_mut().and_then(|table| table.last_mut()) {
                    row.push(cell);
                }
            }
            TagEnd::Table => self.blocks.extend(self.table.take().filter(|_| self.dropped == 0).map(Block::Table)),
            TagEnd::Strikethrough => self.struck = self.struck.saturating_sub(1),
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Link => self.link = None,
            _ => {}
        }
    }

    fn open(&mut self, leaf: Leaf) {
        self.flush();
        self.leaf = Some(leaf);
    }

    fn open_fence(&mut self, kind: CodeBlockKind<'_>, range: &Range<usize>) {
        self.flush();
        let (language, fenced) = match kind {
            CodeBlockKind::Fenced(info) => {
                (info.split([' ', ',', '{']).next().unwrap_or_default().to_ascii_lowercase(), true)
            }
            CodeBlockKind::Indented => (String::new(), false),
        };
        self.fence = Some(Fence { language, fenced, line: self.lines.at(range.start), rows: Vec::new() });
    }

    fn text(&mut self, text: &str, range: &Range<usize>) {
        if self.fence.is_none() {
            self.span(SpanKind::Text, text, range);
            return;
        }
        let first = self.lines.at(range.start);
        let starts_line = self.starts_line(range.start);
        let Some(fence) = &mut self.fence else { return };
        for (nth, piece) in text.split_inclusive('\n').enumerate() {
            let piece = piece.trim_end_matches(['\n', '\r']);
            match fence.rows.last_mut() {
                Some((line, row)) if nth == 0 && !starts_line && *line == first => row.push_str(piece),
                _ => fence.rows.push((first + nth, piece.to_owned())),
            }
        }
    }

    /// True if only spaces and quote or list marks precede `offset` in its line.
    fn starts_line(&self, offset: usize) -> bool {
        let before = self.source.get(..offset).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.trim().is_empty()
    }

    fn span(&mut self, kind: SpanKind, text: &str, range: &Range<usize>) {
        if self.struck > 0 || (self.leaf.is_none() && self.table.is_none()) {
            return;
        }
        let line = self.lines.at(range.start);
        self.inline.push(kind, text, line, self.strong > 0, self.link.as_deref());
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.inline);
        let Some(leaf) = self.leaf.take() else { return };
        if text.is_empty() {
            // The text of an item may follow in a separate paragraph.
            if let Leaf::Item { .. } = leaf {
                self.leaf = Some(leaf);
            }
            return;
        }
        self.blocks.push(match leaf {
            Leaf::Heading(level) => Block::Heading { level, text },
            Leaf::Paragraph => Block::Paragraph(text),
            Leaf::Item { depth, checked } => Block::Item { depth, checked, text },
        });
    }
}

const fn number(level: HeadingLevel) -> u8 {
    level as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(blocks: &[Block]) -> Vec<(usize, String)> {
        let of = |text: &Inline| (text.line(), text.plain());
        blocks
            .iter()
            .map(|block| match block {
                Block::Heading { text, .. } | Block::Paragraph(text) | Block::Item { text, .. } => of(text),
                Block::Table(rows) => of(&rows[0][0]),
                Block::Fence(fence) => {
                    (fence.line, fence.rows.iter().map(|row| row.1.as_str()).collect::<Vec<_>>().join("|"))
                }
            })
            .collect()
    }

    #[test]
    fn a_plan_becomes_blocks_with_lines() {
        let found = blocks("# T\n\npara `a`\n\n1. [x] one\n   - two\n\n```text\na\n  b\n```\n\n| H |\n|---|\n| c |\n");
        let seen = lines_of(&found);
        let expected = [(1, "T"), (3, "para a"), (5, "one"), (6, "two"), (8, "a|  b"), (13, "H")];
        assert_eq!(seen, expected.map(|(line, text)| (line, text.to_owned())));
        assert!(matches!(found[2], Block::Item { checked: Some(true), depth: 1, .. }));
    }

    #[test]
    fn quoted_struck_and_hidden_text_is_dropped() {
        let found = blocks("---\na: `x.py`\n---\n> quoted `a.py`\n\n~~gone `b.py`~~\n\n<!-- `c.py` -->\n");
        assert_eq!(found, []);
    }

    #[test]
    fn windows_line_ends_and_open_fences_keep_their_lines() {
        let found = blocks("a\r\n\r\n```\r\nx\r\n\r\ny\r\n");
        let Block::Fence(fence) = &found[1] else { panic!("no fence") };
        assert_eq!(fence.rows, [(4, "x".to_owned()), (5, String::new()), (6, "y".to_owned())]);
    }
}

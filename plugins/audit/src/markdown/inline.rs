//! Prose as spans with line numbers: words, code, links.
//!
//! The spans keep code, bold text and link targets, which distinguish promises from other prose.

/// The kind of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SpanKind {
    /// Plain words.
    Text,
    /// Text in backticks.
    Code,
}

/// A span of text with one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub kind: SpanKind,
    pub text: String,
    /// The line, from 1.
    pub line: usize,
    /// True for bold text.
    pub strong: bool,
    /// Target of the link.
    pub link: Option<String>,
}

/// A text as a list of spans.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Inline {
    spans: Vec<Span>,
}

impl Inline {
    /// Adds a piece. It is joined with the previous piece if both have the same style.
    pub(crate) fn push(&mut self, kind: SpanKind, text: &str, line: usize, strong: bool, target: Option<&str>) {
        if let Some(last) = self.spans.last_mut()
            && (kind, last.kind) == (SpanKind::Text, SpanKind::Text)
            && (last.line, last.strong, last.link.as_deref()) == (line, strong, target)
            && text != "\n"
            && last.text != "\n"
        {
            last.text.push_str(text);
            return;
        }
        self.spans.push(Span { kind, text: text.to_owned(), line, strong, link: target.map(str::to_owned) });
    }

    /// The spans.
    #[must_use]
    pub(crate) fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// True if there is no text.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The line where it starts, from 1.
    #[must_use]
    pub(crate) fn line(&self) -> usize {
        self.spans.first().map_or(1, |span| span.line)
    }

    /// The text without marks, in one line.
    #[must_use]
    pub(crate) fn plain(&self) -> String {
        let text: String = self.spans.iter().map(|span| span.text.as_str()).collect();
        text.replace('\n', " ").trim().to_owned()
    }

    /// True if all words are bold.
    #[must_use]
    pub(crate) fn is_strong(&self) -> bool {
        !self.is_empty() && self.spans.iter().all(|span| span.strong || span.text.trim().is_empty())
    }

    /// The same text cut at its line ends.
    #[must_use]
    pub(crate) fn by_line(&self) -> Vec<Self> {
        let cuts = self.spans.split(|span| span.kind == SpanKind::Text && span.text == "\n");
        cuts.filter(|spans| !spans.is_empty()).map(|spans| Self { spans: spans.to_vec() }).collect()
    }
}

/// The line starts of a text.
#[derive(Debug)]
pub(crate) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// Finds the line starts of `text`.
    #[must_use]
    pub(crate) fn of(text: &str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1).collect();
        Self { starts }
    }

    /// The line of a byte offset, from 1.
    #[must_use]
    pub(crate) fn at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_have_lines() {
        let lines = Lines::of("a\nbc\n");
        assert_eq!([0, 1, 2, 4, 5].map(|offset| lines.at(offset)), [1, 1, 2, 2, 3]);
    }
}

//! The lines of a plan with their context: headings, items with their boxes, labels, tables, code.
//!
//! Plans are read line by line, as people read them, and not as Markdown: a list below a paragraph, a table below an item
//! and a box without a bullet are all recognised. The time is linear in the length of the text.

mod blocks;

pub(crate) use super::heading::Heading;
use super::{foreign, marks, reports};

/// The kind of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineForm {
    Blank,
    Heading,
    Item,
    Text,
    /// A row of the table with this index.
    Row(usize),
    /// A row of the code block with this index.
    Code(usize),
}

/// A line and its context. References to other lines are positions in [`Document::lines`].
#[derive(Debug, Clone)]
pub(crate) struct Line {
    /// Counts from 1.
    pub(crate) number: usize,
    pub(crate) indent: usize,
    pub(crate) form: LineForm,
    /// The line without its leading marks: bullet, number, box, heading marks.
    pub(crate) text: String,
    pub(crate) numbered: bool,
    /// The state of the line's box.
    pub(crate) own_box: Option<bool>,
    /// The state of the line's box, or of the nearest box above it.
    pub(crate) boxed: Option<bool>,
    /// The item that contains it.
    pub(crate) parent: Option<usize>,
    /// The line above a list that states the list's topic.
    pub(crate) label: Option<usize>,
    pub(crate) heading: Option<usize>,
    /// The line is quoted (`>`): no path in it is promised.
    pub(crate) quoted: bool,
}

/// A table: its header row, and the first line of its body.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) head: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Code {
    /// The first word after the fence, in lower case.
    pub(crate) language: String,
    /// Line numbers and texts.
    pub(crate) rows: Vec<(usize, String)>,
    /// The position of the preceding line with words.
    pub(crate) after: Option<usize>,
    pub(crate) heading: Option<usize>,
    pub(crate) label: Option<usize>,
    pub(crate) fenced: bool,
}

/// A parsed plan.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) lines: Vec<Line>,
    pub(crate) headings: Vec<Heading>,
    pub(crate) tables: Vec<Table>,
    pub(crate) codes: Vec<Code>,
    /// The document is a report about completed work.
    pub(crate) report: bool,
}

impl Document {
    /// Reads a text. Never fails.
    #[must_use]
    pub(crate) fn of(text: &str) -> Self {
        let text = foreign::punctuated(text);
        let hidden = marks::without_hidden(&text);
        let rows: Vec<&str> = hidden.lines().collect();
        let mut reader = Reader { rows: &rows, document: Self::default(), items: Vec::new(), ..Reader::default() };
        let mut at = marks::front_matter_lines(&rows);
        while at < rows.len() {
            at = reader.line(at);
        }
        let report = reader.document.tells_what_was_done();
        Self { report, ..reader.document }
    }

    fn tells_what_was_done(&self) -> bool {
        let title =
            self.headings.first().filter(|heading| heading.level == 1).map(|heading| foreign::english(&heading.text));
        let header =
            self.lines.iter().take_while(|line| line.heading.is_none_or(|at| at == 0)).take(reports::HEADER_LINES);
        let texts = header.filter(|line| line.form == LineForm::Text).map(|line| line.text.as_str());
        reports::tells_what_was_done(title.as_deref(), texts)
    }

    /// The headings above a line, the nearest first.
    pub(crate) fn headings_of(&self, heading: Option<usize>) -> impl Iterator<Item = &Heading> {
        std::iter::successors(heading.and_then(|at| self.headings.get(at)), |heading| {
            heading.parent.and_then(|at| self.headings.get(at))
        })
        .take(DEPTH)
    }

    /// The parent items of a line, the nearest first.
    pub(crate) fn parents_of(&self, line: &Line) -> impl Iterator<Item = &Line> {
        std::iter::successors(line.parent.and_then(|at| self.lines.get(at)), |line| {
            line.parent.and_then(|at| self.lines.get(at))
        })
        .take(DEPTH)
    }
}

/// Maximum number of items or headings above a line that are read.
const DEPTH: usize = 12;

#[derive(Default)]
struct Reader<'a> {
    rows: &'a [&'a str],
    document: Document,
    items: Vec<usize>,
    heading: Option<usize>,
    label: Option<usize>,
    blank: bool,
    last: Option<usize>,
}

impl Reader<'_> {
    fn row(&self, at: usize) -> &str {
        self.rows.get(at).copied().unwrap_or_default()
    }

    /// Reads the line at a position and returns the next position.
    fn line(&mut self, at: usize) -> usize {
        let raw = self.row(at).to_owned();
        let (quoted, raw) = marks::unquoted(&raw);
        let (indent, text) = marks::indented(raw);
        if text.is_empty() {
            self.blank = true;
            self.push(at, indent, LineForm::Blank, "", false);
            return at + 1;
        }
        if let Some(fence) = marks::fence(text) {
            return self.code(at, fence, &text.trim_start_matches(fence).to_lowercase());
        }
        let level = marks::heading_level(text).or_else(|| self.underlined(at, text));
        if let Some(level) = level.filter(|_| indent < 4) {
            self.head(at, level, text.trim_start_matches('#').trim().trim_end_matches('#').trim_end());
            let underlined = !text.starts_with('#');
            self.blank = true;
            return at + 1 + usize::from(underlined);
        }
        if marks::is_rule(text) {
            self.items.clear();
            self.blank = true;
            self.push(at, indent, LineForm::Blank, "", false);
            return at + 1;
        }
        if text.contains('|') && marks::is_ruler(self.row(at + 1).trim()) {
            return self.table(at, indent);
        }
        if let Some(item) = marks::item(text) {
            self.item(at, indent, &item, quoted);
        } else {
            self.text(at, indent, text, quoted);
        }
        self.blank = false;
        at + 1
    }

    fn underlined(&self, at: usize, text: &str) -> Option<usize> {
        let below = self.row(at + 1).trim_end();
        let titled = marks::item(text).is_none() && !text.starts_with('|') && self.blank_above(at);
        let all = |sign: char| below.len() >= 3 && below.chars().all(|other| other == sign);
        if titled && all('=') {
            Some(1)
        } else if titled && all('-') {
            Some(2)
        } else {
            None
        }
    }

    fn blank_above(&self, at: usize) -> bool {
        at == 0 || self.row(at - 1).trim().is_empty()
    }

    fn push(&mut self, at: usize, indent: usize, form: LineForm, text: &str, quoted: bool) -> usize {
        let place = self.document.lines.len();
        self.document.lines.push(Line {
            number: at + 1,
            indent,
            form,
            text: text.to_owned(),
            numbered: false,
            own_box: None,
            boxed: None,
            parent: None,
            label: self.label,
            heading: self.heading,
            quoted,
        });
        if form != LineForm::Blank {
            self.last = Some(place);
        }
        place
    }

    fn head(&mut self, at: usize, level: usize, text: &str) {
        let above = std::iter::successors(self.heading, |at| self.document.headings.get(*at)?.parent);
        let parent =
            above.into_iter().find(|at| self.document.headings.get(*at).is_some_and(|head| head.level < level));
        let number = self.document.headings.len();
        self.items.clear();
        self.label = None;
        self.heading = parent;
        let text = super::lexer::start(text, 400);
        let line = self.push(at, 0, LineForm::Heading, text, false);
        self.document.headings.push(Heading::new(level, text, line, parent));
        self.heading = Some(number);
    }

    fn item(&mut self, at: usize, indent: usize, item: &marks::Item<'_>, quoted: bool) {
        while self.items.last().is_some_and(|above| self.indent(*above) >= indent) {
            self.items.pop();
        }
        let parent = self.items.last().copied();
        let above = parent.and_then(|above| self.document.lines.get(above)).and_then(|above| above.boxed);
        let place = self.push(at, indent, LineForm::Item, item.text, quoted);
        if let Some(line) = self.document.lines.get_mut(place) {
            line.parent = parent;
            line.numbered = item.numbered;
            line.own_box = item.checked;
            line.boxed = item.checked.or(above);
        }
        self.items.push(place);
    }

    fn indent(&self, at: usize) -> usize {
        self.document.lines.get(at).map_or(0, |line| line.indent)
    }

    fn text(&mut self, at: usize, indent: usize, text: &str, quoted: bool) {
        if self.blank {
            while self.items.last().is_some_and(|above| self.indent(*above) >= indent) {
                self.items.pop();
            }
        }
        // A label below a list does not belong to its last item.
        while text.ends_with(':') && self.items.last().is_some_and(|above| self.indent(*above) >= indent) {
            self.items.pop();
        }
        let parent = self.items.last().copied();
        let (checked, text) = marks::boxed(text).map_or((None, text), |(checked, text)| (Some(checked), text));
        let above = parent.and_then(|above| self.document.lines.get(above)).and_then(|above| above.boxed);
        let next = self.row(at + 1).trim_start();
        let listed = marks::item(next).is_some();
        let announces = parent.is_none() && marks::announces(text, listed);
        // The announced content may be in the next paragraph.
        let below = self.label.is_some() && self.last == self.label;
        if parent.is_none() && (announces || self.blank && !below) {
            self.label = None;
        }
        let place = self.push(at, indent, LineForm::Text, text, quoted);
        if let Some(line) = self.document.lines.get_mut(place) {
            line.parent = parent;
            line.own_box = checked;
            line.boxed = checked.or(above);
        }
        if announces {
            self.label = Some(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_their_headings_labels_and_parents() {
        let text = "---\na: b\n---\n# T\n\n## A\n\nFiles:\n- [x] one\n  - two\n    more\n\n```sh\nrun\n```\n\n| F | G |\n|--|--|\n| a | b |\n";
        let document = Document::of(text);
        let of = |number: usize| document.lines.iter().find(|line| line.number == number).unwrap();
        assert_eq!((of(9).own_box, of(10).boxed, of(10).own_box), (Some(true), Some(true), None));
        assert_eq!(of(10).label.and_then(|at| document.lines.get(at)).map(|line| line.text.as_str()), Some("Files:"));
        assert_eq!(document.parents_of(of(11)).map(|line| line.number).collect::<Vec<_>>(), [10, 9]);
        assert_eq!(document.headings_of(of(9).heading).map(|head| head.text.as_str()).collect::<Vec<_>>(), ["A", "T"]);
        assert_eq!((of(14).form, of(19).form), (LineForm::Code(0), LineForm::Row(0)));
        assert_eq!(document.tables[0].head, ["F", "G"]);
    }
}

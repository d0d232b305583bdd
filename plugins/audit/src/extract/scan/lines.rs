//! Paragraphs: lines that are read one by one, trees and tables that stand in them without a fence or a blank line.

use super::super::blocks::{Block, Fence, blocks};
use super::super::context::LineContext;
use super::super::inline::Inline;
use super::super::sentence;
use super::super::{names, words};
use super::marks::{boxed, is_ruler, unmarked};
use super::{HeadingFlags, Scan};
use crate::plan::Form;

impl Scan<'_> {
    pub(super) fn paragraph(&mut self, text: &Inline) {
        let (text, table) = self.apart_from_table(text);
        if !self.plain_tree(&text) {
            self.lines(&text);
        }
        if let Some(rows) = table {
            self.table(&rows);
        }
    }

    /// The lines of a paragraph, each read by itself.
    fn lines(&mut self, text: &Inline) {
        let mut only_entries = self.promised();
        for line in text.by_line() {
            let plain = line.plain();
            if let Some((done, rest)) = boxed(&line) {
                self.boxed(done, &rest);
            } else if let Some(rest) = unmarked(&line) {
                self.item(1, None, &rest, false);
            } else {
                let promised = self.line(&line, &plain);
                only_entries &= promised;
            }
            if (plain.ends_with(':') && plain.len() <= 80) || words::is_heading(&plain) {
                self.label = Some(HeadingFlags::of(plain.trim_end_matches(':')));
                only_entries = self.promised();
            }
        }
        let plain = text.plain();
        let announces = plain.ends_with(':') || (text.is_strong() && plain.len() <= 80) || words::is_heading(&plain);
        if announces && text.line() == text.last_line() {
            self.label = Some(HeadingFlags::of(plain.trim_end_matches(':')));
        } else if announces {
            let whole = plain.trim_end_matches(':');
            self.label =
                self.label.take().filter(|_| !words::promises(whole)).or_else(|| Some(HeadingFlags::of(whole)));
        } else if !only_entries {
            self.label = None;
        }
    }

    /// One line of running text; true when it promises something.
    fn line(&mut self, line: &Inline, plain: &str) -> bool {
        if let Some((key, value)) = sentence::label(plain).filter(|(_, value)| !value.is_empty()) {
            if self.headings.len() <= 1 && line.spans().first().is_some_and(|span| span.strong) {
                self.header.push((plain.split(':').next().unwrap_or_default().trim().to_owned(), value.clone()));
            }
            if self.subject.is_some_and(|subject| self.field(subject, &key, &value)) {
                return true;
            }
        }
        let alone = line.is_strong() && names::file(plain).is_some() && !self.revised();
        let setting = LineContext {
            ground: self.ground(false),
            making: self.makes(),
            entry: alone || self.promised(),
            ..LineContext::default()
        };
        let found = sentence::sightings(line, setting, Form::Prose);
        self.wants(line, self.subject);
        let apart = sentence::label(plain).is_some_and(|(key, _)| words::turns_away(&key));
        let named = found.last().filter(|_| !apart).map(|sighting| sighting.path.clone());
        self.near = named.or_else(|| self.subject_path());
        let promise = self.place_of_promise(&found);
        if alone && promise.is_some() {
            (self.subject, self.fenced) = (promise, false);
        }
        self.take(found);
        promise.is_some()
    }

    /// A tree that is neither fenced nor marked as code: rows below a folder, or rows with connectors.
    fn plain_tree(&mut self, text: &Inline) -> bool {
        let (first, last) = (text.line(), text.last_line());
        if first == last {
            return false;
        }
        let rows = (first..=last).filter_map(|line| Some((line, (*self.rows.get(line - 1)?).to_owned())));
        let mut rows: Vec<(usize, String)> = rows.collect();
        let caption = rows.first().is_some_and(|(_, row)| row.trim_end().ends_with(':'));
        if caption {
            rows.remove(0);
        }
        let fence = Fence { rows, line: first, ..Fence::default() };
        self.tree(&fence)
    }

    /// Cuts off a table that stands directly below a line of text: for Markdown it is a part of that text.
    pub(super) fn apart_from_table(&self, text: &Inline) -> (Inline, Option<Vec<Vec<Inline>>>) {
        let (first, last) = (text.line(), text.last_line());
        let row = |line: usize| self.rows.get(line.saturating_sub(1)).map(|row| row.trim()).unwrap_or_default();
        let Some(head) = (first..last).find(|line| row(*line).starts_with('|') && is_ruler(row(line + 1))) else {
            return (text.clone(), None);
        };
        let source: String = (head..=last).map(|line| format!("{}\n", row(line))).collect();
        let shift = |cells: Vec<Inline>| cells.into_iter().map(|cell| cell.shifted(head - 1)).collect();
        let table = blocks(&source).into_iter().find_map(|block| match block {
            Block::Table(rows) => Some(rows.into_iter().map(shift).collect()),
            _ => None,
        });
        match table {
            Some(rows) => (text.above(head), Some(rows)),
            None => (text.clone(), None),
        }
    }
}

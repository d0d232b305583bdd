//! Numbers with names: `Eagle Library Items | 21,121`, `Total library tracks: 15,540`, `1,999/2,027 tracks linked`.
//!
//! The name is cut down to its words in the singular, so that two documents may be compared. Whether a number is one to be
//! compared is not decided here.

use super::number::{Number, fractions, numbers};
use super::text::{Form, Grid, Passage, Text};
use super::words::{labelled, stems};

/// Headings of the column that holds the number.
const VALUES: &[&str] = &["count", "value", "records", "number", "total", "amount", "quantity", "items", "rows"];

/// Words that say nothing about what is counted.
const EMPTY: &[&str] = &["total", "the", "of", "number", "count", "current", "currently", "overall", "a", "an", "all"];

/// Words for what was done to a thing, at the end of a label that names it: `Session-Track Linking Fix`.
pub(super) const DOINGS: &[&str] =
    &["fix", "link", "linking", "linked", "matching", "mapping", "module", "testing", "export"];

/// A number with its name and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Counted {
    /// The words of the name, in the singular.
    pub key: Vec<String>,
    /// The name as it is written.
    pub words: String,
    /// The number.
    pub value: u64,
    /// The line.
    pub line: usize,
    /// The number of the section.
    pub section: usize,
    /// Whether it stands in a code block.
    pub shown: bool,
    /// The number of the block and the column; numbers of one table's column share them.
    pub column: (usize, usize),
}

/// The numbers with names of a document.
#[must_use]
pub(super) fn counted(text: &Text) -> Vec<Counted> {
    let mut found = Vec::new();
    text.passages
        .iter()
        .filter(|passage| passage.form != Form::Heading)
        .for_each(|passage| in_passage(passage, &mut found));
    text.grids.iter().for_each(|grid| in_grid(grid, &mut found));
    found
}

/// The words of a name, the thing itself last: items with tags are `with tag item`.
#[must_use]
pub(super) fn key(words: &str) -> Vec<String> {
    const BETWEEN: &[&str] =
        &["across", "at", "by", "for", "from", "in", "not", "on", "per", "to", "with", "within", "without"];
    let words = words.split(['(', '\u{2014}']).next().unwrap_or_default();
    let mut key: Vec<String> = stems(words).into_iter().filter(|word| !EMPTY.contains(&word.as_str())).collect();
    if let Some(at) = key.iter().position(|word| BETWEEN.contains(&word.as_str())).filter(|at| *at > 0) {
        key.rotate_left(at);
    }
    key
}

fn in_passage(passage: &Passage, found: &mut Vec<Counted>) {
    let mut add = |key: Vec<String>, words: &str, value: u64| {
        let (words, shown, at) = (words.trim().to_owned(), passage.form == Form::Fence, &passage.at);
        let counted =
            Counted { key, words, value, line: passage.line, section: at.section, shown, column: (at.block, 0) };
        found.extend(Some(counted).filter(Counted::is_named));
    };
    let Some((label, value)) = labelled(&passage.text) else { return };
    if let Some(first) = numbers(value).first().filter(|first| first.start == 0)
        && let Some(number) = first.exact()
        && numbers(label).is_empty()
        && let Some(noun) = unit(value, first)
    {
        let name = if noun.is_empty() { key(label) } else { ending_in(key(label), noun) };
        add(name, label, number);
    }
    wholes(&passage.text, label, &numbers(&passage.text), &mut add);
}

/// The word that a number counts: empty at the end of the text; absent where the number is part of something else.
fn unit(text: &str, number: &Number) -> Option<String> {
    let after = text.get(number.end..).unwrap_or_default();
    let after = after.split(['(', ',', ';']).next().unwrap_or_default().trim();
    let words: Vec<&str> = after.split_whitespace().collect();
    match words.as_slice() {
        [] => Some(String::new()),
        [first, rest @ ..] if rest.len() <= 3 && first.chars().all(char::is_alphabetic) => {
            let noun = super::words::stem(first);
            (!matches!(
                noun.as_str(),
                "second"
                    | "minute"
                    | "hour"
                    | "day"
                    | "week"
                    | "month"
                    | "of"
                    | "to"
                    | "byte"
                    | "kb"
                    | "mb"
                    | "gb"
                    | "ms"
                    | "time"
            ))
            .then_some(noun)
        }
        [sign, ..] if !sign.contains(char::is_alphanumeric) && words.len() == 1 => Some(String::new()),
        _ => None,
    }
}

/// The whole of `part/whole things` where the label ends with the things: `Session-Track Linking: 8/9 tracks linked`.
fn wholes(text: &str, label: &str, all: &[Number], add: &mut impl FnMut(Vec<String>, &str, u64)) {
    let mut name = key(label);
    while name.last().is_some_and(|word| DOINGS.contains(&word.as_str())) {
        name.pop();
    }
    for at in fractions(text, all) {
        let Some(whole) = all.get(at + 1) else { continue };
        let next = text.get(whole.end..).unwrap_or_default().split_whitespace().next().unwrap_or_default();
        let noun = stems(next).pop();
        if let (Some(value), true) = (whole.exact(), noun.is_some() && noun.as_ref() == name.last() && name.len() >= 2)
        {
            add(name.clone(), label, value);
        }
    }
}

fn in_grid(grid: &Grid, found: &mut Vec<Counted>) {
    let columns = Columns::of(grid);
    for row in &grid.rows {
        let Some(label) = row.cells.first() else { continue };
        let numeric = row.cells.iter().skip(1).filter(|cell| !numbers(cell).is_empty()).count();
        for (at, cell) in row.cells.iter().enumerate().skip(1) {
            let mut add = |key: Vec<String>, words: &str, value: u64| {
                let column = (grid.at.block, at);
                let words = words.trim().to_owned();
                let counted =
                    Counted { key, words, value, line: row.line, section: grid.at.section, shown: false, column };
                found.extend(Some(counted).filter(Counted::is_named));
            };
            let all = numbers(cell);
            let first = all.first().filter(|first| first.start == 0 && !all.get(1).is_some_and(|second| second.below));
            match (first, first.and_then(Number::exact)) {
                (Some(_), Some(value)) if columns.value == Some(at) => add(key(label), label, value),
                // Before and after are meant to differ; they are kept for the sums of opposites.
                (Some(_), Some(value)) if columns.compared.contains(&at) => {
                    let mut name = key(label);
                    name.push(format!("@{at}"));
                    add(name, label, value);
                }
                (Some(number), Some(value)) if columns.values == 0 && numeric == 1 && all.len() == 1 => {
                    if let Some(noun) = unit(cell, number).filter(|noun| !noun.is_empty()) {
                        add(ending_in(key(label), noun), label, value);
                    }
                }
                _ => wholes(cell, label, &all, &mut add),
            }
        }
    }
}

/// What the columns of a table hold.
struct Columns {
    /// The only one for numbers.
    value: Option<usize>,
    /// How many there are for numbers.
    values: usize,
    /// Those for before and after.
    compared: Vec<usize>,
}

impl Columns {
    fn of(grid: &Grid) -> Self {
        let heads = || grid.head.iter().enumerate().skip(1);
        let named: Vec<usize> = heads()
            .filter(|(_, head)| VALUES.contains(&head.trim().to_lowercase().as_str()))
            .map(|(at, _)| at)
            .collect();
        let sides = |head: &str| stems(head).iter().any(|word| matches!(word.as_str(), "before" | "after"));
        let compared = heads().filter(|(_, head)| sides(head)).map(|(at, _)| at).collect();
        let value = if let [only] = named.as_slice() { Some(*only) } else { None };
        Self { value, values: named.len(), compared }
    }
}

fn ending_in(mut name: Vec<String>, noun: String) -> Vec<String> {
    if !name.contains(&noun) {
        name.push(noun);
    }
    name
}

impl Counted {
    /// Whether it has a name that is short enough to be one.
    fn is_named(&self) -> bool {
        !self.key.is_empty() && self.key.len() <= 7
    }
}

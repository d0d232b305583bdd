//! Numbers with names: `Eagle Library Items | 21,121`, `Total library tracks: 15,540`, `1,999/2,027 tracks linked`.
//!
//! Only what is a state is a quantity; how many a run processed, how long it took, limits and versions are not. The name
//! is cut down to its words in the singular, so that two documents may be compared.

use super::claim::{Claim, Kind, Quantity, Says, Value};
use super::number::{Number, fractions, grouped, numbers};
use super::parts::OPPOSITES;
use super::text::{Form, Grid, Passage, Text};
use super::words::{labelled, stems};

/// Headings of the column that holds the number.
const VALUES: &[&str] = &["count", "value", "records", "number", "total", "amount", "quantity", "items", "rows"];

/// Headings of the column that holds an id.
const IDS: &[&str] = &["id", "database id", "identifier", "uuid"];

/// Words in a name that say that the number is no state to be compared: events of a run, measures, bounds, addresses.
const NOT_STATES: &[&str] = &[
    "added",
    "age",
    "attempt",
    "batch",
    "bpm",
    "byte",
    "checked",
    "completed",
    "completion",
    "concurrency",
    "copied",
    "coverage",
    "created",
    "date",
    "day",
    "delay",
    "deleted",
    "downloaded",
    "duration",
    "error",
    "executed",
    "exit",
    "expected",
    "failed",
    "found",
    "gap",
    "hour",
    "id",
    "imported",
    "interval",
    "issue",
    "last",
    "length",
    "level",
    "limit",
    "line",
    "matched",
    "max",
    "maximum",
    "memory",
    "min",
    "minimum",
    "minute",
    "moved",
    "page",
    "passed",
    "percent",
    "phase",
    "port",
    "priority",
    "processed",
    "progress",
    "rate",
    "remaining",
    "removed",
    "result",
    "retry",
    "run",
    "score",
    "second",
    "size",
    "skipped",
    "status",
    "step",
    "successful",
    "sync",
    "target",
    "test",
    "threshold",
    "time",
    "timeout",
    "took",
    "updated",
    "usage",
    "version",
    "week",
    "worker",
    "written",
    "year",
    "first",
    "next",
    "code",
    "per",
    "before",
    "after",
    "new",
];

/// Words that say nothing about what is counted.
const EMPTY: &[&str] = &["total", "the", "of", "number", "count", "current", "currently", "overall", "a", "an", "all"];

/// Words for what was done to a thing, at the end of a label that names it: `Session-Track Linking Fix`.
const DOINGS: &[&str] = &["fix", "link", "linking", "linked", "matching", "mapping", "module", "testing", "export"];

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
    /// The number of the block and the column; numbers of one table's column share them.
    pub column: (usize, usize),
}

/// Two numbers of one column whose names differ in a pair of opposites.
pub(super) struct Pair<'a> {
    /// What both have in common.
    pub name: Vec<String>,
    /// The one.
    pub one: &'a Counted,
    /// The other.
    pub other: &'a Counted,
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

/// The quantities of a document as claims that other documents may contradict.
pub(super) fn read(text: &Text, counted: &[Counted], claims: &mut Vec<Claim>) {
    for number in counted {
        push(number, number.key.clone(), number.value, claims);
    }
    for pair in opposites(counted) {
        let value = pair.one.value.saturating_add(pair.other.value);
        let named = counted
            .iter()
            .filter(|other| other.column == pair.one.column)
            .take(64)
            .any(|other| other.value == value && other != pair.one && other != pair.other);
        if !named {
            let words = format!("{} and {}", pair.one.words, pair.other.words);
            let whole = Counted { words, ..pair.one.clone() };
            push(&whole, pair.name, value, claims);
        }
    }
    text.grids.iter().for_each(|grid| ids(grid, claims));
    topical(text, claims);
}

fn push(number: &Counted, key: Vec<String>, value: u64, claims: &mut Vec<Claim>) {
    let state = |word: &String| !NOT_STATES.contains(&word.as_str()) && !word.starts_with('@');
    if key.is_empty() || !key.iter().all(state) {
        return;
    }
    let quantity = Quantity { key, topic: Vec::new(), value: Value::Number(value), section: number.section };
    let words = format!("{}: {}", number.words, grouped(value.into()));
    claims.push(Claim::new(number.line, Kind::Quantity, &words, Says::Quantity(quantity)));
}

/// The words of a name, the thing itself last: items with tags are `with tag item`.
fn key(words: &str) -> Vec<String> {
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
    let all = numbers(&passage.text);
    let column = (passage.at.block, 0);
    let mut add = |key: Vec<String>, words: &str, value: u64| {
        if !key.is_empty() && key.len() <= 6 {
            let words = words.trim().to_owned();
            found.push(Counted { key, words, value, line: passage.line, section: passage.at.section, column });
        }
    };
    if let Some((label, value)) = labelled(&passage.text)
        && let Some(first) = numbers(value).first().filter(|first| first.start == 0)
        && let Some(number) = first.exact()
        && numbers(label).is_empty()
        && let Some(noun) = unit(value, first)
    {
        let mut name = key(label);
        if !noun.is_empty() && !name.contains(&noun) {
            name.push(noun);
        }
        add(name, label, number);
    }
    if let Some((label, _)) = labelled(&passage.text) {
        wholes(&passage.text, label, &all, &mut add);
    }
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
    let lower = |head: &String| head.trim().to_lowercase();
    let named: Vec<usize> = (1..grid.head.len())
        .filter(|at| grid.head.get(*at).map(lower).is_some_and(|head| VALUES.contains(&head.as_str())))
        .collect();
    let sides = |head: &String| stems(head).iter().any(|word| matches!(word.as_str(), "before" | "after"));
    let compared: Vec<usize> = (1..grid.head.len()).filter(|at| grid.head.get(*at).is_some_and(sides)).collect();
    for row in &grid.rows {
        let Some(label) = row.cells.first() else { continue };
        // The same word of the file may stand in two columns of one row: a whole in a note is its own source.
        for (at, cell) in row.cells.iter().enumerate().skip(1) {
            let column = (grid.at.block, at);
            let mut add = |key: Vec<String>, words: &str, value: u64| {
                if !key.is_empty() && key.len() <= 6 {
                    found.push(Counted {
                        key,
                        words: words.trim().to_owned(),
                        value,
                        line: row.line,
                        section: grid.at.section,
                        column,
                    });
                }
            };
            let all = numbers(cell);
            let first = all.first().filter(|first| first.start == 0).and_then(Number::exact);
            match (named.as_slice(), first) {
                ([only], Some(value)) if *only == at && !all.get(1).is_some_and(|second| second.below) => {
                    add(key(label), label, value)
                }
                _ if compared.contains(&at) => {
                    if let Some(value) = first {
                        // Kept for the sum of opposites only: before and after are meant to differ.
                        let mut name = key(label);
                        name.push(format!("@{at}"));
                        add(name, label, value);
                    }
                }
                _ => {
                    wholes(cell, label, &all, &mut add);
                    if let (Some(value), Some(number)) = (first, all.first())
                        && let (Some(noun), true) =
                            (unit(cell, number).filter(|noun| !noun.is_empty()), named.is_empty() && all.len() == 1)
                        && (1..row.cells.len())
                            .filter(|other| row.cells.get(*other).is_some_and(|cell| !numbers(cell).is_empty()))
                            .count()
                            == 1
                    {
                        let mut name = key(label);
                        if name.last() != Some(&noun) {
                            name.push(noun);
                        }
                        add(name, label, value);
                    }
                }
            }
        }
    }
}

/// Pairs of numbers of one column whose names differ in a pair of opposites only.
#[must_use]
pub(super) fn opposites(counted: &[Counted]) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    for (at, one) in counted.iter().enumerate() {
        for other in counted.iter().skip(at + 1).take_while(|other| other.section == one.section).take(64) {
            if one.column != other.column || pairs.len() >= crate::limits::CLAIM_PAIRS {
                continue;
            }
            if let Some(name) = common(&one.key, &other.key).or_else(|| common(&other.key, &one.key)) {
                pairs.push(Pair { name, one, other });
            }
        }
    }
    pairs
}

/// What two names have in common when one has a word and the other its opposite; the shorter rest may lack words.
fn common(one: &[String], other: &[String]) -> Option<Vec<String>> {
    let plain = |key: &[String], word: &str| -> Option<Vec<String>> {
        key.iter()
            .any(|own| own == word)
            .then(|| key.iter().filter(|own| *own != word && !own.starts_with('@')).cloned().collect())
    };
    OPPOSITES.iter().find_map(|(left, right)| {
        let (one, other) = (plain(one, left)?, plain(other, right)?);
        let (long, short) = if one.len() >= other.len() { (one, other) } else { (other, one) };
        let within = !short.is_empty() && short.iter().all(|word| long.contains(word));
        let mut name = long;
        while name.len() > 2 && name.last().is_some_and(|word| DOINGS.contains(&word.as_str())) {
            name.pop();
        }
        within.then_some(name)
    })
}

/// Ids in tables: `Playlists | 20ee7361-…`.
fn ids(grid: &Grid, claims: &mut Vec<Claim>) {
    let Some(column) =
        grid.head.iter().position(|head| IDS.contains(&head.trim().to_lowercase().as_str())).filter(|at| *at > 0)
    else {
        return;
    };
    let Some(what) = grid.head.first().map(|head| stems(head)) else { return };
    for row in &grid.rows {
        let (Some(label), Some(cell)) = (row.cells.first(), row.cells.get(column)) else { continue };
        let id: String = cell.trim_matches('`').chars().filter(|sign| *sign != '-').collect::<String>().to_lowercase();
        let is_id = id.len() >= 8
            && id.chars().all(|sign| sign.is_ascii_hexdigit())
            && id.contains(|sign: char| sign.is_ascii_digit());
        let key = key(label);
        if is_id && !key.is_empty() {
            let quantity = Quantity { key, topic: what.clone(), value: Value::Id(id), section: grid.at.section };
            claims.push(Claim::new(row.line, Kind::Quantity, &format!("{label}: {cell}"), Says::Quantity(quantity)));
        }
    }
}

/// `4 test scenarios` in a cell and `All 5 tests` in an item: the same things where their sections name the same thing.
fn topical(text: &Text, claims: &mut Vec<Claim>) {
    let cells = text.grids.iter().flat_map(|grid| {
        grid.rows.iter().flat_map(|row| row.cells.iter().skip(1).map(|cell| (row.line, cell, &grid.at)))
    });
    let lines = text
        .passages
        .iter()
        .filter(|passage| passage.form != Form::Heading)
        .map(|passage| (passage.line, &passage.text, &passage.at));
    for (line, words, at) in cells.chain(lines) {
        let Some(section) = text.section(at) else { continue };
        let topic = topic(&section.trail);
        let bare = words.trim_start_matches(|sign: char| !sign.is_alphanumeric());
        let bare = bare.strip_prefix("All ").unwrap_or(bare);
        let first = numbers(bare).into_iter().next().filter(|number| number.start == 0);
        let (Some(number), false) = (first, topic.is_empty()) else { continue };
        let (Some(value), Some(noun)) = (number.exact(), set_noun(bare, &number)) else { continue };
        let quantity = Quantity { key: vec![noun], topic, value: Value::Number(value), section: at.section };
        claims.push(Claim::new(line, Kind::Quantity, words, Says::Quantity(quantity)));
    }
}

/// The thing of which a topic has one set: tests, by any of the words for them.
fn set_noun(text: &str, number: &Number) -> Option<String> {
    const SETS: &[&str] = &["case", "function", "scenario", "suite"];
    let phrase = text.get(number.end..)?.strip_prefix(' ')?.split([',', ';', '.', '(', ':']).next()?;
    let words = stems(phrase);
    let (first, second) = (words.first()?, words.get(1).map_or("", String::as_str));
    let whole =
        second.is_empty() || SETS.contains(&second) || matches!(second, "pass" | "passed" | "passing" | "ran" | "run");
    (first == "test" && whole).then(|| first.clone())
}

/// Names in headings: words with a capital inside.
fn topic(trail: &str) -> Vec<String> {
    let words = trail.split(|sign: char| !sign.is_alphanumeric());
    let camel = |word: &&str| {
        word.len() > 3
            && word.chars().zip(word.chars().skip(1)).any(|(one, two)| one.is_lowercase() && two.is_uppercase())
    };
    words.filter(camel).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(markdown: &str) -> Vec<(String, String)> {
        let text = Text::of(markdown);
        let mut claims = Vec::new();
        read(&text, &counted(&text), &mut claims);
        let says = claims.into_iter().filter_map(|claim| match claim.says {
            Says::Quantity(said) => Some((said.key.join(" "), format!("{:?}", said.value))),
            _ => None,
        });
        says.collect()
    }

    fn number(key: &str, value: u64) -> (String, String) {
        (key.to_owned(), format!("Number({value})"))
    }

    #[test]
    fn quantities_stand_in_tables_and_after_labels() {
        assert_eq!(found("| Metric | Value |\n|-|-|\n| Shelf Books | 1,200 |\n"), [number("shelf book", 1200)]);
        assert_eq!(found("- Total shelf books: 1,200"), [number("shelf book", 1200)]);
        assert_eq!(found("Shelf: 1,200 books (all)"), [number("shelf book", 1200)]);
        assert_eq!(found("- Books with tags: 7"), [number("with tag book", 7)]);
        assert_eq!(found("Shelf-Book Linking: 8/9 books linked"), [number("shelf book", 9)]);
    }

    #[test]
    fn opposites_make_a_whole_that_has_no_name_yet() {
        let table =
            |last: &str| format!("| Data | Count |\n|-|-|\n| Valid book links | 8 |\n| Invalid links | 3 |\n{last}");
        assert!(found(&table("")).contains(&number("book link", 11)));
        assert!(!found(&table("| Shelf books | 11 |\n")).contains(&number("book link", 11)));
    }

    #[test]
    fn events_measures_and_prose_are_no_quantities() {
        for text in [
            "Books processed: 5",
            "Duration: 30 seconds",
            "Version: 2",
            "Books: ~500",
            "Ready in 5 days",
            "Share: 20%",
            "Retries: 3 of 5 books",
            "| Metric | Before | After |\n|-|-|-|\n| Books | 1 | 2 |",
            "| Day | Found | Lost |\n|-|-|-|\n| Books | 1 | 2 |",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn ids_lose_their_dashes_and_tests_have_a_topic() {
        let ids = found("| Database | ID |\n|-|-|\n| Shelves | `0a1b-2c3d-4e` |\n");
        assert_eq!(ids, [("shelve".to_owned(), "Id(\"0a1b2c3d4e\")".to_owned())]);
        assert_eq!(found("## BookShelf\n- All 5 tests pass"), [number("test", 5)]);
        assert_eq!(found("## Shelf\n- All 5 tests pass"), []);
    }
}

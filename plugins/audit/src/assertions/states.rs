//! Which numbers with names are states that other documents and sections may contradict.
//!
//! How many a run processed, how long it took, limits and versions are no states. Two parts that are opposites of each
//! other give a whole; ids in tables and sets of tests are compared as well. The date or version above a number goes with
//! it, because a history says another number at every step.

use super::claim::{Assertion, AssertionKind, Kind, Quantity, Value};
use super::number::{Number, grouped, numbers};
use super::quantity::{Counted, DOINGS, key};
use super::text::{Form, Grid, Text};
use super::words::stems;

/// Opposites that part a whole in two.
const OPPOSITES: &[(&str, &str)] = &[
    ("local", "streaming"),
    ("local", "remote"),
    ("online", "offline"),
    ("valid", "invalid"),
    ("linked", "unlinked"),
    ("matched", "unmatched"),
    ("passed", "failed"),
    ("open", "closed"),
    ("public", "private"),
    ("read", "unread"),
];

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

/// Two numbers of one column whose names differ in a pair of opposites.
pub(super) struct Pair<'a> {
    /// What both have in common.
    pub name: Vec<String>,
    /// The one.
    pub one: &'a Counted,
    /// The other.
    pub other: &'a Counted,
}

/// The quantities of a document as claims that other documents may contradict.
pub(super) fn read(text: &Text, counted: &[Counted], claims: &mut Vec<Assertion>) {
    for number in counted {
        push(text, number, number.key.clone(), number.value, claims);
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
            push(text, &whole, pair.name, value, claims);
        }
    }
    text.grids.iter().for_each(|grid| ids(text, grid, claims));
    topical(text, claims);
}

fn push(text: &Text, number: &Counted, key: Vec<String>, value: u64, claims: &mut Vec<Assertion>) {
    let state = |word: &String| !NOT_STATES.contains(&word.as_str()) && !word.starts_with('@');
    if key.is_empty() || !key.iter().all(state) {
        return;
    }
    let (era, shown) = (era(text, number.section), number.shown);
    let quantity =
        Quantity { key, topic: Vec::new(), value: Value::Number(value), section: number.section, era, shown };
    let words = format!("{}: {}", number.words, grouped(value.into()));
    claims.push(Assertion::new(number.line, Kind::Quantity, &words, AssertionKind::Quantity(quantity)));
}

/// The last date or version of three parts in the headings above a section.
fn era(text: &Text, section: usize) -> Option<String> {
    let trail = text.sections.get(section).map_or("", |section| section.trail.as_str());
    let parts = |word: &&str| {
        let numbers = word
            .split(['-', '.', '/'])
            .filter(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
        numbers.count() >= 3
    };
    let mut words = trail.split(|sign: char| sign.is_whitespace() || "()[],v".contains(sign));
    words.rfind(parts).map(str::to_owned)
}

/// Pairs of numbers of one column whose names differ in a pair of opposites only.
#[must_use]
pub(super) fn opposites(counted: &[Counted]) -> Vec<Pair<'_>> {
    let opposed = |word: &String| OPPOSITES.iter().any(|(one, other)| word == one || word == other);
    let opposed: Vec<&Counted> = counted.iter().filter(|counted| counted.key.iter().any(opposed)).collect();
    let mut pairs = Vec::new();
    for (at, one) in opposed.iter().enumerate() {
        for other in opposed.iter().skip(at + 1).take_while(|other| other.section == one.section).take(64) {
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
fn ids(text: &Text, grid: &Grid, claims: &mut Vec<Assertion>) {
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
            let (section, era) = (grid.at.section, era(text, grid.at.section));
            let quantity = Quantity { key, topic: what.clone(), value: Value::Id(id), section, era, shown: false };
            claims.push(Assertion::new(
                row.line,
                Kind::Quantity,
                &format!("{label}: {cell}"),
                AssertionKind::Quantity(quantity),
            ));
        }
    }
}

/// `4 test scenarios` in a cell and `All 5 tests` in an item: the same things where their sections name the same thing.
fn topical(text: &Text, claims: &mut Vec<Assertion>) {
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
        let (section, era) = (at.section, era(text, at.section));
        let quantity = Quantity { key: vec![noun], topic, value: Value::Number(value), section, era, shown: false };
        claims.push(Assertion::new(line, Kind::Quantity, words, AssertionKind::Quantity(quantity)));
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
        read(&text, &super::super::quantity::counted(&text), &mut claims);
        let says = claims.into_iter().filter_map(|claim| match claim.says {
            AssertionKind::Quantity(said) => Some((said.key.join(" "), format!("{:?}", said.value))),
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

//! Files that a document states to exist, with their sizes: `Created x.py (18,975 bytes)`, `Size: 473 lines` below
//! `File: x.py`, rows of tables.
//!
//! A file name alone asserts nothing. A size, the word "exists", a verb in the past, a list of created files, or a line
//! that refers to a report make it an assertion. A sentence such as "`x.md` does not exist" asserts that the file is
//! absent.

use std::sync::Arc;

use super::assertion::{Assertion, Condition, FileStatement, Kind};
use super::text::{Form, Grid, Passage, Text};
use super::words::{WrittenPath, any_among, files, is_among, labelled, stems};
use crate::plan;
use crate::reader::size_assertions::{beside, bytes_cell, in_text, lines_cell};
use crate::reader::{is_feature, is_present_state};

/// Labels whose value is a file that the next lines describe.
const FILE_LABELS: &[&str] =
    &["file", "location", "path", "script", "module", "document", "target file", "output file", "file path"];

/// Past-tense verbs that imply that a file exists now.
const MADE: &str = "added created generated implemented introduced modified refactored updated wrote written";

/// Words that state that a file does not exist, or does not exist yet.
const ABSENT: &str = "absent deleted delete future missing never nonexistent no not optional pending planned proposed removed should \
    todo unless will without would expected if archived renamed need needed";

/// Verbs before a file that does not exist afterwards.
const REMOVED: &str = "delete deleted remove removed replace replaced";

/// Words in labels and headings of lists of existing files.
const THINGS: &str = "artifact deliverable document documentation file module report script";
const THERE: &str =
    "added audit changed created existing generated key modified referenced related reviewed updated written";
const NOT_THERE: &str =
    "create deleted expected improvement missing moved needed next planned proposed removed required to update";

/// Maximum number of words after a name in which a word of [`ABSENT`] cancels the assertion.
const NEAR: usize = 6;

/// Maximum number of names of one table that are used to locate bare names.
const BESIDE: usize = 64;

/// State while the lines are read.
#[derive(Default)]
struct ReaderState {
    section: usize,
    file: Option<WrittenPath>,
}

/// Reads the files of a document.
pub(super) fn read(text: &Text, assertions: &mut Vec<Assertion>) {
    let mut current = ReaderState::default();
    let none: Arc<[String]> = Arc::from([]);
    for passage in text.passages.iter().filter(|passage| passage.form != Form::Heading) {
        if passage.at.section != current.section {
            (current.section, current.file) = (passage.at.section, None);
        }
        if passage.form != Form::Fence {
            in_passage(text, passage, &mut current, &none, assertions);
        }
    }
    text.grids.iter().for_each(|grid| {
        if is_about_one_file(grid) { properties(grid, assertions) } else { in_grid(grid, assertions) }
    });
}

fn in_passage(
    text: &Text,
    passage: &Passage,
    current: &mut ReaderState,
    none: &Arc<[String]>,
    assertions: &mut Vec<Assertion>,
) {
    let words = passage.text.as_str();
    let named = files(words);
    let stated = |path: &str, bytes, lines| {
        let stated = FileStatement { path: path.to_owned(), bytes, lines, beside: Arc::clone(none) };
        Assertion::new(passage.line, Kind::File, words, Condition::File(stated))
    };
    let removes = |name: &WrittenPath| any_among(REMOVED, &stems(words.get(..name.start).unwrap_or_default()));
    let (bytes, lines) = match named.as_slice() {
        // "Removed `x.py` (434 lines)" states the size of a file that no longer exists.
        [first, ..] if removes(first) => (None, None),
        _ if is_present_state(text.above(passage)) || words.contains('\u{274c}') => (None, None),
        [only] => {
            let prose = |part: Option<&str>| without_code(part.unwrap_or_default());
            beside(&prose(words.get(..only.start)), &prose(words.get(only.end..)))
        }
        _ => sizes(words),
    };
    if let Some(absent) = named.iter().find(|name| is_denied(words, name)) {
        let stated = Condition::Absent(absent.path.clone());
        assertions.push(Assertion::new(passage.line, Kind::File, words, stated));
        return;
    }
    if let [only] = named.as_slice() {
        if labelled(words).is_some_and(|(label, _)| FILE_LABELS.contains(&label.to_lowercase().as_str())) {
            current.file = Some(only.clone());
            if bytes.is_none() && lines.is_none() {
                return;
            }
        }
        if bytes.is_some() || lines.is_some() {
            assertions.push(stated(&only.path, bytes, lines));
            return;
        }
    } else if named.is_empty()
        && let (Some(file), Some((label, _))) = (&current.file, labelled(words))
        && any_among("size line length byte", &stems(label))
    {
        let lines = lines.or_else(|| {
            labelled(words)
                .filter(|(label, _)| stems(label).contains(&"line".to_owned()))
                .and_then(|(_, value)| lines_cell(value))
        });
        if bytes.is_some() || lines.is_some() {
            assertions.push(stated(&file.path, bytes, lines));
        }
        return;
    }
    if let Some(first) = named.first().filter(|first| states_existence(text, passage, first, named.len())) {
        assertions.push(stated(&first.path, None, None));
    }
}

/// The size and the number of lines that a line of text states. A size in kilobytes is used only if no size is in bytes.
fn sizes(words: &str) -> (Option<plan::SizeAssertion>, Option<plan::SizeAssertion>) {
    in_text(&without_code(words))
}

fn without_code(words: &str) -> String {
    words.split('`').enumerate().map(|(nth, part)| if nth % 2 == 0 { part } else { " x " }).collect()
}

/// True if a line states that a file exists.
fn states_existence(text: &Text, passage: &Passage, first: &WrittenPath, count: usize) -> bool {
    let words = passage.text.as_str();
    let (before, after) = (words.get(..first.start).unwrap_or_default(), words.get(first.end..).unwrap_or_default());
    let near: Vec<&str> = before.split_whitespace().chain(after.split_whitespace().take(NEAR)).collect();
    if any_among(ABSENT, &stems(&near.join(" "))) || words.contains(['\u{274c}', '\u{23f3}']) {
        return false;
    }
    let following = stems(after);
    if following.first().is_some_and(|word| is_feature(word)) {
        return false;
    }
    let exists = following.first().is_some_and(|word| word == "exist" || word == "exists");
    let opening = stems(before);
    let made = opening.first().is_some_and(|word| is_among(MADE, word)) && opening.len() <= 8 && !before.contains('`');
    let passive = count == 1
        && opening
            .windows(2)
            .any(|pair| matches!(pair, [one, two] if is_among(MADE, one) && matches!(two.as_str(), "in" | "at")));
    exists || made && count == 1 || passive || refers(words, first) || listed(text, passage, first, before)
}

/// `Source audit: x.md`: a label for a document, followed only by the document's name.
fn refers(words: &str, first: &WrittenPath) -> bool {
    let Some((label, value)) = labelled(words) else { return false };
    let what = stems(label);
    let document = any_among("audit report document analysi plan log guide checklist helper", &what);
    document && value.trim_matches(['`', '.']) == first.path
}

/// True for an item that begins with a file, in a list of existing files.
fn listed(text: &Text, passage: &Passage, first: &WrittenPath, before: &str) -> bool {
    let opens = !before.contains(char::is_alphanumeric) && matches!(passage.form, Form::Item(_));
    let above = stems(text.above(passage));
    let has = |list: &str| any_among(list, &above);
    opens && first.code && has(THINGS) && has(THERE) && !has(NOT_THERE)
}

/// "`x.md` does not exist", but not "if `x.md` does not exist".
fn is_denied(words: &str, name: &WrittenPath) -> bool {
    const PHRASES: &[&str] = &["does not exist", "doesn't exist", "is not there", "could not be found"];
    let after = words.get(name.end..).unwrap_or_default().trim_start();
    let before = stems(words.get(..name.start).unwrap_or_default());
    let conditional = any_among("if when where until unless", &before);
    !conditional && PHRASES.iter().any(|phrase| after.starts_with(phrase))
}

/// True if a table describes one file: `File | x.py` and its properties below.
fn is_about_one_file(grid: &Grid) -> bool {
    let key = |row: &super::text::Row| {
        row.cells.first().is_some_and(|cell| FILE_LABELS.contains(&cell.trim().to_lowercase().as_str()))
    };
    grid.head.len() == 2
        && grid.rows.iter().any(|row| key(row) && row.cells.get(1).is_some_and(|cell| files(cell).len() == 1))
}

fn properties(grid: &Grid, assertions: &mut Vec<Assertion>) {
    let mut path = None;
    for row in &grid.rows {
        let [key, value] = row.cells.as_slice() else { continue };
        let named = files(value);
        if let ([only], true) = (named.as_slice(), FILE_LABELS.contains(&key.trim().to_lowercase().as_str())) {
            path = Some(only.path.clone());
        }
        let bytes = if key.eq_ignore_ascii_case("size") { bytes_cell(value, false) } else { None };
        let lines = if key.eq_ignore_ascii_case("lines") { lines_cell(value) } else { None };
        if let (Some(path), true) = (&path, bytes.is_some() || lines.is_some()) {
            let stated = FileStatement { path: path.clone(), bytes, lines, beside: Arc::from([]) };
            assertions.push(Assertion::new(row.line, Kind::File, &format!("{key}: {value}"), Condition::File(stated)));
        }
    }
}

/// Reads rows with one file, and a size or a word that means that the file exists.
fn in_grid(grid: &Grid, assertions: &mut Vec<Assertion>) {
    let find = |names: &[&str]| grid.head.iter().position(|head| names.contains(&head.trim().to_lowercase().as_str()));
    let (size, count) =
        (find(&["size", "bytes", "size (bytes)", "file size"]), find(&["lines", "loc", "line count", "lines of code"]));
    let bytes_head = size.and_then(|at| grid.head.get(at)).is_some_and(|head| head.to_lowercase().contains("bytes"));
    let sole = |row: &super::text::Row| {
        row.cells.iter().take(3).find_map(|cell| {
            let named = files(cell);
            let [only] = named.as_slice() else { return None };
            (cell.trim_matches('`') == only.path).then(|| only.path.clone())
        })
    };
    let beside: Arc<[String]> = grid.rows.iter().filter_map(sole).take(BESIDE).collect();
    for row in &grid.rows {
        let Some(path) = sole(row) else { continue };
        let cell = |at: Option<usize>| at.and_then(|at| row.cells.get(at)).map_or("", String::as_str);
        let words = row.cells.join(" | ");
        let (anywhere, counted) = sizes(&words);
        let bytes = bytes_cell(cell(size), bytes_head).or(anywhere);
        let lines = lines_cell(cell(count)).or(counted);
        let stems = stems(&words);
        let denied = any_among(ABSENT, &stems) || words.contains(['\u{274c}', '\u{23f3}']);
        let said = any_among("active added complete completed created done exist modified updated", &stems);
        if !denied && (bytes.is_some() || lines.is_some() || said) {
            let stated = FileStatement { path, bytes, lines, beside: Arc::clone(&beside) };
            assertions.push(Assertion::new(row.line, Kind::File, &words, Condition::File(stated)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(markdown: &str) -> Vec<(String, Option<u64>, Option<u64>)> {
        let mut assertions = Vec::new();
        read(&Text::of(markdown), &mut assertions);
        let stated = assertions.into_iter().filter_map(|assertion| match assertion.stated {
            Condition::File(stated) => Some((
                stated.path,
                stated.bytes.map(|assertion| assertion.value),
                stated.lines.map(|assertion| assertion.value),
            )),
            _ => None,
        });
        stated.collect()
    }

    #[test]
    fn sizes_and_verbs_assert_that_a_file_exists() {
        for (text, path, bytes, lines) in [
            ("- [x] Created `a.py` (1,024 bytes)", "a.py", Some(1024), None),
            ("**Location:** `d/a.py`\n**Size:** 512 bytes", "d/a.py", Some(512), None),
            ("**File:** `a.py`\n**Size:** ~80 lines", "a.py", None, Some(80)),
            ("**File:** `a.py`\n**Lines:** 80", "a.py", None, Some(80)),
            ("- `d/a.py` exists with two tables", "d/a.py", None, None),
            ("- Updated `a.md` to say so", "a.md", None, None),
            ("It is implemented in lib/a.rs (since May)", "lib/a.rs", None, None),
            ("**Source Audit:** AUDIT_1.md", "AUDIT_1.md", None, None),
            ("### Files Modified\n- `lib/a.rs` - mended", "lib/a.rs", None, None),
            ("| File | Lines |\n|-|-|\n| `a.py` | 12 |", "a.py", None, Some(12)),
            ("| Property | Value |\n|-|-|\n| File | `a.py` |\n| Lines | ~90+ |", "a.py", None, Some(90)),
            ("| Item | Type | State |\n|-|-|-|\n| `a.py` | Created | 99 bytes |", "a.py", Some(99), None),
        ] {
            assert_eq!(found(text), [(path.to_owned(), bytes, lines)], "{text}");
        }
    }

    #[test]
    fn a_file_name_alone_asserts_nothing() {
        for text in [
            "See `a.py` for more.",
            "Run `python3 a.py`",
            "- Create `a.py`",
            "- If `a.py` does not exist, write it",
            "Will be created in `a.py`",
            "### Missing Files\n- `a.py`",
            "### Files to Create\n- `a.py`",
            "| File | Status |\n|-|-|\n| `a.py` | missing |",
            "```\nCreated a.py (5 bytes)\n```",
            "The old `a.py` was deleted",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }

    #[test]
    fn a_sentence_may_assert_that_a_file_is_absent() {
        let mut assertions = Vec::new();
        read(&Text::of("The plan mentioned at `docs/plan.md` does not exist here."), &mut assertions);
        assert!(matches!(&assertions[..], [assertion] if assertion.stated == Condition::Absent("docs/plan.md".into())));
    }
}

//! Percentages beside the numbers from which they were computed: `20.1% (4,244/21,125)`, `228/230 passing (99.1%)`,
//! rows of tables.
//!
//! A percentage is correct if it is the exact value, truncated or rounded to the written precision. A number with a
//! percentage but without a whole (`4,249 (20.1%)`) is an assertion only if a line shortly before states a whole that
//! makes it true.

use super::assertion::{Assertion, Kind, Outcome};
use super::number::{Number, fixed, fractions, numbers};
use super::text::{Form, Grid, Passage, Row, Text};
use super::words::{is_among, stems};
use crate::count::grouped;

/// Maximum number of lines between a number and its whole above it.
const REACH: usize = 12;

/// Headings of the columns that hold wholes and parts.
const WHOLES: &str = "expected total planned required all tests items";
const PARTS: &str = "found actual done complete completed present passed passing implemented covered matched linked";

/// A part of a whole with its stated percentage.
struct Share {
    part: u64,
    whole: u64,
    percent: Number,
    /// Line of the whole, if it is not the line of the part.
    whole_line: Option<usize>,
}

impl Share {
    fn new(part: u64, whole: u64, percent: Number) -> Self {
        Self { part, whole, percent, whole_line: None }
    }

    fn assertion(&self, line: usize, words: &str) -> Assertion {
        let (holds, exact) = agrees(self.part, self.whole, &self.percent);
        let from = self.whole_line.map_or(String::new(), |line| format!(", the whole from line {line}"));
        let (part, whole) = (grouped(self.part), grouped(self.whole));
        let evidence = format!("{part} of {whole} are {exact} %, written {} %{from}", self.percent.shown());
        Assertion::decided(line, Kind::Ratio, words, Outcome::of(holds, evidence))
    }
}

/// True if `percent` is the share of `part` in `whole`. The returned text is the correct share, rounded to the decimals of
/// `percent`.
fn agrees(part: u64, whole: u64, percent: &Number) -> (bool, String) {
    if whole == 0 {
        return (false, "there is no percentage of 0".to_owned());
    }
    let scaled = u128::from(part) * 100 * 10_u128.pow(percent.places);
    let (whole, written) = (u128::from(whole), u128::from(percent.digits));
    let (cut, rest) = (scaled / whole, scaled % whole);
    let rounded = cut + u128::from(rest * 2 >= whole);
    let near = percent.loose && written.abs_diff(rounded) <= 10_u128.pow(percent.places) * 5;
    (written == cut || written == rounded || near, fixed(rounded, percent.places))
}

/// Reads the percentages of a document with their parts and wholes.
pub(super) fn read(text: &Text, assertions: &mut Vec<Assertion>) {
    for (at, passage) in text.passages.iter().enumerate() {
        let above = text.passages.get(at.saturating_sub(REACH)..at).unwrap_or_default();
        let neighbours = above.iter().rev().filter(|other| is_neighbour(passage, other));
        let whole_candidates = || neighbours.flat_map(|other| whole_candidates(&other.text, other.line)).collect();
        let found = shares(&passage.text, passage.line, whole_candidates);
        assertions.extend(found.iter().map(|share| share.assertion(passage.line, &passage.text)));
    }
    for grid in &text.grids {
        in_grid(grid, assertions);
    }
}

/// True if two passages belong to one list or one code block.
fn is_neighbour(passage: &Passage, other: &Passage) -> bool {
    match (passage.form, other.form) {
        (Form::Fence, Form::Fence) => passage.at.block == other.at.block,
        (Form::Item(depth), Form::Item(above)) => depth == above && passage.at.section == other.at.section,
        _ => false,
    }
}

/// A number that may be a whole, with its line.
#[derive(Clone, Copy)]
struct WholeCandidate {
    value: u64,
    line: usize,
}

/// The whole numbers of a line.
fn whole_candidates(text: &str, line: usize) -> Vec<WholeCandidate> {
    let exact = numbers(text).into_iter().filter(|number| !number.below).filter_map(|number| number.exact());
    exact.map(|value| WholeCandidate { value, line }).collect()
}

/// The shares of one text. If no share is stated with its whole, the whole is searched in the text and in `above`.
fn shares(text: &str, line: usize, above: impl FnOnce() -> Vec<WholeCandidate>) -> Vec<Share> {
    let found = numbers(text);
    if !found.iter().any(|number| number.percent) {
        return Vec::new();
    }
    let stated = stated(text, &found);
    if stated.is_empty() { derived(text, line, &found, &above()) } else { stated }
}

/// Percentages directly beside `a/b` or `a of b`.
fn stated(text: &str, found: &[Number]) -> Vec<Share> {
    let mut shares = Vec::new();
    for at in fractions(text, found) {
        let (Some(part), Some(whole)) = (found.get(at), found.get(at + 1)) else { continue };
        let after = found.get(at + 2).filter(|next| next.percent && introduces(text, whole.end, next));
        let before = at.checked_sub(1).and_then(|at| found.get(at));
        let before =
            before.filter(|last| last.percent && matches!(text.get(last.end..part.start), Some(" (" | " = " | ": ")));
        if let (Some(percent), Some(part), Some(whole)) = (after.or(before), part.exact(), whole.exact()) {
            shares.push(Share::new(part, whole, *percent));
        }
    }
    shares
}

/// True if the text between a fraction and a percentage connects them: `(98.6%)`, `= 71 %`.
fn introduces(text: &str, from: usize, percent: &Number) -> bool {
    let between = text.get(from..percent.start).unwrap_or_default();
    let after = text.get(percent.end..).unwrap_or_default();
    let opened = between.trim_end().trim_end_matches(['~', '=']).trim_end().strip_suffix('(');
    let bracketed = opened.is_some_and(|words| words.len() <= 60 && !words.contains(['(', ';', '.', ',']))
        && after.starts_with(')');
    let equal = matches!(between.trim(), "=" | "\u{2248}" | "is" | "are" | ", i.e." | "\u{2192}" | "or");
    (bracketed || equal) && percent.sign.is_none()
}

/// `N (P%)` with a whole in the same line or above.
fn derived(text: &str, line: usize, found: &[Number], above: &[WholeCandidate]) -> Vec<Share> {
    let mut shares = Vec::new();
    for (at, pair) in found.windows(2).enumerate() {
        let [part, percent] = pair else { continue };
        let Some(count) = part.exact().filter(|count| *count > 0) else { continue };
        if !percent.percent || percent.loose || part.below || !introduces(text, part.end, percent) {
            continue;
        }
        let own = found.iter().take(at).rev().filter_map(Number::exact).map(|value| WholeCandidate { value, line });
        let whole = own
            .chain(above.iter().copied())
            .find(|whole| whole.value >= count && whole.value > 1 && agrees(count, whole.value, percent).0);
        if let Some(whole) = whole {
            let whole_line = Some(whole.line).filter(|other| *other != line);
            shares.push(Share { whole_line, ..Share::new(count, whole.value, *percent) });
        }
    }
    shares
}

fn in_grid(grid: &Grid, assertions: &mut Vec<Assertion>) {
    let columns = column(grid, WHOLES).zip(column(grid, PARTS));
    for (nth, row) in grid.rows.iter().enumerate() {
        let words = row.cells.join(" | ");
        if let Some((whole, part)) = columns {
            assertions.extend(in_columns(row, whole, part, &words));
            continue;
        }
        for (at, cell) in row.cells.iter().enumerate() {
            let whole_candidates = || {
                let rows = grid.rows.get(nth.saturating_sub(REACH)..nth).unwrap_or_default().iter().rev();
                rows.filter_map(|row| Some(WholeCandidate { value: leading(row.cells.get(at)?)?, line: row.line }))
                    .collect()
            };
            assertions
                .extend(shares(cell, row.line, whole_candidates).iter().map(|share| share.assertion(row.line, &words)));
        }
    }
}

/// The percentage, or a word for "complete", in a row with a column for the whole and one for the part.
fn in_columns(row: &Row, whole_at: usize, part_at: usize, words: &str) -> Option<Assertion> {
    let cell = |at: usize| row.cells.get(at).map(String::as_str).and_then(leading);
    let (whole, part) = (cell(whole_at)?, cell(part_at)?);
    let others = || row.cells.iter().enumerate().filter(|(at, _)| *at != whole_at && *at != part_at);
    if let Some(percent) = others().find_map(|(_, cell)| only_percent(cell)) {
        return Some(Share::new(part, whole, percent).assertion(row.line, words));
    }
    let (_, state) = others().skip(1).find(|(_, cell)| says_complete(cell))?;
    let evidence = format!("{} of {} found, said to be {state}", grouped(part), grouped(whole));
    Some(Assertion::decided(row.line, Kind::Ratio, words, Outcome::of(part >= whole, evidence)))
}

fn column(grid: &Grid, names: &str) -> Option<usize> {
    grid.head.iter().position(|head| is_among(names, &head.trim().to_lowercase())).filter(|at| *at > 0)
}

/// The whole number at the beginning of a cell.
pub(super) fn leading(cell: &str) -> Option<u64> {
    let first = numbers(cell).into_iter().next()?;
    let before = cell.get(..first.start).unwrap_or_default();
    first.exact().filter(|_| !before.contains(char::is_alphabetic))
}

/// The percentage in a cell that contains nothing else.
fn only_percent(cell: &str) -> Option<Number> {
    let found = numbers(cell);
    let [only] = found.as_slice() else { return None };
    (only.percent && only.sign.is_none() && stems(cell).iter().all(|word| word.parse::<u64>().is_ok())).then_some(*only)
}

fn says_complete(cell: &str) -> bool {
    let words = stems(cell);
    matches!(words.as_slice(), [only] if matches!(only.as_str(), "complete" | "completed" | "done"))
}

#[cfg(test)]
mod tests {
    use super::super::assertion::Verdict;
    use super::super::text::decided;
    use super::*;

    fn outcomes(markdown: &str) -> Vec<(usize, Verdict, String)> {
        decided(read, markdown)
    }

    fn verdicts(markdown: &str) -> Vec<Verdict> {
        outcomes(markdown).into_iter().map(|(_, verdict, _)| verdict).collect()
    }

    #[test]
    fn percentages_beside_fractions_are_checked() {
        assert_eq!(verdicts("3/4 = 75 %"), [Verdict::True]);
        assert_eq!(verdicts("- Pages: 66.6% (2/3)"), [Verdict::True]);
        assert_eq!(verdicts("- Pages: 66.7% (2/3)"), [Verdict::True]);
        assert_eq!(verdicts("7 of 9 doors open (78%)"), [Verdict::True]);
        assert_eq!(outcomes("7 of 9 doors open (80%)")[0].2, "7 of 9 are 78 %, written 80 %");
        assert_eq!(verdicts("about ~80% (7/9)"), [Verdict::True]);
    }

    #[test]
    fn a_whole_may_be_in_a_line_above_and_without_a_whole_nothing_is_asserted() {
        assert_eq!(
            outcomes("- Doors: 40\n- Open: 10 (25%)")[0].2,
            "10 of 40 are 25 %, written 25 %, the whole from line 1"
        );
        assert_eq!(verdicts("- Doors: 41\n- Open: 10 (25%)"), []);
        assert_eq!(verdicts("Trial (20 doors): 5 open (25%)"), [Verdict::True]);
        assert_eq!(verdicts("| What | N |\n|-|-|\n| Doors | 40 |\n| Open | 10 (25%) |"), [Verdict::True]);
    }

    #[test]
    fn percentages_in_rows_of_tables_are_checked() {
        let table = "| C | Expected | Found | Status |\n|-|-|-|-|\n| A | 3 files | 1 file | bad 33% |\n| A | 3 files | 1 file | \u{26a0} 33% |\n| B | 2 | 1 | 60% |\n| D | 2 | 1 | Complete |\n";
        assert_eq!(verdicts(table), [Verdict::True, Verdict::False, Verdict::False]);
    }

    #[test]
    fn sentences_that_only_contain_numbers_assert_nothing() {
        for text in [
            "9/10 tests ran, 80% coverage",
            "5/5 stars",
            "2026/01/18 (5%)",
            "grew 20% in 3 of 4 weeks",
            "`1/2` (70%)",
            "10 tests (+5%)",
        ] {
            assert_eq!(verdicts(text), [], "{text}");
        }
    }
}

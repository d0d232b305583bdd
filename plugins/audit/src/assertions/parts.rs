//! Parts against a whole that stands elsewhere: sizes in a table against their total, sources against a sum of them,
//! local and streaming tracks against all of them.
//!
//! A whole is compared only with parts that are plainly its own: the group of a table that it names, a list in its own
//! row, two rows whose names differ in a pair of opposites.

use super::claim::{Assertion, Kind, Outcome};
use super::number::{Number, grouped, numbers};
use super::quantity::Counted;
use super::ratio::leading;
use super::states;
use super::text::{Grid, Text};
use super::total::added;
use super::words::{labelled, stem, stems};
use crate::limits;

/// Words that say that a name means the whole.
const WHOLE: &[&str] = &["all", "full", "library", "overall", "total", "whole"];

/// The sums of a document.
pub(super) fn read(text: &Text, counted: &[Counted], claims: &mut Vec<Assertion>) {
    for grid in text.grids.iter().take(limits::CLAIM_PAIRS) {
        own_lists(grid, claims);
    }
    sizes(text, claims);
    opposites(text, counted, claims);
    breakdowns(text, counted, claims);
}

/// A row whose number is parted in another of its cells: `1,941 | Beatport: 1,026, SoundCloud: 913, Spotify: 2`.
fn own_lists(grid: &Grid, claims: &mut Vec<Assertion>) {
    for row in &grid.rows {
        let whole = row.cells.iter().enumerate().skip(1).find_map(|(at, cell)| Some((at, lone(cell)?)));
        let Some((at, whole)) = whole else { continue };
        let parts = row.cells.iter().skip(at + 1).find_map(|cell| labelled_list(cell));
        if let Some(parts) = parts {
            let sum: u128 = parts.iter().map(|part| u128::from(*part)).sum();
            let outcome =
                Outcome::of(sum == u128::from(whole), format!("{}, written {}", added(&parts), grouped(whole.into())));
            claims.push(Assertion::worked(row.line, Kind::Sum, &row.cells.join(" | "), outcome));
        }
    }
}

fn lone(cell: &str) -> Option<u64> {
    let found = numbers(cell);
    let [only] = found.as_slice() else { return None };
    only.exact().filter(|_| cell.trim().len() == only.end - only.start)
}

/// `A: 1, B: 2, C: 3` and nothing else.
fn labelled_list(cell: &str) -> Option<Vec<u64>> {
    let parts: Vec<u64> = cell
        .split(", ")
        .map(|part| {
            let (label, value) = part.trim().split_once(": ")?;
            (!label.contains(|sign: char| sign.is_ascii_digit())).then(|| lone(value)).flatten()
        })
        .collect::<Option<_>>()?;
    (parts.len() >= 2).then_some(parts)
}

/// The sizes of one group of a table.
struct Sizes {
    section: usize,
    line: usize,
    /// What was done with them: `created`; empty for all rows.
    action: String,
    sizes: Vec<u64>,
}

fn sizes(text: &Text, claims: &mut Vec<Assertion>) {
    let groups: Vec<Sizes> = text.grids.iter().take(limits::CLAIM_PAIRS).flat_map(size_groups).collect();
    if groups.is_empty() {
        return;
    }
    let lines = text.passages.iter().filter_map(|passage| {
        let (bytes, _) = crate::reader::claims::in_text(&passage.text);
        let first = numbers(&passage.text).into_iter().find_map(|number| bytes_at(&passage.text, &number))?;
        bytes.map(|_| (passage, first))
    });
    for (passage, total) in lines.take(limits::CLAIM_PAIRS) {
        let words = stems(&passage.text);
        let sums = words.iter().any(|word| matches!(word.as_str(), "total" | "sum" | "together" | "altogether"));
        let count = files_counted(&passage.text);
        if !sums && count.is_none() {
            continue;
        }
        let fits = |group: &&Sizes| {
            group.sizes.iter().sum::<u64>() == total && count.is_none_or(|count| count == group.sizes.len() as u64)
        };
        let near = |group: &&Sizes| sums && group.section == passage.at.section && group.line < passage.line;
        let named = |group: &&Sizes| {
            count == Some(group.sizes.len() as u64) && !group.action.is_empty() && words.contains(&group.action)
        };
        let all = || groups.iter().filter(|group| group.sizes.len() >= 2);
        let Some(group) = all().find(fits).or_else(|| all().find(named)).or_else(|| all().find(near)) else { continue };
        let holds = fits(&group);
        let what = if group.action.is_empty() {
            "all rows".to_owned()
        } else {
            format!("rows \u{201c}{}\u{201d}", group.action)
        };
        let evidence = format!(
            "{} bytes ({what} of the table at line {}), written {}",
            added(&group.sizes),
            group.line,
            grouped(total.into())
        );
        claims.push(Assertion::worked(passage.line, Kind::Sum, &passage.text, Outcome::of(holds, evidence)));
    }
}

fn bytes_at(text: &str, number: &Number) -> Option<u64> {
    let after = text.get(number.end..).unwrap_or_default().trim_start();
    let unit = after.split(|sign: char| !sign.is_alphabetic()).next().unwrap_or_default();
    number.exact().filter(|_| matches!(unit, "bytes" | "byte"))
}

/// `4 files` anywhere in a line.
fn files_counted(text: &str) -> Option<u64> {
    let found = numbers(text).into_iter().find(|number| {
        let next = text.get(number.end..).unwrap_or_default().split_whitespace().next().unwrap_or_default();
        matches!(
            stem(next.trim_matches(|sign: char| !sign.is_alphanumeric())).as_str(),
            "file" | "module" | "script" | "document" | "deliverable"
        )
    });
    found.and_then(|number| number.exact())
}

fn size_groups(grid: &Grid) -> Vec<Sizes> {
    let find = |names: &[&str]| grid.head.iter().position(|head| names.contains(&head.trim().to_lowercase().as_str()));
    let Some(size) = find(&["size", "bytes", "size (bytes)", "file size"]) else { return Vec::new() };
    let heading = grid.head.get(size).is_some_and(|head| head.to_lowercase().contains("bytes"));
    let action = find(&["action", "change", "type"]);
    let mut groups: Vec<Sizes> = Vec::new();
    let new = |action: &str| Sizes {
        section: grid.at.section,
        line: grid.rows.first().map_or(0, |row| row.line),
        action: action.to_owned(),
        sizes: Vec::new(),
    };
    let mut all = new("");
    for row in &grid.rows {
        let cell = row.cells.get(size).map_or("", String::as_str);
        let found = numbers(cell);
        let value =
            found.first().and_then(|number| bytes_at(cell, number).or_else(|| number.exact().filter(|_| heading)));
        let Some(value) = value else { continue };
        all.sizes.push(value);
        let Some(done) = action.and_then(|at| row.cells.get(at)).and_then(|cell| stems(cell).into_iter().next()) else {
            continue;
        };
        if let Some(group) = groups.iter_mut().find(|group| group.action == done) {
            group.sizes.push(value);
        } else if groups.len() < 8 {
            let mut group = new(&done);
            group.sizes.push(value);
            groups.push(group);
        }
    }
    groups.push(all);
    groups
}

/// `Local tracks` and `Streaming tracks` of one table against `Library tracks` anywhere in the document.
fn opposites(text: &Text, counted: &[Counted], claims: &mut Vec<Assertion>) {
    let title = stems(text.title());
    // Before and after are meant to differ; they are compared as quantities.
    let own = |pair: &states::Pair<'_>| !pair.one.key.iter().any(|word| word.starts_with('@'));
    for pair in states::opposites(counted).into_iter().filter(own).take(limits::CLAIM_PAIRS) {
        let whole = counted.iter().find(|other| {
            let rest: Vec<&String> = other.key.iter().filter(|word| !pair.name.contains(word)).collect();
            let says_so = rest.iter().any(|word| WHOLE.contains(&word.as_str()));
            other.key.last() == pair.name.last()
                && pair.name.iter().all(|word| other.key.contains(word))
                && (says_so || other.key == pair.name)
                && rest.iter().all(|word| WHOLE.contains(&word.as_str()) || title.contains(word))
        });
        let Some(whole) = whole else { continue };
        let sum = pair.one.value + pair.other.value;
        let evidence = format!(
            "{} (lines {} and {}), while line {} says {}",
            added(&[pair.one.value, pair.other.value]),
            pair.one.line,
            pair.other.line,
            whole.line,
            grouped(whole.value.into())
        );
        let words = format!("{}: {}", whole.words, grouped(whole.value.into()));
        claims.push(Assertion::worked(whole.line, Kind::Sum, &words, Outcome::of(sum == whole.value, evidence)));
    }
}

/// A list below `Streaming source breakdown:` against `Streaming tracks`.
fn breakdowns(text: &Text, counted: &[Counted], claims: &mut Vec<Assertion>) {
    let heads = text.passages.iter().enumerate().filter(|(_, passage)| {
        passage.text.ends_with(':')
            && stems(&passage.text).iter().any(|word| matches!(word.as_str(), "breakdown" | "split" | "distribution"))
    });
    for (at, head) in heads.take(limits::CLAIM_PAIRS) {
        let below = text.passages.iter().skip(at + 1);
        let items: Vec<_> = below
            .take_while(|item| *item.at.label == *head.text && matches!(item.form, super::text::Form::Item(1)))
            .collect();
        let parts: Option<Vec<u64>> =
            items.iter().map(|item| labelled(&item.text).and_then(|(_, value)| leading(value))).collect();
        let (Some(parts), Some(unit)) =
            (parts.filter(|parts| parts.len() >= 2), items.first().and_then(|item| stems(&item.text).pop()))
        else {
            continue;
        };
        let mut words = stems(&head.text);
        words.push(unit);
        let Some(whole) =
            counted.iter().find(|other| other.key.len() >= 2 && other.key.iter().all(|word| words.contains(word)))
        else {
            continue;
        };
        let sum: u64 = parts.iter().sum();
        let evidence = format!("{}, while line {} says {}", added(&parts), whole.line, grouped(whole.value.into()));
        claims.push(Assertion::worked(head.line, Kind::Sum, &head.text, Outcome::of(sum == whole.value, evidence)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::claim::{AssertionKind, Verdict};
    use super::*;

    fn outcomes(markdown: &str) -> Vec<(usize, Verdict, String)> {
        let text = Text::of(markdown);
        let mut claims = Vec::new();
        read(&text, &super::super::quantity::counted(&text), &mut claims);
        let worked = claims.into_iter().filter_map(|claim| match claim.says {
            AssertionKind::Worked(outcome) => Some((claim.line, outcome.verdict, outcome.evidence)),
            _ => None,
        });
        worked.collect()
    }

    #[test]
    fn a_row_may_part_its_own_number() {
        let row = |parts: &str| format!("| Books | Count | Notes |\n|-|-|-|\n| Lent | 1,030 | {parts} |\n");
        assert_eq!(
            outcomes(&row("Town: 1,000, Farm: 30")),
            [(3, Verdict::True, "1,000 + 30 = 1,030, written 1,030".into())]
        );
        assert_eq!(outcomes(&row("Town: 1,000, Farm: 31"))[0].1, Verdict::False);
        assert_eq!(outcomes(&row("Town: 1,000, and some")), []);
    }

    #[test]
    fn sizes_of_a_table_are_held_against_their_total() {
        let table = |said: &str| {
            format!(
                "| File | Action | Size |\n|-|-|-|\n| a | Created | 10 bytes |\n| b | Updated | 5 bytes |\n| c | Created | 20 bytes |\n\n{said}\n"
            )
        };
        assert_eq!(outcomes(&table("**Total new:** 30 bytes"))[0].1, Verdict::True);
        assert_eq!(outcomes(&table("**Total:** 35 bytes"))[0].1, Verdict::True);
        assert_eq!(outcomes(&table("**Total:** 40 bytes"))[0].1, Verdict::False);
        let created = outcomes(&table("Files created: 2 files (31 bytes)"));
        assert_eq!(
            created[0].2,
            "10 + 20 = 30 bytes (rows \u{201c}created\u{201d} of the table at line 3), written 31"
        );
        assert_eq!(outcomes(&table("It has 30 bytes")), []);
    }

    #[test]
    fn local_and_streaming_make_the_library() {
        let text = |all: u32| {
            format!(
                "# The Farm\n\n| Data | Count |\n|-|-|\n| Local Books | 40 |\n| Remote Books | 3 |\n\n## All\n\nFarm library books: {all}\n"
            )
        };
        assert_eq!(outcomes(&text(43))[0].1, Verdict::True);
        assert_eq!(
            outcomes(&text(50)),
            [(10, Verdict::False, "40 + 3 = 43 (lines 5 and 6), while line 10 says 50".into())]
        );
        assert_eq!(outcomes(&text(50).replace("Farm library books", "Old paper books")), []);
    }

    #[test]
    fn a_breakdown_is_held_against_its_whole() {
        let text =
            |part: u32| format!("Lent books: 9\n\n**Lent source breakdown:**\n- Town: {part} books\n- Farm: 2 books\n");
        assert_eq!(outcomes(&text(7))[0].1, Verdict::True);
        assert_eq!(outcomes(&text(8))[0].1, Verdict::False);
    }
}

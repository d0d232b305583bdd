//! Numbers of things beside the list of them: `Created 4 files:`, `Kitchen (3 files):`, `3 files fixed (a.py, b.py)`.
//!
//! A line is compared with the list or table that follows it directly. Where one section has several such lists, a number
//! of the same things above them is compared with all of them. Lists that do not claim to be whole are left alone.

use super::claim::{Assertion, Kind, Outcome};
use super::number::{Number, grouped, numbers};
use super::text::{Form, Passage, Text};
use super::total::added;
use super::words::{files, labelled, stem, stems};
use crate::limits;

/// Things that a list is not of: measures, and what numbers a place.
const MEASURES: &[&str] = &[
    "ago",
    "attempt",
    "byte",
    "character",
    "column",
    "core",
    "day",
    "fold",
    "gb",
    "gib",
    "hour",
    "hr",
    "hz",
    "kb",
    "kib",
    "level",
    "line",
    "loc",
    "mb",
    "mib",
    "min",
    "minute",
    "month",
    "ms",
    "percent",
    "pixel",
    "point",
    "px",
    "retry",
    "row",
    "second",
    "sec",
    "star",
    "thread",
    "time",
    "week",
    "word",
    "x",
    "year",
];

/// Words before a number that make it a name, a bound or a part.
const NOT_COUNTING: &[&str] = &[
    "appendix",
    "chapter",
    "gap",
    "issue",
    "level",
    "max",
    "maximum",
    "min",
    "minimum",
    "of",
    "option",
    "page",
    "part",
    "phase",
    "plan",
    "priority",
    "q",
    "section",
    "sprint",
    "step",
    "stage",
    "task",
    "tier",
    "to",
    "v",
    "version",
    "within",
    "every",
    "first",
    "last",
    "other",
    "another",
    "remaining",
    "more",
    "port",
    "and",
];

/// Words that say that a list is not whole.
const NOT_WHOLE: &[&str] = &[
    "including",
    "include",
    "such",
    "e.g.",
    "example",
    "etc",
    "incl.",
    "like",
    "some",
    "notably",
    "up to",
    "among",
    "mainly",
];

/// How many passages above several lists the number of all their things may stand.
const REACH: usize = 32;

/// A counted list: `Kitchen (3 files):` with its items.
struct Group {
    section: usize,
    /// Which passage announces it.
    at: usize,
    said: u64,
    noun: String,
}

/// The counts of a document.
pub(super) fn read(text: &Text, claims: &mut Vec<Assertion>) {
    let mut groups = Vec::new();
    for (at, passage) in text.passages.iter().enumerate() {
        if passage.form == Form::Fence {
            continue;
        }
        listed_inside(passage, claims);
        let Some((said, noun)) = announced(&passage.text) else { continue };
        if let Some(found) = below(text, at) {
            let holds = found.contains(&said);
            let counts: Vec<String> = found.iter().map(|count| grouped((*count).into())).collect();
            let evidence = format!("{} are listed below, written {said}", counts.first().map_or("0", String::as_str));
            claims.push(Assertion::worked(passage.line, Kind::Count, &passage.text, Outcome::of(holds, evidence)));
            groups.push(Group { section: passage.at.section, at, said, noun });
        }
    }
    totals(text, &groups, claims);
    named_tables(text, claims);
}

/// The number of things that a line ending in a colon announces.
fn announced(text: &str) -> Option<(u64, String)> {
    let head = text.trim_end().strip_suffix(':')?;
    let whole = !stems(head).iter().any(|word| NOT_WHOLE.contains(&word.as_str()));
    let found: Vec<Number> = numbers(head);
    let [only] = found.as_slice() else { return None };
    whole.then(|| counted(head, only)).flatten()
}

/// What a number counts, when it counts things: `3 new files` are files.
fn counted(text: &str, number: &Number) -> Option<(u64, String)> {
    let said = number.exact().filter(|said| (1..=1000).contains(said))?;
    let before = text.get(..number.start).unwrap_or_default();
    let last =
        before.split_whitespace().last().map(|word| stem(word.trim_matches(|sign: char| !sign.is_alphanumeric())));
    if last.is_some_and(|word| NOT_COUNTING.contains(&word.as_str())) || before.ends_with(['-', '\u{2013}', '/']) {
        return None;
    }
    let after = text.get(number.end..).unwrap_or_default();
    let after = after.strip_prefix(char::is_whitespace)?;
    let end = after.find(|sign: char| "(),;:.\u{2014}\u{2192}`".contains(sign)).unwrap_or(after.len());
    let phrase: Vec<String> = after.get(..end)?.split_whitespace().map(str::to_lowercase).collect();
    let noun = phrase.iter().take(4).find(|word| is_plural(word) || said == 1 && phrase.len() == 1)?;
    let noun = stem(noun);
    (!MEASURES.contains(&noun.as_str()) && !phrase.first().is_some_and(|word| MEASURES.contains(&stem(word).as_str())))
        .then_some((said, noun))
}

fn is_plural(word: &str) -> bool {
    word.len() > 3
        && word.ends_with('s')
        && !word.ends_with("ss")
        && !matches!(word, "this" | "was" | "has" | "its" | "always" | "status" | "across" | "passes")
}

/// The lengths of what follows a passage directly, by every fair way to count; absent where nothing follows.
fn below(text: &Text, at: usize) -> Option<Vec<u64>> {
    let passage = text.passages.get(at)?;
    let outer = match passage.form {
        Form::Item(depth) => depth,
        _ => 0,
    };
    let mut depths = Vec::new();
    let mut names = 0_u64;
    let mut block = passage.at.block;
    for item in text.passages.iter().skip(at + 1) {
        let Form::Item(depth) = item.form else { break };
        if depth <= outer || item.at.block > block + 1 {
            break;
        }
        if item.text.starts_with("...") || item.text.starts_with('\u{2026}') {
            return None;
        }
        block = item.at.block;
        depths.push(depth);
        names += files(&item.text).len() as u64;
    }
    if let Some(first) = depths.first() {
        let top = depths.iter().filter(|depth| *depth == first).count() as u64;
        let leaves =
            depths.iter().enumerate().filter(|(at, depth)| depths.get(at + 1).is_none_or(|next| next <= depth)).count()
                as u64;
        return Some(vec![top, leaves, names]);
    }
    let grid = text.grids.iter().find(|grid| grid.at.block == passage.at.block + 1)?;
    let total = grid
        .rows
        .last()
        .is_some_and(|row| row.cells.first().is_some_and(|cell| stems(cell).iter().any(|word| word == "total")));
    Some(vec![grid.rows.len() as u64 - u64::from(total)])
}

/// `3 files changed (a.py, b.py)`: the list stands in the line itself.
fn listed_inside(passage: &Passage, claims: &mut Vec<Assertion>) {
    let text = passage.text.as_str();
    for number in numbers(text) {
        let Some((said, _)) = counted(text, &number) else { continue };
        let rest = text.get(number.end..).unwrap_or_default();
        let Some((lead, list)) = rest.split_once('(') else { continue };
        let Some((list, _)) = list.split_once(')') else { continue };
        let near = lead.len() <= 40 && !lead.contains(['.', ';', ':', ',']) && numbers(lead).is_empty();
        let parts: Vec<&str> = list
            .split([',', ';'])
            .flat_map(|part| part.split(" and "))
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        let all_files = parts.iter().all(|part| !part.contains(' ') && files(part).len() == 1);
        if !near || parts.len() < 2 || !all_files {
            continue;
        }
        let evidence = format!("{} are named: {}, written {said}", parts.len(), parts.join(", "));
        claims.push(Assertion::worked(
            passage.line,
            Kind::Count,
            text,
            Outcome::of(parts.len() as u64 == said, evidence),
        ));
    }
}

/// Numbers above several counted lists of one section: `All 6 files` above lists of 3, 2 and 1.
fn totals(text: &Text, groups: &[Group], claims: &mut Vec<Assertion>) {
    let mut rest = groups.get(..limits::CLAIM_PAIRS).unwrap_or(groups);
    while let Some(first) = rest.first() {
        let end = rest
            .iter()
            .position(|group| group.section != first.section || group.noun != first.noun)
            .unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        if run.len() < 2 {
            continue;
        }
        let parts: Vec<u64> = run.iter().map(|group| group.said).collect();
        let sum: u64 = parts.iter().sum();
        let above = text.passages.get(first.at.saturating_sub(REACH)..first.at).unwrap_or_default();
        for passage in above.iter().filter(|passage| passage.at.section == first.section) {
            if let Some(said) = all_of(&passage.text, &first.noun) {
                let evidence = format!("{}, written {said}", added(&parts));
                let outcome = Outcome::of(said == sum, evidence);
                claims.push(Assertion::worked(passage.line, Kind::Sum, &passage.text, outcome));
            }
        }
    }
}

/// The number of all things of a kind that a line gives: `All 6 files moved`, `Files processed: 6`.
fn all_of(text: &str, noun: &str) -> Option<u64> {
    let words = stems(text);
    let all = ["all", "total", "overall", "processed", "moved", "every"]
        .iter()
        .any(|word| words.iter().any(|own| own == word));
    let found = numbers(text);
    let before = found
        .iter()
        .filter_map(|number| counted(text, number))
        .find(|(_, counts)| counts == noun)
        .map(|(said, _)| said);
    let after = || {
        let (label, value) = labelled(text)?;
        let first = numbers(value).into_iter().next().filter(|first| first.start == 0)?;
        stems(label).iter().any(|word| word == noun).then(|| first.exact()).flatten()
    };
    before.or_else(after).filter(|_| all)
}

/// Lines that end in a number of things between brackets: `Located folders (4 locations)`.
fn bracketed(text: &Text) -> Vec<(&Passage, u64, String)> {
    let lines = text.passages.iter().filter_map(|passage| {
        let (_, inside) = passage.text.strip_suffix(')')?.rsplit_once('(')?;
        let found = numbers(inside);
        let [only] = found.as_slice() else { return None };
        counted(inside, only).map(|(said, noun)| (passage, said, noun))
    });
    lines.take(limits::CLAIM_PAIRS).collect()
}

/// Such lines against the table below a heading of the same words.
fn named_tables(text: &Text, claims: &mut Vec<Assertion>) {
    let lines = bracketed(text);
    for grid in text.grids.iter().take(limits::CLAIM_PAIRS) {
        let (Some(section), Some(noun)) = (text.section(&grid.at), grid.head.first().map(|head| stem(head.trim())))
        else {
            continue;
        };
        let wanted: Vec<String> = stems(&section.title).into_iter().filter(|word| word.len() > 2).collect();
        if wanted.len() < 2 || noun.is_empty() {
            continue;
        }
        for (passage, said, _) in
            lines.iter().filter(|(passage, _, counts)| passage.at.section != grid.at.section && *counts == noun)
        {
            let words = stems(&passage.text);
            let shared = wanted.iter().filter(|word| words.contains(word)).count();
            if shared >= 2 && shared * 3 >= wanted.len() * 2 {
                let rows = grid.rows.len() as u64;
                let evidence = format!(
                    "the table \u{201c}{}\u{201d} has {}, written {said}",
                    section.title,
                    crate::count::count(rows, "row")
                );
                claims.push(Assertion::worked(
                    passage.line,
                    Kind::Count,
                    &passage.text,
                    Outcome::of(rows == *said, evidence),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::claim::{AssertionKind, Verdict};
    use super::*;

    fn outcomes(markdown: &str) -> Vec<(Verdict, String)> {
        let mut claims = Vec::new();
        read(&Text::of(markdown), &mut claims);
        let worked = claims.into_iter().filter_map(|claim| match claim.says {
            AssertionKind::Worked(outcome) => Some((outcome.verdict, outcome.evidence)),
            _ => None,
        });
        worked.collect()
    }

    #[test]
    fn announced_lists_are_counted() {
        assert_eq!(
            outcomes("Made 2 tools:\n- a\n- b\n"),
            [(Verdict::True, "2 are listed below, written 2".to_owned())]
        );
        assert_eq!(outcomes("Made 3 tools:\n- a\n- b\n")[0].0, Verdict::False);
        assert_eq!(outcomes("Made 3 tools:\n- a\n  - b\n  - c\n- d\n")[0].0, Verdict::True);
        assert_eq!(outcomes("Made 3 tools:\n- `a.py`, `b.py`\n- `c.py`\n")[0].0, Verdict::True);
        assert_eq!(outcomes("**2 tools:**\n\n| T |\n|-|\n| a |\n| b |\n| Total |\n")[0].0, Verdict::True);
        assert_eq!(outcomes("1. Kitchen (2 pans):\n   - a\n   - b\n   - c\n2. Next\n")[0].0, Verdict::False);
    }

    #[test]
    fn other_lines_before_lists_claim_nothing() {
        for line in [
            "Made 3 tools, including:",
            "Wait 3 minutes:",
            "Phase 3 tools:",
            "At least 3 tools:",
            "3 of 4 tools:",
            "The last 3 runs:",
            "Use 2-3 tools:",
            "Made 3 tools in 2 rooms:",
            "Step 3:",
            "In 2026:",
            "Made tools:",
            "Top tools",
        ] {
            assert_eq!(outcomes(&format!("{line}\n- a\n- b\n")), [], "{line}");
        }
        assert_eq!(outcomes("Made 3 tools:\n\nText.\n\n- a\n"), []);
        assert_eq!(outcomes("Made 3 tools:\n- a\n- ...\n"), []);
    }

    #[test]
    fn names_in_brackets_are_counted() {
        assert_eq!(outcomes("2 files mended (a.py, b.py)")[0].0, Verdict::True);
        assert_eq!(outcomes("3 files mended (a.py, b.py)")[0].1, "2 are named: a.py, b.py, written 3");
        assert_eq!(outcomes("3 files mended (see a.py, then rest)"), []);
    }

    #[test]
    fn groups_add_up() {
        let text = |all: &str| {
            format!(
                "## Moved\n\nAll {all} boxes moved\n\n1. **Up (2 boxes):**\n   - a\n   - b\n2. **Down (1 box):**\n   - c\n"
            )
        };
        assert!(outcomes(&text("3")).contains(&(Verdict::True, "2 + 1 = 3, written 3".to_owned())));
        let labelled = text("3").replace("All 3 boxes moved", "Boxes processed: 5");
        assert!(outcomes(&labelled).contains(&(Verdict::False, "2 + 1 = 3, written 5".to_owned())));
        assert!(outcomes(&text("4")).contains(&(Verdict::False, "2 + 1 = 3, written 4".to_owned())));
    }

    #[test]
    fn a_table_under_the_same_words_is_counted() {
        let text = |said: u8| {
            format!(
                "## Tool Room Shelves\n\n| Shelf |\n|-|\n| a |\n| b |\n\n## Done\n- Found tool room ({said} shelves)\n"
            )
        };
        assert_eq!(
            outcomes(&text(2).replace("Shelves", "Racks").replace("Shelf", "Rack").replace("shelves", "racks"))[0].0,
            Verdict::True
        );
        assert_eq!(
            outcomes(&text(3).replace("Shelves", "Racks").replace("Shelf", "Rack").replace("shelves", "racks"))[0].0,
            Verdict::False
        );
    }
}

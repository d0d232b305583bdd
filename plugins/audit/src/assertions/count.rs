//! Checks stated counts against the list that follows: `Created 4 files:`, `Kitchen (3 files):`, `3 files fixed (a.py,
//! b.py)`.
//!
//! A line is compared with the list or table directly below it, or with the files in its parentheses. Lists that may be
//! incomplete are not compared.

use super::assertion::{Assertion, Kind, Outcome};
use super::number::{Number, numbers};
use super::text::{Form, Passage, Text};
use super::words::{any_among, files, is_among, stem, stems};
use crate::count::grouped;

/// Nouns that a list cannot contain: units of measure, and places such as "line" or "level".
const MEASURES: &str = "ago attempt byte character column core day fold gb gib hour hr hz kb kib level line loc mb mib min minute \
    month ms percent pixel point px retry row second sec star thread time week word x year";

/// A number after one of these words is not a count: "phase 3", "at least 3", "3 of 4".
const NOT_COUNTING: &str = "appendix chapter gap issue level max maximum min minimum of option page part phase plan priority q section \
    sprint step stage story task tier to v version within epic example figure iteration lesson milestone module scenario table unit every first last other another remaining more port and";

/// Words that mark a list as incomplete.
const NOT_WHOLE: &str = "covering cover including include such example etc like some notably among mainly";

/// Reads the counts of a document.
pub(super) fn read(text: &Text, assertions: &mut Vec<Assertion>) {
    for (at, passage) in text.passages.iter().enumerate().filter(|(_, passage)| passage.form != Form::Fence) {
        listed_inside(passage, assertions);
        let Some(said) = announced(&passage.text) else { continue };
        if let Some(found) = below(text, at) {
            let listed = grouped(found.first().copied().unwrap_or_default());
            let outcome = Outcome::of(found.contains(&said), format!("{listed} are listed below, written {said}"));
            assertions.push(Assertion::decided(passage.line, Kind::Count, &passage.text, outcome));
        }
    }
}

/// The count that a line ending in a colon announces.
fn announced(text: &str) -> Option<u64> {
    let head = text.trim_end().strip_suffix(':')?;
    let whole = !any_among(NOT_WHOLE, &stems(head));
    let found: Vec<Number> = numbers(head);
    let [only] = found.as_slice() else { return None };
    whole.then(|| counted(head, only)).flatten()
}

/// The number, if it is a count: `3 files`, `3 new files`.
fn counted(text: &str, number: &Number) -> Option<u64> {
    let said = number.exact().filter(|said| (1..=1000).contains(said))?;
    let before = text.get(..number.start).unwrap_or_default();
    let last =
        before.split_whitespace().last().map(|word| stem(word.trim_matches(|sign: char| !sign.is_alphanumeric())));
    if last.is_some_and(|word| is_among(NOT_COUNTING, &word)) || before.ends_with(['-', '\u{2013}', '/']) {
        return None;
    }
    let after = text.get(number.end..).unwrap_or_default();
    let after = after.strip_prefix(char::is_whitespace)?;
    let end = after.find(|sign: char| "(),;:.\u{2014}\u{2192}`".contains(sign)).unwrap_or(after.len());
    let phrase: Vec<String> = after.get(..end)?.split_whitespace().map(str::to_lowercase).collect();
    let noun = phrase.first().filter(|word| is_plural(word) || said == 1 && phrase.len() == 1);
    let noun = noun.or_else(|| phrase.last().filter(|word| phrase.len() <= 3 && is_plural(word)))?;
    let measures = [Some(noun), phrase.first()].into_iter().flatten().any(|word| is_among(MEASURES, &stem(word)));
    (!measures).then_some(said)
}

fn is_plural(word: &str) -> bool {
    word.len() > 3
        && word.ends_with('s')
        && !word.ends_with("ss")
        && !matches!(word, "this" | "was" | "has" | "its" | "always" | "status" | "across" | "passes")
}

/// Number of items directly below the passage, for each way to count them (top level, leaves, file names). `None` if
/// nothing follows.
fn below(text: &Text, at: usize) -> Option<Vec<u64>> {
    let passage = text.passages.get(at)?;
    let outer = match passage.form {
        Form::Item(depth) => depth,
        _ => 0,
    };
    let mut depths = Vec::new();
    let (mut names, mut codes) = (0_u64, 0_u64);
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
        codes += item.text.matches('`').count() as u64 / 2;
    }
    if let Some(first) = depths.first() {
        let top = depths.iter().filter(|depth| *depth == first).count() as u64;
        let leaves =
            depths.iter().enumerate().filter(|(at, depth)| depths.get(at + 1).is_none_or(|next| next <= depth)).count()
                as u64;
        return Some(vec![top, leaves, names, codes]);
    }
    let grid = text.grids.iter().find(|grid| grid.at.block == passage.at.block + 1)?;
    let total = grid
        .rows
        .last()
        .is_some_and(|row| row.cells.first().is_some_and(|cell| stems(cell).iter().any(|word| word == "total")));
    Some(vec![grid.rows.len() as u64 - u64::from(total)])
}

/// `3 files changed (a.py, b.py)`: the list is in the same line.
fn listed_inside(passage: &Passage, assertions: &mut Vec<Assertion>) {
    let text = passage.text.as_str();
    for number in numbers(text) {
        let Some(said) = counted(text, &number) else { continue };
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
        assertions.push(Assertion::decided(
            passage.line,
            Kind::Count,
            text,
            Outcome::of(parts.len() as u64 == said, evidence),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::super::assertion::Verdict;
    use super::super::text::decided;
    use super::*;

    fn outcomes(markdown: &str) -> Vec<(Verdict, String)> {
        decided(read, markdown).into_iter().map(|(_, verdict, evidence)| (verdict, evidence)).collect()
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
    fn other_lines_before_lists_assert_nothing() {
        for line in [
            "Made 3 tools, including:",
            "3 tests covering:",
            "Wait 3 minutes:",
            "Phase 3 tools:",
            "User Story 3 tools:",
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
}

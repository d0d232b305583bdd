//! Commits that a document names: `Commit: 3718c1d`, `(commit a7d8c35)`, `7eb9ad7 ("its title")`.
//!
//! A word is a commit only if the line, the label or the heading above mentions commits. Ids of pages and digests have
//! other lengths.

use std::collections::BTreeMap;

use super::assertion::{Assertion, Condition, Kind};
use super::text::Text;
use super::words::stems;

/// Lengths of commit ids, abbreviated by `git` or full.
const ABBREVIATED: std::ops::RangeInclusive<usize> = 7..=12;
const WHOLE: usize = 40;

/// Reads the commits of a document. Each commit is listed once, with the first title that the document states for it.
pub(super) fn read(text: &Text, assertions: &mut Vec<Assertion>) {
    let mut found: BTreeMap<String, (usize, String, Option<String>)> = BTreeMap::new();
    let cells = text.grids.iter().flat_map(|grid| {
        let heads = grid.head.join(" ");
        grid.rows.iter().map(move |row| (row.line, row.cells.join(" | "), heads.clone(), &grid.at))
    });
    let lines = text.passages.iter().map(|passage| (passage.line, passage.text.clone(), String::new(), &passage.at));
    for (line, words, heads, at) in lines.chain(cells) {
        let heading = text.section(at).map_or("", |section| section.title.as_str());
        let context = [words.as_str(), &heads, &at.label, heading];
        let speaks = context.iter().any(|part| stems(part).iter().any(|word| word == "commit" || word == "committed"));
        for (id, title) in ids(&words) {
            if speaks || found.contains_key(&id) {
                let (_, _, known) = found.entry(id).or_insert_with(|| (line, words.clone(), None));
                *known = known.take().or(title);
            }
        }
    }
    for (id, (line, words, title)) in found {
        assertions.push(Assertion::new(line, Kind::Commit, &words, Condition::Commit { id, title }));
    }
}

/// Words of a text that may be commit ids, with the title that follows.
fn ids(text: &str) -> Vec<(String, Option<String>)> {
    let mut found = Vec::new();
    let parts: Vec<&str> = text.split('`').collect();
    for (nth, part) in parts.iter().enumerate() {
        if nth % 2 == 1 {
            let (first, rest) = part.trim().split_once(' ').unwrap_or((part.trim(), ""));
            let named =
                nth.checked_sub(1).and_then(|before| parts.get(before)).is_some_and(|before| ends_in_commit(before));
            if is_id(first) || (named && is_abbreviated_or_whole(first)) {
                let own = Some(rest.trim().to_owned()).filter(|title| !title.is_empty());
                let after = parts.get(nth + 1).copied().unwrap_or_default();
                found.push((first.to_owned(), own.or_else(|| quoted(after))));
            }
        } else {
            // `commits 0a1b2c3, 4d5e6f7 and 8a9b0c1`: the list continues as long as ids follow.
            let mut listing = false;
            for word in part.split_whitespace() {
                let bare = word.trim_matches(|sign: char| !sign.is_alphanumeric());
                if listing && is_id(bare) {
                    found.push((bare.to_owned(), None));
                } else if !(listing && matches!(bare, "" | "and")) {
                    listing = matches!(super::words::stem(bare).as_str(), "commit" | "committed" | "sha");
                }
            }
        }
    }
    found
}

/// The title in `("title")` or `: "title"` directly after an id.
fn quoted(after: &str) -> Option<String> {
    let rest = after.trim_start().trim_start_matches(['(', ':', '-', '\u{2013}', '\u{2014}', ' ']);
    let rest = rest.strip_prefix(['"', '\u{201c}'])?;
    let end = rest.find(['"', '\u{201d}'])?;
    rest.get(..end).map(str::to_owned).filter(|title| !title.is_empty())
}

/// True for `… commit`: the text in backticks that follows is an id, even if it has only digits (one in 43 ids of eight
/// characters has no letter).
fn ends_in_commit(text: &str) -> bool {
    let last = text.split_whitespace().next_back().unwrap_or_default();
    matches!(super::words::stem(last.trim_matches(|sign: char| !sign.is_alphanumeric())).as_str(), "commit" | "sha")
}

/// True for a word that is certainly a commit id. A number, or a word with letters only, is an id only after the word
/// "commit".
pub(super) fn is_id(word: &str) -> bool {
    let mixed = word.bytes().any(|byte| byte.is_ascii_digit()) && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    is_abbreviated_or_whole(word) && (word.len() == WHOLE || mixed)
}

fn is_abbreviated_or_whole(word: &str) -> bool {
    let hex = word.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    hex && (word.len() == WHOLE || ABBREVIATED.contains(&word.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commits(markdown: &str) -> Vec<(usize, String, Option<String>)> {
        let mut assertions = Vec::new();
        read(&Text::of(markdown), &mut assertions);
        let stated = assertions.into_iter().filter_map(|assertion| match assertion.stated {
            Condition::Commit { id, title } => Some((assertion.line, id, title)),
            _ => None,
        });
        stated.collect()
    }

    #[test]
    fn commits_are_found_by_the_words_before_them() {
        assert_eq!(commits("Mended (commit 0a1b2c3)."), [(1, "0a1b2c3".into(), None)]);
        assert_eq!(commits("The commit `0a1b2c3` (\"Mend it\") did."), [(1, "0a1b2c3".into(), Some("Mend it".into()))]);
        assert_eq!(commits("Commits: `0a1b2c3 fix: it`, `4d5e6f7`").len(), 2);
        assert_eq!(commits("Pushed commits 0a1b2c3, 4d5e6f7 and 8a9b0c1; page 1b2c3d4.").len(), 3);
        assert_eq!(commits("Done in commit `12345678` (\"Mend it\").").len(), 1, "digits only");
        assert_eq!(commits("### Commits\n1. `0a1b2c3` - mending").len(), 1);
        assert_eq!(commits("| Commit | What |\n|-|-|\n| `0a1b2c3` | it |").len(), 1);
        assert_eq!(commits("Commit: `0a1b2c3`\n\nagain `0a1b2c3`").len(), 1);
    }

    #[test]
    fn other_words_are_not_commits() {
        for text in [
            "page `0a1b2c3`",
            "commit 1234567 of them",
            "the commit says `1234567`",
            "to commit is to `deadbeef`",
            "commit of 27be73616c278033a323dca0fafa80e6",
            "commit often",
            "commit the page 0a1b2c3",
        ] {
            assert_eq!(commits(text), [], "{text}");
        }
    }
}

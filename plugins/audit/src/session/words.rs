//! Finds paths, ids of issues, ids of commits and words of testing in a text of any form.

use std::collections::BTreeSet;

use crate::reader::names;

/// The maximum number of words of a text that are read.
const WORDS: usize = 20_000;

/// Things of one kind that are kept of a text.
const KEPT: usize = 50;

/// What a text names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NamedPaths {
    /// Paths with a folder, in the order of their names.
    pub(super) paths: BTreeSet<String>,
    /// `DS-001`, `#12`.
    pub(super) issues: BTreeSet<String>,
    /// Seven to forty hexadecimal digits, some of them digits.
    pub(super) commits: BTreeSet<String>,
    /// The words by which it says that something was tested or verified.
    pub(super) tested: BTreeSet<&'static str>,
    /// Whether it says that something was fixed.
    pub(super) mends: bool,
    /// Whether it says that something was taken away or moved.
    pub(super) removes: bool,
}

/// Words of testing, by how they begin.
const TESTED: &[&str] = &["tested", "tests", "test", "verified", "verify", "validated", "passes", "passed", "passing"];

/// Reads a text.
#[must_use]
pub(super) fn named(text: &str) -> NamedPaths {
    let mut out = NamedPaths::default();
    let parts = |sign: char| sign.is_whitespace() || "\"'`()[]{},;<>|=*".contains(sign);
    for word in text.split(parts).filter(|word| !word.is_empty()).take(WORDS) {
        let bare = word.trim_matches(|sign: char| matches!(sign, '.' | ':' | '!' | '?'));
        let lower = bare.to_lowercase();
        out.tested.extend(TESTED.iter().find(|tested| lower == **tested));
        out.mends |= ["fix", "fixes", "fixed", "resolve", "resolves", "resolved", "close", "closes", "closed"]
            .contains(&lower.as_str())
            || lower.starts_with("fix/")
            || lower == "fix!";
        out.removes |= [
            "remove", "removes", "removed", "delete", "deletes", "deleted", "drop", "drops", "dropped", "rename",
            "renames", "renamed", "move", "moves", "moved",
        ]
        .contains(&lower.as_str());
        if is_issue(bare) {
            keep(&mut out.issues, bare);
        } else if is_commit(bare) {
            keep(&mut out.commits, bare);
        } else if bare.contains('/')
            && let Some(name) = names::file(bare)
        {
            keep(&mut out.paths, &name.path);
        }
    }
    out
}

fn keep(set: &mut BTreeSet<String>, text: &str) {
    if set.len() < KEPT {
        set.insert(text.to_owned());
    }
}

fn is_issue(word: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.len() <= 8 && text.chars().all(|sign| sign.is_ascii_digit());
    let named = |(name, number): (&str, &str)| {
        let sound = |sign: char| sign.is_ascii_uppercase() || sign.is_ascii_digit() || sign == '-';
        name.len() >= 2
            && name.starts_with(|sign: char| sign.is_ascii_uppercase())
            && name.chars().all(sound)
            && digits(number)
    };
    word.strip_prefix('#').is_some_and(digits) || word.rsplit_once('-').is_some_and(named)
}

fn is_commit(word: &str) -> bool {
    let hex = |sign: char| sign.is_ascii_digit() || ('a'..='f').contains(&sign);
    (7..=40).contains(&word.len())
        && word.chars().all(hex)
        && word.chars().any(|sign| sign.is_ascii_digit())
        && word.chars().any(|sign| sign.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_named_is_found() {
        let found = named(
            "fix(shop): close DS-001 and (#12)\n\nsrc/till.py:12 was verified, see a7d8c35. Tests: pass. Removed nothing.",
        );
        assert_eq!(found.paths, BTreeSet::from(["src/till.py".to_owned()]));
        assert_eq!(found.issues, BTreeSet::from(["#12".to_owned(), "DS-001".to_owned()]));
        assert_eq!(found.commits, BTreeSet::from(["a7d8c35".to_owned()]));
        assert_eq!(found.tested, BTreeSet::from(["tests", "verified"]));
        assert!(found.mends && found.removes);
    }

    #[test]
    fn words_are_no_ids() {
        let found = named(
            "defaced 1234567 facade2 20260118T070951Z and/or https://example.org/a.py x-1 # #a testing attests prefix",
        );
        assert_eq!(found, NamedPaths { commits: BTreeSet::from(["facade2".to_owned()]), ..NamedPaths::default() });
    }
}

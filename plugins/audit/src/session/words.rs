//! Finds paths and ids of commits in a text of any form.

use std::collections::BTreeSet;

use crate::reader::names;

/// The maximum number of words of a text that are read.
const WORDS: usize = 20_000;

/// Maximum number of paths, and of commits, that are kept of one text.
const KEPT: usize = 50;

/// The paths and commits that a text names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NamedPaths {
    /// Paths with a folder, sorted.
    pub(super) paths: BTreeSet<String>,
    /// Words of 7 to 40 hexadecimal digits with at least one letter and one decimal digit.
    pub(super) commits: BTreeSet<String>,
    /// True if the text says that something was removed or moved.
    pub(super) removes: bool,
}

/// Words that say that something was removed or moved.
const REMOVES: [&str; 15] = [
    "remove", "removes", "removed", "delete", "deletes", "deleted", "drop", "drops", "dropped", "rename", "renames",
    "renamed", "move", "moves", "moved",
];

/// Finds the paths and commits of a text.
#[must_use]
pub(super) fn named(text: &str) -> NamedPaths {
    let mut out = NamedPaths::default();
    let parts = |sign: char| sign.is_whitespace() || "\"'`()[]{},;<>|=*".contains(sign);
    for word in text.split(parts).filter(|word| !word.is_empty()).take(WORDS) {
        let bare = word.trim_matches(|sign: char| matches!(sign, '.' | ':' | '!' | '?'));
        out.removes |= REMOVES.contains(&bare.to_lowercase().as_str());
        if is_commit(bare) {
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
        assert_eq!(found.commits, BTreeSet::from(["a7d8c35".to_owned()]));
        assert!(found.removes);
    }

    #[test]
    fn words_are_not_commit_ids() {
        let found = named(
            "defaced 1234567 facade2 20260118T070951Z and/or https://example.org/a.py x-1 # #a testing attests prefix",
        );
        assert_eq!(found, NamedPaths { commits: BTreeSet::from(["facade2".to_owned()]), ..NamedPaths::default() });
    }
}

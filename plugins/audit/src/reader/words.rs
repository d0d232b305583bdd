//! The words of a text, and the meaning of prepositions, signs and states. English and German; `foreign` translates
//! other languages.

use std::borrow::Cow;

use super::foreign;
use super::verbs::{FileAction, verb};
use crate::lists::list;

/// The words of a text in lower case, without surrounding punctuation.
pub(crate) fn words(text: &str) -> Words<'_> {
    match foreign::english(text) {
        Cow::Borrowed(text) => Words::Written(text.split(separates as fn(char) -> bool)),
        Cow::Owned(text) => Words::Read(text.split(separates).filter_map(plain).collect::<Vec<_>>().into_iter()),
    }
}

/// The words of a text, read one by one: most callers need only the first or the last.
#[derive(Debug, Clone)]
pub(crate) enum Words<'a> {
    Written(std::str::Split<'a, fn(char) -> bool>),
    /// Words of a translated text.
    Read(std::vec::IntoIter<String>),
}

impl Iterator for Words<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        match self {
            Self::Written(words) => words.find_map(plain),
            Self::Read(words) => words.next(),
        }
    }
}

impl DoubleEndedIterator for Words<'_> {
    fn next_back(&mut self) -> Option<String> {
        match self {
            Self::Written(words) => words.rev().find_map(plain),
            Self::Read(words) => words.next_back(),
        }
    }
}

fn separates(sign: char) -> bool {
    sign.is_whitespace()
        || matches!(sign, ',' | ';' | ':' | '(' | ')' | '[' | ']' | '"' | '/' | '\u{2014}' | '\u{2013}')
}

/// A word in lower case without the signs around it; `None` if nothing remains.
fn plain(word: &str) -> Option<String> {
    let kept =
        |sign: char| sign.is_alphanumeric() || matches!(sign, super::placeholders::PATH | super::placeholders::CODE);
    let bare = word.trim_matches(|sign| !kept(sign));
    let lower = if bare.is_ascii() { bare.to_ascii_lowercase() } else { bare.replace('\u{2019}', "'").to_lowercase() };
    (!bare.is_empty()).then(|| foreign::word(lower))
}

/// The class of a preposition before a path.
#[must_use]
pub(crate) fn preposition(word: &str) -> Option<&'static str> {
    Some(match word {
        "in" | "inside" | "within" | "im" => "in",
        "to" | "into" | "onto" | "nach" => "to",
        "under" | "at" | "unter" | "below" => "under",
        "as" | "called" | "named" | "als" | "namens" => "as",
        "from" | "of" | "aus" | "von" | "by" | "per" | "via" | "through" | "durch" => "from",
        "with" | "using" | "mit" => "with",
        "and" | "plus" | "und" | "or" | "oder" => "and",
        "like" | "than" | "alongside" | "see" | "siehe" | "against" | "wie" => "like",
        "for" | "about" | "on" | "f\u{fc}r" | "over" | "around" => "for",
        "if" | "when" | "until" | "after" | "before" | "once" | "because" | "since" | "while" | "wenn" => "if",
        _ => return None,
    })
}

/// True for a word that negates a statement.
#[must_use]
pub(crate) fn negates(word: &str) -> bool {
    list!(
        "not never don't doesn't isn't no without instead avoid won't cannot can't nicht kein keine \
                keinen ohne nie neither nor nothing"
    )
    .contains(&word)
}

/// True for a word that makes a sentence conditional.
#[must_use]
pub(crate) fn supposes(word: &str) -> bool {
    list!("if when whether ob unless could would might may wenn falls perhaps maybe optionally should").contains(&word)
}

/// True if a text has a sign that means "done" and none that cancels it.
#[must_use]
pub(crate) fn check(text: &str) -> bool {
    text.contains(['\u{2705}', '\u{2611}', '\u{2713}', '\u{2714}']) && !is_unfinished(text)
}

/// True if a text has a sign that means "not done".
pub(super) fn is_unfinished(text: &str) -> bool {
    text.contains(['\u{274c}', '\u{23f3}'])
}

/// True if a word means that something was made: "created", "implemented", "complete".
#[must_use]
pub(crate) fn is_made(word: &str) -> bool {
    matches!(word, "complete" | "completed" | "done" | "delivered" | "finished" | "merged" | "landed")
        || verb(word).is_some_and(|verb| {
            verb.past && matches!(verb.action, FileAction::Make | FileAction::Add | FileAction::Write)
        })
}

/// True for a noun after which a file name means a format or a topic, not a file: "`.env` support".
#[must_use]
pub(crate) fn is_feature(word: &str) -> bool {
    list!(
        "analysis compatibility compliance detection discovery format handling loading parsing structure support references \
                syntax validation"
    )
    .contains(&word)
}

/// True if a cell names an action: "Create", "Modified".
#[must_use]
pub(crate) fn names_action(cell: &str) -> bool {
    let action = words(cell).next().and_then(|word| verb(&word)).map(|verb| verb.action);
    matches!(
        action,
        Some(FileAction::Make | FileAction::Add | FileAction::Change | FileAction::Delete | FileAction::Move)
    )
}

/// True if a cell says that its row was rejected: "Declined".
#[must_use]
pub(crate) fn rejects(cell: &str) -> bool {
    let mut words = words(cell);
    words.clone().count() <= 3
        && words.any(|word| matches!(word.as_str(), "rejected" | "abgelehnt" | "verworfen" | "declined"))
}

/// True if a note says that its own file is deleted: "REMOVED", "will be deleted", but not "Removed legacy code".
fn deletes_itself(text: &str) -> bool {
    let text = foreign::english(text);
    let written: Vec<&str> = text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).collect();
    written.iter().enumerate().any(|(at, raw)| {
        let deletes = words(raw).find_map(|word| verb(&word)).filter(|verb| verb.action == FileAction::Delete);
        let rest = written.get(at + 1..).filter(|_| raw.ends_with(char::is_alphanumeric)).unwrap_or_default();
        deletes.is_some_and(|verb| at == 0 || verb.past) && !has_object(rest)
    })
}

/// True if the words behind a verb are its object and do not mean the file itself: "legacy code", but not "old file".
fn has_object(words_behind: &[&str]) -> bool {
    const ADVERBS: &[&str] = &["already", "completely", "entirely", "it", "later", "now", "soon", "this", "too"];
    const ITSELF: &[&str] =
        &["component", "directory", "document", "file", "folder", "module", "page", "script", "test"];
    let first = words_behind.first().copied().unwrap_or_default();
    let next = words(first).next().unwrap_or_default();
    let starts = first.starts_with(|sign: char| sign.is_alphabetic() || sign == '`');
    let connects = |word: &str| preposition(word).is_some() || verb(word).is_some();
    let phrase = words_behind.iter().filter_map(|word| words(word).next());
    let last = phrase.take_while(|word| !connects(word)).last().unwrap_or_default();
    starts && !connects(&next) && !ADVERBS.contains(&next.as_str()) && !ITSELF.contains(&last.as_str())
}

/// The class of the state that a cell, a tail or a note gives, such as `goes` or `unchanged`; `none` for an empty text.
#[must_use]
pub(crate) fn state(text: &str) -> &'static str {
    if text.trim().is_empty() {
        return "none";
    }
    let words: Vec<String> = words(text).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if deletes_itself(text) || has(&["cancelled", "canceled", "superseded"]) {
        return "goes";
    }
    if has(&["unchanged", "untouched", "stays", "unver\u{e4}ndert", "bleibt"]) {
        return "unchanged";
    }
    if words.first().is_some_and(|word| word == "this") {
        return "itself";
    }
    if has(&["existing", "exists", "already", "current", "unver\u{e4}ndert", "bestehend", "vorhanden", "keep"]) {
        return "existing";
    }
    if has(&["new", "neu"]) {
        return "new";
    }
    let action = words.iter().take(2).find_map(|word| verb(word));
    match action.map(|verb| verb.action) {
        Some(FileAction::Change) => "changed",
        Some(FileAction::Add) if !action.is_some_and(|verb| verb.past) && words.len() > 1 => "changed",
        Some(FileAction::Make | FileAction::Add | FileAction::Write) if action.is_some_and(|verb| verb.past) => "made",
        _ if text.contains(['\u{2705}', '\u{2714}', '\u{2611}', '\u{2713}'])
            || has(&["done", "complete", "completed", "implemented"]) =>
        {
            "done"
        }
        _ if text.contains(['\u{274c}', '\u{23f3}', '\u{1f534}', '\u{1f7e1}'])
            || has(&["pending", "todo", "planned", "open", "missing", "progress"]) =>
        {
            "open"
        }
        Some(FileAction::Make | FileAction::Add | FileAction::Write) => "make",
        _ => "other",
    }
}

//! Files in text without any mark: neither code nor link.
//!
//! Words are taken for a file only where it opens the line, where it is the object of the verb that opens its sentence, or
//! where a label says that files follow; and then those that are listed after it.

use super::context::{LineContext, SectionKind};
use super::hit::{Hit, head_ends, lead};
use super::inline::Inline;
use super::names::{self, Name};
use super::words;

/// How many words of a sentence may stand before its object.
const BEFORE_OBJECT: usize = 10;

/// Files without any mark: one that opens the line (`report.md - the summary`) or is the object of the verb that opens its
/// sentence (`Create docs/till.md`), and those that are listed after it.
pub(super) fn plain(line: &Inline, setting: LineContext) -> Vec<Hit> {
    let text = line.marked();
    let first = plain_head(&text, setting, line.line())
        .or_else(|| plain_object(&text, line.line()))
        .or_else(|| plain_value(&text, line.line()));
    let Some(mut first) = first else { return Vec::new() };
    let (code, rest) = (first.code, std::mem::take(&mut first.after));
    let mut hits = vec![first];
    let mut at = 0;
    while let Some((name, from, end)) = plain_next(rest.get(at..).unwrap_or_default()) {
        let before = rest.get(at..at + from).unwrap_or_default();
        if let Some(last) = hits.last_mut() {
            before.clone_into(&mut last.after);
        }
        hits.push(hit(name, before, "", line.line(), code));
        at += end;
    }
    if let Some(last) = hits.last_mut() {
        rest.get(at..).unwrap_or_default().clone_into(&mut last.after);
    }
    hits
}

/// A file that opens a line: nothing but a dash, a colon, a bracket, a comma or a gap may follow.
fn plain_head(text: &str, setting: LineContext, line: usize) -> Option<Hit> {
    let word = text.split_whitespace().next()?;
    let after = text.get(word.trim_end_matches([',', ':']).len()..).unwrap_or_default();
    let gap = (after.starts_with("  ") || after.starts_with('\t')) && setting.ground == SectionKind::Promising;
    let in_folder = || names::tree_entry(word).filter(|name| gap && name.path.contains('/'));
    let stands = (setting.measured || setting.entry) && words::stands(after);
    let name = names::file(word).or_else(in_folder)?;
    let told = setting.told && !words::speaks_about(after);
    let coming = words::is_to_come(after) || words::is_told_to_be_made(after);
    (head_ends(after) || stands || told || coming).then(|| hit(name, "", after, line, stands || told || coming))
}

/// A file that is the object of the verb that opens its sentence.
fn plain_object(text: &str, line: usize) -> Option<Hit> {
    let (mut at, mut sentence, mut count) = (0, 0, 0);
    for word in text.split_whitespace() {
        let start = at + text.get(at..)?.find(word)?;
        at = start + word.len();
        count += 1;
        if count <= BEFORE_OBJECT
            && let Some(name) = names::file(word).filter(|_| !word.starts_with('`'))
        {
            let before = text.get(sentence..start)?;
            if words::creates(words::last_clause(&lead(before), false)) {
                return Some(hit(name, before, text.get(end_of(start, word)..).unwrap_or_default(), line, true));
            }
        }
        if word.ends_with(['.', '!', '?']) {
            (sentence, count) = (at, 0);
        }
    }
    None
}

/// A file that is the value of a label by which files are made: `Output: reports/till.md`.
fn plain_value(text: &str, line: usize) -> Option<Hit> {
    let (key, value) = text.split_once(": ")?;
    let word = value.split_whitespace().next()?;
    let name = names::file(word).filter(|_| words::label_makes(&lead(key)) && !word.starts_with('`'))?;
    let start = key.len() + 2 + value.find(word)?;
    let after = text.get(end_of(start, word)..).unwrap_or_default();
    head_ends(after).then(|| hit(name, text.get(..start).unwrap_or_default(), after, line, true))
}

/// Where a word ends without what closes it.
fn end_of(start: usize, word: &str) -> usize {
    start + word.trim_end_matches([',', ':', ';', '.']).len()
}

/// The file that is listed next (`, b.md`, ` and b.md`), where it starts and where it ends.
fn plain_next(after: &str) -> Option<(Name, usize, usize)> {
    let start = after.find(|sign: char| sign.is_alphanumeric() || matches!(sign, '.' | '/' | '~'))?;
    let rest = after.get(start..)?;
    let joined = ["and ", "und "].iter().find(|word| rest.starts_with(**word));
    let from = joined.map_or(start, |word| start + word.len());
    let (before, rest) = (after.get(..from)?, after.get(from..)?);
    let word = rest.split_whitespace().next().filter(|word| rest.starts_with(*word))?;
    let name = names::file(word).filter(|_| words::only_lists(before) && !before.trim().is_empty())?;
    Some((name, from, end_of(from, word)))
}

fn hit(name: Name, before: &str, after: &str, line: usize, code: bool) -> Hit {
    Hit { name, link: false, code, named: true, weak: false, before: before.to_owned(), after: after.to_owned(), line }
}

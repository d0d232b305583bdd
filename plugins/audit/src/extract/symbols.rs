//! Names of classes and functions that a plan wants in a file.
//!
//! Taken from three places: a tree's tail (`(NEW - Maker)`), a cell or a phrase (`x.py` with `Maker`), and the top-level
//! definitions of a code fence that belongs to a file. Whether the file has them is `verify`'s matter.

use super::blocks::Fence;
use super::words;

/// Languages whose definitions are understood.
const LANGUAGES: &[&str] = &[
    "python",
    "py",
    "javascript",
    "js",
    "typescript",
    "ts",
    "jsx",
    "tsx",
    "gs",
    "rust",
    "rs",
    "go",
    "golang",
    "gdscript",
    "swift",
];

/// Words that may stand before a definition's keyword.
const MODIFIERS: &[&str] = &["pub", "export", "default", "async", "abstract", "declare"];

/// Keywords that define a name.
const KEYWORDS: &[&str] = &["class", "def", "function", "fn", "struct", "enum", "trait", "interface", "type", "func"];

/// The symbol of a tail such as `(NEW - Maker)` or `(NEW - Maker for the index)`.
#[must_use]
pub(super) fn in_tail(tail: &str) -> Vec<String> {
    let inner = tail.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(inner, _)| inner);
    let Some((mark, said)) = inner.and_then(|inner| inner.split_once(" - ")) else { return Vec::new() };
    if !mark.chars().all(|sign| sign.is_uppercase() || sign == ' ' || sign == '/') {
        return Vec::new();
    }
    let mut words = said.split_whitespace();
    let word = words.next().unwrap_or_default();
    let first = word.trim_end_matches(',').trim_matches('`');
    let follows = words.next().filter(|_| !word.ends_with(',')).unwrap_or_default();
    let alone = matches!(follows, "" | "for" | "class" | "to" | "dataclass");
    let single = follows.is_empty() && (is_single_name(first) || first.contains('_') && is_identifier(first));
    if (alone && is_class_name(first)) || single { vec![first.to_owned()] } else { Vec::new() }
}

/// The symbols of `x.py` with `Maker` and `Taker`, from the text after the file.
#[must_use]
pub(super) fn after_with(after: &str) -> Vec<String> {
    let after = after.trim_start();
    if let Some(named) = in_brackets(after) {
        return vec![named];
    }
    let Some(rest) = after.strip_prefix("with ") else { return Vec::new() };
    let listed = listed(rest);
    if !listed.is_empty() {
        return listed;
    }
    let end = [". ", ";", " ("].iter().filter_map(|stop| rest.find(stop)).min().unwrap_or(rest.len());
    in_code(rest.get(..end).unwrap_or_default())
}

/// The names of code that a text opens with, one after the other: `decode`, `encode` and `main`.
fn listed(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, piece) in text.split('`').enumerate() {
        if at % 2 == 1 {
            match identifier(piece) {
                Some(name) => names.push(name),
                None => return Vec::new(),
            }
        } else if !words::only_lists(piece) {
            break;
        }
    }
    names
}

/// The name of `(class Shelf)` or "(class `Shelf`)".
fn in_brackets(after: &str) -> Option<String> {
    let (inner, _) = after.strip_prefix('(')?.split_once(')')?;
    let (keyword, name) = inner.trim().split_once(' ')?;
    let named = KEYWORDS.contains(&keyword) || keyword == "dataclass";
    named.then(|| identifier(name.trim_matches('`'))).flatten()
}

/// A name of code, with or without brackets behind it.
#[must_use]
pub(super) fn identifier(word: &str) -> Option<String> {
    let word = word.trim();
    let name = word.strip_suffix("()").unwrap_or(word);
    is_identifier(name).then(|| name.to_owned())
}

/// One hump, as a class may have: `Player`. Words that say what a file is for are none.
fn is_single_name(name: &str) -> bool {
    const PLAIN: [&str; 13] = [
        "config",
        "configuration",
        "core",
        "docs",
        "documentation",
        "draft",
        "helpers",
        "optional",
        "placeholder",
        "stub",
        "tests",
        "types",
        "utils",
    ];
    is_identifier(name)
        && name.starts_with(char::is_uppercase)
        && name.chars().skip(1).all(|sign| sign.is_lowercase() || sign.is_ascii_digit())
        && !PLAIN.contains(&name.to_lowercase().as_str())
}

/// The class names and `functions()` between the back-ticks of a text.
#[must_use]
pub(super) fn in_code(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).filter_map(symbol).collect()
}

/// A class name or a function name with brackets.
#[must_use]
pub(super) fn symbol(word: &str) -> Option<String> {
    let word = word.trim();
    let name = word.strip_suffix("()").unwrap_or(word);
    let wanted = is_identifier(name) && (is_class_name(name) || name.len() < word.len());
    wanted.then(|| name.to_owned())
}

/// The names that a code fence defines at its top level; empty for other languages.
#[must_use]
pub(super) fn defined_in(fence: &Fence) -> Vec<String> {
    if !LANGUAGES.contains(&fence.language.as_str()) {
        return Vec::new();
    }
    fence.rows.iter().filter_map(|(_, row)| definition(row)).collect()
}

/// The name that a line defines when it starts a top-level definition.
fn definition(row: &str) -> Option<String> {
    if row.starts_with(char::is_whitespace) {
        return None;
    }
    let mut words = row.split_whitespace().skip_while(|word| MODIFIERS.contains(word) || word.starts_with("pub("));
    let keyword = words.next()?;
    let name: String = words.next()?.chars().take_while(|sign| sign.is_alphanumeric() || *sign == '_').collect();
    (KEYWORDS.contains(&keyword) && is_identifier(&name)).then_some(name)
}

fn is_identifier(name: &str) -> bool {
    let starts = name.starts_with(|sign: char| sign.is_alphabetic() || sign == '_');
    starts && name.len() >= 2 && name.len() <= 100 && name.chars().all(|sign| sign.is_alphanumeric() || sign == '_')
}

/// `CamelCase` with two humps at least, so that no plain word and no acronym is one.
fn is_class_name(name: &str) -> bool {
    let upper = name.chars().filter(|sign| sign.is_uppercase()).count();
    is_identifier(name)
        && !name.contains('_')
        && name.starts_with(char::is_uppercase)
        && upper >= 2
        && name.chars().any(char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_and_phrases_name_classes() {
        assert_eq!(in_tail("(NEW - SyncManager)"), ["SyncManager"]);
        assert_eq!(in_tail("(NEW - ProIdSync for filling ids)"), ["ProIdSync"]);
        for tail in [
            "(UPDATED - added exports)",
            "(ENHANCED - JSON parsing)",
            "(existing)",
            "(NEW - SoundCloud client)",
            "# Maker",
        ] {
            assert_eq!(in_tail(tail), Vec::<String>::new(), "{tail}");
        }
        assert_eq!(after_with(" with `SyncManager` and `run_all()`"), ["SyncManager", "run_all"]);
        assert_eq!(after_with(" with all `required` variables"), Vec::<String>::new());
    }

    #[test]
    fn fences_define_top_level_names() {
        let rows = ["class Maker:", "    def inner(self):", "async def go(x):", "x = 1", "pub fn make() {", "def find"];
        let rows = rows.iter().enumerate().map(|(at, row)| (at, (*row).to_owned())).collect();
        let fence = Fence { language: "python".into(), fenced: true, line: 1, rows };
        assert_eq!(defined_in(&fence), ["Maker", "go", "make", "find"]);
    }
}

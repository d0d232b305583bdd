//! Names of classes and functions that a plan wants in a file.
//!
//! They come from three places: the note after a path of a tree (`(NEW - Maker)`), a cell or a phrase (`x.py` with `Maker`), and
//! the top-level definitions of a code fence that belongs to a file. `verify` checks whether the file has them.

use super::structure::Code as Fence;
use crate::lists::list;

const LANGUAGES: &[&str] = list!(
    "python py javascript js typescript ts jsx tsx gs rust rs go golang gdscript swift java kotlin kt csharp cs php \
    ruby rb r c h cpp c++ hpp dart scala"
);

/// Languages in which a function is recognised by its type and its parentheses.
const C_LIKE: &[&str] = &["c", "h", "cpp", "c++", "hpp"];

/// Words that may precede a definition's keyword.
const MODIFIERS: &[&str] = list!(
    "pub export default async abstract declare data final internal open partial private protected public sealed \
    static typedef"
);

const KEYWORDS: &[&str] = list!("class def function fn struct enum trait interface type func fun object module record");

/// The symbol of a note after a path, such as `(NEW - Maker)` or `(NEW - Maker for the index)`.
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
    let joined = first.contains('_') && is_identifier(first) || is_function_name(first);
    let single = follows.is_empty() && (is_single_name(first) || joined);
    if (alone && is_class_name(first)) || single { vec![first.to_owned()] } else { Vec::new() }
}

/// The symbols after a file's name: `Maker` and `Taker` in "`x.py` with `Maker` and `Taker`". `after` is the text after the
/// name.
#[must_use]
pub(super) fn after_with(after: &str) -> Vec<String> {
    let after = after.trim_start();
    if let Some(named) = in_brackets(after) {
        return vec![named];
    }
    let Some(rest) = after.strip_prefix("with ") else { return with_class(after) };
    let listed = listed(rest);
    if !listed.is_empty() {
        return listed;
    }
    let end = [". ", ";", " ("].iter().filter_map(|stop| rest.find(stop)).min().unwrap_or(rest.len());
    in_code(rest.get(..end).unwrap_or_default())
}

/// The class that a description names after "with": `Chunker` in "- splits the work, with class `Chunker`".
fn with_class(after: &str) -> Vec<String> {
    let end = [". ", ";"].iter().filter_map(|stop| after.find(stop)).min().unwrap_or(after.len());
    let head = after.get(..end).unwrap_or_default();
    let Some((_, rest)) = head.split_once("with ") else { return Vec::new() };
    let rest = ["the ", "a ", "its "].iter().find_map(|article| rest.strip_prefix(article)).unwrap_or(rest);
    announced(rest).into_iter().collect()
}

/// The identifiers of a list at the beginning of a text: `decode`, `encode` and `main`. Empty if other code is in the list.
fn listed(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, piece) in text.split('`').enumerate() {
        if at % 2 == 1 {
            match identifier(piece) {
                Some(name) => names.push(name),
                None => return Vec::new(),
            }
        } else if !only_lists(piece) {
            break;
        }
    }
    names
}

/// True if the words between two names only continue a list.
pub(super) fn only_lists(between: &str) -> bool {
    let words = between.split_whitespace().map(|word| word.trim_matches([',', ';']));
    words.into_iter().all(|word| {
        matches!(word, "" | "and" | "&" | "+" | "/" | "|" | "plus" | "und" | "\u{3068}" | "\u{548c}" | "\u{4e0e}")
    })
}

/// A piece of code without the keywords before its name: `open_till` for `async def open_till`.
pub(super) fn without_keyword(code: &str) -> &str {
    let known = |word: &str| MODIFIERS.contains(&word) || KEYWORDS.contains(&word) || word == "const";
    let mut rest = code;
    while let Some((_, after)) = rest.split_once(' ').filter(|(word, _)| known(word)) {
        rest = after.trim_start();
    }
    rest
}

/// The name of `(class Shelf)` or "(class `Shelf`)".
fn in_brackets(after: &str) -> Option<String> {
    let (inner, _) = after.strip_prefix('(')?.split_once(')')?;
    let (keyword, name) = inner.trim().split_once(' ')?;
    // The word `inputs` in "(module inputs)" is prose, not the name of a symbol.
    let code = name.starts_with('`') || name.contains(['_', '(']) || name.contains(char::is_uppercase);
    let named = code && (KEYWORDS.contains(&keyword) || keyword == "dataclass");
    named.then(|| identifier(name.trim_matches('`'))).flatten()
}

/// An identifier, with or without parentheses after it.
#[must_use]
pub(super) fn identifier(word: &str) -> Option<String> {
    let word = word.trim();
    let name = word.strip_suffix("()").unwrap_or(word);
    is_identifier(name).then(|| name.to_owned())
}

/// True for `openTill`: lower-case letters, then capitalised parts. `iOS` and `macOS` have no such parts.
fn is_function_name(name: &str) -> bool {
    let hump = name.char_indices().find(|(_, sign)| sign.is_uppercase()).map(|(at, _)| at);
    let (small, rest) = name.split_at_checked(hump.unwrap_or_default()).unwrap_or_default();
    is_identifier(name) && small.len() >= 2 && rest.chars().nth(1).is_some_and(char::is_lowercase)
}

/// True for one capitalised word, which may be a class: `Player`. Words that describe a file's purpose are excluded.
pub(super) fn is_single_name(name: &str) -> bool {
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

/// The class names and `functions()` in the backticks of a text.
#[must_use]
pub(super) fn in_code(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).filter_map(symbol).collect()
}

/// A class name, or a function name with parentheses.
#[must_use]
pub(super) fn symbol(word: &str) -> Option<String> {
    let word = word.trim();
    let name = word.strip_suffix("()").unwrap_or(word);
    let wanted = is_identifier(name) && (is_class_name(name) || name.len() < word.len());
    wanted.then(|| name.to_owned())
}

/// The names that a code fence defines at its top level; empty for unsupported languages.
#[must_use]
pub(super) fn defined_in(fence: &Fence) -> Vec<String> {
    if !LANGUAGES.contains(&fence.language.as_str()) {
        return Vec::new();
    }
    let language = fence.language.as_str();
    let mut names = Vec::new();
    for (_, row) in &fence.rows {
        let name = definition(row)
            .or_else(|| prototype(row).filter(|_| C_LIKE.contains(&language)))
            .or_else(|| assigned(row).filter(|_| language == "r"));
        names.extend(name);
    }
    names
}

/// The function that a line of C declares or defines: `int till_open(uint8_t drawer);`.
fn prototype(row: &str) -> Option<String> {
    const NO_TYPES: &[&str] = &["return", "else", "case", "goto", "#define", "typedef", "using", "new", "delete"];
    let opened = !row.starts_with(|sign: char| sign.is_whitespace() || matches!(sign, '/' | '#' | '*' | '}'));
    let (head, rest) = row.split_once('(').filter(|_| opened)?;
    let closes = rest.trim_end().ends_with([';', '{', ')', ',']);
    let (kind, name) = head.trim_end().rsplit_once([' ', '*', '&'])?;
    let typed = !head.contains(['=', '"', '.']) && !kind.trim().is_empty();
    let first = kind.split_whitespace().next().unwrap_or_default();
    let fits = closes && typed && !NO_TYPES.contains(&first) && is_identifier(name);
    fits.then(|| name.to_owned())
}

/// The function that a line of R assigns: `fit_till <- function(x) {`.
fn assigned(row: &str) -> Option<String> {
    let (name, value) = row.split_once("<-").or_else(|| row.split_once(" = "))?;
    let name = name.trim_end();
    (value.trim_start().starts_with("function(") && is_identifier(name)).then(|| name.to_owned())
}

/// The symbol that a line announces: "class `Shelf`", "Function `open_till()` does".
#[must_use]
pub(super) fn announced(line: &str) -> Option<String> {
    let (word, rest) = line.trim().split_once(" `")?;
    let word = word.to_lowercase();
    let known = KEYWORDS.contains(&word.as_str()) || matches!(word.as_str(), "klasse" | "funktion");
    known.then(|| rest.split('`').next().and_then(identifier)).flatten()
}

/// The name of a top-level definition that begins in this line.
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

/// `CamelCase` with at least two capitalised parts, so that plain words and acronyms do not match.
fn is_class_name(name: &str) -> bool {
    let upper = name.chars().filter(|sign| sign.is_uppercase()).count();
    is_identifier(name)
        && !name.contains('_')
        && name.starts_with(char::is_uppercase)
        && upper >= 2
        && name.chars().any(char::is_lowercase)
}

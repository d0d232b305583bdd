//! File patterns of triggers and plugin arguments.
//!
//! | pattern | matches |
//! |---|---|
//! | `*`, `?` | any text, any one character, inside one folder |
//! | `**` between slashes | any number of folders; `a/**` matches what is below `a`, not `a` |
//! | `[a-z]`, `[!a-z]` | one character in or not in the class, never `/` |
//! | `{a,b}` | one of the alternatives |
//! | `\*` | the character itself |
//!
//! Paths are relative and have `/` between names. A pattern is matched directly: that takes at most pattern length × path
//! length steps, and no regex engine is compiled into plugins.

use std::path::Path;
use std::str::Chars;

/// The maximum number of patterns in one list.
const MOST_PATTERNS: usize = 100;

const PATTERN_BYTES: usize = 500;

/// The maximum number of patterns that the braces of one pattern may produce. One flat list of names
/// stays below this number, because a pattern has at most 500 bytes.
const ALTERNATIVES: usize = 256;

/// A list of patterns. A path matches if at least one of them matches; the empty list matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Globs(Vec<Vec<Segment>>);

/// The reason why a text is not a pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GlobError {
    /// The syntax is wrong.
    #[error("`{pattern}` is not a valid pattern: {reason}")]
    Syntax {
        /// The text.
        pattern: String,
        /// The fault in it.
        reason: String,
    },
    /// The list is too long.
    #[error("{0} patterns are too many: at most {MOST_PATTERNS}")]
    TooMany(usize),
}

/// The part of a pattern between two slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// `**`.
    AnyFolders,
    /// One name.
    Name(Vec<Token>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    AnyChar,
    AnyText,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Globs {
    /// Reads patterns.
    ///
    /// # Errors
    /// When a text is not a pattern or is longer than 500 bytes, or when there are more than 100 patterns.
    pub fn new<S: AsRef<str>>(patterns: &[S]) -> Result<Self, GlobError> {
        if patterns.len() > MOST_PATTERNS {
            return Err(GlobError::TooMany(patterns.len()));
        }
        let mut all = Vec::new();
        for pattern in patterns.iter().map(AsRef::as_ref) {
            let wrong = |reason| GlobError::Syntax { pattern: pattern.escape_debug().to_string(), reason };
            for plain in alternatives(pattern).map_err(wrong)? {
                all.push(segments(&plain).map_err(wrong)?);
            }
        }
        Ok(Self(all))
    }

    /// True if a relative path matches.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        self.0.iter().any(|segments| matches_path(segments, path))
    }

    /// As [`Self::matches`]; bytes that are not UTF-8 count as U+FFFD.
    #[must_use]
    pub fn matches_path(&self, path: &Path) -> bool {
        self.matches(&path.to_string_lossy())
    }

    /// True if a text has wildcards.
    #[must_use]
    pub fn is_pattern(text: &str) -> bool {
        text.contains(['*', '?', '[', '{'])
    }
}

/// Expands the braces of a pattern.
fn alternatives(pattern: &str) -> Result<Vec<String>, String> {
    if pattern.len() > PATTERN_BYTES {
        return Err(format!("it has {} bytes, at most {PATTERN_BYTES} are allowed", pattern.len()));
    }
    let (mut waiting, mut plain) = (vec![pattern.to_owned()], Vec::new());
    while let Some(next) = waiting.pop() {
        match Brace::first(&next)? {
            None => plain.push(next),
            Some(Brace { before, choices, after }) => {
                waiting.extend(choices.iter().rev().map(|choice| format!("{before}{choice}{after}")));
            }
        }
        if waiting.len() + plain.len() > ALTERNATIVES {
            return Err(format!("its braces expand to more than {ALTERNATIVES} patterns"));
        }
    }
    Ok(plain)
}

/// `before{choice,choice}after`.
struct Brace<'a> {
    before: &'a str,
    choices: Vec<&'a str>,
    after: &'a str,
}

impl<'a> Brace<'a> {
    fn first(pattern: &'a str) -> Result<Option<Self>, String> {
        let text = |from, to| pattern.get(from..to).unwrap_or_default();
        let (mut depth, mut start, mut choice) = (0_usize, 0, 0);
        let (mut choices, mut in_class, mut escaped) = (Vec::new(), false, false);
        for (at, c) in pattern.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                ']' => in_class = false,
                _ if in_class => {}
                '[' => in_class = true,
                '{' if depth == 0 => (depth, start, choice) = (1, at, at + 1),
                '{' => depth += 1,
                ',' if depth == 1 => {
                    choices.push(text(choice, at));
                    choice = at + 1;
                }
                '}' if depth == 1 => {
                    choices.push(text(choice, at));
                    return Ok(Some(Self { before: text(0, start), choices, after: text(at + 1, pattern.len()) }));
                }
                '}' => depth = depth.checked_sub(1).ok_or("`}` without `{`")?,
                _ => {}
            }
        }
        if depth > 0 { Err("`{` without `}`".to_owned()) } else { Ok(None) }
    }
}

fn segments(pattern: &str) -> Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    for text in pattern.strip_prefix("./").unwrap_or(pattern).split('/') {
        segments.push(if text == "**" { Segment::AnyFolders } else { Segment::Name(tokens(text)?) });
    }
    if segments.len() > 1 && segments.last() == Some(&Segment::AnyFolders) {
        segments.push(Segment::Name(vec![Token::AnyText]));
    }
    Ok(segments)
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let (mut tokens, mut chars) = (Vec::new(), text.chars());
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' if tokens.last() == Some(&Token::AnyText) => continue,
            '*' => Token::AnyText,
            '?' => Token::AnyChar,
            '[' => class(&mut chars)?,
            '\\' => Token::Char(chars.next().ok_or("nothing follows its `\\`")?),
            c => Token::Char(c),
        });
    }
    Ok(tokens)
}

/// Reads a class after its `[`. A `]` at the beginning of the class is a member of the class.
fn class(chars: &mut Chars<'_>) -> Result<Token, String> {
    let text = chars.as_str();
    let negated = text.starts_with(['!', '^']);
    let inner = text.get(usize::from(negated)..).unwrap_or_default();
    let end = inner.char_indices().skip(1).find(|(_, c)| *c == ']').map(|(at, _)| at).ok_or("`[` without `]`")?;
    *chars = inner.get(end + 1..).unwrap_or_default().chars();
    let members: Vec<char> = inner.get(..end).unwrap_or_default().chars().collect();
    let (mut ranges, mut rest) = (Vec::new(), members.as_slice());
    while let [first, after @ ..] = rest {
        let (last, after) = match after {
            ['-', last, after @ ..] => (last, after),
            after => (first, after),
        };
        if first > last {
            return Err(format!("the range {first}-{last} is empty"));
        }
        ranges.push((*first, *last));
        rest = after;
    }
    Ok(Token::Class { negated, ranges })
}

/// Matches one name after the other. `**` matches no name at first. Each time that the rest does not match, `**` matches
/// one more name.
fn matches_path(segments: &[Segment], path: &str) -> bool {
    // Check the last name first, because it rejects most paths.
    if let (Some(Segment::Name(tokens)), Some(last)) = (segments.last(), path.rsplit('/').next())
        && !matches_name(tokens, last)
    {
        return false;
    }
    let (mut segments, mut names) = (segments, Some(path));
    let mut retry: Option<(&[Segment], Option<&str>)> = None;
    loop {
        let (name, below) = match names.map(|names| names.split_once('/').ok_or(names)) {
            Some(Ok((name, below))) => (Some(name), Some(below)),
            Some(Err(name)) => (Some(name), None),
            None => (None, None),
        };
        match (segments, name) {
            ([Segment::AnyFolders, after @ ..], _) => {
                retry = Some((after, names));
                segments = after;
                continue;
            }
            ([], None) => return true,
            ([Segment::Name(tokens), after @ ..], Some(name)) if matches_name(tokens, name) => {
                (segments, names) = (after, below);
                continue;
            }
            _ => {}
        }
        let Some((after, Some(skipped))) = retry else { return false };
        let next = skipped.split_once('/').map(|(_, below)| below);
        (segments, names, retry) = (after, next, Some((after, next)));
    }
}

/// As [`matches_path`], for the characters of one name and `*`.
fn matches_name(tokens: &[Token], name: &str) -> bool {
    let (mut tokens, mut rest) = (tokens, name.chars());
    let mut retry: Option<(&[Token], Chars<'_>)> = None;
    loop {
        let mut ahead = rest.clone();
        match (tokens, ahead.next()) {
            ([Token::AnyText, after @ ..], _) => {
                retry = Some((after, rest.clone()));
                tokens = after;
                continue;
            }
            ([], None) => return true,
            ([token, after @ ..], Some(c)) if token.matches(c) => {
                (tokens, rest) = (after, ahead);
                continue;
            }
            _ => {}
        }
        let Some((after, mut skipped)) = retry else { return false };
        if skipped.next().is_none() {
            return false;
        }
        (tokens, rest, retry) = (after, skipped.clone(), Some((after, skipped)));
    }
}

impl Token {
    fn matches(&self, c: char) -> bool {
        match self {
            Self::Char(own) => *own == c,
            Self::AnyChar => true,
            Self::AnyText => false,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&c)) != *negated
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use globset::GlobBuilder;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_match_only_inside_one_folder() {
        let globs = Globs::new(&["logs/*.jsonl", "./**/*PLAN*.md", "a/**", "x/**/y"]).unwrap();
        for path in ["logs/a.jsonl", "A_PLAN.md", "x/y/PLAN_b.md", "a/b", "a/b/c", "x/y", "x/1/2/y"] {
            assert!(globs.matches(path), "{path}");
        }
        for path in ["logs/a/b.jsonl", "plan.md", "a", "x/y/z", "b/a/b", ""] {
            assert!(!globs.matches(path), "{path}");
        }
        assert!(!Globs::default().matches("a"));
    }

    #[test]
    fn a_question_mark_and_a_class_match_one_character_of_any_number_of_bytes() {
        let globs = Globs::new(&["caf?", "[ä-ü]", "[!a]x", r"\[1\]", "{a,b{c,d}}e"]).unwrap();
        for path in ["café", "ö", "éx", "[1]", "ae", "bde"] {
            assert!(globs.matches(path), "{path}");
        }
        for path in ["caféé", "ab", "ax", "/x", "1", "be"] {
            assert!(!globs.matches(path), "{path}");
        }
    }

    #[test]
    fn wrong_patterns_are_rejected_with_a_reason() {
        for (wrong, reason) in [
            ("a[", "`a[` is not a valid pattern: `[` without `]`"),
            ("a{b", "`{` without `}`"),
            ("a}b", "`}` without `{`"),
            ("[z-a]", "the range z-a is empty"),
            ("a\\", "nothing follows"),
            ("[]", "`[` without `]`"),
            ("{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", "more than 256"),
        ] {
            let error = Globs::new(&[wrong]).unwrap_err().to_string();
            assert!(error.contains(reason), "{wrong}: {error}");
        }
        assert!(Globs::new(&["x".repeat(501)]).is_err() && Globs::new(&["a"; 101]).is_err());
    }

    #[test]
    fn hostile_patterns_take_little_time() {
        let globs = Globs::new(&["*a".repeat(200) + "b", "**/a/".repeat(90) + "b"]).unwrap();
        assert!(!globs.matches(&"a".repeat(4_000)) && !globs.matches(&"a/".repeat(2_000)));
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_globset_matches(
            pattern in r"(\*\*/)?([aB]|\*|\?|\[aB\]|\[a-c\]|\{a,B\}|\{a/B,aB\}|\\\*){1,4}(/(\*\*|[aB*?]{1,3})){0,3}",
            path in "[aAbBc*]{1,3}(/[aAbBc]{1,3}){0,3}",
        ) {
            let theirs = GlobBuilder::new(&pattern).literal_separator(true).build().unwrap().compile_matcher();
            let ours = Globs::new(std::slice::from_ref(&pattern)).unwrap();
            prop_assert_eq!(ours.matches(&path), theirs.is_match(&path), "{} {}", pattern, path);
        }

        #[test]
        fn no_text_causes_a_panic(pattern in ".*|[*?{},\\[\\]!\\\\a/]{0,60}", path in ".*|[a/]{0,200}") {
            drop(Globs::new(&[pattern]).map(|globs| globs.matches(&path)));
        }
    }
}

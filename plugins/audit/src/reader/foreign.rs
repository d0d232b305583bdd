//! Words of other languages that decide the role of a path, with their English equivalents: `translations.tsv`.
//!
//! Chinese, Japanese and Korean do not separate words: their terms are searched inside a text. Terms of other languages
//! are whole words. German is in the lists of the other files.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

/// A line for each English term: the term, and after a tab its words in other languages, separated by commas.
const TRANSLATIONS: &str = include_str!("translations.tsv");

/// The words of other languages with their English terms.
fn translations() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = TRANSLATIONS.lines().filter_map(|line| line.split_once('\t'));
    lines.flat_map(|(english, words)| words.split(", ").map(move |word| (word, english)))
}

/// Terms inside a text without spaces; a longer term precedes its prefixes.
static INSIDE: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| {
    let mut terms: Vec<_> = translations().filter(|(word, _)| word.contains(is_unparted)).collect();
    terms.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    terms
});

/// Whole words.
static WHOLE: LazyLock<HashMap<&str, &str>> =
    LazyLock::new(|| translations().filter(|(word, _)| !word.contains(is_unparted)).collect());

/// True for a character of a script that does not separate words.
pub(super) const fn is_unparted(sign: char) -> bool {
    matches!(sign, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

/// A text with its known terms translated to English.
#[must_use]
pub(super) fn english(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(is_unparted) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let term = INSIDE.iter().filter(|_| is_unparted(sign)).find(|(term, _)| rest.starts_with(term));
        let length = match term {
            Some((term, english)) => {
                out.extend([" ", english, " "]);
                term.len()
            }
            None => {
                out.push(sign);
                sign.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(out)
}

/// A word in lower case, or its English equivalent.
#[must_use]
pub(super) fn word(word: String) -> String {
    WHOLE.get(word.as_str()).map_or(word, |english| (*english).to_owned())
}

/// A text with East Asian punctuation replaced by ASCII.
#[must_use]
pub(super) fn punctuated(text: &str) -> Cow<'_, str> {
    let plain = |sign: char| {
        Some(match sign {
            '\u{ff1a}' => ": ",
            '\u{ff08}' => " (",
            '\u{ff09}' => ") ",
            '\u{ff0c}' | '\u{3001}' => ", ",
            '\u{3002}' => ". ",
            '\u{ff1b}' => "; ",
            _ => return None,
        })
    };
    if text.is_ascii() || !text.contains(|sign| plain(sign).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for sign in text.chars() {
        match plain(sign) {
            Some(plain) => out.push_str(plain),
            None => out.push(sign),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_terms_become_english() {
        assert_eq!(
            english("\u{66f4}\u{65b0}\u{6587}\u{4ef6}").split_whitespace().collect::<Vec<_>>(),
            ["update", "file"]
        );
        assert_eq!(english("plain"), "plain");
        assert_eq!(punctuated("a\u{ff1a}b\u{3002}"), "a: b. ");
        assert_eq!(word("archivos".to_owned()), "files");
    }
}

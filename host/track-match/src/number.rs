//! Numbers in titles: digits, Roman numerals, words.
//!
//! Titles that differ in a number are different titles, so numbers get one form and are compared separately.

const WORDS: [&str; 13] =
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
const ROMAN: [&str; 20] = [
    "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii",
    "xviii", "xix", "xx",
];

/// The form of a word for comparisons: "II" and "two" become "2". A single `i`, `v` or `x` is a letter.
pub(super) fn plain(word: &str) -> String {
    let roman = (word.len() > 1).then(|| roman(word)).flatten();
    match spelled(word).or(roman) {
        Some(number) => number.to_string(),
        None if word.bytes().all(|b| b.is_ascii_digit()) && word.len() > 1 => {
            let trimmed = word.trim_start_matches('0');
            if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() }
        }
        None => word.to_owned(),
    }
}

/// Spells a number up to twelve in letters: the opposite of [`plain`].
pub(super) fn in_words(word: &str) -> &str {
    let number = word.parse::<usize>().ok().filter(|_| word.len() == 1 || !word.starts_with(['0', '+']));
    number.and_then(|number| WORDS.get(number)).copied().unwrap_or(word)
}

/// The number after "part", in any form, including a single `i`.
pub(super) fn read(word: &str) -> Option<u32> {
    word.parse().ok().or_else(|| spelled(word)).or_else(|| roman(word))
}

/// A year with four digits.
pub(super) fn year(word: &str) -> Option<u16> {
    let year = word.parse().ok()?;
    (word.len() == 4 && (1900..=2099).contains(&year)).then_some(year)
}

pub(super) fn has_digit(word: &str) -> bool {
    word.chars().any(char::is_numeric)
}

fn spelled(word: &str) -> Option<u32> {
    position(&WORDS, word)
}

fn roman(word: &str) -> Option<u32> {
    position(&ROMAN, word).map(|at| at + 1)
}

fn position(list: &[&str], word: &str) -> Option<u32> {
    list.iter().position(|one| *one == word).and_then(|at| u32::try_from(at).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_form() {
        for (word, form) in
            [("ii", "2"), ("two", "2"), ("02", "2"), ("x", "x"), ("i", "i"), ("mix", "mix"), ("000", "0")]
        {
            assert_eq!(plain(word), form);
        }
        assert_eq!(
            (read("i"), read("v"), read("one"), read("12"), read("me")),
            (Some(1), Some(5), Some(1), Some(12), None)
        );
        assert_eq!((year("1999"), year("0999"), year("99"), year("20000")), (Some(1999), None, None, None));
    }
}

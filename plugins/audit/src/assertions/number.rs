//! Numbers in prose, as opposed to dates, times, versions, ids, line ranges and code.
//!
//! A number keeps its written decimals, because every check uses the written precision as its tolerance.

use super::words::is_among;
use crate::count::grouped;

/// Words before a number that make it approximate.
const ROUGH: &str = "about around approximately roughly nearly almost over under least most than estimated circa";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub start: usize,
    /// End of the number, including a `%`.
    pub end: usize,
    /// The digits without comma and decimal point.
    pub digits: u64,
    pub places: u32,
    pub percent: bool,
    /// True for an approximate number: `~5`, `5+`, `<5`, `>5`, an end of a range.
    pub loose: bool,
    /// True if it is the `b` of `a/b`.
    pub below: bool,
    /// The sign before it: `+29%` is a change.
    pub sign: Option<char>,
}

impl Number {
    /// The value of a whole number that is not a percentage.
    pub(super) fn whole(&self) -> Option<u64> {
        (self.places == 0 && !self.percent).then_some(self.digits)
    }

    /// The value of a whole number that is exact and not a percentage.
    pub(super) fn exact(&self) -> Option<u64> {
        self.whole().filter(|_| !self.loose && self.sign.is_none())
    }

    /// The number with commas and decimals, without `%`.
    pub(super) fn shown(&self) -> String {
        fixed(u128::from(self.digits), self.places)
    }
}

/// Formats a number with decimals and commas.
pub(super) fn fixed(digits: u128, places: u32) -> String {
    let unit = 10_u128.pow(places.min(9));
    let whole = grouped(digits / unit);
    if places == 0 { whole } else { format!("{whole}.{:0width$}", digits % unit, width = places.min(9) as usize) }
}

/// The numbers of a text in order, except those in backticks.
pub(super) fn numbers(text: &str) -> Vec<Number> {
    let mut found: Vec<Number> = Vec::new();
    let mut at = 0;
    let mut code = false;
    while let Some(sign) = text.get(at..).and_then(|rest| rest.chars().next()) {
        if sign == '`' {
            code = !code;
        }
        if code || !sign.is_ascii_digit() {
            at += sign.len_utf8();
            continue;
        }
        let (number, end) = read(text, at, found.last());
        if let Some(number) = number {
            found.push(number);
        } else if text.get(at.saturating_sub(1)..at) == Some("/") {
            // `2026/01/18` is a date, so the part before the slash is not a number either.
            found.pop_if(|before| before.end + 1 == at);
        }
        at = end;
    }
    found
}

/// The number at `at`, and the position after it.
fn read(text: &str, at: usize, before: Option<&Number>) -> (Option<Number>, usize) {
    let head = text.get(..at).unwrap_or_default();
    let last = head.chars().next_back();
    let below = last == Some('/') && before.is_some_and(|number| number.end + 1 == at && !number.percent);
    let joined = last.is_some_and(|sign| sign.is_alphanumeric() || "_./:#$\\'@=".contains(sign)) && !below;
    let hyphened = last == Some('-') && head.chars().rev().nth(1).is_some_and(char::is_alphanumeric);
    let (digits, places, mut end) = magnitude(text, at);
    let after = text.get(end..).unwrap_or_default();
    if joined || hyphened || digits.is_none() || continues_word(after) || (below && after.starts_with('/')) {
        return (None, end + run(after));
    }
    let mut tail = after;
    let percent = ["%", " %", "\u{a0}%", "\u{202f}%"].iter().find(|mark| after.starts_with(**mark));
    if let Some(mark) = percent {
        end += mark.len();
        tail = text.get(end..).unwrap_or_default();
    }
    let ranged = tail.starts_with(['\u{2013}', '\u{2014}', '-'])
        && tail.chars().nth(1).is_some_and(|sign| sign.is_ascii_digit())
        || head.ends_with('\u{2013}');
    let loose = tail.starts_with('+') || ranged || is_loose(head);
    let number = Number {
        start: at,
        end,
        digits: digits.unwrap_or_default(),
        places,
        percent: percent.is_some(),
        loose,
        below,
        sign: last.filter(|sign| matches!(sign, '+' | '-' | '\u{2212}')),
    };
    (Some(number), end)
}

/// The digits, the number of decimals and the end of the number at `at`. No digits if the number is malformed or too long.
fn magnitude(text: &str, at: usize) -> (Option<u64>, u32, usize) {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let run = |from: usize| (from..bytes.len()).take_while(|at| is_digit(*at)).count();
    let mut end = at + run(at);
    let first = end - at;
    while first <= 3 && bytes.get(end) == Some(&b',') && run(end + 1) == 3 {
        end += 4;
    }
    let mut places = 0;
    if bytes.get(end) == Some(&b'.') && is_digit(end + 1) {
        let decimals = run(end + 1);
        end += 1 + decimals;
        places = u32::try_from(decimals).unwrap_or(u32::MAX);
    }
    let written: String = text.get(at..end).unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    (written.parse().ok().filter(|_| places <= 6 && written.len() <= 15), places, end)
}

/// True if the number is the beginning of a word, date, time or version: `5th`, `18:20`, `1.2.3`, `2026-01`.
fn continues_word(after: &str) -> bool {
    let mut signs = after.chars();
    let (first, second) = (signs.next(), signs.next());
    match first {
        Some(sign) if sign.is_alphanumeric() || sign == '_' => true,
        Some('-' | ':' | '.') => second.is_some_and(|sign| sign.is_ascii_digit()),
        _ => false,
    }
}

/// Number of bytes that belong to the same word, date or version.
fn run(after: &str) -> usize {
    let belongs = |sign: &char| sign.is_alphanumeric() || "_-:./".contains(*sign);
    after.chars().take_while(belongs).map(char::len_utf8).sum()
}

fn is_loose(head: &str) -> bool {
    let head = head.trim_end();
    if head.ends_with(['~', '\u{2248}', '<', '>', '\u{2264}', '\u{2265}', '\u{b1}']) {
        return true;
    }
    let last = head.rsplit(|sign: char| !sign.is_alphanumeric()).next().unwrap_or_default();
    is_among(ROUGH, &last.to_lowercase())
}

/// Pairs `a/b`, `a of b` and `a out of b` of exact whole numbers, as positions in `numbers`.
pub(super) fn fractions(text: &str, numbers: &[Number]) -> Vec<usize> {
    let pairs = numbers.windows(2).enumerate();
    pairs
        .filter(|(_, pair)| {
            let [part, whole] = pair else { return false };
            let between = text.get(part.end..whole.start).unwrap_or_default();
            let joined = whole.below || matches!(between, " of " | " out of " | " of the " | " / ");
            joined && part.exact().is_some() && whole.exact().is_some()
        })
        .map(|(at, _)| at)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        numbers(text)
            .iter()
            .map(|number| format!("{}{}", number.shown(), if number.percent { "%" } else { "" }))
            .collect()
    }

    #[test]
    fn numbers_have_many_forms() {
        assert_eq!(shown("1,999/2,027 (98.6%) and 71 %, then 15540."), ["1,999", "2,027", "98.6%", "71%", "15,540"]);
        assert_eq!(shown("0.05 of 3"), ["0.05", "3"]);
    }

    #[test]
    fn dates_times_versions_ids_and_code_are_not_numbers() {
        for text in [
            "2026-01-18",
            "10:15:00",
            "v3.0",
            "1.2.3",
            "2026/01/18",
            "merge-2.py",
            "`5 of 7`",
            "3rd",
            "DS-001",
            "#12",
            "5MB",
            "27ce7361-6c27-80fb-b40e",
            "20260113T195101Z",
            "utf8",
            "a_5",
        ] {
            assert_eq!(shown(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn approximate_numbers_and_signs_are_recognised() {
        let loose: Vec<bool> =
            numbers("~30, 500+, < 60, 3-4 and about 5, 9").iter().map(|number| number.loose).collect();
        assert_eq!(loose, [true, true, true, true, false]);
        assert_eq!(numbers("+29%")[0].sign, Some('+'));
        assert_eq!(numbers("")[..], []);
    }

    #[test]
    fn fractions_join_two_numbers() {
        let text = "9/10 then 3 of 4, 5 or 6";
        assert_eq!(fractions(text, &numbers(text)), [0, 2]);
    }
}

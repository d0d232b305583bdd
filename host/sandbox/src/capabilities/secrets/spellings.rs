//! Finds a value in which each byte may be written in a different way: plain, percent-encoded, or as an escape of JSON
//! or of a string literal, in any combination. So the result does not depend on the encoder. Case is ignored.
//!
//! The search keeps one bit for each prefix of the value: whether that prefix ends at the current position. Each step
//! processes all bits, so the time for plain text depends on the value's length and not on its bytes.

use std::collections::BTreeSet;
use std::ops::Range;

/// The maximum number of text bytes for one byte of a value: `\u0041`.
pub(super) const WIDEST: usize = 6;

/// The longest escape: two `\uXXXX` for one character, which has four bytes in a value.
const LONGEST: usize = 12;

/// The number of text positions that a search remembers: a power of two greater than [`LONGEST`].
const REMEMBERED: usize = 16;

/// The value to find.
#[derive(Clone)]
pub(super) struct Spellings {
    value: Vec<u8>,
    /// The number of words that have one bit for each byte of the value.
    words: usize,
    /// For each of the 256 byte values, its positions in the value, as bits.
    places: Vec<u64>,
}

/// The state of a search.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    /// For each remembered text position, the prefixes of the value that end there.
    ended: Vec<u64>,
    /// The entry for the position that is being computed.
    next: Vec<u64>,
    /// The current position, modulo [`REMEMBERED`].
    position: usize,
}

impl Spellings {
    pub(super) fn of(value: &[u8]) -> Self {
        let words = value.len().div_ceil(64).max(1);
        let mut places = vec![0_u64; 256 * words];
        for (place, byte) in value.iter().enumerate() {
            for byte in [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()] {
                if let Some(word) = places.get_mut(usize::from(byte) * words + place / 64) {
                    *word |= 1 << (place % 64);
                }
            }
        }
        Self { value: value.to_vec(), words, places }
    }

    pub(super) fn start(&self) -> Progress {
        Progress { ended: vec![0; REMEMBERED * self.words], next: vec![0; self.words], position: 0 }
    }

    /// Reads `text` from byte `from`, and reports each occurrence of the value that ends there. The text before `from`
    /// was read earlier.
    pub(super) fn read(&self, progress: &mut Progress, text: &[u8], from: usize, mut found: impl FnMut(Range<usize>)) {
        for end in from + 1..=text.len() {
            let seen = text.get(end.saturating_sub(LONGEST)..end).unwrap_or_default();
            if self.step(progress, seen) {
                found(self.begin(text, end)..end);
            }
        }
    }

    /// Processes the last byte of `seen`. Returns whether an occurrence of the value ends with this byte.
    fn step(&self, progress: &mut Progress, seen: &[u8]) -> bool {
        let Progress { ended, next, position } = progress;
        *position = (*position + 1) % REMEMBERED;
        next.fill(0);
        each_spelling(seen, |length, bytes| {
            let before = row(ended, (*position + REMEMBERED - length) % REMEMBERED, self.words);
            match bytes {
                [byte] => self.advance(before, *byte, next),
                _ => self.advance_by_character(before, bytes, next),
            }
        });
        let here = *position * self.words;
        ended.get_mut(here..here + self.words).unwrap_or_default().copy_from_slice(next);
        let last = self.value.len().checked_sub(1);
        last.is_some_and(|last| next.get(last / 64).is_some_and(|word| (word >> (last % 64)) & 1 == 1))
    }

    /// Adds to `next` each prefix that `byte` continues or begins.
    fn advance(&self, before: &[u64], byte: u8, next: &mut [u64]) {
        let mut carry = 1_u64;
        for ((before, places), next) in before.iter().zip(row(&self.places, usize::from(byte), self.words)).zip(next) {
            *next |= ((*before << 1) | carry) & *places;
            carry = *before >> 63;
        }
    }

    /// The step for one escape that encodes several bytes of the value.
    fn advance_by_character(&self, before: &[u64], bytes: &[u8], next: &mut [u64]) {
        let Some((last, first)) = bytes.split_last() else { return };
        let mut between = before.to_vec();
        for byte in first {
            let mut after = vec![0; self.words];
            self.advance(&between, *byte, &mut after);
            between = after;
        }
        self.advance(&between, *last, next);
    }

    /// The earliest position at which an occurrence of the value that ends at `end` can start.
    fn begin(&self, text: &[u8], end: usize) -> usize {
        let mut begin = end;
        // The number of bytes of the value before this point, and the position in the text.
        let mut open = BTreeSet::from([(self.value.len(), end)]);
        while let Some((left, at)) = open.pop_last() {
            if left == 0 {
                begin = begin.min(at);
                continue;
            }
            each_spelling(text.get(..at).unwrap_or_default(), |length, bytes| {
                let rest = left.saturating_sub(bytes.len());
                if self.value.get(rest..left).is_some_and(|part| part.eq_ignore_ascii_case(bytes)) {
                    open.insert((rest, at - length));
                }
            });
        }
        begin
    }
}

fn row(rows: &[u64], index: usize, words: usize) -> &[u64] {
    rows.get(index * words..(index + 1) * words).unwrap_or_default()
}

/// Calls `each` for every meaning of the end of `seen`: the number of bytes of `seen`, and the bytes that they encode.
fn each_spelling(seen: &[u8], mut each: impl FnMut(usize, &[u8])) {
    let Some(last) = seen.last() else { return };
    each(1, &[*last]);
    if *last == b'+' {
        // HTML forms write a space as `+`.
        each(1, b" ");
    }
    // At most one of the patterns can match.
    match seen {
        [.., b'\\', code] => {
            if let Some(byte) = escaped(*code) {
                each(2, &[byte]);
            }
        }
        [.., b'%', high, low] => each_byte(3, [*high, *low], each),
        [.., b'\\', b'x' | b'X', high, low] => each_byte(4, [*high, *low], each),
        _ => {
            if let Some((before, [b'\\', b'u' | b'U', digits @ ..])) = seen.split_last_chunk::<6>()
                && let Some(unit) = number(digits)
            {
                each_character(before, unit, each);
            }
        }
    }
}

fn each_byte(length: usize, digits: [u8; 2], mut each: impl FnMut(usize, &[u8])) {
    if let Some(byte) = number(&digits).and_then(|number| u8::try_from(number).ok()) {
        each(length, &[byte]);
    }
}

/// Calls `each` for every meaning of the escape `\uXXXX` with the number `unit`. `before` is the text before the escape,
/// which may be the first surrogate of a pair.
fn each_character(before: &[u8], unit: u32, mut each: impl FnMut(usize, &[u8])) {
    if let Some(c) = char::from_u32(unit) {
        each(6, c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    if let Ok(byte @ 0x80..=0xff) = u8::try_from(unit) {
        // Some encoders treat each byte as a character (Latin-1).
        each(6, &[byte]);
    }
    // A character after U+FFFF is a pair of surrogates.
    if let Some((_, [b'\\', b'u' | b'U', digits @ ..])) = before.split_last_chunk::<6>()
        && let Some(high @ 0xd800..=0xdbff) = number(digits)
        && (0xdc00..=0xdfff).contains(&unit)
        && let Some(c) = char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + (unit - 0xdc00))
    {
        each(LONGEST, c.encode_utf8(&mut [0; 4]).as_bytes());
    }
}

/// The byte that a backslash and `code` encode.
fn escaped(code: u8) -> Option<u8> {
    match code.to_ascii_lowercase() {
        b'b' => Some(0x08),
        b'f' => Some(0x0c),
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        code => code.is_ascii_punctuation().then_some(code),
    }
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUE: &str = "AbC/dEf+GhI=q\"12~345_z\\n \u{fc}\u{1f600}";

    fn found(value: &str, text: &str) -> Vec<Range<usize>> {
        let (spellings, mut found) = (Spellings::of(value.as_bytes()), Vec::new());
        spellings.read(&mut spellings.start(), text.as_bytes(), 0, |range| found.push(range));
        found
    }

    fn is_found_whole(value: &str, text: &str) -> bool {
        found(value, text) == std::slice::from_ref(&(0..text.len()))
    }

    fn percent(plain: &str, upper: bool) -> String {
        let one = |byte: u8| match char::from(byte) {
            c if plain.contains(c) || (!plain.is_empty() && c.is_ascii_alphanumeric()) => c.to_string(),
            _ if upper => format!("%{byte:02X}"),
            _ => format!("%{byte:02x}"),
        };
        VALUE.bytes().map(one).collect()
    }

    fn units(plain: impl Fn(char) -> bool, upper: bool) -> String {
        let escape = |unit: &u16| if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
        let escapes = |c: char| c.encode_utf16(&mut [0; 2]).iter().map(escape).collect::<String>();
        VALUE.chars().map(|c| if plain(c) { c.to_string() } else { escapes(c) }).collect()
    }

    #[test]
    fn each_byte_may_be_written_in_any_way() {
        let php = units(|c| c.is_ascii_alphanumeric(), false).replace("\\u002f", "\\/").replace("\\u005c", "\\\\");
        let latin = |byte: u8| format!("\\u{byte:04x}");
        let mixed = |(at, byte): (usize, u8)| match at % 4 {
            0 => format!("%{byte:02x}"),
            1 => format!("\\u{byte:04X}"),
            2 => format!("\\x{byte:02X}"),
            _ => format!("%{byte:02X}"),
        };
        for form in [
            VALUE.to_owned(),
            VALUE.to_ascii_uppercase(),
            percent("_.-~/", true),
            percent("-._*", true).replace("%20", "+"),
            percent("", true),
            percent("", false),
            serde_json::Value::from(VALUE).to_string().trim_matches('"').to_owned(),
            php,
            units(|_| false, true),
            units(|_| false, false),
            VALUE.bytes().map(latin).collect(),
            VALUE.bytes().enumerate().map(mixed).collect(),
        ] {
            let (first, second) = (1, form.len() + 3);
            let places = [first..first + form.len(), second..second + form.len()];
            assert_eq!(found(VALUE, &format!("<{form}> {form}")), places, "{form}");
            assert!(found(VALUE, &form[1..]).is_empty(), "without its beginning: {form}");
        }
    }

    #[test]
    fn escapes_of_control_characters_are_known() {
        for (value, text) in [("secret\n\t1", "secret\\n\\t1"), ("secret\u{8}\u{c}\r1", "secret\\b\\f\\r1")] {
            assert!(is_found_whole(value, text), "{text}");
        }
    }

    #[test]
    fn a_value_that_looks_like_an_escape_is_found_plain_and_escaped() {
        for text in ["%41%42\\u0043", "%2541%2542\\\\u0043", "%25%34%31%25%34%32%5c%75%30%30%34%33"] {
            assert!(is_found_whole("%41%42\\u0043", text), "{text}");
        }
    }

    #[test]
    fn a_value_longer_than_a_word_of_bits_is_found_at_each_place() {
        let value: String = (0..300_u32).filter_map(|number| char::from_u32(0x21 + number * 7 % 90)).collect();
        let text = format!("{value} {value}");
        assert_eq!(found(&value, &text), [0..300, 301..601]);
    }
}

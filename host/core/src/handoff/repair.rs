//! Repairs faults inside a JSON text whose meaning is clear: an invalid escape becomes a plain backslash, a control
//! character in a string is kept, a comma before a closing bracket is dropped. A lone surrogate (half of a character,
//! `\ud800`) becomes U+FFFD, as Unicode recommends. `NaN` and `Infinity`, which JSON does not have, become `null`, as
//! in JavaScript.
//!
//! Only the text of the first value is changed. The text after this value is not JSON.

use super::error::Position;

/// The words of other languages for numbers that do not exist in JSON.
const NOT_NUMBERS: [&str; 4] = ["NaN", "Infinity", "-Infinity", "-NaN"];

/// Bytes of an escape with four digits.
const UNIT_BYTES: usize = "\\ud800".len();

/// A kind of fault: the number of repairs, and the byte of the first one.
#[derive(Default)]
struct Fault {
    count: usize,
    first: usize,
}

impl Fault {
    fn record(&mut self, at: usize) {
        if self.count == 0 {
            self.first = at;
        }
        self.count += 1;
    }

    fn note(&self, what: &str, text: &str) -> Option<String> {
        (self.count > 0).then(|| format!("{} {what}, the first at {}", self.count, Position::of(text, self.first)))
    }
}

/// The repaired text, and one sentence for each kind of fault.
pub(super) fn repair(text: &str) -> (String, Vec<String>) {
    let mut repair = Repair { text, out: String::with_capacity(text.len() + 16), ..Repair::default() };
    repair.run();
    let notes = [
        repair.escapes.note("invalid escape(s) were read as plain backslashes", text),
        repair.controls.note("control character(s) inside text were read as they are", text),
        repair.commas.note("comma(s) before a closing bracket were left out", text),
        repair.halves.note("lone surrogate(s) were replaced by U+FFFD", text),
        repair.numbers.note("NaN or Infinity value(s) were read as null", text),
    ];
    (repair.out, notes.into_iter().flatten().collect())
}

#[derive(Default)]
struct Repair<'a> {
    text: &'a str,
    out: String,
    in_string: bool,
    /// True if the previous character was a backslash that begins an escape.
    escaped: bool,
    /// The number of open brackets.
    depth: usize,
    /// A comma outside of strings whose next token is not read yet, with its positions in `out` and in `text`.
    comma: Option<(usize, usize)>,
    /// The part of `text` before this byte is already in `out`.
    done: usize,
    escapes: Fault,
    controls: Fault,
    commas: Fault,
    halves: Fault,
    numbers: Fault,
}

impl Repair<'_> {
    fn run(&mut self) {
        let text = self.text;
        for (at, c) in text.char_indices() {
            if at < self.done {
                continue;
            }
            if self.in_string {
                self.inside(at, c);
            } else {
                self.outside(at, c);
            }
            if !self.in_string && self.depth == 0 && matches!(c, '}' | ']') {
                self.out.push_str(text.get(at + 1..).unwrap_or_default());
                return;
            }
        }
    }

    fn outside(&mut self, at: usize, c: char) {
        if let Some(word) = not_a_number(self.text, at).filter(|_| self.depth > 0) {
            self.numbers.record(at);
            self.comma = None;
            return self.replace("null", at + word.len());
        }
        match c {
            '"' => self.in_string = true,
            '{' | '[' => self.depth += 1,
            '}' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                if let Some((out, from)) = self.comma.take() {
                    self.out.remove(out);
                    self.commas.record(from);
                }
            }
            _ => {}
        }
        if c == ',' {
            self.comma = Some((self.out.len(), at));
        } else if !c.is_ascii_whitespace() {
            self.comma = None;
        }
        self.out.push(c);
    }

    fn inside(&mut self, at: usize, c: char) {
        if self.escaped {
            self.escaped = false;
            self.out.push(c);
            return;
        }
        match c {
            '"' => self.in_string = false,
            '\\' if let Some(surrogate) = Surrogate::at(self.text, at) => return self.surrogate(&surrogate, at),
            '\\' if begins_escape(self.text.get(at + 1..).unwrap_or_default()) => self.escaped = true,
            '\\' => {
                self.out.push('\\');
                self.escapes.record(at + 1);
            }
            c if c < ' ' => {
                self.controls.record(at);
                self.out.push_str(&format!("\\u{:04x}", u32::from(c)));
                return;
            }
            _ => {}
        }
        self.out.push(c);
    }

    fn surrogate(&mut self, surrogate: &Surrogate, at: usize) {
        match surrogate {
            Surrogate::Pair => {
                let end = at + 2 * UNIT_BYTES;
                self.replace(self.text.get(at..end).unwrap_or_default(), end);
            }
            Surrogate::Lone => {
                self.halves.record(at);
                self.replace("\\ufffd", at + UNIT_BYTES);
            }
        }
    }

    /// Writes `with` in place of the text up to `end`.
    fn replace(&mut self, with: &str, end: usize) {
        self.out.push_str(with);
        self.done = end;
    }
}

/// An escape with one half of a UTF-16 surrogate pair.
enum Surrogate {
    /// Its other half follows.
    Pair,
    /// Its other half is missing.
    Lone,
}

impl Surrogate {
    /// The surrogate escape whose backslash is at byte `at`.
    fn at(text: &str, at: usize) -> Option<Self> {
        match unit(text, at)? {
            0xd800..=0xdbff => {
                let paired = matches!(unit(text, at + UNIT_BYTES), Some(0xdc00..=0xdfff));
                Some(if paired { Self::Pair } else { Self::Lone })
            }
            0xdc00..=0xdfff => Some(Self::Lone),
            _ => None,
        }
    }
}

/// The number in an escape with four digits at byte `at`.
fn unit(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
    let digits = Some(digits).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

/// The word at byte `at` that is a number in other languages, but not in JSON.
fn not_a_number(text: &str, at: usize) -> Option<&'static str> {
    let (before, rest) = text.split_at_checked(at)?;
    let begins = before.is_empty() || before.ends_with([':', ',', '[', ' ', '\t', '\r', '\n']);
    let ends = |word: &&str| {
        let after = rest.strip_prefix(*word);
        after.is_some_and(|after| after.is_empty() || after.starts_with([',', ']', '}', ' ', '\t', '\r', '\n']))
    };
    NOT_NUMBERS.into_iter().filter(|_| begins).find(ends)
}

/// True if a backslash before `rest` begins a valid escape of JSON.
fn begins_escape(rest: &str) -> bool {
    match rest.as_bytes() {
        [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => true,
        [b'u', digits @ ..] => digits.get(..4).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn repaired(text: &str) -> (Value, Vec<String>) {
        let (fixed, notes) = repair(text);
        (serde_json::from_str(&fixed).unwrap_or_else(|error| panic!("{error}: {fixed}")), notes)
    }

    #[test]
    fn each_fault_is_repaired_and_reported_with_its_position() {
        let (value, notes) = repaired("{\n  \"a\": \"x\\ y\\q\"}");
        assert_eq!(value["a"], "x\\ y\\q");
        assert_eq!(notes, ["2 invalid escape(s) were read as plain backslashes, the first at line 2 column 11"]);
        let (value, notes) = repaired("{\"a\": \"x\ty\u{1}\nz\"}");
        assert_eq!(value["a"], "x\ty\u{1}\nz");
        assert_eq!(notes, ["3 control character(s) inside text were read as they are, the first at line 1 column 9"]);
        let (value, notes) = repaired("{\"a\": [1,\n 2 ,\r\n\r\n]\n,}");
        assert_eq!(value["a"], serde_json::json!([1, 2]));
        assert_eq!(notes, ["2 comma(s) before a closing bracket were left out, the first at line 2 column 4"]);
        let (value, notes) = repaired("{\"a\": \"x\\ud800y\\udc00\",\n \"b\": \"\\uD83C\\uDFA7\\ud83c\"}");
        assert_eq!((&value["a"], &value["b"]), (&"x\u{fffd}y\u{fffd}".into(), &"\u{1f3a7}\u{fffd}".into()));
        assert_eq!(notes, ["3 lone surrogate(s) were replaced by U+FFFD, the first at line 1 column 9"]);
        let (value, notes) = repaired("{\"a\": NaN, \"b\": [Infinity,-Infinity\n], \"c\": \"NaN, Infinity\"}");
        assert_eq!(value, serde_json::json!({"a": null, "b": [null, null], "c": "NaN, Infinity"}));
        assert_eq!(notes, ["3 NaN or Infinity value(s) were read as null, the first at line 1 column 7"]);
    }

    #[test]
    fn valid_json_and_ambiguous_faults_are_unchanged() {
        for text in [
            "{\"a\": \"b\\u00e9\\\\\", \"c\": \",]\"}",
            "[1,,2]",
            "{\"a\" 1}",
            "",
            "\"",
            "{}\\ \" , ] after the end",
            "[NaNs]",
            "NaN",
        ] {
            assert_eq!(repair(text), (text.to_owned(), Vec::new()), "{text}");
        }
        assert_eq!(repaired("{\"a\": \"C:\\users\"}").0["a"], "C:\\users");
    }

    proptest! {
        #[test]
        fn valid_json_is_never_changed(text in "[ -~]{0,40}", number in any::<i64>()) {
            let json = serde_json::json!({"a": text, "b": [number, {"c": null}], text.as_str(): [text]}).to_string();
            prop_assert_eq!(repair(&json), (json, Vec::new()));
        }

        #[test]
        fn any_text_is_processed_without_a_panic(text in "([\\[\\]{},:\"\\\\\n\t u0a1é]|NaN|-Infinity|\\\\ud[8c]00){0,80}") {
            let (fixed, notes) = repair(&text);
            prop_assert_eq!(fixed == text, notes.is_empty());
        }
    }
}

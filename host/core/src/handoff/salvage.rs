//! Converts bytes to text and JSON, and repairs common faults: byte order marks, UTF-16 (also without a byte order
//! mark), a code fence around the object, invalid escapes, text after the object. Each repair is reported; other faults
//! are errors with their position. A second object is an error, because it would be another request.

use std::borrow::Cow;

use serde_json::Value;

use super::error::{ParseError, Position};
use super::repair;

/// The text of a file, and the repairs that were necessary.
pub(super) fn text(bytes: &[u8]) -> Result<(String, Vec<String>), ParseError> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok((utf8(rest, 3)?, vec!["a byte order mark was skipped".to_owned()])),
        [0xff, 0xfe, rest @ ..] => utf16(rest, 2, u16::from_le_bytes, "read as UTF-16"),
        [0xfe, 0xff, rest @ ..] => utf16(rest, 2, u16::from_be_bytes, "read as UTF-16"),
        // A handoff begins with two ASCII characters. In UTF-16, one byte of each ASCII character is zero.
        [1..=u8::MAX, 0, 1..=u8::MAX, 0, ..] => {
            utf16(bytes, 0, u16::from_le_bytes, "read as UTF-16 without a byte order mark")
        }
        [0, 1..=u8::MAX, 0, 1..=u8::MAX, ..] => {
            utf16(bytes, 0, u16::from_be_bytes, "read as UTF-16 without a byte order mark")
        }
        _ => Ok((utf8(bytes, 0)?, Vec::new())),
    }
}

fn utf8(bytes: &[u8], skipped: usize) -> Result<String, ParseError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let (before, _) = bytes.split_at_checked(error.valid_up_to()).unwrap_or_default();
        let place = Position::of(&String::from_utf8_lossy(before), before.len());
        ParseError::NotText { at: skipped + before.len() + 1, place }
    })?;
    Ok(text.to_owned())
}

fn utf16(
    bytes: &[u8],
    skipped: usize,
    unit: fn([u8; 2]) -> u16,
    note: &str,
) -> Result<(String, Vec<String>), ParseError> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(pairs.len());
    let mut at = skipped + 1;
    for c in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        let c = c.map_err(|_| ParseError::NotText { at, place: Position::of(&text, text.len()) })?;
        at += 2 * c.len_utf16();
        text.push(c);
    }
    let mut repairs = vec![note.to_owned()];
    if !odd.is_empty() {
        repairs.push("an incomplete character at the end was left out".to_owned());
    }
    Ok((text, repairs))
}

/// The only JSON value of a text.
pub(super) fn json(text: &str, repairs: &mut Vec<String>) -> Result<Value, ParseError> {
    let unfenced = out_of_fence(text, repairs);
    let text = unfenced.as_ref();
    let (value, rest) = match first_value(text) {
        Ok((value, rest)) => (value, rest.len()),
        Err(error) if error.is_eof() => return Err(ParseError::EndsEarly),
        Err(error) => {
            let as_found = ParseError::json(&error);
            let (fixed, notes) = repair::repair(text);
            if notes.is_empty() {
                return Err(as_found);
            }
            let found =
                first_value(&fixed).map_err(|error| if error.is_eof() { ParseError::EndsEarly } else { as_found })?;
            repairs.extend(notes);
            (found.0, found.1.len())
        }
    };
    // Only the first value was changed, so the length of the rest gives its position in `text`.
    check_rest(text, text.len().saturating_sub(rest), &value, repairs)?;
    Ok(value)
}

/// Checks the text after the first value, from byte `at`. Text and a repetition of the object are ignored; another
/// object is an error.
fn check_rest(text: &str, mut at: usize, value: &Value, repairs: &mut Vec<String>) -> Result<(), ParseError> {
    let rest = |at: usize| text.get(at..).unwrap_or_default();
    while let Some(second) = next_object(text, at) {
        match first_value(rest(second)) {
            Ok((again, left)) if again == *value => {
                repairs.push(format!("the same object at {} was left out", Position::of(text, second)));
                at = text.len() - left.len();
            }
            _ => return Err(ParseError::SecondObject { place: Position::of(text, second) }),
        }
    }
    let left = unfenced(rest(at)).trim_matches(is_blank).len();
    if left > 0 {
        repairs.push(format!("{left} bytes of text after the JSON object were left out"));
    }
    Ok(())
}

/// The beginning of an object directly after byte `at`, or in the next code fence after the first value.
fn next_object(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let next = rest.trim_start_matches(|c: char| is_blank(c) || c == ',');
    if next.starts_with('{') {
        return Some(text.len() - next.len());
    }
    let fenced = unfenced(rest);
    (fenced.len() < rest.trim_start_matches(is_blank).len())
        .then(|| in_fence(fenced))?
        .map(|found| text.len() - found.len())
}

/// The text without its leading blanks. If its first line then ends a code fence, the line is removed too.
fn unfenced(text: &str) -> &str {
    let start = text.trim_start_matches(is_blank);
    let fence = start.split('\n').next().unwrap_or_default();
    if marker(fence).is_some_and(|info| info.trim().is_empty()) {
        start.get(fence.len()..).unwrap_or_default()
    } else {
        start
    }
}

/// Whether the character is white space, or a zero character. Some file systems append zeros to a text.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\0'
}

/// If the object of the text is in a Markdown code fence, returns the text from the object on. Line breaks replace the
/// text before the object, so that the line numbers of errors stay correct.
fn out_of_fence<'a>(text: &'a str, repairs: &mut Vec<String>) -> Cow<'a, str> {
    let Some(object) = in_fence(text).filter(|_| !text.trim_start().starts_with(['{', '['])) else {
        return Cow::Borrowed(text);
    };
    let before = text.get(..text.len() - object.len()).unwrap_or_default();
    let blank: String = before.chars().filter(|c| *c == '\n').collect();
    let place = Position::of(text, before.len());
    repairs.push(format!("the JSON object was read from the code fence that begins before {place}"));
    Cow::Owned(blank + object)
}

/// The text from the first code fence with an object up to the end.
fn in_fence(text: &str) -> Option<&str> {
    let (mut rest, mut open) = (text, false);
    while let Some((line, below)) = rest.split_once('\n') {
        if marker(line).is_some() {
            open = !open;
            if open && below.trim_start().starts_with('{') {
                return Some(below);
            }
        }
        rest = below;
    }
    None
}

/// The text after the backticks of a line that begins or ends a code fence.
fn marker(line: &str) -> Option<&str> {
    let line = line.trim_start();
    ["```", "~~~"].iter().find_map(|mark| line.strip_prefix(mark))
}

/// The first value and the text after it.
fn first_value(text: &str) -> Result<(Value, &str), serde_json::Error> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = match stream.next() {
        Some(value) => value?,
        None => serde_json::from_str(text)?,
    };
    Ok((value, text.get(stream.byte_offset()..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_escape_is_read_as_a_backslash_and_reported() {
        let mut repairs = Vec::new();
        let value = json(r#"{"path": "My\ Drive", "ok": "a\"b\\"}"#, &mut repairs).unwrap();
        assert_eq!(value["path"], "My\\ Drive");
        assert_eq!(value["ok"], "a\"b\\");
        assert_eq!(repairs.len(), 1);
    }

    #[test]
    fn text_after_the_object_is_ignored_and_reported() {
        let mut repairs = Vec::new();
        assert_eq!(json("{\"a\":1}\n\nAnd now the protocol.", &mut repairs).unwrap()["a"], 1);
        assert_eq!(repairs, ["21 bytes of text after the JSON object were left out"]);
    }

    #[test]
    fn an_object_in_a_fence_is_read_and_its_faults_keep_their_positions() {
        let read = |text: &str| {
            let mut repairs = Vec::new();
            json(text, &mut repairs).map(|value| (value, repairs))
        };
        let (value, repairs) = read("Here it is:\n\n```json\n{\"a\": 1}\n```\nThat is all.").unwrap();
        assert_eq!(value["a"], 1);
        assert_eq!(
            repairs,
            [
                "the JSON object was read from the code fence that begins before line 4 column 1",
                "12 bytes of text after the JSON object were left out"
            ]
        );
        let broken = read("```json\n{\n nope\n}\n```").unwrap_err().to_string();
        assert!(broken.contains("line 3 column 2"), "{broken}");
        assert_eq!(read("```json\n{\"a\": [\n"), Err(ParseError::EndsEarly));
        assert!(read("```sh\nls\n```\n").is_err());
    }

    #[test]
    fn a_second_object_is_an_error_with_its_position_but_a_repetition_is_not() {
        let read = |text: &str| json(text, &mut Vec::new());
        for (text, place) in [
            ("{\"a\": 1}\n {\"a\": 2}", "line 2 column 2"),
            ("{\"a\": 1},{\"a\": 2}", "line 1 column 10"),
            ("{\"a\": \"x\ty\nz\"}\n{\"a\":", "line 3 column 1"),
            ("```\n{\"a\": 1}\n```\nand\n```\n{\"a\": 2}\n```", "line 6 column 1"),
            ("{\"a\": 1}{\"a\": 1}{\"a\": 3}", "line 1 column 17"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("second JSON object") && error.contains(place), "{text}: {error}");
        }
        assert_eq!(read("{\"a\": 1}\n{\"a\":1}\n").unwrap()["a"], 1);
        let quoted = "{\"a\": 1}\nFor example:\n```json\n{\"a\": 2}\n```";
        assert_eq!(read(quoted).unwrap()["a"], 1, "JSON inside other text belongs to that text");
    }

    #[test]
    fn blank_lines_after_the_object_need_no_repair() {
        let mut repairs = Vec::new();
        json("{}\r\n\r\n\n", &mut repairs).unwrap();
        assert!(repairs.is_empty());
    }

    #[test]
    fn an_object_without_its_end_ends_early() {
        assert_eq!(json("{\"a\": [1, 2", &mut Vec::new()), Err(ParseError::EndsEarly));
    }

    #[test]
    fn utf16_is_read_with_and_without_its_mark() {
        let words = "{\"title\": \"Größe 🎧\"}";
        let bytes = |order: fn(u16) -> [u8; 2], mark: &[u8]| {
            mark.iter().copied().chain(words.encode_utf16().flat_map(order)).collect::<Vec<u8>>()
        };
        for mark in [true, false] {
            let little = bytes(u16::to_le_bytes, if mark { &[0xff, 0xfe] } else { &[] });
            let big = bytes(u16::to_be_bytes, if mark { &[0xfe, 0xff] } else { &[] });
            for bytes in [little, big] {
                let (read, repairs) = text(&bytes).unwrap();
                assert_eq!((read.as_str(), repairs.len()), (words, 1), "{repairs:?}");
            }
        }
        let mut odd = bytes(u16::to_le_bytes, &[]);
        odd.push(b'x');
        assert_eq!(text(&odd).unwrap().1.len(), 2);
    }

    #[test]
    fn bytes_that_are_not_text_are_reported_with_their_position() {
        let place = |bytes: &[u8]| text(bytes).map_err(|error| error.to_string()).unwrap_err();
        for (bytes, words) in [
            (b"{\"a\":\n \"\xe9\"}".as_slice(), "at byte 9, line 2 column 3;"),
            (b"\xef\xbb\xbf{\xff", "at byte 5, line 1 column 2;"),
            (&[0xff, 0xfe, b'{', 0, 0, 0xd8, b'x', 0], "at byte 5, line 1 column 2;"),
        ] {
            assert!(place(bytes).contains(words), "{}", place(bytes));
        }
    }

    #[test]
    fn each_of_several_faults_in_one_file_is_reported() {
        let mut repairs = Vec::new();
        let value = json("{\"a\": \"C:\\users\tx\",\n \"b\": [1, 2,],}\nThe \"rest\\ of it.", &mut repairs).unwrap();
        assert_eq!(value, serde_json::json!({"a": "C:\\users\tx", "b": [1, 2]}));
        assert_eq!(repairs.len(), 4, "{repairs:?}");
    }

    #[test]
    fn a_fault_in_an_unfinished_object_is_an_early_end() {
        assert_eq!(json("{\"a\": \"\\ \", \"b\": [", &mut Vec::new()), Err(ParseError::EndsEarly));
    }
}

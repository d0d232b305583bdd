//! From bytes to text to JSON, with what agents and their tools get wrong put right: byte order marks, UTF-16 with and
//! without one, an invalid escape, text after the object. What was mended is said; what cannot be mended is an error with
//! its place.

use serde_json::Value;

use super::{ParseError, repair};

/// The text of a file and what was mended to get it.
///
/// # Errors
/// When the bytes are neither UTF-8 nor UTF-16.
pub(super) fn text(bytes: &[u8]) -> Result<(String, Vec<String>), ParseError> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => Ok((utf8(rest, 3)?, vec!["a byte order mark was skipped".to_owned()])),
        [0xff, 0xfe, rest @ ..] => utf16(rest, 2, u16::from_le_bytes, "read as UTF-16"),
        [0xfe, 0xff, rest @ ..] => utf16(rest, 2, u16::from_be_bytes, "read as UTF-16"),
        // A handoff begins with two characters of ASCII: in UTF-16 every other byte of them is zero.
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
    let text =
        std::str::from_utf8(bytes).map_err(|error| ParseError::NotText { at: skipped + error.valid_up_to() + 1 })?;
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
        let c = c.map_err(|_| ParseError::NotText { at })?;
        at += 2 * c.len_utf16();
        text.push(c);
    }
    let mut mended = vec![note.to_owned()];
    if !odd.is_empty() {
        mended.push("half a character at the end was left out".to_owned());
    }
    Ok((text, mended))
}

/// The first JSON value of a text.
///
/// # Errors
/// When there is none, also after mending.
pub(super) fn json(text: &str, mended: &mut Vec<String>) -> Result<Value, ParseError> {
    let (value, rest) = match first_value(text) {
        Ok(found) => found,
        Err(error) if error.is_eof() => return Err(ParseError::EndsEarly),
        Err(error) => {
            let as_found = ParseError::json(&error);
            let (fixed, notes) = repair::repair(text);
            if notes.is_empty() {
                return Err(as_found);
            }
            let found =
                first_value(&fixed).map_err(|error| if error.is_eof() { ParseError::EndsEarly } else { as_found })?;
            mended.extend(notes);
            found
        }
    };
    if rest > 0 {
        mended.push(format!("{rest} bytes of text after the JSON object were left out"));
    }
    Ok(value)
}

/// The first value and how many bytes of other text follow it.
fn first_value(text: &str) -> Result<(Value, usize), serde_json::Error> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = match stream.next() {
        Some(value) => value?,
        None => serde_json::from_str(text)?,
    };
    let rest =
        text.get(stream.byte_offset()..).unwrap_or_default().trim_matches(|c: char| c.is_whitespace() || c == '\0');
    Ok((value, rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_escape_is_read_as_a_backslash_and_said() {
        let mut mended = Vec::new();
        let value = json(r#"{"path": "My\ Drive", "ok": "a\"b\\"}"#, &mut mended).unwrap();
        assert_eq!(value["path"], "My\\ Drive");
        assert_eq!(value["ok"], "a\"b\\");
        assert_eq!(mended.len(), 1);
    }

    #[test]
    fn text_after_the_object_is_left_out_and_said() {
        let mut mended = Vec::new();
        assert_eq!(json("{\"a\":1}\n\nAnd now the protocol.", &mut mended).unwrap()["a"], 1);
        assert_eq!(mended, ["21 bytes of text after the JSON object were left out"]);
    }

    #[test]
    fn blank_lines_after_the_object_are_nothing_to_mend() {
        let mut mended = Vec::new();
        json("{}\r\n\r\n\n", &mut mended).unwrap();
        assert!(mended.is_empty());
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
                let (read, mended) = text(&bytes).unwrap();
                assert_eq!((read.as_str(), mended.len()), (words, 1), "{mended:?}");
            }
        }
        let mut odd = bytes(u16::to_le_bytes, &[]);
        odd.push(b'x');
        assert_eq!(text(&odd).unwrap().1.len(), 2);
    }

    #[test]
    fn what_is_no_text_is_said_with_its_place() {
        assert_eq!(text(b"{\"a\": \"\xe9\"}"), Err(ParseError::NotText { at: 8 }));
        assert_eq!(text(b"\xef\xbb\xbf{\xff"), Err(ParseError::NotText { at: 5 }));
        assert_eq!(text(&[0xff, 0xfe, b'{', 0, 0, 0xd8, b'x', 0]), Err(ParseError::NotText { at: 5 }));
    }

    #[test]
    fn several_faults_in_one_file_are_each_said() {
        let mut mended = Vec::new();
        let value = json("{\"a\": \"C:\\users\tx\",\n \"b\": [1, 2,],}\nThe \"rest\\ of it.", &mut mended).unwrap();
        assert_eq!(value, serde_json::json!({"a": "C:\\users\tx", "b": [1, 2]}));
        assert_eq!(mended.len(), 4, "{mended:?}");
    }

    #[test]
    fn a_fault_before_an_end_that_is_missing_is_an_early_end() {
        assert_eq!(json("{\"a\": \"\\ \", \"b\": [", &mut Vec::new()), Err(ParseError::EndsEarly));
    }
}

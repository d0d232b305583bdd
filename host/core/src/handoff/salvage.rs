//! From bytes to text to JSON, with what agents and their tools get wrong put right: byte order marks, UTF-16, an invalid
//! escape, text after the object. What was mended is said; what cannot be mended is an error with its place.

use serde_json::Value;

use super::ParseError;

/// The text of a file and what was mended to get it.
///
/// # Errors
/// When the bytes are neither UTF-8 nor marked UTF-16.
pub(super) fn text(bytes: &[u8]) -> Result<(String, Vec<String>), ParseError> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
        char::decode_utf16(units).collect::<Result<String, _>>().map_err(|_| ParseError::NotText)
    };
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => {
            let text = std::str::from_utf8(rest).map_err(|_| ParseError::NotText)?;
            Ok((text.to_owned(), vec!["a byte order mark was skipped".to_owned()]))
        }
        [0xff, 0xfe, rest @ ..] => Ok((utf16(rest, u16::from_le_bytes)?, vec!["read as UTF-16".to_owned()])),
        [0xfe, 0xff, rest @ ..] => Ok((utf16(rest, u16::from_be_bytes)?, vec!["read as UTF-16".to_owned()])),
        _ => Ok((std::str::from_utf8(bytes).map_err(|_| ParseError::NotText)?.to_owned(), Vec::new())),
    }
}

/// The first JSON value of a text.
///
/// # Errors
/// When there is none, also after mending.
pub(super) fn json(text: &str, mended: &mut Vec<String>) -> Result<Value, ParseError> {
    match first_value(text) {
        Ok((value, rest)) => {
            note_rest(rest, mended);
            Ok(value)
        }
        Err(error) if error.is_eof() => Err(ParseError::EndsEarly),
        Err(error) => {
            let (fixed, escapes) = double_invalid_escapes(text);
            let as_found = ParseError::json(&error);
            if escapes == 0 {
                return Err(as_found);
            }
            let (value, rest) = first_value(&fixed).map_err(|_| as_found)?;
            mended.push(format!(
                "{escapes} invalid escape(s) were read as plain backslashes, the first at line {} column {}",
                error.line(),
                error.column()
            ));
            note_rest(rest, mended);
            Ok(value)
        }
    }
}

fn note_rest(rest: usize, mended: &mut Vec<String>) {
    if rest > 0 {
        mended.push(format!("{rest} bytes of text after the JSON object were left out"));
    }
}

/// The first value and how many bytes of other text follow it.
fn first_value(text: &str) -> Result<(Value, usize), serde_json::Error> {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    let value = match stream.next() {
        Some(value) => value?,
        None => serde_json::from_str(text)?,
    };
    let rest = text.get(stream.byte_offset()..).unwrap_or_default().trim();
    Ok((value, rest.len()))
}

/// Doubles each backslash inside a string that starts no escape of JSON; counts them.
fn double_invalid_escapes(text: &str) -> (String, usize) {
    let (mut out, mut fixed, mut in_string) = (String::with_capacity(text.len()), 0, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(c);
        match c {
            '"' => in_string = !in_string,
            '\\' if in_string => match chars.peek() {
                Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') => out.extend(chars.next()),
                _ => {
                    out.push('\\');
                    fixed += 1;
                }
            },
            _ => {}
        }
    }
    (out, fixed)
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
}

//! Finds the values of secrets in received data and replaces each byte by `*`. The length stays the same, so
//! `Content-Length` stays correct and the data need not be read to its end first.
//!
//! A plugin can choose what a server sends back, and see when each piece arrives. So a stream always delays the same number
//! of bytes. If it delayed only bytes that may begin a value, each piece would reveal whether a guess is correct so far,
//! and a value could be guessed character by character. If a server sends a value in a form that `forms` does not search
//! for, the value is not masked. This risk is accepted, because the operator trusts the server with the secret.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use super::forms::{Forms, Position};

/// The byte that replaces each byte of a secret.
const MASK: u8 = b'*';

/// Finds the values of secrets. It is cheap to clone; without secrets it does nothing.
#[derive(Clone, Default)]
pub(crate) struct Scrubber(Vec<Arc<Forms>>);

impl std::fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

impl Scrubber {
    /// A scrubber for this value. An error must end the attempt, because the value would not be masked.
    pub(crate) fn of(value: &str) -> Result<Self, String> {
        Ok(Self(vec![Arc::new(Forms::of(value)?)]))
    }

    /// A scrubber for the values of all these scrubbers.
    pub(crate) fn joined<'a>(scrubbers: impl Iterator<Item = &'a Self>) -> Self {
        Self(scrubbers.flat_map(|scrubber| scrubber.0.iter().cloned()).collect())
    }

    /// True if there are no values to find.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.is_empty()
    }

    /// Masks every value in `bytes`. Returns whether there was one.
    pub(crate) fn bytes(&self, bytes: &mut [u8]) -> bool {
        let found = self.find(bytes);
        for range in &found {
            bytes.get_mut(range.clone()).unwrap_or_default().fill(MASK);
        }
        !found.is_empty()
    }

    fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for forms in &self.0 {
            forms.read(&mut forms.start(), bytes, 0, |range| found.push(range));
        }
        found
    }

    /// Masks every value in `text`.
    pub(crate) fn text(&self, text: &mut String) {
        if self.is_idle() {
            return;
        }
        let mut bytes = std::mem::take(text).into_bytes();
        self.bytes(&mut bytes);
        // A value consists of complete characters and is masked completely, so the text stays valid UTF-8.
        *text = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    }
}

/// Scrubs a response that arrives in pieces. The last bytes are delayed until the next piece or the end. Their number
/// is constant: one less than the [window](Forms::window) of the longest value.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    scrubber: Scrubber,
    /// The state of each search, in the scrubber's order.
    positions: Vec<Position>,
    window: usize,
    /// The delayed bytes, not masked yet.
    kept: Vec<u8>,
    /// Marks the bytes that belong to a found value.
    hidden: Vec<bool>,
}

impl Stream {
    pub(crate) fn new(scrubber: Scrubber) -> Self {
        let positions = scrubber.0.iter().map(|forms| forms.start()).collect();
        let window = scrubber.0.iter().map(|forms| forms.window() - 1).max().unwrap_or(0);
        Self { scrubber, positions, window, ..Self::default() }
    }

    /// Returns the bytes that can be delivered after `piece`.
    pub(crate) fn push(&mut self, piece: Bytes) -> Bytes {
        if self.scrubber.is_idle() {
            return piece;
        }
        let before = self.kept.len();
        self.kept.extend_from_slice(&piece);
        self.hidden.resize(self.kept.len(), false);
        for (forms, position) in self.scrubber.0.iter().zip(&mut self.positions) {
            let hidden = &mut self.hidden;
            forms.read(position, &self.kept, before, |range| hidden.get_mut(range).unwrap_or_default().fill(true));
        }
        self.pass(self.kept.len().saturating_sub(self.window))
    }

    /// Returns the remaining bytes at the end.
    pub(crate) fn end(&mut self) -> Bytes {
        self.pass(self.kept.len())
    }

    /// Returns the first `count` delayed bytes.
    fn pass(&mut self, count: usize) -> Bytes {
        let bytes = self.kept.drain(..count).zip(self.hidden.drain(..count));
        bytes.map(|(byte, hidden)| if hidden { MASK } else { byte }).collect()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD as B64, URL_SAFE as B64_URL};

    use super::*;

    const VALUE: &str = "s3cr3t/+value=\"with\" ä";

    fn scrubber() -> Scrubber {
        Scrubber::of(VALUE).unwrap()
    }

    fn scrubbed(text: &str) -> String {
        let mut text = text.to_owned();
        scrubber().text(&mut text);
        text
    }

    #[test]
    fn every_form_is_masked_and_the_length_stays() {
        let json = serde_json::Value::from(VALUE).to_string();
        for form in [
            VALUE.to_owned(),
            VALUE.to_ascii_uppercase(),
            "s3cr3t%2F%2Bvalue%3D%22with%22%20%C3%A4".to_owned(),
            "s3cr3t%2f%2bvalue%3d%22with%22%20%c3%a4".to_owned(),
            "s3cr3t%2F%2Bvalue%3D%22with%22+%C3%A4".to_owned(),
            json.trim_matches('"').to_owned(),
            "s3cr3t/%2Bvalue%3D%22with%22%20%C3%A4".to_owned(),
            "s3cr3t\\/+value=\\\"with\\\" \\u00e4".to_owned(),
        ] {
            let text = scrubbed(&format!("a {form} b"));
            assert_eq!(text.len(), form.len() + 4, "{form}");
            assert!(!text.contains("s3cr3t") && text.starts_with("a *") && text.ends_with("* b"), "{text}");
        }
    }

    #[test]
    fn a_secret_inside_a_base64_text_is_masked() {
        for engine in [B64, B64_URL] {
            for before in ["", "u", "us", "user:", "user:x", "user:xy"] {
                for after in ["", "1", "12", "123"] {
                    let text = scrubbed(&engine.encode(format!("{before}{VALUE}{after}")));
                    let left = text.split('*').map(str::len).sum::<usize>();
                    assert!(left <= (before.len() + after.len()) * 2 + 6, "{before}|{after}: {text}");
                }
            }
        }
    }

    fn escape(unit: u16) -> String {
        format!("\\u{unit:04x}")
    }

    #[test]
    fn a_value_is_found_across_pieces() {
        let escaped: String = VALUE.encode_utf16().map(escape).collect();
        let whole = format!("head {VALUE} middle {VALUE}{escaped}{VALUE} tail s3cr3t/+va");
        for size in 1..whole.len() {
            let mut stream = Stream::new(scrubber());
            let mut out = Vec::new();
            for piece in whole.as_bytes().chunks(size) {
                out.extend_from_slice(&stream.push(Bytes::copy_from_slice(piece)));
            }
            out.extend_from_slice(&stream.end());
            let out = String::from_utf8(out).unwrap();
            assert_eq!(out, scrubbed(&whole), "pieces of {size}");
            assert!(out.starts_with("head **") && out.ends_with("* tail s3cr3t/+va"), "{out}");
        }
    }

    #[test]
    fn a_value_that_begins_in_another_one_is_found_across_pieces() {
        let scrubber = Scrubber::of("abcabcabc").unwrap();
        let mut stream = Stream::new(scrubber);
        let mut out = stream.push("x abcabcabcab".into()).to_vec();
        out.extend_from_slice(&stream.push("c y".into()));
        out.extend_from_slice(&stream.end());
        assert_eq!(out, b"x ************ y");
    }

    /// The sizes of the output pieces for these input pieces.
    fn sizes(value: &str, pieces: &[&str]) -> Vec<usize> {
        let mut stream = Stream::new(Scrubber::of(value).unwrap());
        let mut sizes: Vec<usize> =
            pieces.iter().map(|piece| stream.push(Bytes::copy_from_slice(piece.as_bytes())).len()).collect();
        sizes.push(stream.end().len());
        sizes
    }

    #[test]
    fn the_number_of_delayed_bytes_depends_on_neither_the_value_nor_the_data() {
        // The longest form of a value of 23 or 24 bytes has 138 or 144 bytes; in both cases 255 bytes are delayed.
        let same_length = "q".repeat(VALUE.len());
        let long = "x".repeat(400);
        for pieces in [["a".repeat(20), long.clone()], [VALUE.chars().take(18).chain("é".chars()).collect(), long]] {
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            assert_eq!(sizes(VALUE, &pieces), [0, 420 - 255, 255]);
            assert_eq!(sizes(&same_length, &pieces), [0, 420 - 255, 255]);
        }
    }

    #[test]
    fn a_value_of_any_length_is_found_in_every_form_across_pieces() {
        for length in [8, 1_023, 1_024, 1_025, 8_192] {
            let value: String = "s3cr3t/+".chars().cycle().skip(3).take(length).collect();
            let scrubber = Scrubber::of(&value).unwrap();
            let text =
                format!("{} {}", B64.encode(format!("ab{value}")), value.replace('/', "%2F").replace('+', "%2b"));
            let mut whole = text.clone();
            scrubber.text(&mut whole);
            assert!(whole.matches('*').count() > length * 2, "{length}");
            let mut stream = Stream::new(scrubber);
            let mut out = Vec::new();
            for piece in text.as_bytes().chunks(7) {
                out.extend_from_slice(&stream.push(Bytes::copy_from_slice(piece)));
            }
            out.extend_from_slice(&stream.end());
            assert_eq!(String::from_utf8(out).unwrap(), whole, "{length}");
        }
    }

    #[test]
    fn without_secrets_nothing_changes() {
        let mut text = VALUE.to_owned();
        Scrubber::default().text(&mut text);
        assert_eq!(text, VALUE);
        assert!(Scrubber::joined(std::iter::empty()).is_idle());
        assert_eq!(Stream::new(Scrubber::default()).push(VALUE.into()), VALUE, "at once");
    }
}

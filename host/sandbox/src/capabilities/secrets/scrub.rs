//! Finding the values of secrets in what comes back, and putting `*` in their place, byte for byte: lengths stay, so a
//! `Content-Length` stays right and nothing has to be read to its end first.
//!
//! Found are a value itself, percent-encoded, as a JSON string, in hexadecimal, and in base64 at each of the three
//! places where it can begin there; upper and lower case count as the same. A server that turns a value into something
//! else is beyond this: the operator trusts it with the secret.

use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};
use bytes::Bytes;

/// What stands in the place of each byte of a secret.
const MASK: u8 = b'*';

/// Finds the values of one attempt's secrets. Cheap to clone; without secrets it does nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scrubber(Option<Forms>);

#[derive(Clone)]
struct Forms {
    automaton: AhoCorasick,
    forms: Arc<[Vec<u8>]>,
}

impl std::fmt::Debug for Forms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} forms", self.forms.len())
    }
}

impl Scrubber {
    /// A scrubber of these values. A value that could not be found would pass, so the error ends the attempt.
    ///
    /// # Errors
    /// When the values are too many or too long to be looked for.
    pub(crate) fn of<'a>(values: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut forms: Vec<Vec<u8>> = values.flat_map(forms_of).collect();
        forms.sort_unstable();
        forms.dedup();
        if forms.is_empty() {
            return Ok(Self(None));
        }
        let mut builder = AhoCorasick::builder();
        builder.match_kind(MatchKind::Standard).ascii_case_insensitive(true);
        let automaton = builder.build(&forms).map_err(|error| error.to_string())?;
        Ok(Self(Some(Forms { automaton, forms: forms.into() })))
    }

    /// Whether there is anything to look for.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.is_none()
    }

    /// Masks every value in `bytes`; tells whether there was one.
    pub(crate) fn bytes(&self, bytes: &mut [u8]) -> bool {
        let found = self.find(bytes);
        for range in &found {
            bytes.get_mut(range.clone()).unwrap_or_default().fill(MASK);
        }
        !found.is_empty()
    }

    fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let Some(Forms { automaton, .. }) = &self.0 else { return Vec::new() };
        automaton.find_overlapping_iter(bytes).map(|found| found.range()).collect()
    }

    /// Masks every value in `text`.
    pub(crate) fn text(&self, text: &mut String) {
        if self.is_idle() {
            return;
        }
        let mut bytes = std::mem::take(text).into_bytes();
        self.bytes(&mut bytes);
        // A value is whole characters and is masked whole, so this changes nothing more.
        *text = String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    }

    /// How many bytes at the end of `bytes` may be the beginning of a value that goes on in what comes next.
    fn begun(&self, bytes: &[u8]) -> usize {
        let Some(Forms { forms, .. }) = &self.0 else { return 0 };
        let begins = |form: &Vec<u8>| {
            let most = form.len().saturating_sub(1).min(bytes.len());
            let fits = |length: &usize| match (bytes.get(bytes.len() - length..), form.get(..*length)) {
                (Some(end), Some(start)) => end.eq_ignore_ascii_case(start),
                _ => false,
            };
            (1..=most).rev().find(fits).unwrap_or(0)
        };
        forms.iter().map(begins).max().unwrap_or(0)
    }
}

/// Scrubs what comes in pieces: the end of a piece that may be the beginning of a value waits for the next one.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    scrubber: Scrubber,
    /// What waits, as it came: a value may begin in the end of another one.
    kept: Vec<u8>,
    /// Which bytes of it belong to a value that was found.
    hidden: Vec<bool>,
}

impl Stream {
    pub(crate) fn new(scrubber: Scrubber) -> Self {
        Self { scrubber, ..Self::default() }
    }

    /// What can be passed on after `piece` has come.
    pub(crate) fn push(&mut self, piece: Bytes) -> Bytes {
        if self.scrubber.is_idle() {
            return piece;
        }
        self.kept.extend_from_slice(&piece);
        self.hidden.resize(self.kept.len(), false);
        for range in self.scrubber.find(&self.kept) {
            self.hidden.get_mut(range).unwrap_or_default().fill(true);
        }
        self.pass(self.kept.len() - self.scrubber.begun(&self.kept))
    }

    /// What is left when nothing more comes.
    pub(crate) fn end(&mut self) -> Bytes {
        self.pass(self.kept.len())
    }

    /// The first `count` bytes that wait.
    fn pass(&mut self, count: usize) -> Bytes {
        let bytes = self.kept.drain(..count).zip(self.hidden.drain(..count));
        bytes.map(|(byte, hidden)| if hidden { MASK } else { byte }).collect()
    }
}

/// Every form in which `value` is looked for.
fn forms_of(value: &str) -> Vec<Vec<u8>> {
    let bytes = value.as_bytes();
    let mut forms = vec![bytes.to_vec()];
    forms.push(percent(bytes, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
    forms.push(percent(bytes, |byte| byte.is_ascii_alphanumeric() || b"-._~!*'();:@&=+$,/?#[]".contains(&byte)));
    forms.push(percent(bytes, |byte| byte.is_ascii_alphanumeric() || b"-._*".contains(&byte)).replace_spaces());
    forms.push(bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
    let json = serde_json::Value::from(value).to_string().into_bytes();
    forms.push(json.get(1..json.len().saturating_sub(1)).unwrap_or_default().to_vec());
    for alphabet in [STANDARD, URL_SAFE] {
        forms.extend((0..3).map(|before| base64_inside(bytes, before, &alphabet)));
    }
    forms.retain(|form| form.len() >= crate::limits::SECRET_LEAST_BYTES.min(bytes.len()));
    forms
}

/// `bytes` with all but what is `plain` as `%XX`.
fn percent(bytes: &[u8], plain: impl Fn(u8) -> bool) -> Vec<u8> {
    let one = |byte: &u8| if plain(*byte) { vec![*byte] } else { format!("%{byte:02X}").into_bytes() };
    bytes.iter().flat_map(one).collect()
}

trait Spaces {
    fn replace_spaces(self) -> Self;
}

impl Spaces for Vec<u8> {
    /// As forms encode them: `+`.
    fn replace_spaces(self) -> Self {
        String::from_utf8_lossy(&self).replace("%20", "+").into_bytes()
    }
}

/// Those characters of the base64 text of something that holds `bytes` after a multiple of three and `before` bytes more
/// which depend on `bytes` alone.
fn base64_inside(bytes: &[u8], before: usize, alphabet: &Alphabet) -> Vec<u8> {
    let padded: Vec<u8> = std::iter::repeat_n(0, before).chain(bytes.iter().copied()).collect();
    let text = GeneralPurpose::new(alphabet, NO_PAD).encode(&padded);
    // A character holds six bits: the first that has none of the bytes before, the last that has none of those after.
    let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
    text.as_bytes().get(first..last).unwrap_or_default().to_vec()
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD as B64, URL_SAFE as B64_URL};

    use super::*;

    const VALUE: &str = "s3cr3t/+value=\"with\" ä";

    fn scrubber() -> Scrubber {
        Scrubber::of([VALUE].into_iter()).unwrap()
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
        ] {
            let text = scrubbed(&format!("a {form} b"));
            assert_eq!(text.len(), form.len() + 4, "{form}");
            assert!(!text.contains("s3cr3t") && text.starts_with("a *") && text.ends_with("* b"), "{text}");
        }
    }

    #[test]
    fn base64_of_something_that_holds_it_does_not_give_it_away() {
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

    #[test]
    fn a_value_is_found_across_pieces() {
        let whole = format!("head {VALUE} middle {VALUE}{VALUE} tail s3cr3t/+va");
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
        let scrubber = Scrubber::of(["abcabcabc"].into_iter()).unwrap();
        let mut stream = Stream::new(scrubber);
        let mut out = stream.push("x abcabcabcab".into()).to_vec();
        out.extend_from_slice(&stream.push("c y".into()));
        out.extend_from_slice(&stream.end());
        assert_eq!(out, b"x ************ y");
    }

    #[test]
    fn what_is_no_beginning_of_a_value_is_passed_on_at_once() {
        let mut stream = Stream::new(scrubber());
        assert_eq!(stream.push("data: 1\n\n".into()), "data: 1\n\n");
        assert_eq!(stream.push("data: s3c".into()), "data: ");
        assert_eq!(stream.push("ond".into()), "s3cond");
    }

    #[test]
    fn without_secrets_nothing_changes() {
        let mut text = VALUE.to_owned();
        Scrubber::default().text(&mut text);
        assert_eq!(text, VALUE);
        assert!(Scrubber::of(std::iter::empty()).unwrap().is_idle());
    }
}

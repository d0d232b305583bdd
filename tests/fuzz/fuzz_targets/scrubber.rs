//! Any secret and any response in any pieces: the output is the same for every split and contains no secret. The sizes of the
//! output pieces depend only on the sizes of the input pieces and the length of the secret.
//!
//! The source files of the sandbox are compiled into this target: building the whole sandbox for it would take many minutes.
#![no_main]
#![allow(dead_code, reason = "each file has more than is used here")]

#[path = "../../../host/sandbox/src/capabilities/secrets/forms.rs"]
mod forms;
#[path = "../../../host/sandbox/src/limits.rs"]
mod limits;
#[path = "../../../host/sandbox/src/capabilities/secrets/scrub.rs"]
mod scrub;
#[path = "../../../host/sandbox/src/capabilities/secrets/spellings.rs"]
mod spellings;

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use scrub::{Scrubber, Stream};

/// The output for `answer` in these pieces, and the sizes of the output pieces.
fn passed(scrubber: &Scrubber, answer: &[u8], sizes: &[u8]) -> (Vec<u8>, Vec<usize>) {
    let (mut stream, mut out, mut pieces) = (Stream::new(scrubber.clone()), Vec::new(), Vec::new());
    let (mut rest, mut sizes) = (answer, sizes.iter().cycle());
    while !rest.is_empty() {
        let size = sizes.next().map_or(rest.len(), |size| usize::from(*size) + 1).min(rest.len());
        let (piece, after) = rest.split_at(size);
        let piece = stream.push(Bytes::copy_from_slice(piece));
        pieces.push(piece.len());
        out.extend_from_slice(&piece);
        rest = after;
    }
    let last = stream.end();
    pieces.push(last.len());
    out.extend_from_slice(&last);
    (out, pieces)
}

fuzz_target!(|input: (&str, &[u8], &[u8], bool)| {
    let (value, answer, sizes, repeat) = input;
    if value.len() < limits::SECRET_LEAST_BYTES || value.len() > limits::SECRET_MOST_BYTES || value.contains('*') {
        return;
    }
    // Half of the responses contain the secret, at a position that the fuzzer chooses.
    let answer =
        if repeat { [answer, value.as_bytes(), answer, &value.as_bytes()[1..]].concat() } else { answer.to_vec() };
    let scrubber = Scrubber::of(value).expect("a value of this length has an automaton");
    let mut whole = answer.clone();
    scrubber.bytes(&mut whole);
    let (out, pieces) = passed(&scrubber, &answer, sizes);
    assert_eq!(out, whole, "a split changes what passes");
    assert_eq!(out.len(), answer.len());
    let plain = value.to_ascii_lowercase().into_bytes();
    assert!(!out.to_ascii_lowercase().windows(plain.len()).any(|window| window == plain), "the value passed");

    // Another secret of the same length, and a response that contains it in the same positions.
    let other = "q".repeat(value.len());
    let full: Vec<u8> = other.bytes().cycle().take(answer.len()).collect();
    let (_, same) = passed(&Scrubber::of(&other).expect("likewise"), &full, sizes);
    let plain_text = !value.bytes().any(|byte| byte.is_ascii_control());
    assert!(!plain_text || pieces == same, "{pieces:?} {same:?}");
});

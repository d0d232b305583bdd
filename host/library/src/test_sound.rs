//! What a reader says of a file in tests: a sound without anything decoded.

use std::time::Duration;

use baton_fingerprint::{AudioReport, Fingerprint, Tags};

/// A sound of these words that plays for `seconds`. Its digests are the beginning of `text`.
pub(crate) fn sound(text: &str, words: Vec<u32>, seconds: u64) -> AudioReport {
    let mut digest = [0; 32];
    digest.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
    AudioReport {
        fingerprint: Fingerprint::new(words),
        duration: Duration::from_secs(seconds),
        codec: "mp3",
        container: "mp3",
        rate_hz: 44_100,
        channels: 2,
        bits: None,
        bitrate: Some(192_000),
        core_only: false,
        audio_sha256: Some(digest),
        file_sha256: Some(digest),
        tags: Tags::default(),
        damage: None,
    }
}

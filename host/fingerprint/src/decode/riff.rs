//! The tags of a WAV file: the `INFO` list, which symphonia 0.6 reads and discards, and the `ID3v2` tag in a chunk, which
//! symphonia skips.
//!
//! Source: Multimedia Programming Interface and Data Specifications 1.0 (1991), chapters 2 and 3: RIFF and the chunks of
//! `INFO`. The numbers of chunks and of bytes are limited.

use super::source::Source;
use crate::tags::{Tags, cleaned};

/// The maximum number of chunks that are read: more than a real file has.
const MAX_CHUNKS: usize = 4096;
/// The maximum number of texts that are read: more than a real list has.
const MAX_TEXTS: usize = 256;
/// The limit for one text, in bytes.
const TEXT_BYTES: usize = 4096;

/// The tags that were found in the chunks.
#[derive(Debug, Default)]
pub(super) struct Riff {
    /// The tags of the `INFO` list.
    pub(super) info: Tags,
    /// The position of an `ID3v2` tag.
    pub(super) id3: Option<u64>,
}

/// Reads the tags of a WAV file; empty for any other file.
pub(super) fn inspect(source: &Source) -> Riff {
    let mut riff = Riff::default();
    if source.bytes(0) != Some(*b"RIFF") || source.bytes(8) != Some(*b"WAVE") {
        return riff;
    }
    for Chunk { kind, from, until } in chunks(source, 12, source.length()).take(MAX_CHUNKS) {
        match &kind {
            b"id3 " | b"ID3 " => riff.id3 = riff.id3.or(Some(from)),
            b"LIST" if source.bytes(from) == Some(*b"INFO") => {
                for Chunk { kind, from, until } in chunks(source, from + 4, until).take(MAX_TEXTS) {
                    put(&mut riff.info, kind, || text(source, from, until));
                }
            }
            _ => {}
        }
    }
    riff
}

/// A chunk: its type, and the range of its content.
struct Chunk {
    kind: [u8; 4],
    from: u64,
    until: u64,
}

/// The chunks between two positions.
fn chunks(source: &Source, mut at: u64, end: u64) -> impl Iterator<Item = Chunk> {
    std::iter::from_fn(move || {
        let from = at.checked_add(8).filter(|from| *from <= end)?;
        let [a, b, c, d, length @ ..] = source.bytes::<8>(at)?;
        let length = u64::from(u32::from_le_bytes(length));
        at = from + length + length % 2;
        Some(Chunk { kind: [a, b, c, d], from, until: end.min(from + length) })
    })
}

/// Sets a field that has no value yet. So the first value of each field is used.
fn put(tags: &mut Tags, kind: [u8; 4], text: impl Fn() -> Option<String>) {
    let place = match &kind {
        b"INAM" => &mut tags.title,
        b"IART" => &mut tags.artist,
        b"IPRD" => &mut tags.album,
        _ => return,
    };
    if place.is_none() {
        *place = text();
    }
}

/// A text that ends with a zero. The format does not state an encoding: text that is not UTF-8 is read as Latin-1.
fn text(source: &Source, from: u64, until: u64) -> Option<String> {
    let length = usize::try_from(until - from).unwrap_or(usize::MAX).min(TEXT_BYTES);
    let mut bytes = vec![0; length];
    let read = source.read_at(from, &mut bytes).ok()?;
    let bytes = bytes.get(..read)?.split(|byte| *byte == 0).next()?;
    let text =
        str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|byte| char::from(*byte)).collect(), str::to_owned);
    cleaned(&text)
}

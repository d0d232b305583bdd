//! Masks pictures and other large data in tags, because the demuxer would load all of them. Also replaces a length of 0 in a
//! WAV header by the value that means "unknown".
//!
//! At the start of a masked element, the demuxer sees other bytes of the same length, so it skips the element. A box of MP4
//! becomes free space. A block of FLAC becomes padding. A frame of `ID3v2` is marked as compressed, because symphonia skips
//! compressed frames. Small elements are not masked. ID3v2.2 frames and pictures in the comments of Ogg cannot be masked;
//! `bounds::OPENING_BYTES` limits their size.

use super::bounds::ELEMENT_BYTES;
use super::mp4::Movie;
use super::riff::Riff;
use super::source::{MetadataMask, Source};

/// The maximum number of elements that are examined: more than a real tag has.
const MAX_ELEMENTS: usize = 4096;

/// The masks for a file.
pub(super) fn masks(source: &Source, movie: Option<&Movie>, riff: &Riff) -> Vec<MetadataMask> {
    if let Some(movie) = movie {
        return movie.pictures.iter().map(|offset| MetadataMask::new(*offset, *b"free")).collect();
    }
    let mut masks = Vec::new();
    let mut at = 0;
    if let Some(tag) = tag(source, 0) {
        at = tag.end;
        masks.extend(frames(source, &tag));
    }
    if let Some(tag) = riff.id3.and_then(|start| tag(source, start)) {
        masks.extend(frames(source, &tag));
    }
    masks.extend(blocks(source, at));
    masks.extend(unknown_length_masks(source).into_iter().flatten());
    masks
}

/// The masks for a WAV file with length 0. A program that writes to a pipe does not know the length and may leave this
/// value. The masks set both lengths (of the samples and of the whole file) to the largest 32-bit number, which means "until
/// the file ends".
fn unknown_length_masks(source: &Source) -> Option<[MetadataMask; 2]> {
    if source.bytes::<4>(0)? != *b"RIFF" || source.bytes::<4>(8)? != *b"WAVE" {
        return None;
    }
    let mut at = 12;
    for _ in 0..MAX_ELEMENTS {
        let [a, b, c, d, length @ ..] = source.bytes::<8>(at)?;
        let length = u32::from_le_bytes(length);
        if [a, b, c, d] == *b"data" {
            let unknown = length == 0 && at + 8 < source.length();
            return unknown.then(|| [MetadataMask::new(4, [0xff; 4]), MetadataMask::new(at + 4, [0xff; 4])]);
        }
        at += 8 + u64::from(length) + u64::from(length % 2);
    }
    None
}

struct Tag {
    version: u8,
    /// Whether the sizes are unreliable, because the tag is unsynchronised or has an extended header.
    odd: bool,
    start: u64,
    end: u64,
}

/// The `ID3v2` tag at this position; `None` if there is no such tag (ID3v2.4 structure, §3.1).
fn tag(source: &Source, start: u64) -> Option<Tag> {
    let head: [u8; 10] = source.bytes(start)?;
    let [b'I', b'D', b'3', version, _, flags, size @ ..] = head else { return None };
    Some(Tag { version, odd: flags & 0xc0 != 0, start, end: start + 10 + u64::from(syncsafe(size)) })
}

/// Masks for the large frames of a tag (ID3v2.3 §3.3, ID3v2.4 structure §4): the mask sets the flag "compressed" in the
/// second flag byte.
fn frames(source: &Source, tag: &Tag) -> Vec<MetadataMask> {
    let mut masks = Vec::new();
    let mut at = tag.start + 10;
    if tag.odd || !matches!(tag.version, 3 | 4) {
        return masks;
    }
    for _ in 0..MAX_ELEMENTS {
        let Some([a, b, c, d, size @ .., _, _]) = source.bytes::<10>(at).filter(|_| at < tag.end) else { break };
        if ![a, b, c, d].iter().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit()) {
            break;
        }
        let length = u64::from(if tag.version == 4 { syncsafe(size) } else { u32::from_be_bytes(size) });
        if length > ELEMENT_BYTES {
            // In 2.4 a compressed frame also has a data length.
            masks.push(MetadataMask::new(at + 8, [0, if tag.version == 4 { 0x09 } else { 0x80 }]));
        }
        at = at.saturating_add(10 + length);
    }
    masks
}

/// Masks for pictures and application data in a FLAC file (RFC 9639 §8.1): the mask changes their block type to 1 (padding).
fn blocks(source: &Source, start: u64) -> Vec<MetadataMask> {
    const APPLICATION: u8 = 2;
    const PICTURE: u8 = 6;
    let mut masks = Vec::new();
    if source.bytes(start) != Some(*b"fLaC") {
        return masks;
    }
    let mut at = start + 4;
    for _ in 0..MAX_ELEMENTS {
        let Some([kind, length @ ..]) = source.bytes::<4>(at) else { break };
        let [high, middle, low] = length;
        let length = u64::from(u32::from_be_bytes([0, high, middle, low]));
        if matches!(kind & 0x7f, APPLICATION | PICTURE) && length > ELEMENT_BYTES {
            masks.push(MetadataMask::new(at, [kind & 0x80 | 1]));
        }
        if kind & 0x80 != 0 {
            break;
        }
        at += 4 + length;
    }
    masks
}

/// A synchsafe integer: four bytes of seven bits.
fn syncsafe(bytes: [u8; 4]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 7 | u32::from(byte & 0x7f))
}

//! Pictures and other large things in tags are kept from the demuxer, which would hold all of them in memory; and a length that
//! nobody filled in is called unknown.
//!
//! It is shown other bytes where such a thing begins, of the same length, so that it passes over it: a box of an MP4 becomes
//! free space, a block of a FLAC file padding, a frame of an `ID3v2` tag is called compressed (which symphonia skips). Small ones
//! stay. What remains is bounded by `bounds::OPENING_BYTES`: ID3v2.2, and pictures in the comments of Ogg.

use super::bounds::ELEMENT_BYTES;
use super::mp4::Movie;
use super::riff::Riff;
use super::source::{MetadataMask, Source};

/// More than any tag has.
const MOST_ELEMENTS: usize = 4096;

/// What has to be shown in place of what.
pub(super) fn veils(source: &Source, movie: Option<&Movie>, riff: &Riff) -> Vec<MetadataMask> {
    if let Some(movie) = movie {
        return movie.pictures.iter().map(|place| (*place, b"free".to_vec())).collect();
    }
    let mut veils = Vec::new();
    let mut at = 0;
    if let Some(tag) = tag(source, 0) {
        at = tag.end;
        veils.extend(frames(source, &tag));
    }
    if let Some(tag) = riff.id3.and_then(|start| tag(source, start)) {
        veils.extend(frames(source, &tag));
    }
    veils.extend(blocks(source, at));
    veils.extend(endless(source).into_iter().flatten());
    veils
}

/// The length of the sound in a WAV file, where it says 0: programs that write to a pipe leave it so. The largest number of 32 bits
/// is understood as "until the file ends", also for the whole.
fn endless(source: &Source) -> Option<[MetadataMask; 2]> {
    if source.bytes::<4>(0)? != *b"RIFF" || source.bytes::<4>(8)? != *b"WAVE" {
        return None;
    }
    let mut at = 12;
    for _ in 0..MOST_ELEMENTS {
        let [a, b, c, d, length @ ..] = source.bytes::<8>(at)?;
        let length = u32::from_le_bytes(length);
        if [a, b, c, d] == *b"data" {
            let unknown = length == 0 && at + 8 < source.length();
            return unknown.then(|| [(4, vec![0xff; 4]), (at + 4, vec![0xff; 4])]);
        }
        at += 8 + u64::from(length) + u64::from(length % 2);
    }
    None
}

struct Tag {
    version: u8,
    /// Whether sizes cannot be trusted: bytes were inserted, or an extended header comes first.
    odd: bool,
    start: u64,
    end: u64,
}

/// An `ID3v2` tag that begins there (ID3v2.4 structure, §3.1).
fn tag(source: &Source, start: u64) -> Option<Tag> {
    let head: [u8; 10] = source.bytes(start)?;
    let [b'I', b'D', b'3', version, _, flags, size @ ..] = head else { return None };
    Some(Tag { version, odd: flags & 0xc0 != 0, start, end: start + 10 + u64::from(syncsafe(size)) })
}

/// The large frames of a tag (ID3v2.3 §3.3, ID3v2.4 structure §4): the second byte of flags says compressed.
fn frames(source: &Source, tag: &Tag) -> Vec<MetadataMask> {
    let mut veils = Vec::new();
    let mut at = tag.start + 10;
    if tag.odd || !matches!(tag.version, 3 | 4) {
        return veils;
    }
    for _ in 0..MOST_ELEMENTS {
        let Some([a, b, c, d, size @ .., _, _]) = source.bytes::<10>(at).filter(|_| at < tag.end) else { break };
        if ![a, b, c, d].iter().all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit()) {
            break;
        }
        let length = u64::from(if tag.version == 4 { syncsafe(size) } else { u32::from_be_bytes(size) });
        if length > ELEMENT_BYTES {
            // In 2.4 compressed frames say their length beside.
            veils.push((at + 8, vec![0, if tag.version == 4 { 0x09 } else { 0x80 }]));
        }
        at = at.saturating_add(10 + length);
    }
    veils
}

/// The pictures and other data of applications in a FLAC file (RFC 9639 §8.1): their type becomes 1, padding.
fn blocks(source: &Source, start: u64) -> Vec<MetadataMask> {
    const APPLICATION: u8 = 2;
    const PICTURE: u8 = 6;
    let mut veils = Vec::new();
    if source.bytes(start) != Some(*b"fLaC") {
        return veils;
    }
    let mut at = start + 4;
    for _ in 0..MOST_ELEMENTS {
        let Some([kind, length @ ..]) = source.bytes::<4>(at) else { break };
        let [high, middle, low] = length;
        let length = u64::from(u32::from_be_bytes([0, high, middle, low]));
        if matches!(kind & 0x7f, APPLICATION | PICTURE) && length > ELEMENT_BYTES {
            veils.push((at, vec![kind & 0x80 | 1]));
        }
        if kind & 0x80 != 0 {
            break;
        }
        at += 4 + length;
    }
    veils
}

/// A number of four times seven bits.
fn syncsafe(bytes: [u8; 4]) -> u32 {
    bytes.iter().fold(0, |number, byte| number << 7 | u32::from(byte & 0x7f))
}

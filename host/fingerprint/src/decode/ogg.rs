//! Whether an Ogg file is a chain: several streams, one after another, as radio stations record them.
//!
//! The first pages and the last one say so by the numbers of their streams (RFC 3533, section 6); nothing else of Ogg is read here.
//! symphonia tells only when it comes to the next link, and looks for the end of the one at hand by bisection, where it may subtract
//! too much (0.6.1, `physical.rs`), or fail where the file was cut short; it does not where it cannot seek, so both are read from the
//! front to the back.

use super::source::Source;

/// The head of a page, before the lengths of its segments.
const HEAD_BYTES: usize = 27;
/// The most that a page can be: its head, 255 lengths, and as many segments of 255 bytes.
const PAGE_BYTES: usize = HEAD_BYTES + 255 + 255 * 255;
/// More streams than are played together.
const MOST_STREAMS: usize = 64;

/// Whether the last page of the file is of none of the streams that begin with it.
pub(super) fn is_chain(source: &Source) -> bool {
    let streams = streams(source);
    !streams.is_empty() && last_stream(source).is_some_and(|last| !streams.contains(&last))
}

/// The numbers of the streams that begin with the file: each has its first page before all others.
fn streams(source: &Source) -> Vec<u32> {
    let (mut numbers, mut at) = (Vec::new(), 0);
    while numbers.len() < MOST_STREAMS {
        let Some(head) = source.bytes::<HEAD_BYTES>(at) else { break };
        let [b'O', b'g', b'g', b'S', 0, flags, rest @ .., segments] = head else { break };
        if flags & 2 == 0 {
            break;
        }
        let [_, _, _, _, _, _, _, _, a, b, c, d, ..] = rest;
        numbers.push(u32::from_le_bytes([a, b, c, d]));
        let mut lengths = vec![0; usize::from(segments)];
        if source.read_at(at + HEAD_BYTES as u64, &mut lengths).ok() != Some(lengths.len()) {
            break;
        }
        at += HEAD_BYTES as u64 + u64::from(segments) + lengths.iter().map(|length| u64::from(*length)).sum::<u64>();
    }
    numbers
}

/// Whether the file ends within a page: the end of the stream, which symphonia looks for, is not there.
pub(super) fn is_cut(source: &Source) -> bool {
    if source.bytes(0) != Some(*b"OggS") {
        return false;
    }
    let tail = tail(source).unwrap_or_default();
    let last = tail.windows(5).rposition(|head| head == b"OggS\0").and_then(|at| tail.get(at..));
    !last.is_some_and(|page| {
        let lengths = page.get(HEAD_BYTES..).unwrap_or_default();
        let segments = page.get(HEAD_BYTES - 1).copied().map_or(0, usize::from);
        let content: usize = lengths.iter().take(segments).copied().map(usize::from).sum();
        page.len() >= HEAD_BYTES + segments + content
    })
}

/// The number of the stream whose page is the last.
fn last_stream(source: &Source) -> Option<u32> {
    // Version 0 follows the letters; after flags and position, the number of the stream.
    let tail = tail(source)?;
    let last = tail.windows(18).rev().find(|head| head.starts_with(b"OggS\0"))?;
    last.last_chunk::<4>().map(|number| u32::from_le_bytes(*number))
}

/// The end of the file, as much as a page can be.
fn tail(source: &Source) -> Option<Vec<u8>> {
    let start = source.length().saturating_sub(PAGE_BYTES as u64);
    let mut tail = vec![0; PAGE_BYTES];
    let length = source.read_at(start, &mut tail).ok()?;
    tail.truncate(length);
    Some(tail)
}

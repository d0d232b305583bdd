//! Detects whether an Ogg file is truncated, and whether it is a chain: several streams in sequence, as in recordings of
//! radio stations. Each stream of a chain is called a link.
//!
//! The stream numbers of the first pages and of the last page show whether the file is a chain (RFC 3533, section 6). Only
//! page headers are read here. symphonia detects a chain only at the next link. It searches for the end of the current link
//! by bisection. This search may underflow (0.6.1, `physical.rs`), or fail if the file is truncated. symphonia does not
//! search if it cannot seek, so chains and truncated files are read forward only.

use super::source::Source;

/// The length of a page header before the segment lengths.
const HEAD_BYTES: usize = 27;
/// The maximum length of a page: header, 255 segment lengths, and 255 segments of 255 bytes.
const PAGE_BYTES: usize = HEAD_BYTES + 255 + 255 * 255;
/// The maximum number of streams that are counted: more than real files contain in parallel.
const MAX_STREAMS: usize = 64;

/// True if the last page belongs to a stream that is not one of the streams at the start.
pub(super) fn is_chain(source: &Source) -> bool {
    let streams = streams(source);
    !streams.is_empty() && last_stream(source).is_some_and(|last| !streams.contains(&last))
}

/// The numbers of the streams at the start: the first page of each stream precedes all other pages.
fn streams(source: &Source) -> Vec<u32> {
    let (mut numbers, mut at) = (Vec::new(), 0);
    while numbers.len() < MAX_STREAMS {
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

/// True if the file ends within a page, so that the end of the stream is missing.
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

/// The stream number of the last page.
fn last_stream(source: &Source) -> Option<u32> {
    // The version 0 follows the capture pattern; the stream number follows the flags and the position.
    let tail = tail(source)?;
    let last = tail.windows(18).rev().find(|head| head.starts_with(b"OggS\0"))?;
    last.last_chunk::<4>().map(|number| u32::from_le_bytes(*number))
}

/// The end of the file, up to the maximum length of a page.
fn tail(source: &Source) -> Option<Vec<u8>> {
    let start = source.length().saturating_sub(PAGE_BYTES as u64);
    let mut tail = vec![0; PAGE_BYTES];
    let length = source.read_at(start, &mut tail).ok()?;
    tail.truncate(length);
    Some(tail)
}

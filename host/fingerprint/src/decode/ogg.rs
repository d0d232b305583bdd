//! Whether an Ogg file is a chain: several streams, one after another, as radio stations record them. symphonia tells only when it comes
//! to the next one.
//!
//! The last page of the file says so by the number of its stream (RFC 3533, section 6). Nothing else of Ogg is read here.

use super::source::Source;

/// The most that a page can be: a head of 27 bytes, 255 lengths, and as many segments of 255 bytes.
const PAGE_BYTES: usize = 27 + 255 + 255 * 255;

/// Whether the last page of the file is of none of these streams.
pub(super) fn ends_in_another(source: &Source, streams: &[u32]) -> bool {
    let start = source.length().saturating_sub(PAGE_BYTES as u64);
    let mut tail = vec![0; PAGE_BYTES];
    let length = source.read_at(start, &mut tail).unwrap_or_default();
    let tail = tail.get(..length).unwrap_or_default();
    // Version 0 follows the letters; after flags and position, the number of the stream.
    let last = tail.windows(18).rev().find(|head| head.starts_with(b"OggS\0"));
    let number = last.and_then(|head| head.last_chunk::<4>()).map(|number| u32::from_le_bytes(*number));
    number.is_some_and(|number| !streams.contains(&number))
}

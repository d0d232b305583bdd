//! Files that are shorter than their container states, for instance after an interrupted download or on a full disk.
//!
//! A demuxer rejects a file whose last part claims to be longer than the file, and then finds no audio. So this module masks
//! the length of the last part with its actual length, and the file is read up to its end. The missing part is reported.
//! Without an index (`moov` of MP4), no audio in the file can be located, so the file is corrupt.
//!
//! The number of headers that are read is limited: top-level boxes (ISO/IEC 14496-12), chunks (RIFF; AIFF 1.3), or the
//! segment (Matroska, RFC 9559).

use super::source::{MetadataMask, Source};

/// The maximum number of top-level parts that are read: more than a real file has; fragmented films have some thousands.
const MAX_PARTS: usize = 20_000;
/// A length of at least this value means "unknown": programs that write to a pipe leave such values.
const UNKNOWN: u64 = 0x7fff_0000;

/// The result of the check.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Truncation {
    /// The file is shorter than its container states.
    pub(super) is_short: bool,
    /// True if the index is missing, so that no audio in the file can be located.
    pub(super) lacks_index: bool,
    /// The number of missing bytes of uncompressed audio.
    pub(super) missing_bytes: u64,
    /// The masks that make the existing part of the file readable.
    pub(super) masks: Vec<MetadataMask>,
}

/// Checks whether the file is truncated.
pub(super) fn inspect(source: &Source) -> Truncation {
    match (source.bytes::<4>(0), source.bytes::<4>(4), source.bytes::<4>(8)) {
        (_, Some(kind), _) if &kind == b"ftyp" => movie(source),
        (Some(form), _, Some(kind)) if &form == b"RIFF" && &kind == b"WAVE" => wave(source),
        (Some(form), _, Some(kind)) if &form == b"FORM" && matches!(&kind, b"AIFF" | b"AIFC") => aiff(source),
        (Some(head), ..) if head == EBML => matroska(source),
        _ => Truncation::default(),
    }
}

const EBML: [u8; 4] = [0x1a, 0x45, 0xdf, 0xa3];
const SEGMENT: [u8; 4] = [0x18, 0x53, 0x80, 0x67];

/// A box or chunk: its type, the starts of its header and content, and its stated end.
struct Part {
    kind: [u8; 4],
    head: u64,
    from: u64,
    end: u64,
}

fn movie(source: &Source) -> Truncation {
    let mut cut = Truncation { lacks_index: true, ..Truncation::default() };
    let mut at = 0;
    for _ in 0..MAX_PARTS {
        let Some(part) = top_box(source, at) else { break };
        let fits = part.end <= source.length();
        // HEIF pictures have a list of items (`meta`) instead of a movie (`moov`).
        cut.lacks_index &= !(fits && matches!(&part.kind, b"moov" | b"meta"));
        if !fits {
            cut.is_short = true;
            if &part.kind != b"moov" {
                cut.masks = shorter_box(source, &part);
            }
            break;
        }
        at = part.end;
    }
    cut.is_short |= cut.lacks_index;
    cut
}

fn top_box(source: &Source, head: u64) -> Option<Part> {
    let [a, b, c, d, kind @ ..] = source.bytes::<8>(head)?;
    let (size, from) = match u32::from_be_bytes([a, b, c, d]) {
        0 => (source.length() - head, head + 8),
        1 => (u64::from_be_bytes(source.bytes(head + 8)?), head + 16),
        size => (u64::from(size), head + 8),
    };
    let end = head.checked_add(size).filter(|end| *end >= from)?;
    Some(Part { kind, head, from, end })
}

/// Masks for a last box that is longer than the file: the box now ends at the end of the file. A box without audio becomes
/// free space, because a partial list is useless.
fn shorter_box(source: &Source, part: &Part) -> Vec<MetadataMask> {
    let size = source.length() - part.head;
    let size = match (part.from - part.head, u32::try_from(size)) {
        (8, Ok(size)) => MetadataMask::new(part.head, size.to_be_bytes()),
        (8, Err(_)) => MetadataMask::new(part.head, [0; 4]),
        _ => MetadataMask::new(part.head + 8, size.to_be_bytes()),
    };
    let free = (&part.kind != b"mdat").then(|| MetadataMask::new(part.head + 4, *b"free"));
    std::iter::once(size).chain(free).collect()
}

fn wave(source: &Source) -> Truncation {
    let data = chunks(source, u32::from_le_bytes).find(|part| &part.kind == b"data");
    let known = data.filter(|data| data.end - data.from < UNKNOWN);
    let missing_bytes = known.map_or(0, |data| data.end.saturating_sub(source.length()));
    Truncation { is_short: missing_bytes > 0, missing_bytes, ..Truncation::default() }
}

fn aiff(source: &Source) -> Truncation {
    let Some(last) = chunks(source, u32::from_be_bytes).find(|part| part.end > source.length()) else {
        return Truncation::default();
    };
    let form = |end: u64| u32::try_from(end - 8).ok().map(|size| MetadataMask::new(4, size.to_be_bytes()));
    if &last.kind != b"SSND" {
        return Truncation { is_short: true, masks: form(last.head).into_iter().collect(), ..Truncation::default() };
    }
    let there = source.length().saturating_sub(last.from);
    let sound = u32::try_from(there).ok().map(|size| MetadataMask::new(last.head + 4, size.to_be_bytes()));
    let masks = form(source.length()).into_iter().chain(sound).collect();
    let missing_bytes = if last.end - last.from < UNKNOWN { last.end - source.length() } else { 0 };
    Truncation { is_short: missing_bytes > 0, missing_bytes, masks, ..Truncation::default() }
}

/// Checks a Matroska file, which is one segment. A mask sets the length of the segment to "unknown", so that its parts are
/// read up to the end of the file.
fn matroska(source: &Source) -> Truncation {
    let short = || {
        let segment = Size::read(source, 4)?.end()?;
        let size = Size::read(source, segment + 4).filter(|_| source.bytes(segment) == Some(SEGMENT))?;
        (size.end()? > source.length()).then_some(size)
    };
    let Some(size) = short() else { return Truncation::default() };
    let mut unknown = vec![0xff; size.bytes];
    if let Some(first) = unknown.first_mut() {
        *first = 0xff >> (size.bytes - 1);
    }
    Truncation { is_short: true, masks: vec![MetadataMask::new(size.at, unknown)], ..Truncation::default() }
}

/// The size field of an element in a Matroska file.
struct Size {
    at: u64,
    /// The number of bytes of the size field.
    bytes: usize,
    content: u64,
}

impl Size {
    /// Reads the size field at `at`. `None` if the field says "unknown".
    fn read(source: &Source, at: u64) -> Option<Self> {
        let [first, ..] = source.bytes::<1>(at)?;
        let more = usize::try_from(first.leading_zeros()).ok().filter(|more| *more < 8)?;
        let mut rest = vec![0; more];
        (source.read_at(at + 1, &mut rest).ok()? == more).then_some(())?;
        let start = u64::from(first) & (0x7f >> more);
        let size = rest.iter().fold(start, |size, byte| size << 8 | u64::from(*byte));
        let is_known = size < (1 << (7 * (more + 1))) - 1;
        is_known.then_some(Self { at, bytes: more + 1, content: size })
    }

    /// The end of the content.
    fn end(&self) -> Option<u64> {
        (self.at + self.bytes as u64).checked_add(self.content)
    }
}

/// The chunks of a file, up to and including the first chunk that is longer than the file.
fn chunks(source: &Source, number: fn([u8; 4]) -> u32) -> impl Iterator<Item = Part> {
    let mut next = 12;
    std::iter::from_fn(move || {
        let head = Some(next).filter(|head| head + 8 <= source.length())?;
        let [a, b, c, d, length @ ..] = source.bytes::<8>(head)?;
        let (from, length) = (head + 8, u64::from(number(length)));
        next = from + length + length % 2;
        Some(Part { kind: [a, b, c, d], head, from, end: from + length })
    })
    .take(MAX_PARTS)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn cut(bytes: &[u8]) -> Truncation {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        inspect(&Source::new(file, bytes.len() as u64, false))
    }

    fn part(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
        let size = u32::try_from(content.len() + 8).unwrap();
        [size.to_be_bytes().as_slice(), &kind, content].concat()
    }

    #[test]
    fn a_truncated_box_is_shortened_and_a_missing_index_is_detected() {
        let [head, index, sound] = [part(*b"ftyp", b"M4A "), part(*b"moov", &[7; 40]), part(*b"mdat", &[9; 100])];
        let whole = [head.clone(), index.clone(), sound.clone()].concat();
        assert_eq!(cut(&whole), Truncation::default());
        let size = u32::try_from(sound.len() - 30).unwrap().to_be_bytes().to_vec();
        let found = cut(&whole[..whole.len() - 30]);
        assert!(found.is_short && !found.lacks_index);
        assert_eq!(found.masks, [MetadataMask::new(60, size)]);
        let last = [head, sound, index].concat();
        assert!(cut(&last[..last.len() - 1]).lacks_index && cut(&last[..50]).lacks_index);
        assert!(!cut(&last).lacks_index);
    }

    #[test]
    fn a_segment_beyond_the_end_of_the_file_gets_unknown_length() {
        let file = [EBML.as_slice(), &[0x82, 7, 7], &SEGMENT, &[0x40, 0x20], &[1; 30]].concat();
        let found = cut(&file);
        assert_eq!((found.is_short, found.masks), (true, vec![MetadataMask::new(11, [0x7f, 0xff])]));
        let whole = [file, vec![1; 2]].concat();
        assert_eq!(cut(&whole), Truncation::default());
    }

    #[test]
    fn a_truncated_audio_chunk_is_shortened() {
        let chunk = |kind: &[u8; 4], length: u32, content: &[u8]| [kind, &length.to_be_bytes(), content].concat();
        let sound = chunk(b"SSND", 100, &[0; 60]);
        let file = [b"FORM\0\0\0\xc8AIFF".as_slice(), &chunk(b"COMM", 18, &[1; 18]), &sound].concat();
        let found = cut(&file);
        assert_eq!((found.is_short, found.missing_bytes), (true, 40));
        let size = u32::try_from(file.len() - 8).unwrap().to_be_bytes().to_vec();
        assert_eq!(found.masks, [MetadataMask::new(4, size), MetadataMask::new(42, 60_u32.to_be_bytes())]);
        let tag = [b"FORM\0\0\0\xc8AIFF".as_slice(), &chunk(b"SSND", 4, &[0; 4]), &chunk(b"ID3 ", 9, &[3])].concat();
        assert_eq!((cut(&tag).is_short, cut(&tag).masks), (true, vec![MetadataMask::new(4, 16_u32.to_be_bytes())]));
    }
}

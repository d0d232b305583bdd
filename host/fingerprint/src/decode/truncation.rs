//! Files that end before their container does: a download that broke off, a disk that was full.
//!
//! Demuxers refuse a part that reaches beyond the file, and then nothing of it is found. So the last part is shown to them as
//! long as it is, and the file is read as far as it goes. What is missing is told. Without an index (`moov` of MP4) nothing in a
//! file can be found; then it is corrupt.
//!
//! A fixed number of heads is read: those of the top-level boxes (ISO/IEC 14496-12), of the chunks (RIFF; AIFF 1.3), or of the
//! segment (Matroska, RFC 9559).

use super::source::{MetadataMask, Source};

/// More parts than any file has at its top level; fragmented films have some thousands.
const MOST_PARTS: usize = 20_000;
/// Lengths from here on mean "not known": programs that write to a pipe leave such.
const UNKNOWN: u64 = 0x7fff_0000;

/// Where a file was cut.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Truncation {
    /// Whether it ends before its container does.
    pub(super) is_short: bool,
    /// Whether it has no index, so that nothing in it can be found.
    pub(super) lacks_index: bool,
    /// How many bytes of uncompressed sound are missing.
    pub(super) missing_bytes: u64,
    /// What has to be shown so that the rest is found.
    pub(super) veils: Vec<MetadataMask>,
}

/// Where the file was cut, if it was.
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

/// A box or chunk: its kind, where its head and its content begin, and where it should end.
struct Part {
    kind: [u8; 4],
    head: u64,
    from: u64,
    end: u64,
}

fn movie(source: &Source) -> Truncation {
    let mut cut = Truncation { lacks_index: true, ..Truncation::default() };
    let mut at = 0;
    for _ in 0..MOST_PARTS {
        let Some(part) = top_box(source, at) else { break };
        let fits = part.end <= source.length();
        // Pictures (HEIF) have a list of items in place of a movie.
        cut.lacks_index &= !(fits && matches!(&part.kind, b"moov" | b"meta"));
        if !fits {
            cut.is_short = true;
            if &part.kind != b"moov" {
                cut.veils = shorter_box(source, &part);
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

/// A box that ends where the file does. What is no sound is shown as free space: half a list says nothing.
fn shorter_box(source: &Source, part: &Part) -> Vec<MetadataMask> {
    let size = source.length() - part.head;
    let size = match (part.from - part.head, u32::try_from(size)) {
        (8, Ok(size)) => (part.head, size.to_be_bytes().to_vec()),
        (8, Err(_)) => (part.head, vec![0; 4]),
        _ => (part.head + 8, size.to_be_bytes().to_vec()),
    };
    let free = (&part.kind != b"mdat").then(|| (part.head + 4, b"free".to_vec()));
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
    let form = |end: u64| u32::try_from(end - 8).ok().map(|size| (4, size.to_be_bytes().to_vec()));
    if &last.kind != b"SSND" {
        return Truncation { is_short: true, veils: form(last.head).into_iter().collect(), ..Truncation::default() };
    }
    let there = source.length().saturating_sub(last.from);
    let sound = u32::try_from(there).ok().map(|size| (last.head + 4, size.to_be_bytes().to_vec()));
    let veils = form(source.length()).into_iter().chain(sound).collect();
    let missing_bytes = if last.end - last.from < UNKNOWN { last.end - source.length() } else { 0 };
    Truncation { is_short: missing_bytes > 0, missing_bytes, veils, ..Truncation::default() }
}

/// All of a Matroska file is one segment, which is shown as one of unknown length: its parts are then read as long as there are any.
fn matroska(source: &Source) -> Truncation {
    let short = || {
        let (from, length, _) = size(source, 4)?;
        let segment = from.checked_add(length)?;
        let (from, length, bytes) = size(source, segment + 4).filter(|_| source.bytes(segment) == Some(SEGMENT))?;
        (from.checked_add(length)? > source.length()).then_some((segment + 4, bytes))
    };
    let Some((at, bytes)) = short() else { return Truncation::default() };
    let mut unknown = vec![0xff; bytes];
    if let Some(first) = unknown.first_mut() {
        *first = 0xff >> (bytes - 1);
    }
    Truncation { is_short: true, veils: vec![(at, unknown)], ..Truncation::default() }
}

/// Where the content begins whose size stands there, that size, and in how many bytes it stands. None where it is unknown.
fn size(source: &Source, at: u64) -> Option<(u64, u64, usize)> {
    let [first, ..] = source.bytes::<1>(at)?;
    let more = usize::try_from(first.leading_zeros()).ok().filter(|more| *more < 8)?;
    let mut rest = vec![0; more];
    (source.read_at(at + 1, &mut rest).ok()? == more).then_some(())?;
    let start = u64::from(first) & (0x7f >> more);
    let size = rest.iter().fold(start, |size, byte| size << 8 | u64::from(*byte));
    let is_known = size < (1 << (7 * (more + 1))) - 1;
    is_known.then_some((at + 1 + more as u64, size, more + 1))
}

/// The chunks of a file, up to the first that reaches beyond its end.
fn chunks(source: &Source, number: fn([u8; 4]) -> u32) -> impl Iterator<Item = Part> {
    let mut next = 12;
    std::iter::from_fn(move || {
        let head = Some(next).filter(|head| head + 8 <= source.length())?;
        let [a, b, c, d, length @ ..] = source.bytes::<8>(head)?;
        let (from, length) = (head + 8, u64::from(number(length)));
        next = from + length + length % 2;
        Some(Part { kind: [a, b, c, d], head, from, end: from + length })
    })
    .take(MOST_PARTS)
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
    fn the_last_box_is_as_long_as_the_file_and_without_an_index_nothing_is_found() {
        let [head, index, sound] = [part(*b"ftyp", b"M4A "), part(*b"moov", &[7; 40]), part(*b"mdat", &[9; 100])];
        let whole = [head.clone(), index.clone(), sound.clone()].concat();
        assert_eq!(cut(&whole), Truncation::default());
        let size = u32::try_from(sound.len() - 30).unwrap().to_be_bytes().to_vec();
        let found = cut(&whole[..whole.len() - 30]);
        assert!(found.is_short && !found.lacks_index);
        assert_eq!(found.veils, [(60, size)]);
        let last = [head, sound, index].concat();
        assert!(cut(&last[..last.len() - 1]).lacks_index && cut(&last[..50]).lacks_index);
        assert!(!cut(&last).lacks_index);
    }

    #[test]
    fn a_segment_that_is_longer_than_the_file_has_no_length() {
        let file = [EBML.as_slice(), &[0x82, 7, 7], &SEGMENT, &[0x40, 0x20], &[1; 30]].concat();
        let found = cut(&file);
        assert_eq!((found.is_short, found.veils), (true, vec![(11, vec![0x7f, 0xff])]));
        let whole = [file, vec![1; 2]].concat();
        assert_eq!(cut(&whole), Truncation::default());
    }

    #[test]
    fn the_chunk_with_the_sound_is_as_long_as_the_file() {
        let chunk = |kind: &[u8; 4], length: u32, content: &[u8]| [kind, &length.to_be_bytes(), content].concat();
        let sound = chunk(b"SSND", 100, &[0; 60]);
        let file = [b"FORM\0\0\0\xc8AIFF".as_slice(), &chunk(b"COMM", 18, &[1; 18]), &sound].concat();
        let found = cut(&file);
        assert_eq!((found.is_short, found.missing_bytes), (true, 40));
        let size = u32::try_from(file.len() - 8).unwrap().to_be_bytes().to_vec();
        assert_eq!(found.veils, [(4, size), (42, 60_u32.to_be_bytes().to_vec())]);
        let tag = [b"FORM\0\0\0\xc8AIFF".as_slice(), &chunk(b"SSND", 4, &[0; 4]), &chunk(b"ID3 ", 9, &[3])].concat();
        assert_eq!((cut(&tag).is_short, cut(&tag).veils), (true, vec![(4, 16_u32.to_be_bytes().to_vec())]));
    }
}

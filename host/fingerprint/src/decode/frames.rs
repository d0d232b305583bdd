//! Counts gaps between the frames of MPEG audio and ADTS. These formats do not store the number of frames. If a demuxer does
//! not find a frame at the expected position, it searches for the next frame and does not report the gap.
//!
//! Sources: ISO/IEC 11172-3, 2.4.2.3, and 13818-3 for the lower rates; ADTS: 14496-3, 1.A.2.2. Only frame headers are read.

use super::source::Source;

/// The length of a frame header in bytes.
const HEAD_BYTES: usize = 7;
/// The number of bytes in which the next frame is searched: after the last frame there may be tags with pictures.
const SEARCHED: u64 = 256 * 1024;
/// The maximum number of gaps that are counted.
const MAX_GAPS: u32 = 10_000;

/// Bitrates in kbit/s: for layers I, II and III, then for layer I at the lower rates, then for layers II and III at the
/// lower rates.
const KBIT: [[u32; 14]; 5] = [
    [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// The number of gaps. A gap is a position where an expected frame is missing and after which more frames follow.
pub(super) fn gaps(source: &Source) -> u32 {
    let (mut gaps, mut kind) = (0, None);
    let mut at = tag_end(source, 0).unwrap_or_default();
    while gaps < MAX_GAPS {
        source.begin_step(SEARCHED * 2);
        let head = head_at(source, at).filter(|head| kind.is_none_or(|kind| kind == head.kind));
        if let Some(head) = head {
            kind = Some(head.kind);
            at += head.size;
        } else if let Some(end) = tag_end(source, at) {
            at = end;
        } else if let Some(next) = search(source, at, kind) {
            // Data before the first frame is not a gap.
            gaps += u32::from(kind.is_some());
            at = next;
        } else {
            break;
        }
    }
    gaps
}

/// The length of a frame, and the header fields that all frames share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    size: u64,
    kind: [u8; 2],
}

fn head_at(source: &Source, at: u64) -> Option<Head> {
    head(source.bytes(at)?)
}

fn head(bytes: [u8; HEAD_BYTES]) -> Option<Head> {
    let [0xff, second, third, fourth, fifth, sixth, _] = bytes else { return None };
    if second & 0xf6 == 0xf0 {
        let size = u64::from(fourth & 3) << 11 | u64::from(fifth) << 3 | u64::from(sixth >> 5);
        return (size > HEAD_BYTES as u64).then_some(Head { size, kind: [second, third & 0xfc] });
    }
    let (version, layer) = (second >> 3 & 3, 4 - (second >> 1 & 3));
    if second < 0xe0 || version == 1 || layer == 4 {
        return None;
    }
    let table = match (version, layer) {
        (3, layer) => usize::from(layer) - 1,
        (_, 1) => 3,
        _ => 4,
    };
    let kbit = *KBIT.get(table)?.get(usize::from(third >> 4).checked_sub(1)?)?;
    let hz = *[44_100, 48_000, 32_000].get(usize::from(third >> 2 & 3))? >> (3 - version).min(2);
    let padding = u32::from(third >> 1 & 1);
    let size = match (layer, version) {
        (1, _) => (12_000 * kbit / hz + padding) * 4,
        (3, 0 | 2) => 72_000 * kbit / hz + padding,
        _ => 144_000 * kbit / hz + padding,
    };
    Some(Head { size: u64::from(size), kind: [second & 0xfe, third & 0x0c] })
}

/// The end of the `ID3v2` tag at this position, if there is one: a file that was joined from several files has tags in the
/// middle.
fn tag_end(source: &Source, at: u64) -> Option<u64> {
    let [b'I', b'D', b'3', _, _, _, size @ ..] = source.bytes::<10>(at)? else { return None };
    let size = size.iter().fold(0, |size, byte| size << 7 | u64::from(byte & 0x7f));
    Some(at + 10 + size)
}

/// The next frame that is followed by a frame of the same kind or by the end of the file.
fn search(source: &Source, from: u64, kind: Option<[u8; 2]>) -> Option<u64> {
    let mut room = vec![0; usize::try_from(SEARCHED).ok()?];
    let length = source.read_at(from, &mut room).ok()?;
    room.truncate(length);
    let places = room.windows(HEAD_BYTES).enumerate().skip(1);
    let found = places.filter_map(|(at, bytes)| Some((from + at as u64, head(*bytes.first_chunk()?)?)));
    let mut found = found.filter(|(_, head)| kind.is_none_or(|kind| kind == head.kind));
    found.find_map(|(at, head)| {
        let next = at + head.size;
        let follows = next == source.length() || head_at(source, next).is_some_and(|next| next.kind == head.kind);
        follows.then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn counted(bytes: &[u8]) -> u32 {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        gaps(&Source::new(file, bytes.len() as u64, false))
    }

    /// A frame of MPEG 1, layer III, 128 kbit/s, 44.1 kHz.
    fn frame(padding: bool) -> Vec<u8> {
        let mut frame = vec![0x55; 417 + usize::from(padding)];
        frame[..4].copy_from_slice(&[0xff, 0xfb, 0x90 | u8::from(padding) << 1, 0x64]);
        frame
    }

    #[test]
    fn frame_lengths_match_the_standard() {
        let size = |bytes: [u8; 4]| head([bytes[0], bytes[1], bytes[2], bytes[3], 0, 0, 0]).map(|head| head.size);
        assert_eq!(size([0xff, 0xfb, 0x90, 0x64]), Some(417));
        assert_eq!(size([0xff, 0xfb, 0xe2, 0x64]), Some(1045));
        assert_eq!(size([0xff, 0xf3, 0x80, 0xc4]), Some(208));
        assert_eq!(size([0xff, 0xe3, 0x80, 0xc4]), Some(417));
        assert_eq!(size([0xff, 0xfd, 0xa4, 0x00]), Some(576));
        // Free format, and an invalid bitrate.
        assert_eq!([[0xff, 0xfb, 0, 0], [0xff, 0xfb, 0x9c, 0]].map(size), [None; 2]);
        assert_eq!(head([0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc]).map(|head| head.size), Some(0x173));
    }

    #[test]
    fn only_gaps_between_frames_are_counted() {
        let many = |count: u32| (0..count).flat_map(|number| frame(number % 3 == 0)).collect::<Vec<u8>>();
        let tag = b"ID3\x03\0\0\0\0\0\x04abcd".to_vec();
        let end = [b"TAG".as_slice(), &[b' '; 125]].concat();
        assert_eq!(counted(&[tag.clone(), many(9), tag.clone(), many(9), end.clone()].concat()), 0);
        assert_eq!(counted(&[vec![7; 50], many(9), vec![0; 600]].concat()), 0);
        assert_eq!(counted(&[many(5), vec![0x11; 300], many(5), vec![0x11; 3], many(5), end].concat()), 2);
        assert_eq!(counted(b""), 0);
        assert_eq!(counted(&[0xff; 3000]), 0);
    }
}

//! Counts the frames of an `ID3v2` tag without interpreting them.
//!
//! A tag library merges frames that it considers equal, and skips frames that it does not understand. If the library writes
//! such a tag, these frames are lost. So the number of frames that the library read is compared with this count, and a tag
//! with skipped frames is not written. Sources: <https://id3.org/id3v2.3.0> and <https://id3.org/id3v2.4.0-structure>,
//! section 3 of each.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

use super::limits::FRAMES_BYTES;

/// The length of the header of a tag, and of a frame.
const HEADER: usize = 10;

/// The flag for unsynchronisation of the whole tag (2.3) or of its frames (2.4).
const UNSYNCHRONISED: u8 = 0x80;

/// The flag of a tag with an extended header.
const EXTENDED: u8 = 0x40;

/// The position of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagPosition {
    /// At the beginning of the file.
    Start,
    /// In a chunk of RIFF (little-endian lengths).
    Riff,
    /// In a chunk of IFF (big-endian lengths).
    Iff,
}

/// The number of frames of the tag at `place`; `None` if there is no valid tag of version 2.3 or 2.4.
pub(super) fn count(file: &mut File, place: TagPosition) -> io::Result<Option<usize>> {
    let start = match place {
        TagPosition::Start => Some(0),
        TagPosition::Riff => chunk(file, u32::from_le_bytes)?,
        TagPosition::Iff => chunk(file, u32::from_be_bytes)?,
    };
    let Some(start) = start else { return Ok(None) };
    file.seek(SeekFrom::Start(start))?;
    let Some(header) = bytes::<HEADER>(file)? else { return Ok(None) };
    let [b'I', b'D', b'3', version @ (3 | 4), _, flags, size @ ..] = header else { return Ok(None) };
    let size = synchsafe(size).filter(|size| *size <= FRAMES_BYTES);
    let Some(size) = size else { return Ok(None) };
    let mut body = Vec::new();
    file.take(u64::from(size)).read_to_end(&mut body)?;
    Ok(count_in(&body, version, flags))
}

/// The position of the tag in a file of chunks.
fn chunk(file: &mut File, number: fn([u8; 4]) -> u32) -> io::Result<Option<u64>> {
    let mut at = 12;
    loop {
        file.seek(SeekFrom::Start(at))?;
        let (Some(id), Some(size)) = (bytes::<4>(file)?, bytes::<4>(file)?) else { return Ok(None) };
        if id.eq_ignore_ascii_case(b"ID3 ") {
            return Ok(Some(at + 8));
        }
        let size = u64::from(number(size));
        at += 8 + size + size % 2;
    }
}

/// The next bytes; none at the end of the file.
fn bytes<const N: usize>(file: &mut File) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    match file.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn count_in(body: &[u8], version: u8, flags: u8) -> Option<usize> {
    let whole = version == 3 && flags & UNSYNCHRONISED != 0;
    let body = if whole { synchronised(body) } else { body.to_vec() };
    let number = |bytes: [u8; 4]| if version == 4 { synchsafe(bytes) } else { Some(u32::from_be_bytes(bytes)) };
    let mut rest = body.as_slice();
    if flags & EXTENDED != 0 {
        let size = usize::try_from(number(*rest.first_chunk()?)?).ok()?;
        // In 2.3 the length excludes its own field.
        rest = rest.get(if version == 3 { size.checked_add(4)? } else { size }..)?;
    }
    let mut frames = 0;
    // Padding is zeros; a rest that is shorter than a header is padding too.
    while let Some((header, after)) = rest.split_first_chunk::<HEADER>().filter(|(header, _)| header[0] != 0) {
        let [_, _, _, _, size @ .., _, _] = header;
        rest = after.get(usize::try_from(number(*size)?).ok()?..)?;
        frames += 1;
    }
    Some(frames)
}

/// A synchsafe integer: four bytes of 7 bits.
fn synchsafe(bytes: [u8; 4]) -> Option<u32> {
    bytes.iter().all(|byte| *byte < 0x80).then(|| bytes.iter().fold(0, |all, byte| all << 7 | u32::from(*byte)))
}

/// Reverses unsynchronisation: removes the zero after each 255.
fn synchronised(bytes: &[u8]) -> Vec<u8> {
    let after_full = std::iter::once(&0).chain(bytes).map(|byte| *byte == 0xFF);
    bytes
        .iter()
        .zip(after_full)
        .filter(|(byte, after_full)| **byte != 0 || !after_full)
        .map(|(byte, _)| *byte)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(id: [u8; 4], size: [u8; 4], body: &[u8]) -> Vec<u8> {
        [id.as_slice(), &size, &[0, 0], body].concat()
    }

    #[test]
    fn frames_are_counted_up_to_the_padding() {
        let two =
            [frame(*b"TIT2", [0, 0, 0, 2], b"\0a"), frame(*b"TXXX", [0, 0, 0, 3], b"\0a\0"), vec![0; 64]].concat();
        assert_eq!(count_in(&two, 3, 0), Some(2));
        assert_eq!(count_in(&two[..two.len() - 64], 4, 0), Some(2));
        assert_eq!(count_in(&[], 4, 0), Some(0));
        // The data end within a frame.
        assert_eq!(count_in(&two[..11], 3, 0), None);
    }

    #[test]
    fn frame_sizes_depend_on_the_version() {
        let long = frame(*b"APIC", [0, 0, 1, 0], &[7; 256]);
        assert_eq!(count_in(&long, 3, 0), Some(1));
        assert_eq!(count_in(&frame(*b"APIC", [0, 0, 2, 0], &[7; 256]), 4, 0), Some(1));
        assert_eq!(count_in(&frame(*b"APIC", [0, 0, 0x80, 0], &[7; 256]), 4, 0), None);
    }

    #[test]
    fn extended_headers_and_unsynchronisation_are_handled() {
        let one = frame(*b"PRIV", [0, 0, 0, 3], &[0xFF, 0xE0, 1]);
        let three = [[0, 0, 0, 6, 0, 0, 0, 0, 0, 0].as_slice(), &one].concat();
        assert_eq!(count_in(&three, 3, EXTENDED), Some(1));
        let four = [[0, 0, 0, 6, 1, 0].as_slice(), &one].concat();
        assert_eq!(count_in(&four, 4, EXTENDED), Some(1));
        let unsynchronised = [&one[..11], &[0], &one[11..], &one].concat();
        assert_eq!(synchronised(&unsynchronised[..14]), one);
        assert_eq!(count_in(&unsynchronised[..14], 3, UNSYNCHRONISED), Some(1));
    }
}

//! The properties of an MP4 file that symphonia does not provide: protection, the AAC object type, edit lists, the positions
//! of pictures.
//!
//! A small reader of boxes (ISO/IEC 14496-12; `esds`: 14496-1, 14496-3): it reads about a dozen fields and skips the rest.
//! It reads a limited number of boxes and only a few bytes of each box, whatever sizes the file states.

use std::ops::Range;

use super::source::Source;

/// The properties of an MP4 file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Movie {
    /// The time scale of edit lengths, in ticks a second.
    pub(super) timescale: u32,
    pub(super) tracks: Vec<Track>,
    /// The positions in the file of the type fields of picture boxes.
    pub(super) pictures: Vec<u64>,
}

/// The properties of an audio track.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) id: u32,
    /// The time scale of the track, in ticks a second.
    pub(super) timescale: u32,
    /// The type of the track's first sample entry: `mp4a`, `alac`, `drms`.
    pub(super) entry: [u8; 4],
    pub(super) protected: bool,
    /// The first audio object type in its decoder configuration; 2 is AAC-LC, 5 and 29 are HE-AAC.
    pub(super) object_type: Option<u8>,
    /// The edits with content, in order.
    pub(super) edits: Vec<Edit>,
    /// Whether there is a pause between or after the edits, or there are too many edits.
    pub(super) paused: bool,
    pub(super) is_audio: bool,
}

/// An edit: a part of the track that is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// The length of the edit, in ticks of the movie; 0 if unknown.
    pub(super) length: u64,
    /// The start of the edit, in ticks of the track.
    pub(super) from: u64,
}

/// The maximum number of boxes outside of the media: more than a real file has. A track and the tags have some dozens of
/// boxes each, and fragments are not read.
const MAX_BOXES: u32 = 20_000;
/// The maximum number of edits: more than a real song has.
const MAX_EDITS: u64 = 64;
const MAX_TRACKS: usize = 64;

/// Reads the properties; `None` if the file is not an MP4 file or has no movie box.
pub(super) fn inspect(source: &Source) -> Option<Movie> {
    let mut reader = Boxes { source, left: MAX_BOXES };
    if &reader.source.bytes::<4>(4)? != b"ftyp" {
        return None;
    }
    let movie = reader.children(0..source.length()).find(*b"moov")?;
    let mut found = Movie::default();
    reader.movie(movie, &mut found);
    found.tracks.retain(|track| track.is_audio);
    Some(found)
}

struct Boxes<'a> {
    source: &'a Source,
    left: u32,
}

/// A box: its type and the range of its content.
struct Mp4Box {
    kind: [u8; 4],
    content: Range<u64>,
}

/// The boxes in a range.
struct Children<'a, 'b> {
    reader: &'b mut Boxes<'a>,
    rest: Range<u64>,
}

impl Iterator for Children<'_, '_> {
    type Item = Mp4Box;

    fn next(&mut self) -> Option<Mp4Box> {
        let found = self.reader.header(&self.rest)?;
        self.rest.start = found.content.end;
        Some(found)
    }
}

impl Children<'_, '_> {
    fn find(mut self, kind: [u8; 4]) -> Option<Range<u64>> {
        Iterator::find(&mut self, |found| found.kind == kind).map(|found| found.content)
    }
}

impl<'a> Boxes<'a> {
    fn u32(&self, at: u64) -> Option<u32> {
        self.source.bytes(at).map(u32::from_be_bytes)
    }

    fn u64(&self, at: u64) -> Option<u64> {
        self.source.bytes(at).map(u64::from_be_bytes)
    }

    /// The box at the start of a range. If the box claims to end after the range, its end is the end of the range.
    fn header(&mut self, range: &Range<u64>) -> Option<Mp4Box> {
        self.left = self.left.checked_sub(1)?;
        if range.end.saturating_sub(range.start) < 8 {
            return None;
        }
        let kind = self.source.bytes(range.start + 4)?;
        let (size, header) = match self.u32(range.start)? {
            0 => (range.end - range.start, 8),
            1 => (self.u64(range.start + 8)?, 16),
            size => (u64::from(size), 8),
        };
        let end = range.start.checked_add(size)?.min(range.end);
        let start = range.start + header;
        (start <= end).then_some(Mp4Box { kind, content: start..end })
    }

    fn children<'b>(&'b mut self, rest: Range<u64>) -> Children<'a, 'b> {
        Children { reader: self, rest }
    }

    fn child(&mut self, of: &Range<u64>, kind: [u8; 4]) -> Option<Range<u64>> {
        self.children(of.clone()).find(kind)
    }

    fn path(&mut self, of: &Range<u64>, kinds: &[[u8; 4]]) -> Option<Range<u64>> {
        kinds.iter().try_fold(of.clone(), |range, kind| self.child(&range, *kind))
    }

    fn movie(&mut self, movie: Range<u64>, found: &mut Movie) {
        let boxes: Vec<Mp4Box> = self.children(movie).take(1000).collect();
        for part in boxes {
            match &part.kind {
                b"mvhd" => found.timescale = self.timescale(&part.content).unwrap_or_default(),
                b"trak" if found.tracks.len() < MAX_TRACKS => found.tracks.push(self.track(&part.content)),
                b"udta" => found.pictures.extend(self.pictures(&part.content)),
                _ => {}
            }
        }
    }

    /// The time scale in `mvhd` or `mdhd`. It follows two dates, which are longer in version 1.
    fn timescale(&self, header: &Range<u64>) -> Option<u32> {
        let [version] = self.source.bytes(header.start)?;
        self.u32(header.start + if version == 1 { 20 } else { 12 })
    }

    fn track(&mut self, track: &Range<u64>) -> Track {
        let mut found = Track::default();
        if let Some(header) = self.child(track, *b"tkhd") {
            let wide = self.source.bytes(header.start) == Some([1]);
            found.id = self.u32(header.start + if wide { 20 } else { 12 }).unwrap_or_default();
        }
        if let Some(list) = self.path(track, &[*b"edts", *b"elst"]) {
            self.edits(&list, &mut found);
        }
        if let Some(media) = self.child(track, *b"mdia") {
            let handler = self.child(&media, *b"hdlr");
            found.is_audio = handler.and_then(|handler| self.source.bytes(handler.start + 8)) == Some(*b"soun");
            let header = self.child(&media, *b"mdhd");
            found.timescale = header.and_then(|header| self.timescale(&header)).unwrap_or_default();
            if let Some(description) = self.path(&media, &[*b"minf", *b"stbl", *b"stsd"]) {
                self.entry(&description, &mut found);
            }
        }
        found
    }

    fn edits(&self, list: &Range<u64>, found: &mut Track) -> Option<()> {
        let wide = self.source.bytes(list.start)? == [1];
        let count = u64::from(self.u32(list.start + 4)?);
        found.paused = count > MAX_EDITS;
        for number in 0..count.min(MAX_EDITS) {
            let at = list.start + 8 + number * if wide { 20 } else { 12 };
            let (length, from) = if wide {
                (self.u64(at)?, self.u64(at + 8)?.cast_signed())
            } else {
                (u64::from(self.u32(at)?), i64::from(self.u32(at + 4)?.cast_signed()))
            };
            match u64::try_from(from) {
                Ok(from) => found.edits.push(Edit { length, from }),
                // A start of -1 is a pause. A pause before the first edit is ignored.
                Err(_) => found.paused |= !found.edits.is_empty(),
            }
        }
        Some(())
    }

    /// The first sample entry, after the 8-byte header of the list.
    fn entry(&mut self, description: &Range<u64>, found: &mut Track) {
        let Some(entry) = self.header(&(description.start.saturating_add(8)..description.end)) else { return };
        found.entry = entry.kind;
        // In QuickTime files, entries of versions 1 and 2 are longer.
        let longer = match self.source.bytes(entry.content.start + 8) {
            Some([0, 1]) => 16,
            Some([0, 2]) => 36,
            _ => 0,
        };
        let inside = entry.content.start.saturating_add(28 + longer)..entry.content.end;
        let parts: Vec<Mp4Box> = self.children(inside).take(64).collect();
        let encrypted = matches!(&entry.kind, b"drms" | b"enca" | b"aavd" | b"drmi");
        found.protected = encrypted || parts.iter().any(|part| &part.kind == b"sinf");
        for part in parts {
            let esds = match &part.kind {
                b"esds" => Some(part.content),
                b"wave" => self.child(&part.content, *b"esds"),
                _ => None,
            };
            found.object_type = found.object_type.or(esds.and_then(|esds| self.object_type(&esds)));
        }
    }

    /// The first object type in the decoder configuration, which is the innermost descriptor.
    fn object_type(&self, esds: &Range<u64>) -> Option<u8> {
        const MPEG4_AUDIO: u8 = 0x40;
        let (tag, mut at) = self.descriptor(esds.start + 4)?;
        if tag != 3 {
            return None;
        }
        // ES_ID, then flags for optional fields.
        let [flags] = self.source.bytes(at + 2)?;
        at += 3;
        at += if flags & 0x80 != 0 { 2 } else { 0 };
        at += if flags & 0x40 != 0 { 1 + u64::from(self.source.bytes::<1>(at)?[0]) } else { 0 };
        at += if flags & 0x20 != 0 { 2 } else { 0 };
        let (tag, configuration) = self.descriptor(at)?;
        if tag != 4 || self.source.bytes(configuration)? != [MPEG4_AUDIO] {
            return None;
        }
        let (tag, specific) = self.descriptor(configuration + 13)?;
        let [first, second] = self.source.bytes(specific)?;
        let short = first >> 3;
        let long = 32 + ((first & 7) << 3 | second >> 5);
        (tag == 5).then_some(if short == 31 { long } else { short })
    }

    /// The tag of a descriptor, and the start of its content. The length before the content has up to four bytes of seven
    /// bits.
    fn descriptor(&self, at: u64) -> Option<(u8, u64)> {
        let [tag, length @ ..] = self.source.bytes::<5>(at)?;
        let bytes = length.iter().position(|byte| byte & 0x80 == 0)? as u64 + 1;
        Some((tag, at + 1 + bytes))
    }

    /// The positions of the type fields of `covr` boxes in iTunes' tags.
    fn pictures(&mut self, user: &Range<u64>) -> Vec<u64> {
        let Some(meta) = self.child(user, *b"meta") else { return Vec::new() };
        let Some(list) = self.child(&(meta.start.saturating_add(4)..meta.end), *b"ilst") else { return Vec::new() };
        let tags = self.children(list).take(1000);
        // The type field is in the four bytes before the content.
        tags.filter(|tag| &tag.kind == b"covr").map(|tag| tag.content.start.saturating_sub(4)).collect()
    }
}

//! Reads the tags of each file type.
//!
//! A file may have several tags. Baton writes the fingerprint into one tag, and reads the other tags to verify that they do
//! not change. If the best tag is missing and there is a simpler tag (`ID3v1`, APE, the texts of WAV and AIFF), the new tag
//! starts with the fields of the simpler one. Many programs read only the best tag, so a tag with only a fingerprint would
//! hide all names.

use std::fs::File;
use std::io::{self, BufReader, Read as _, Seek as _, SeekFrom};

use lofty::aac::AacFile;
use lofty::config::{ParseOptions, ParsingMode};
use lofty::file::FileType;
use lofty::id3::v2::{Id3v2Tag, Id3v2Version};
use lofty::iff::aiff::AiffFile;
use lofty::iff::wav::WavFile;
use lofty::mp4::Mp4File;
use lofty::mpeg::MpegFile;
use lofty::ogg::{OpusFile, VorbisFile};
use lofty::prelude::AudioFile;
use lofty::tag::Tag;

use super::frames::{TagPosition, count};
use super::kind::check_header;
use super::stop::{StopReason, guarded};
use super::tag_writer::{Kind, Style, TagWriter, dump};

/// The length of an `ID3v1` tag, at the end of a file.
const V1_BYTES: i64 = 128;

impl TagWriter {
    /// Reads the tags of a file of type `kind`.
    pub(super) fn read(file: &mut File, kind: FileType, style: Style) -> Result<Self, StopReason> {
        guarded(|| read(file, kind, style))
    }
}

fn read(file: &mut File, kind: FileType, style: Style) -> Result<TagWriter, StopReason> {
    check_header(file, kind)?;
    let kind = match kind {
        FileType::Mpeg => return mpeg(file, style),
        FileType::Aac => return aac(file, style),
        FileType::Wav => return wav(file, style),
        FileType::Aiff => return aiff(file, style),
        FileType::Flac => Kind::Flac(Box::new(parse(file, style)?)),
        FileType::Vorbis => Kind::Comments(Box::new(parse::<VorbisFile>(file, style)?.vorbis_comments().clone())),
        FileType::Opus => Kind::Comments(Box::new(parse::<OpusFile>(file, style)?.vorbis_comments().clone())),
        FileType::Mp4 => Kind::Atoms(Box::new(parse::<Mp4File>(file, style)?.ilst().cloned().unwrap_or_default())),
        _ => return Err(StopReason::Skipped("unsupported_format")),
    };
    Ok(TagWriter { kind, rest: Vec::new(), is_v23: false, new: false })
}

fn parse<F: AudioFile>(file: &mut File, style: Style) -> Result<F, StopReason> {
    parse_in(ParsingMode::Strict, file, style)
}

fn parse_in<F: AudioFile>(mode: ParsingMode, file: &mut File, style: Style) -> Result<F, StopReason> {
    let mut options = ParseOptions::new();
    options.parsing_mode(mode);
    options.read_properties(false);
    options.implicit_conversions(style == Style::Upgrade);
    file.rewind().map_err(|error| StopReason::io("reading it", &error))?;
    F::read_from(&mut BufReader::new(&*file), options)
        .map_err(|error| StopReason::Failed(format!("cannot read all of its tags ({error}), so nothing is written")))
}

/// Reads a file that may end with an `ID3v1` tag. Strict parsing rejects an `ID3v1` tag without a year, which is common. The
/// `ID3v1` tag is not written, so the file is then parsed leniently; skipped frames are detected by their count.
fn parse_with_v1<F: AudioFile>(file: &mut File, style: Style) -> Result<F, StopReason> {
    let strictly = parse(file, style);
    if strictly.is_err() && ends_in_v1(file).map_err(|error| StopReason::io("reading it", &error))? {
        return parse_in(ParsingMode::BestAttempt, file, style);
    }
    strictly
}

fn ends_in_v1(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() < V1_BYTES.unsigned_abs() {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-V1_BYTES))?;
    let mut head = [0; 3];
    file.read_exact(&mut head)?;
    Ok(head == *b"TAG")
}

fn mpeg(file: &mut File, style: Style) -> Result<TagWriter, StopReason> {
    let mpeg: MpegFile = parse_with_v1(file, style)?;
    let mut rest = Vec::new();
    dump(mpeg.id3v1(), &mut rest)?;
    dump(mpeg.ape(), &mut rest)?;
    let simpler = mpeg.ape().cloned().map(Tag::from).or_else(|| mpeg.id3v1().cloned().map(Tag::from));
    with_frames(file, TagPosition::Start, style, mpeg.id3v2(), simpler, rest)
}

fn aac(file: &mut File, style: Style) -> Result<TagWriter, StopReason> {
    let aac: AacFile = parse_with_v1(file, style)?;
    let mut rest = Vec::new();
    dump(aac.id3v1(), &mut rest)?;
    let simpler = aac.id3v1().cloned().map(Tag::from);
    with_frames(file, TagPosition::Start, style, aac.id3v2(), simpler, rest)
}

fn wav(file: &mut File, style: Style) -> Result<TagWriter, StopReason> {
    let wav: WavFile = parse(file, style)?;
    let mut rest = Vec::new();
    dump(wav.riff_info(), &mut rest)?;
    let simpler = wav.riff_info().cloned().map(Tag::from);
    with_frames(file, TagPosition::Riff, style, wav.id3v2(), simpler, rest)
}

fn aiff(file: &mut File, style: Style) -> Result<TagWriter, StopReason> {
    let aiff: AiffFile = parse(file, style)?;
    let mut rest = Vec::new();
    dump(aiff.text_chunks(), &mut rest)?;
    let simpler = aiff.text_chunks().cloned().map(Tag::from);
    with_frames(file, TagPosition::Iff, style, aiff.id3v2(), simpler, rest)
}

/// The writer for a tag with frames: the existing `frames`, or new frames from the `simpler` tag.
fn with_frames(
    file: &mut File,
    place: TagPosition,
    style: Style,
    frames: Option<&Id3v2Tag>,
    simpler: Option<Tag>,
    rest: Vec<u8>,
) -> Result<TagWriter, StopReason> {
    let Some(frames) = frames.cloned() else {
        let frames = simpler.map(Id3v2Tag::from).unwrap_or_default();
        return Ok(TagWriter { kind: Kind::Frames(Box::new(frames)), rest, is_v23: false, new: true });
    };
    let version = frames.original_version();
    if version == Id3v2Version::V2 {
        return Err(StopReason::Skipped("id3v2.2"));
    }
    let read = (&frames).into_iter().count();
    let there = count(file, place).map_err(|error| StopReason::io("reading it", &error))?;
    // With `Style::Upgrade`, lofty merges some frames, so the counts are compared only for `Style::Keep`.
    if style == Style::Keep && there != Some(read) {
        let there = there.map_or_else(|| "is damaged".to_owned(), |there| format!("has {there} frames"));
        return Err(StopReason::Failed(format!(
            "its ID3v2 tag {there}, but only {read} frames can be preserved, so nothing is written; save its tags with a tag editor"
        )));
    }
    Ok(TagWriter { kind: Kind::Frames(Box::new(frames)), rest, is_v23: version == Id3v2Version::V3, new: false })
}

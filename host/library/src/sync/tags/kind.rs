//! The file type for writing tags: the format that the scan found by decoding.
//!
//! lofty guesses the type from the first bytes, or else searches for something like an MPEG frame. Such bytes also occur in
//! FLAC in Ogg, Matroska and CAF, and an `ID3v2` tag in front of such a file makes other programs reject it. So Baton sets
//! the type explicitly, skips unknown formats, and checks the first bytes of the file before and after the write.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};

use lofty::file::FileType;

use super::stop::StopReason;
use crate::sync::Format;

/// The file type for a format.
pub(super) fn file_type(format: &Format) -> Result<FileType, StopReason> {
    Ok(match (format.container.as_str(), format.codec.as_str()) {
        ("mp1" | "mp2" | "mp3", _) => FileType::Mpeg,
        ("adts", _) => FileType::Aac,
        ("wav", _) => FileType::Wav,
        ("aiff", _) => FileType::Aiff,
        ("flac", _) => FileType::Flac,
        ("mp4", _) => FileType::Mp4,
        ("ogg", "vorbis") => FileType::Vorbis,
        ("ogg", "opus") => FileType::Opus,
        _ => return Err(StopReason::Skipped("unsupported_format")),
    })
}

/// Checks that the file starts with the header of its type. Only MPEG and ADTS may have a tag in front.
pub(super) fn check_header(file: &mut File, kind: FileType) -> Result<(), StopReason> {
    let failed = |error: io::Error| StopReason::io("reading it", &error);
    let mut head = Vec::new();
    file.rewind().map_err(failed)?;
    file.by_ref().take(36).read_to_end(&mut head).map_err(failed)?;
    file.rewind().map_err(failed)?;
    let at = |at: usize, magic: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(magic));
    let ogg = |packet: &[u8]| at(0, b"OggS") && at(28, packet);
    let fits = match kind {
        FileType::Mpeg | FileType::Aac => return Ok(()),
        FileType::Wav => at(0, b"RIFF") && at(8, b"WAVE"),
        FileType::Aiff => at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")),
        FileType::Flac => at(0, b"fLaC"),
        FileType::Mp4 => at(4, b"ftyp"),
        FileType::Vorbis => ogg(b"\x01vorbis"),
        FileType::Opus => ogg(b"OpusHead"),
        _ => false,
    };
    match (fits, at(0, b"ID3")) {
        (true, _) => Ok(()),
        (false, true) => Err(StopReason::Skipped("id3_before_header")),
        (false, false) => Err(StopReason::Skipped("changed_since_scan")),
    }
}

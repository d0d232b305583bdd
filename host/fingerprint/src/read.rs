//! Reads a file and returns an [`AudioReport`]: its fingerprint, its digests and its tags, in one pass.

use std::fs::{File, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::chroma::Fingerprinter;
use crate::decode::{self, Audio, Block, Source};
use crate::{Damage, Error, Fingerprint, Reason, Tags, hash};

/// The maximum length that is fingerprinted. A file of more than a day is not a recording; somebody made it to fill the
/// memory. The words of a day are 2.8 MB. The duration and the digests cover the whole file.
pub const LONGEST: Duration = Duration::from_hours(24);

/// The options for reading a file.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The length to fingerprint, from the start. `None` means the whole file, but at most [`LONGEST`]. `AcoustID` uses 120
    /// s.
    pub length: Option<Duration>,
    /// True if to digest the file and its audio, which reads the whole file.
    pub hashes: bool,
}

/// The properties of an audio file.
#[derive(Clone, Debug, PartialEq)]
pub struct AudioReport {
    /// The fingerprint of the audio.
    pub fingerprint: Fingerprint,
    /// The length of the audio, from the container or else from the decoder.
    pub duration: Duration,
    /// The codec, for instance `mp3`, `flac`, `aac`, `alac`, `vorbis`, `pcm_s16le`.
    pub codec: &'static str,
    /// The container, for instance `mp3`, `flac`, `mp4`, `ogg`, `wav`, `aiff`, `caf`, `mkv`.
    pub container: &'static str,
    /// The sample rate after decoding, in Hz.
    pub rate_hz: u32,
    /// The number of channels.
    pub channels: u16,
    /// The bits of a sample, if the codec is lossless.
    pub bits: Option<u16>,
    /// The average number of bits of audio in a second.
    pub bitrate: Option<u32>,
    /// True if only the core of a file with spectral band replication (HE-AAC) was decoded. This is known if the
    /// configuration signals it, or if the container (MP4) states twice the rate of the decoder. It is unknown for ADTS,
    /// whose header describes only the core.
    pub core_only: bool,
    /// The SHA-256 of the audio packets. It does not change when tags change.
    pub audio_sha256: Option<[u8; 32]>,
    /// The SHA-256 of the whole file.
    pub file_sha256: Option<[u8; 32]>,
    /// The tags of the file.
    pub tags: Tags,
    /// The damage that was found; damaged parts are not fingerprinted. Only [`check`] finds the damage of the whole file.
    pub damage: Option<Damage>,
}

/// Reads a file. `stop` ends the read between two packets or blocks, which is within some megabytes.
///
/// Reads only a regular file (links are followed): a pipe or a device could block or be endless. If the size, the time of
/// change or the inode is different after the read, the result is an error. No file causes a panic.
pub fn read(file: &Path, options: Options, stop: &AtomicBool) -> Result<AudioReport, Error> {
    read_to(ReadDepth::Fingerprint, file, options, stop)
}

/// Reads a file as [`read`] does, and decodes all of it, so that [`AudioReport::damage`] covers the whole file: undecodable
/// frames, a wrong checksum, a missing end.
///
/// # Errors
/// The errors of [`read`]. Damage after the fingerprinted part is not an error.
pub fn check(file: &Path, options: Options, stop: &AtomicBool) -> Result<AudioReport, Error> {
    read_to(ReadDepth::Whole, file, options, stop)
}

/// The part of a file to decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReadDepth {
    /// The fingerprinted part.
    Fingerprint,
    /// The whole file.
    Whole,
}

fn read_to(depth: ReadDepth, file: &Path, options: Options, stop: &AtomicBool) -> Result<AudioReport, Error> {
    let (opened, before) = open(file)?;
    let source = Source::new(opened, before.length, options.hashes);
    let sound = decode::guarded(|| read_source(&source, options, depth, stop));
    // If the file changed during the read, neither the result nor an error of the read is valid.
    if identity(file).ok() != Some(before) {
        return Err(changed());
    }
    sound
}

/// Reads an open file as [`read`] does, for callers that must not open paths. The file must be positioned at its start, and
/// no program may write to it during the read.
///
/// # Errors
/// The errors of [`read`].
pub fn read_opened(file: File, options: Options, stop: &AtomicBool) -> Result<AudioReport, Error> {
    let failed = |failed: std::io::Error| Error::new(Reason::Unreadable, format!("cannot read its metadata: {failed}"));
    let same = file.try_clone().map_err(failed)?;
    let before = regular(&file)?;
    let source = Source::new(file, before.length, options.hashes);
    let sound = decode::guarded(|| read_source(&source, options, ReadDepth::Fingerprint, stop));
    if FileIdentity::from(&same.metadata().map_err(failed)?) != before {
        return Err(changed());
    }
    sound
}

/// Identifies the content of a file, to detect changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileIdentity {
    pub(crate) length: u64,
    changed_s: i64,
    changed_ns: i64,
    inode: u64,
    device: u64,
}

impl From<&Metadata> for FileIdentity {
    fn from(of: &Metadata) -> Self {
        Self { length: of.len(), changed_s: of.mtime(), changed_ns: of.mtime_nsec(), inode: of.ino(), device: of.dev() }
    }
}

fn identity(file: &Path) -> std::io::Result<FileIdentity> {
    Ok(FileIdentity::from(&std::fs::metadata(file)?))
}

pub(crate) fn open(file: &Path) -> Result<(File, FileIdentity), Error> {
    let failed = |failed: std::io::Error| match failed.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Error::new(Reason::NotFound, "the file does not exist"),
        _ => Error::new(Reason::Unreadable, format!("cannot open it: {failed}")),
    };
    // Without this flag, opening a pipe would wait for its writer.
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    let opened = File::options().read(true).custom_flags(flags).open(file).map_err(failed)?;
    let seen = regular(&opened)?;
    Ok((opened, seen))
}

pub(crate) fn regular(opened: &File) -> Result<FileIdentity, Error> {
    let found = opened
        .metadata()
        .map_err(|failed| Error::new(Reason::Unreadable, format!("cannot read its metadata: {failed}")))?;
    if !found.is_file() {
        return Err(Error::new(
            Reason::Unsupported,
            "it is not a regular file; name a file, not a folder, pipe or device",
        ));
    }
    Ok(FileIdentity::from(&found))
}

fn changed() -> Error {
    Error::new(Reason::Changed, "it was replaced or changed while it was read; try again")
}

fn read_source(source: &Source, options: Options, depth: ReadDepth, stop: &AtomicBool) -> Result<AudioReport, Error> {
    let mut audio = decode::open(source, options.hashes, depth == ReadDepth::Whole, stop)?;
    let fingerprint = fingerprint(&mut audio, options.length, stop)?;
    if depth == ReadDepth::Whole {
        audio.check_rest(stop)?;
    }
    let whole = options.hashes || !audio.states_length();
    let digests = if whole { hash::finish(&mut audio, stop)? } else { hash::Digests::default() };
    check_stop(stop)?;
    let spec = audio.spec().clone();
    if fingerprint.words().is_empty() {
        return Err(Error::new(Reason::TooShort, "it is too short for a fingerprint, which needs 3 s"));
    }
    Ok(AudioReport {
        fingerprint,
        duration: audio.duration(),
        codec: spec.codec,
        container: spec.container,
        rate_hz: spec.rate_hz,
        channels: spec.channels,
        bits: spec.bits,
        bitrate: audio.bitrate(),
        core_only: spec.core_only,
        audio_sha256: digests.audio,
        file_sha256: digests.file,
        tags: audio.tags().clone(),
        damage: Some(audio.damage()).filter(Damage::is_some),
    })
}

fn fingerprint(audio: &mut Audio, length: Option<Duration>, stop: &AtomicBool) -> Result<Fingerprint, Error> {
    let spec = audio.spec();
    let words = Fingerprinter::with_positions(spec.rate_hz, spec.channels, spec.positions, spec.kind)?;
    let mut words = words.limited_to(length.unwrap_or(LONGEST).min(LONGEST));
    while !words.is_full() {
        check_stop(stop)?;
        match audio.next_block(stop)? {
            Some(Block::F32(channels)) => words.push(&channels),
            Some(Block::I16(channels)) => words.push(&channels),
            Some(Block::I32(channels)) => words.push(&channels),
            None => break,
        }
    }
    audio.check_intact()?;
    Ok(words.finish())
}

pub(crate) fn check_stop(stop: &AtomicBool) -> Result<(), Error> {
    if stop.load(Ordering::Relaxed) { Err(Error::stopped()) } else { Ok(()) }
}

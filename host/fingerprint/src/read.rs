//! A file becomes a [`Sound`]: its fingerprint, its digests and what it says of itself, in one pass.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::{Error, Fingerprint, Reason};

/// What is wanted of a file.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How much is fingerprinted, from the start; none for all of it. The habit of `AcoustID` is 120 s.
    pub length: Option<Duration>,
    /// Whether the file and its audio are digested too, for which all of it is read.
    pub hashes: bool,
}

/// What a file was found to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound {
    /// How it sounds.
    pub fingerprint: Fingerprint,
    /// How long it plays, as its container or, where that says nothing, its decoder tells.
    pub duration: Duration,
    /// The codec, for instance `mp3`, `flac`, `aac`, `alac`, `vorbis`, `pcm_s16le`.
    pub codec: &'static str,
    /// The container, for instance `mp3`, `flac`, `mp4`, `ogg`, `wav`, `aiff`, `caf`, `mkv`.
    pub container: &'static str,
    /// Samples a second, as decoded, in Hz.
    pub rate_hz: u32,
    /// How many channels.
    pub channels: u16,
    /// Bits of a sample, where the codec keeps them all.
    pub bits: Option<u16>,
    /// Bits a second of the audio, on average.
    pub bitrate: Option<u32>,
    /// Whether only the core of a file with spectral band replication (implicit HE-AAC) was decoded.
    pub core_only: bool,
    /// The SHA-256 of the audio packets, which no tag changes.
    pub audio_sha256: Option<[u8; 32]>,
    /// The SHA-256 of the whole file.
    pub file_sha256: Option<[u8; 32]>,
    /// What it says of itself.
    pub tags: Tags,
}

/// The tags of a file that matching needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it all")]
pub struct Tags {
    pub title: Option<String>,
    pub artist: Option<String>,
    pub album: Option<String>,
    pub isrc: Option<String>,
}

/// Reads a file. `stop` ends it between two blocks.
///
/// # Errors
/// Why it has no fingerprint; never a panic, whatever the file holds.
pub fn read(_file: &Path, _options: Options, _stop: &AtomicBool) -> Result<Sound, Error> {
    Err(Error { reason: Reason::Unsupported, detail: "decoding is being built".into() })
}

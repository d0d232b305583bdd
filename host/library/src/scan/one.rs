//! Reads one file, and compares its metadata before and after, to detect a replacement during the reading.

use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use baton_catalog::library::{
    AudioFacts, FileReading, FileStat, ItemState, PreviousReading, ReadingOutcome, Tags, WaitingItem,
};
use baton_fingerprint::{AudioReport, Error, Fingerprint, Reason};

use super::in_progress::MAX_DEATHS;
use super::{Options, ReadFn, tags};
use crate::source::stat;

/// A file compared with its previous reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Unchanged.
    Same,
    /// Other content, unreadable, or the stored fingerprint was lost.
    Differs,
}

/// The result of reading a file.
pub(super) enum FileVerdict {
    /// It was read, or cannot be read.
    Read(FileReading, Option<Comparison>),
    /// The file was replaced while it was read. Contains its last known state.
    Changed(FileReading),
    /// The scan was stopped.
    Stopped,
}

/// The result for a file that is not read any more.
pub(super) fn give_up(waiting: &WaitingItem) -> FileVerdict {
    let detail = format!(
        "the process ended {MAX_DEATHS} times while reading it, so it is not read any more; get an intact copy of the file, or read it \
         again with `baton library scan --retry`"
    );
    let found = regular_file(&waiting.path);
    let FileStat { size, mtime_ns, inode } = found.as_ref().map_or_else(|_| unknown_stat(waiting.size), stat);
    let outcome = outcome(Err(Error { reason: Reason::Corrupt, detail }), Tags::default());
    let compared = waiting.before.as_ref().map(|_| Comparison::Differs);
    FileVerdict::Read(FileReading { item: waiting.item, size, mtime_ns, inode, outcome }, compared)
}

pub(super) fn read(waiting: &WaitingItem, read: &ReadFn<'_>, stop: &AtomicBool) -> FileVerdict {
    let before = regular_file(&waiting.path);
    let result = match &before {
        Ok(_) => read_audio(&waiting.path, read, stop),
        Err(error) => Err(as_error(error)),
    };
    let tags = result.as_ref().err().map(|error| tags_of(&waiting.path, error.reason)).unwrap_or_default();
    let after = regular_file(&waiting.path);
    let replaced = match (&before, &after) {
        (Ok(before), Ok(after)) => stat(before) != stat(after),
        (Ok(_), Err(_)) => true,
        (Err(_), _) => false,
    };
    let reason = result.as_ref().err().map(|error| error.reason);
    let seen = after.as_ref().or(before.as_ref());
    let FileStat { size, mtime_ns, inode } = seen.map_or_else(|_| unknown_stat(waiting.size), stat);
    let reading = |outcome| FileReading { item: waiting.item, size, mtime_ns, inode, outcome };
    if reason == Some(Reason::Stopped) {
        return FileVerdict::Stopped;
    }
    if reason == Some(Reason::Changed) || replaced {
        let detail = "it was replaced while it was read, twice; the next scan reads it".to_owned();
        let error = Error { reason: Reason::Changed, detail };
        // Without time and inode the next scan sees the file as changed and reads it.
        return FileVerdict::Changed(FileReading {
            mtime_ns: 0,
            inode: 0,
            ..reading(outcome(Err(error), Tags::default()))
        });
    }
    let compared = waiting.before.as_ref().map(|before| compare(before, result.as_ref().ok()));
    FileVerdict::Read(reading(outcome(result, tags)), compared)
}

/// The tags of a file without a fingerprint.
fn tags_of(path: &Path, reason: Reason) -> Tags {
    match reason {
        Reason::Unsupported | Reason::Protected | Reason::TooShort | Reason::Corrupt => tags::read(path),
        Reason::NotFound | Reason::Unreadable | Reason::Changed | Reason::Stopped => Tags::default(),
    }
}

fn read_audio(path: &Path, read: &ReadFn<'_>, stop: &AtomicBool) -> Result<AudioReport, Error> {
    read(path, Options::for_file(), stop)
}

/// The metadata of a regular file. Other kinds are refused, because opening a pipe would block.
fn regular_file(path: &Path) -> io::Result<Metadata> {
    let metadata = fs::symlink_metadata(path)?;
    if metadata.is_file() { Ok(metadata) } else { Err(io::Error::other("it is not a regular file any more")) }
}

/// The metadata of a file that cannot be inspected.
fn unknown_stat(size: u64) -> FileStat {
    FileStat { size, mtime_ns: 0, inode: 0 }
}

fn as_error(error: &io::Error) -> Error {
    let reason = if error.kind() == io::ErrorKind::NotFound { Reason::NotFound } else { Reason::Unreadable };
    Error { reason, detail: error.to_string() }
}

fn outcome(result: Result<AudioReport, Error>, tags: Tags) -> ReadingOutcome {
    match result {
        Ok(sound) => ReadingOutcome::Fingerprinted(Box::new(audio_facts(sound))),
        Err(Error { reason, detail }) => {
            let state = if reason.is_skipped() { ItemState::Skipped } else { ItemState::Failed };
            ReadingOutcome::Without { state, reason: reason.word(), detail, tags }
        }
    }
}

fn audio_facts(sound: AudioReport) -> AudioFacts {
    AudioFacts {
        algorithm: Fingerprint::ALGORITHM,
        words: sound.fingerprint.to_bytes(),
        audio_sha256: sound.audio_sha256,
        file_sha256: sound.file_sha256,
        codec: sound.codec,
        container: sound.container,
        rate_hz: sound.rate_hz,
        channels: sound.channels,
        bits: sound.bits,
        bitrate: sound.bitrate,
        duration_ms: u64::try_from(sound.duration.as_millis()).unwrap_or(u64::MAX),
        core_only: sound.core_only,
        title: sound.tags.title,
        artist: sound.tags.artist,
        album: sound.tags.album,
        isrc: sound.tags.isrc,
        damage: sound.damage.map(|damage| damage.to_string()),
    }
}

/// Compares the digest of the file, if known, and the fingerprint. A missing fingerprint is a difference.
fn compare(before: &PreviousReading, sound: Option<&AudioReport>) -> Comparison {
    let same = sound.is_some_and(|sound| {
        let bytes = before.file_sha256.as_deref().zip(sound.file_sha256.as_ref());
        let words = before.words.as_ref().is_some_and(|words| *words == sound.fingerprint.to_bytes());
        words && bytes.is_none_or(|(before, now)| before == now)
    });
    if same { Comparison::Same } else { Comparison::Differs }
}

//! The interface between the `audio` trigger and the library's scan. This crate does not depend on the library; the
//! program connects the two.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Scans a folder for a batch of new audio, and blocks. Its arguments are the folder, the marks of the files that were
/// reported before, and a flag that ends the scan early. The error is the reason why the folder cannot be scanned at
/// all.
pub type ScanFolderFn =
    dyn Fn(&Path, &BTreeMap<String, String>, &AtomicBool) -> Result<NewAudioBatch, String> + Send + Sync;

/// Scans folders for new audio.
#[derive(Clone)]
pub struct AudioScanner {
    /// The folders to scan.
    pub folders: Vec<WatchedFolder>,
    /// Scans one of the folders.
    pub scan: Arc<ScanFolderFn>,
}

/// A folder that is scanned for new audio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedFolder {
    /// The configured path, made absolute but without resolving links. Marks use this path.
    pub named: PathBuf,
    /// The path with every link resolved, as far as it exists, because the watcher reports resolved paths.
    pub real: PathBuf,
}

/// A batch of new audio in a folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewAudioBatch {
    /// Files that exist now.
    pub files: Vec<NewAudio>,
    /// Marked paths that do not exist any more.
    pub missing: Vec<String>,
    /// Whether there are more new files.
    pub more: bool,
    /// Why the folder cannot be reached.
    pub unreachable: Option<String>,
}

/// A file that is new, or has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAudio {
    /// The path of the file.
    pub path: PathBuf,
    /// Its path, as the key of its mark.
    pub key: String,
    /// Changes if the audio changes.
    pub mark: String,
    /// `fingerprinted`, `skipped` or `failed`.
    pub state: &'static str,
    /// Why it has no fingerprint: a code and a sentence.
    pub why: Option<(String, String)>,
    /// Its format and quality, for people: `mp3 128 kbit/s`.
    pub format: String,
    /// Its playing time in milliseconds.
    pub duration_ms: Option<u64>,
    /// Library files with a similar fingerprint, the most similar first.
    pub known: Vec<LibraryMatch>,
}

/// A library file with a fingerprint similar to that of a new file.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryMatch {
    /// The path of the file.
    pub path: PathBuf,
    /// Its path, as the key of its mark.
    pub key: String,
    /// Its present or future mark, if it is in a watched folder.
    pub mark: Option<String>,
    /// Whether this file is new too, in the same batch.
    pub new: bool,
    /// Its format and quality, for people.
    pub format: String,
    /// The similarity score, in per cent.
    pub score: u8,
    /// The kind of version (remix, live, …); `None` for a copy.
    pub difference: Option<String>,
}

//! The interface between the `audio` trigger and the library's scan. This crate does not depend on the library; the program
//! `baton` connects the two modules.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Scans a folder for a batch of new audio. The function blocks. Its arguments are the folder, the marks of the files that
/// were reported before, and a flag that ends the scan early. It returns an error if the folder cannot be scanned at all;
/// the error is the reason.
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
    /// The path in `baton.toml`, made absolute. Links in the path are not resolved. Marks use this path.
    pub named: PathBuf,
    /// The same path with every link resolved, as far as the path exists. The watcher reports resolved paths.
    pub real: PathBuf,
}

/// A batch of new audio in a folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewAudioBatch {
    /// New or changed files that exist now.
    pub files: Vec<NewAudio>,
    /// Marked paths that do not exist any more.
    pub missing: Vec<String>,
    /// True if the folder has more new files.
    pub more: bool,
    /// Why the folder cannot be reached; `None` if it can be reached.
    pub unreachable: Option<String>,
}

/// A file that is new or has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAudio {
    /// The path of the file.
    pub path: PathBuf,
    /// The path as the key of the file's mark.
    pub key: String,
    /// The mark of the file. It changes when the audio changes.
    pub mark: String,
    /// `fingerprinted`, `skipped` or `failed`.
    pub state: &'static str,
    /// Why the file has no fingerprint: a code and a sentence.
    pub why: Option<(String, String)>,
    /// The format and the quality of the file, for people: `mp3 128 kbit/s`.
    pub format: String,
    /// The playing time of the file in milliseconds.
    pub duration_ms: Option<u64>,
    /// Library files with a similar fingerprint, the most similar first.
    pub known: Vec<LibraryMatch>,
}

/// A library file with a fingerprint similar to that of a new file.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryMatch {
    /// The path of the file.
    pub path: PathBuf,
    /// The path as the key of the file's mark.
    pub key: String,
    /// The mark that the file has or will get, if the file is in a folder of `[[audio]]`.
    pub mark: Option<String>,
    /// True if this file is also new, in the same batch.
    pub new: bool,
    /// The format and the quality of the file, for people.
    pub format: String,
    /// The similarity score, in per cent.
    pub score: u8,
    /// The kind of version (remix, live, …); `None` for a copy.
    pub difference: Option<String>,
}

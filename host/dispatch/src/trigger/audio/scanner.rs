//! What the trigger is told by whoever hears. The room of the library is not one that this one may use, so the program brings
//! both together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Reads some of what is new in a folder and tells of it: the folder, the marks of what was told before, and what ends it
/// early. Blocks. The error is why nothing can be heard at all.
pub type ScanFolderFn =
    dyn Fn(&Path, &BTreeMap<String, String>, &AtomicBool) -> Result<NewAudioBatch, String> + Send + Sync;

/// How new audio is heard.
#[derive(Clone)]
pub struct AudioScanner {
    /// The folders.
    pub folders: Vec<WatchedFolder>,
    /// Hears one of them.
    pub hear: Arc<ScanFolderFn>,
}

/// A folder that is listened to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchedFolder {
    /// As it was named, absolute: what was told of it is marked under this name, whatever it leads to and whether it is there.
    pub named: PathBuf,
    /// Where that leads, as far as it was there; what tells of changes speaks of real paths.
    pub real: PathBuf,
}

/// What is new in a folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NewAudioBatch {
    /// Files that are there now.
    pub files: Vec<NewAudio>,
    /// Marked paths that are not there any more.
    pub gone: Vec<String>,
    /// Whether there is more to do.
    pub more: bool,
    /// Why the folder cannot be reached.
    pub unreachable: Option<String>,
}

/// A file that is new, or another one than before.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAudio {
    /// Where it lies.
    pub path: PathBuf,
    /// Its path, as the key of its mark.
    pub key: String,
    /// What says whether it is still the same audio.
    pub mark: String,
    /// `fingerprinted`, `skipped` or `failed`.
    pub state: &'static str,
    /// Why it has no fingerprint: a word and a sentence.
    pub why: Option<(String, String)>,
    /// How good it is, for people: `mp3 128 kbit/s`.
    pub format: String,
    /// How long it plays, in milliseconds.
    pub duration_ms: Option<u64>,
    /// What in the library sounds like it, the most alike first.
    pub known: Vec<LibraryMatch>,
}

/// A file of the library that sounds like a new one.
#[derive(Clone, Debug, PartialEq)]
pub struct LibraryMatch {
    /// Where it lies.
    pub path: PathBuf,
    /// Its path, as the key of its mark.
    pub key: String,
    /// What its mark is, or is going to be, where it lies in a folder that is listened to.
    pub mark: Option<String>,
    /// Whether it is told together with the new file, and so is new too.
    pub new: bool,
    /// How good it is, for people.
    pub format: String,
    /// How sure it is that they sound alike, in per cent.
    pub score: u8,
    /// What makes it another version, as a word; none for a copy.
    pub difference: Option<String>,
}

//! Sounds for tests: pseudo-random words without decoding, as reports of a reader and as files of the library.

use std::path::Path;
use std::time::Duration;

use baton_catalog::Catalog;
use baton_catalog::library::{AudioFacts, FileReading, Library, ListedItem, ReadingOutcome, SourceKind};
use baton_fingerprint::{AudioReport, Fingerprint, Tags};
use jiff::Timestamp;

/// The report of a sound with these words that plays for `seconds`. Its digests start with `text`.
pub(crate) fn sound(text: &str, words: Vec<u32>, seconds: u64) -> AudioReport {
    let digest = digest(text);
    AudioReport {
        fingerprint: Fingerprint::new(words),
        duration: Duration::from_secs(seconds),
        codec: "mp3",
        container: "mp3",
        rate_hz: 44_100,
        channels: 2,
        bits: None,
        bitrate: Some(192_000),
        core_only: false,
        audio_sha256: Some(digest),
        file_sha256: Some(digest),
        tags: Tags::default(),
        damage: None,
    }
}

/// A digest that starts with `text`.
fn digest(text: &str) -> [u8; 32] {
    let mut digest = [0; 32];
    digest.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
    digest
}

/// Pseudo-random words that depend on `seed`.
pub(crate) fn words(seed: u64, count: usize) -> Vec<u32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(state >> 32).unwrap()
    };
    (0..count).map(|_| next()).collect()
}

/// Flips one bit of every fourth word.
pub(crate) fn distort(words: &[u32]) -> Vec<u32> {
    words.iter().zip(0_u32..).map(|(word, at)| if at % 4 == 0 { word ^ (1 << (at % 32)) } else { *word }).collect()
}

/// A file of a library.
pub(crate) struct TestFile {
    pub(crate) name: String,
    pub(crate) words: Vec<u32>,
    pub(crate) seconds: u64,
    /// The start of its digest; different for each piece.
    pub(crate) digest: String,
}

/// Adds files to the library at `path`.
pub(crate) fn put(path: &Path, pieces: &[TestFile]) {
    let now = Timestamp::UNIX_EPOCH;
    let mut library = Library::open(path).unwrap();
    let source = library.add_source("/music", SourceKind::Folder, now).unwrap();
    let scan = library.begin_listing(source.id).unwrap();
    let listed = |piece: &TestFile| ListedItem {
        key: (&piece.name).into(),
        path: Path::new("/music").join(&piece.name),
        name: piece.name.trim_end_matches(".wav").to_owned(),
        stamp: None,
        size: 1,
        mtime_ns: 1,
        inode: 1,
        volume: 1,
        mounted: false,
        absent: None,
    };
    let all: Vec<ListedItem> = pieces.iter().map(listed).collect();
    library.list(source.id, scan, &all, false, now).unwrap();
    let catalog = Catalog::open(path).unwrap().unwrap();
    let reading = |piece: &TestFile| FileReading {
        item: catalog.library_item(source.id, piece.name.as_ref()).unwrap().unwrap().id,
        size: 1,
        mtime_ns: 1,
        inode: 1,
        outcome: ReadingOutcome::Fingerprinted(Box::new(AudioFacts {
            algorithm: Fingerprint::ALGORITHM,
            words: Fingerprint::new(piece.words.clone()).to_bytes(),
            audio_sha256: Some(digest(&piece.digest)),
            codec: "flac",
            container: "flac",
            duration_ms: piece.seconds * 1_000,
            ..AudioFacts::default()
        })),
    };
    library.record(&pieces.iter().map(reading).collect::<Vec<_>>(), now).unwrap();
}

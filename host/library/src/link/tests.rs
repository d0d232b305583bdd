//! Links by sound among thousands of files: the library holds made-up words.

use std::path::Path;

use baton_catalog::library::{AudioFacts, FileReading, Library, ListedItem, ReadingOutcome, SourceKind};
use baton_catalog::{Catalog, Decisions};
use baton_core::manifest::Database;
use baton_fingerprint::Fingerprint;
use baton_plugin_sql::{Access, Session, StopHandle};
use jiff::Timestamp;

use super::link;

/// Words that look random, other ones for each seed.
fn words(seed: u64, count: usize) -> Vec<u32> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(state >> 32).unwrap()
    };
    (0..count).map(|_| next()).collect()
}

/// One bit of every fourth word is another.
fn worn(words: &[u32]) -> Vec<u32> {
    words.iter().zip(0_u32..).map(|(word, at)| if at % 4 == 0 { word ^ (1 << (at % 32)) } else { *word }).collect()
}

/// Puts files into the library at `path`; those that it has stay.
fn put(path: &Path, pieces: &[(String, Vec<u32>)]) {
    let now = Timestamp::UNIX_EPOCH;
    let mut library = Library::open(path).unwrap();
    let source = library.add_source("/music", SourceKind::Folder, now).unwrap();
    let scan = library.begin_listing(source.id).unwrap();
    let listed = |(name, _): &(String, Vec<u32>)| ListedItem {
        key: name.into(),
        path: Path::new("/music").join(name),
        name: name.clone(),
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
    let reading = |(name, words): &(String, Vec<u32>)| {
        let mut digest = [0; 32];
        digest.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
        let heard = AudioFacts {
            algorithm: Fingerprint::ALGORITHM,
            words: Fingerprint::new(words.clone()).to_bytes(),
            audio_sha256: Some(digest),
            codec: "flac",
            container: "flac",
            duration_ms: 60_000,
            ..AudioFacts::default()
        };
        let item = catalog.library_item(source.id, name.as_ref()).unwrap().unwrap().id;
        FileReading { item, size: 1, mtime_ns: 1, inode: 1, outcome: ReadingOutcome::Fingerprinted(Box::new(heard)) }
    };
    library.record(&pieces.iter().map(reading).collect::<Vec<_>>(), now).unwrap();
}

/// The file at a path and why it is its track.
fn linked(path: &Path, name: &str) -> Option<String> {
    Catalog::open(path).unwrap().unwrap().file_at(&format!("/music/{name}")).unwrap().unwrap().linked_by
}

#[test]
fn every_file_is_compared_however_many_there_are_and_none_twice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("catalog.db");
    let song = words(1, 480);
    let mut pieces: Vec<(String, Vec<u32>)> = vec![("said".to_owned(), song.clone())];
    pieces.extend((10..2_110).map(|number| (format!("{number}"), words(number, 100))));
    pieces.push(("worn".to_owned(), worn(&song)));
    put(&path, &pieces);
    let (writer, denial) = (Some("other".to_owned()), String::new());
    let access = Access { database: Database::Catalog, path: path.clone(), writable: true, writer, denial };
    let session = Session::open(&access, &StopHandle::default()).unwrap();
    session
        .execute("INSERT INTO put_track (source, service, id, title) VALUES ('other', 'djay', 't', 'T')", &[])
        .unwrap();
    // The first file of the library, and the first track of the catalog.
    Decisions::open(&path).unwrap().decide_file(1, 1, true, Timestamp::UNIX_EPOCH).unwrap();
    link(&path).unwrap();
    assert_eq!((linked(&path, "said").as_deref(), linked(&path, "worn").as_deref()), (Some("person"), Some("sound")));
    assert_eq!(linked(&path, "2109"), None);
    let counts = || {
        let catalog = Catalog::open(&path).unwrap().unwrap();
        let mut pairs = 0;
        catalog.sound_pairs(|_| pairs += 1).unwrap();
        (catalog.sound_prints().unwrap().values().filter(|listened| **listened).count(), pairs)
    };
    assert_eq!(counts(), (2_101, 1), "all that are open");
    // One that comes later is compared alone, with all.
    put(&path, &[("again".to_owned(), worn(&worn(&song)))]);
    link(&path).unwrap();
    assert_eq!((linked(&path, "again").as_deref(), counts().0), (Some("sound"), 2_102));
}

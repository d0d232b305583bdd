//! What is found, and as what: the library holds made-up words, so that thousands take no time.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use baton_catalog::Catalog;
use baton_catalog::library::{AudioFacts, FileReading, Library, ListedItem, ReadingOutcome, SourceKind};
use baton_fingerprint::Fingerprint;
use jiff::Timestamp;

use super::{LookupQuery, Match, look_up};
use crate::duplicates::Proof;

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

/// A file of the library: its name, its words, how long it plays in seconds, the digest of its audio.
struct Piece(String, Vec<u32>, u64, u8);

/// A catalog with these files.
fn library(folder: &Path, pieces: &[Piece]) -> Catalog {
    let (path, now) = (folder.join("catalog.db"), Timestamp::UNIX_EPOCH);
    let mut library = Library::open(&path).unwrap();
    let source = library.add_source("/music", SourceKind::Folder, now).unwrap();
    let scan = library.begin_listing(source.id).unwrap();
    let listed = |Piece(name, ..): &Piece| ListedItem {
        key: name.into(),
        path: Path::new("/music").join(name),
        name: name.trim_end_matches(".wav").to_owned(),
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
    let catalog = Catalog::open(&path).unwrap().unwrap();
    let reading = |Piece(name, words, seconds, digest): &Piece| FileReading {
        item: catalog.library_item(source.id, name.as_ref()).unwrap().unwrap().id,
        size: 1,
        mtime_ns: 1,
        inode: 1,
        outcome: ReadingOutcome::Fingerprinted(Box::new(AudioFacts {
            algorithm: Fingerprint::ALGORITHM,
            words: Fingerprint::new(words.clone()).to_bytes(),
            audio_sha256: Some([*digest; 32]),
            codec: "flac",
            container: "flac",
            duration_ms: seconds * 1_000,
            ..AudioFacts::default()
        })),
    };
    library.record(&pieces.iter().map(reading).collect::<Vec<_>>(), now).unwrap();
    catalog
}

fn names(found: &[Match]) -> Vec<(&str, Option<&str>)> {
    found
        .iter()
        .map(|one| (one.item.name.as_str(), one.difference.as_ref().map(crate::duplicates::Difference::word)))
        .collect()
}

fn asked(words: &[u32], seconds: u64, title: &str) -> LookupQuery {
    LookupQuery::sound(Fingerprint::new(words.to_vec()), Some(seconds * 1_000), Some(title.to_owned()))
}

#[test]
fn each_is_answered_in_its_place_and_versions_are_told_from_copies() {
    let folder = tempfile::tempdir().unwrap();
    let song = words(1, 900);
    let mut pieces: Vec<Piece> = (10..2_100).map(|n| Piece(format!("{n}.wav"), words(n, 100), 13, 1)).collect();
    pieces.push(Piece("Song.wav".to_owned(), song.clone(), 120, 2));
    pieces.push(Piece("Song (Live).wav".to_owned(), worn(&song), 120, 3));
    pieces.push(Piece("Song long.wav".to_owned(), song.clone(), 300, 4));
    let catalog = library(folder.path(), &pieces);
    let all = [asked(&words(5_000, 900), 120, "New"), asked(&worn(&song), 121, "Song")];
    let found = look_up(&catalog, &all, &AtomicBool::new(false)).unwrap();
    assert_eq!(names(&found[0]), []);
    let versions = [("Song", None), ("Song long", Some("length")), ("Song (Live)", Some("version_words"))];
    let mut told = names(&found[1]);
    told.sort_unstable_by_key(|(name, _)| versions.iter().position(|(known, _)| known == name));
    assert_eq!(told, versions);
    assert_eq!(names(&found[1])[0], ("Song", None), "copies come first");
}

#[test]
fn without_a_title_or_a_length_nothing_is_a_version_by_them() {
    let folder = tempfile::tempdir().unwrap();
    let song = words(1, 900);
    let catalog = library(folder.path(), &[Piece("Song (Live).wav".to_owned(), song.clone(), 300, 2)]);
    let sound = LookupQuery::sound(Fingerprint::new(worn(&song)), None, None);
    let found = look_up(&catalog, &[sound], &AtomicBool::new(false)).unwrap();
    assert_eq!(names(&found[0]), [("Song (Live)", None)]);
}

#[test]
fn an_item_is_not_found_by_itself_and_the_same_packets_are_the_surest_proof() {
    let folder = tempfile::tempdir().unwrap();
    let song = words(1, 900);
    let pieces = ["a.wav", "b.wav"].map(|name| Piece(name.to_owned(), song.clone(), 120, 7));
    let catalog = library(folder.path(), &pieces);
    let mut of_library = asked(&song, 120, "a");
    catalog
        .library_entries(|entry| {
            if entry.name == "a" {
                of_library.item = entry.into();
            }
        })
        .unwrap();
    let found = look_up(&catalog, &[of_library], &AtomicBool::new(false)).unwrap();
    assert_eq!(names(&found[0]), [("b", None)]);
    assert_eq!(found[0][0].proof, Proof::SameAudio);
}

#[test]
fn nothing_is_found_by_nothing_nor_once_it_was_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let song = words(1, 900);
    let catalog = library(folder.path(), &[Piece("a.wav".to_owned(), song.clone(), 120, 7)]);
    let go_on = AtomicBool::new(false);
    assert!(look_up(&catalog, &[], &go_on).unwrap().is_empty());
    assert_eq!(look_up(&catalog, &[asked(&[], 0, "")], &go_on).unwrap(), [vec![]]);
    assert_eq!(look_up(&catalog, &[asked(&song, 120, "a")], &AtomicBool::new(true)).unwrap(), [vec![]]);
}

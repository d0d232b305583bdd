//! Lookups in a library with pseudo-random words, so that thousands of files take no time.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use baton_catalog::Catalog;
use baton_fingerprint::Fingerprint;

use super::{LookupQuery, Match, look_up};
use crate::duplicates::Proof;
use crate::test_sound::{TestFile, distort, put, words};

/// A file whose digest consists of one repeated byte.
fn piece(name: &str, words: Vec<u32>, seconds: u64, digest: u8) -> TestFile {
    TestFile { name: name.to_owned(), words, seconds, digest: digest.to_string() }
}

/// A catalog with these files.
fn library(folder: &Path, pieces: &[TestFile]) -> Catalog {
    let path = folder.join("catalog.db");
    put(&path, pieces);
    Catalog::open(&path).unwrap().unwrap()
}

fn names(found: &[Match]) -> Vec<(&str, Option<&str>)> {
    found
        .iter()
        .map(|one| (one.item.name.as_str(), one.difference.as_ref().map(crate::duplicates::Difference::word)))
        .collect()
}

fn query(words: &[u32], seconds: u64, title: &str) -> LookupQuery {
    LookupQuery::sound(Fingerprint::new(words.to_vec()), Some(seconds * 1_000), Some(title.to_owned()))
}

#[test]
fn answers_are_in_query_order_and_versions_are_not_copies() {
    let folder = tempfile::tempdir().unwrap();
    let song = words(1, 900);
    let mut pieces: Vec<TestFile> = (10..2_100).map(|n| piece(&format!("{n}.wav"), words(n, 100), 13, 1)).collect();
    pieces.push(piece("Song.wav", song.clone(), 120, 2));
    pieces.push(piece("Song (Live).wav", distort(&song), 120, 3));
    pieces.push(piece("Song long.wav", song.clone(), 300, 4));
    let catalog = library(folder.path(), &pieces);
    let all = [query(&words(5_000, 900), 120, "New"), query(&distort(&song), 121, "Song")];
    let found = look_up(&catalog, &all, &AtomicBool::new(false)).unwrap();
    assert_eq!(names(&found[0]), []);
    let versions = [("Song", None), ("Song long", Some("length")), ("Song (Live)", Some("version_words"))];
    let mut found_names = names(&found[1]);
    found_names.sort_unstable_by_key(|(name, _)| versions.iter().position(|(known, _)| known == name));
    assert_eq!(found_names, versions);
    assert_eq!(names(&found[1])[0], ("Song", None), "copies come first");
}

#[test]
fn an_unknown_title_or_length_makes_no_version() {
    let folder = tempfile::tempdir().unwrap();
    let song = words(1, 900);
    let catalog = library(folder.path(), &[piece("Song (Live).wav", song.clone(), 300, 2)]);
    let sound = LookupQuery::sound(Fingerprint::new(distort(&song)), None, None);
    let found = look_up(&catalog, &[sound], &AtomicBool::new(false)).unwrap();
    assert_eq!(names(&found[0]), [("Song (Live)", None)]);
}

#[test]
fn an_item_does_not_match_itself_and_equal_packets_are_the_proof() {
    let folder = tempfile::tempdir().unwrap();
    let song = words(1, 900);
    let pieces = ["a.wav", "b.wav"].map(|name| piece(name, song.clone(), 120, 7));
    let catalog = library(folder.path(), &pieces);
    let mut of_library = query(&song, 120, "a");
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
fn an_empty_query_or_a_stopped_search_finds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let song = words(1, 900);
    let catalog = library(folder.path(), &[piece("a.wav", song.clone(), 120, 7)]);
    let go_on = AtomicBool::new(false);
    assert!(look_up(&catalog, &[], &go_on).unwrap().is_empty());
    assert_eq!(look_up(&catalog, &[query(&[], 0, "")], &go_on).unwrap(), [vec![]]);
    assert_eq!(look_up(&catalog, &[query(&song, 120, "a")], &AtomicBool::new(true)).unwrap(), [vec![]]);
}

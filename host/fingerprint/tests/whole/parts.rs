//! Audio in several parts of a file: chains of Ogg streams, and edit lists of MP4, compared with `fpcalc`.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use baton_fingerprint::{AudioReport, Error, Options, Reason, read};
use baton_judges::or_skip;

use crate::judge::agreement::Agreement;
use crate::judge::fpcalc::words;
use crate::judge::test_folder::TestFolder;

fn read_file(path: &Path, options: Options) -> Result<AudioReport, Error> {
    read(path, options, &AtomicBool::new(false))
}

fn read_ok(path: &Path) -> AudioReport {
    let options = Options { length: None, hashes: true };
    read_file(path, options).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The bytes of two files of eight seconds each, for a chain.
fn chain(place: &TestFolder, extension: &str, arguments: &[&str], second: &[&str]) -> [Vec<u8>; 2] {
    let one = place.encoded(&format!("one.{extension}"), arguments);
    let other = place.encoded(&format!("other.{extension}"), &[&["-ss", "20"], arguments, second].concat());
    [one, other].map(|file| fs::read(file).expect("a file"))
}

#[test]
fn all_links_of_a_chain_are_read() {
    let place = or_skip!(TestFolder::new());
    for (extension, arguments, equal) in [("oga", ["-c:a", "flac"], 0.99), ("ogg", ["-c:a", "libvorbis"], 0.75)] {
        let [one, other] = chain(&place, extension, &arguments, &[]);
        let last = fs::read(place.encoded(&format!("last.{extension}"), &[&["-ss", "40"], &arguments[..]].concat()));
        let last = last.expect("a file");
        let alone = read_ok(&place.file("alone", &one));
        for links in [&[&one, &other][..], &[&one, &other, &last], &[&one, &one]] {
            let file = place.file("chain", &links.iter().flat_map(|link| link.iter().copied()).collect::<Vec<_>>());
            let (ours, theirs) = (read_ok(&file), words(&file, "0"));
            // FFmpeg returns a few more samples at the start of a Vorbis stream, so the next link starts some milliseconds later.
            assert_eq!(ours.fingerprint.words().len(), theirs.len(), "{extension}");
            let same = ours.fingerprint.words().iter().zip(&theirs).take_while(|(ours, theirs)| ours == theirs).count();
            assert!(same >= alone.fingerprint.words().len(), "{extension}: only the first {same} words are equal");
            let mut agreement = Agreement::default();
            agreement.add(ours.fingerprint.words(), &theirs);
            agreement.report(extension);
            assert!(agreement.equal_share() >= equal, "{extension}: {} of the words equal", agreement.equal_share());
            let whole = Duration::from_secs(8 * u64::try_from(links.len()).expect("few"));
            assert!(ours.duration.abs_diff(whole) < Duration::from_millis(40), "{extension}: {:?}", ours.duration);
            assert!(ours.audio_sha256.is_some() && ours.audio_sha256 != alone.audio_sha256, "{extension}");
        }
    }
}

#[test]
fn the_duration_of_a_chain_is_known_when_only_its_start_is_fingerprinted() {
    let place = or_skip!(TestFolder::new());
    let [one, other] = chain(&place, "ogg", &["-c:a", "libvorbis"], &[]);
    let file = place.file("chain", &[one, other].concat());
    let options = Options { length: Some(Duration::from_secs(5)), hashes: false };
    let found = read_file(&file, options).expect("a fingerprint");
    assert!(found.duration.abs_diff(Duration::from_secs(16)) < Duration::from_millis(40), "{:?}", found.duration);
}

#[test]
fn a_chain_of_several_formats_is_rejected() {
    let place = or_skip!(TestFolder::new());
    for second in [["-ar", "22050"], ["-ac", "1"]] {
        let [one, other] = chain(&place, "ogg", &["-c:a", "libvorbis"], &second);
        let file = place.file("chain", &[one, other].concat());
        let error = read_file(&file, Options { length: None, hashes: true }).expect_err("two forms");
        assert_eq!(error.reason, Reason::Unsupported, "{error}");
        assert!(error.detail.contains("a chain of Ogg streams"), "{error}");
    }
}

/// An MP4 file with other edits, each with a length in milliseconds and a start in samples. Its media data are before its
/// header.
fn edited(boxes: &[u8], edits: &[(u32, i32)]) -> Vec<u8> {
    let (mut rest, mut out) = (boxes, Vec::new());
    while rest.len() >= 8 {
        let length = u32::from_be_bytes([rest[0], rest[1], rest[2], rest[3]]) as usize;
        let (found, after) = rest.split_at(length);
        let content = match &found[4..8] {
            b"moov" | b"trak" | b"edts" => edited(&found[8..], edits),
            b"elst" => {
                let count = u32::try_from(edits.len()).expect("few").to_be_bytes();
                let entry =
                    |(length, from): &(u32, i32)| [length.to_be_bytes(), from.to_be_bytes(), [0, 1, 0, 0]].concat();
                [vec![0; 4], count.to_vec(), edits.iter().flat_map(entry).collect()].concat()
            }
            _ => found[8..].to_vec(),
        };
        out.extend(u32::try_from(content.len() + 8).expect("a short file").to_be_bytes());
        out.extend(&found[4..8]);
        out.extend(content);
        rest = after;
    }
    out
}

#[test]
fn forward_edits_agree_with_fpcalc() {
    let place = or_skip!(TestFolder::new());
    for (codec, delay) in [("aac", 1024), ("alac", 0)] {
        let bytes = fs::read(place.encoded("plain.m4a", &["-c:a", codec, "-ar", "44100", "-t", "20"])).expect("a file");
        let at = |tenths: i32| delay + 4410 * tenths;
        for edits in [
            &[(8000, at(0))][..],
            &[(4000, at(10))],
            &[(4000, 0)],
            &[(1000, -1), (4000, at(0))],
            &[(3000, at(0)), (3000, at(30))],
            &[(2000, at(0)), (3000, at(30))],
            &[(2000, at(7)), (1500, at(30) + 500), (2000, at(50) + 77)],
        ] {
            let file = place.file("edited.m4a", &edited(&bytes, edits));
            let ours = read_ok(&file);
            assert_eq!(ours.fingerprint.words(), words(&file, "0"), "{codec}, {edits:?}");
            let shown: u32 = edits.iter().filter(|(_, from)| *from >= 0).map(|(length, _)| length).sum();
            assert_eq!(ours.duration, Duration::from_millis(shown.into()), "{codec}, {edits:?}");
        }
    }
}

#[test]
fn edits_that_go_back_or_pause_are_unsupported() {
    let place = or_skip!(TestFolder::new());
    let bytes = fs::read(place.encoded("plain.m4a", &["-c:a", "aac", "-ar", "44100"])).expect("a file");
    let many: Vec<_> = (0..100).map(|number| (50, 1024 * (1 + 3 * number))).collect();
    for edits in [&[(4000, 176_400), (4000, 1024)][..], &[(3000, 1024), (500, -1), (3000, 176_400)], &many] {
        let file = place.file("edited.m4a", &edited(&bytes, edits));
        let error = read_file(&file, Options { length: None, hashes: true }).expect_err("not followed");
        assert_eq!(error.reason, Reason::Unsupported, "{error}");
        assert!(error.detail.contains("edits"), "{error}");
    }
}

//! Damaged files are read as far as possible, reported, and never preferred to an intact copy.

use std::fs;
use std::path::Path;

use baton_tests::music::{tune, write_wav};
use baton_tests::{Workspace, or_skip, tool};
use serde_json::{Value, json};

use super::{beside, duplicates, encode, said, scan, scan_mixed};

const SECONDS: u32 = 40;

/// Copies a file and overwrites the bytes at an offset.
fn spoil(from: &Path, to: &Path, at: usize, bytes: &[u8]) {
    let mut all = fs::read(from).unwrap();
    all[at..at + bytes.len()].copy_from_slice(bytes);
    fs::write(to, all).unwrap();
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|window| window == what).unwrap()
}

fn name(file: &Value) -> &str {
    file["path"].as_str().unwrap().rsplit('/').next().unwrap()
}

/// Noise that is not a frame of any codec.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0] & 0x7f
    };
    std::iter::repeat_with(&mut next).take(length).collect()
}

#[test]
fn a_damaged_copy_is_never_preferred_to_an_intact_one() {
    or_skip!(tool("ffmpeg", "apt-get install ffmpeg"));
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let source = workspace.outside().join("source.wav");
    let aside = beside(&workspace, "aside");
    let better = ["-metadata", "title=T", "-metadata", "artist=A", "-metadata", "album=B"];
    let kinds: [(&str, &[&str], &str); 6] = [
        ("frames.mp3", &["-c:a", "libmp3lame", "-b:a", "320k"], "frames"),
        ("frames.m4a", &["-c:a", "aac", "-b:a", "256k"], "frames"),
        ("md5.flac", &["-c:a", "flac"], "MD5"),
        ("pages.ogg", &["-c:a", "libvorbis", "-q:a", "8"], "in the middle"),
        ("cut.wav", &[], "at its end"),
        ("cut.m4a", &["-c:a", "aac", "-b:a", "256k", "-movflags", "+faststart"], "at its end"),
    ];
    for (number, (name, how, _)) in (0..).zip(kinds) {
        write_wav(&source, &tune(number, SECONDS));
        let whole = encode(&source, &aside.join(name), &[how, &better[..], &["-ar", "44100"]].concat());
        let (damaged, bytes) = (music.join(name), fs::read(&whole).unwrap());
        // The damage is early in the file, so that the lost part shifts most of the piece.
        let early = bytes.len() / 12;
        match name {
            "md5.flac" => spoil(&whole, &damaged, find(&bytes, b"fLaC") + 4 + 4 + 18, &[1; 16]),
            "cut.wav" | "cut.m4a" => fs::write(&damaged, &bytes[..bytes.len() - bytes.len() / 12]).unwrap(),
            _ => spoil(&whole, &damaged, early, &noise(900)),
        }
        // A copy of low quality, without tags, but intact.
        encode(&source, &music.join(format!("{name} whole.mp3")), &["-c:a", "libmp3lame", "-b:a", "64k"]);
    }
    let report = scan(&workspace, &music, &[], 0);
    assert_eq!(report["read"]["damaged"], json!(kinds.len()), "{report:#}");
    let found = duplicates(&workspace, &[]);
    let groups = found["groups"].as_array().unwrap();
    assert_eq!(groups.len(), kinds.len(), "{found:#}");
    for (damaged, _, what) in kinds {
        let group = groups.iter().find(|group| name(&group["others"][0]["file"]) == damaged);
        let group = group.unwrap_or_else(|| panic!("{damaged} is kept: {found:#}"));
        assert_eq!(name(&group["keep"]["file"]), format!("{damaged} whole.mp3"));
        let other = &group["others"][0];
        let reason = other["reasons"][0].as_str().unwrap();
        assert!(
            reason.starts_with("intact; the other file is damaged: ") && reason.contains(what),
            "{damaged}: {reason}"
        );
        assert!(other["file"]["damage"].as_str().unwrap().contains(what), "{other}");
        assert!(other["points"]["sum"].as_u64() < group["keep"]["points"]["sum"].as_u64(), "{group}");
        assert_eq!(group["keep"]["file"]["damage"], json!(null));
    }
    let text = said(&workspace, &["duplicates"], 0).stdout;
    assert!(text.contains("the other file is damaged") && !text.contains("keep  …"), "{text}");
    // Intact files are not reported.
    assert_eq!(scan(&workspace, &aside, &[], 0)["read"]["damaged"], json!(0));
}

/// Damage after the two minutes that are fingerprinted is found too.
#[test]
fn damage_after_the_compared_part_is_found() {
    or_skip!(tool("ffmpeg", "apt-get install ffmpeg"));
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let source = workspace.outside().join("source.wav");
    write_wav(&source, &tune(1, 150));
    let whole = encode(&source, &workspace.outside().join("a.flac"), &["-c:a", "flac"]);
    let length = fs::read(&whole).unwrap().len();
    spoil(&whole, &music.join("a.flac"), length - length / 20, &noise(300));
    encode(&source, &music.join("b.mp3"), &["-c:a", "libmp3lame", "-b:a", "64k"]);
    scan(&workspace, &music, &[], 0);
    let found = duplicates(&workspace, &[]);
    assert_eq!(name(&found["groups"][0]["keep"]["file"]), "b.mp3", "{found:#}");
}

#[test]
fn reasons_name_only_differences() {
    or_skip!(tool("ffmpeg", "apt-get install ffmpeg"));
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let source = workspace.outside().join("source.wav");
    // The copies have the same bit rate and nearly equal lengths. The rate of an MP3 with 48 kHz is exact. With 44.1 kHz, frames
    // are rounded to whole bytes.
    for number in 0..4 {
        write_wav(&source, &tune(number, SECONDS));
        for (copy, rate_hz, start) in [("a", "44100", "0"), ("b", "48000", "0"), ("c", "44100", "0.03")] {
            let how = ["-c:a", "libmp3lame", "-b:a", "128k", "-ar", rate_hz, "-ss", start];
            encode(&source, &music.join(format!("{number} {copy}.mp3")), &how);
        }
    }
    scan(&workspace, &music, &[], 0);
    let found = duplicates(&workspace, &[]);
    let groups = found["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 4, "{found:#}");
    for other in groups.iter().flat_map(|group| group["others"].as_array().unwrap()) {
        for reason in other["reasons"].as_array().unwrap() {
            let reason = reason.as_str().unwrap();
            let sides = reason.split_once(": ").and_then(|(_, rest)| rest.split_once(" rather than "));
            assert!(sides.is_none_or(|(one, other)| one != other), "{reason}");
            assert!(!reason.contains("0.0 s"), "{reason}");
        }
    }
}

#[test]
fn one_changed_byte_damages_one_frame_and_not_the_file() {
    const COPIES: usize = 60;
    or_skip!(tool("ffmpeg", "apt-get install ffmpeg"));
    let workspace = Workspace::init();
    let (music, aside) = (beside(&workspace, "music"), beside(&workspace, "aside"));
    let source = aside.join("source.wav");
    write_wav(&source, &tune(1, 12));
    for (ending, how) in [("m4a", &["-c:a", "aac"]), ("aac", &["-c:a", "aac"]), ("mp3", &["-c:a", "libmp3lame"])] {
        let whole = encode(&source, &aside.join(format!("whole.{ending}")), how);
        let bytes = fs::read(&whole).unwrap();
        let start = if ending == "m4a" { find(&bytes, b"mdat") + 4 } else { 2_000 };
        // ffmpeg writes the index of an M4A after the audio.
        let end = if ending == "m4a" { find(&bytes, b"moov") - 4 } else { bytes.len() };
        for number in 0..COPIES {
            let at = start + (end - start - 1) * number / COPIES + 1;
            spoil(&whole, &music.join(format!("{number}.{ending}")), at, &[!bytes[at]]);
        }
    }
    let report = scan(&workspace, &music, &[], 0);
    assert_eq!(report["read"]["fingerprinted"], json!(3 * COPIES), "{report:#}");
    assert!(report["read"]["damaged"].as_u64().unwrap() > 0, "{report:#}");
}

#[test]
fn a_truncated_file_is_read_to_its_end_or_is_corrupt() {
    or_skip!(tool("ffmpeg", "apt-get install ffmpeg"));
    let workspace = Workspace::init();
    let (music, aside) = (beside(&workspace, "music"), beside(&workspace, "aside"));
    let source = aside.join("source.wav");
    write_wav(&source, &tune(1, 20));
    let kinds: [(&str, &[&str]); 9] = [
        ("first.m4a", &["-c:a", "aac", "-movflags", "+faststart"]),
        ("last.m4a", &["-c:a", "aac"]),
        ("pieces.m4a", &["-c:a", "aac", "-movflags", "frag_keyframe+empty_moov", "-frag_duration", "1000000"]),
        ("a.aiff", &["-write_id3v2", "1"]),
        ("a.wav", &[]),
        ("a.flac", &["-c:a", "flac"]),
        ("a.ogg", &["-c:a", "libvorbis"]),
        ("b.oga", &["-c:a", "flac"]),
        ("a.mp3", &["-c:a", "libmp3lame"]),
    ];
    let mut files = 0;
    for (name, how) in kinds {
        let bytes = fs::read(encode(&source, &aside.join(name), how)).unwrap();
        for percent in [1, 3, 10, 30, 60, 90, 99] {
            fs::write(music.join(format!("{percent} {name}")), &bytes[..bytes.len() * percent / 100]).unwrap();
            files += 1;
        }
    }
    let report = scan_mixed(&workspace, &music, &[]);
    assert_eq!(report["read"]["files"], json!(files));
    let skipped = report["read"]["skipped"].as_object().unwrap();
    assert!(!skipped.contains_key("unsupported"), "{report:#}");
    let failed: Vec<&String> = report["read"]["failed"].as_object().unwrap().keys().collect();
    assert!(failed.iter().all(|reason| *reason == "corrupt"), "{report:#}");
    // If at least 30 % of a file is left, it has 6 s of audio. The exception is the file with its index at the end.
    let heard = report["read"]["fingerprinted"].as_u64().unwrap();
    assert!(heard >= 4 * (kinds.len() as u64 - 1), "{report:#}");
    let missing = said(&workspace, &["coverage", "--missing", "100"], 1).stdout;
    assert!(missing.contains("90 last.m4a") && !missing.contains("90 first.m4a"), "{missing}");
    assert!(!missing.contains("90 a.aiff") && !missing.contains("90 pieces.m4a"), "{missing}");
}

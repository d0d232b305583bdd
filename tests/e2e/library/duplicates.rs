//! Duplicates: found across formats, with a suggestion which file to keep. Different versions of a piece are not duplicates, and equal
//! titles alone are only a question.

use std::fs;

use baton_tests::music::{tune, wav, write_wav};
use baton_tests::{Workspace, or_skip, tool};
use serde_json::{Value, json};

use super::{beside, duplicates, encode, said, scan, scan_mixed};

/// Seconds of a piece, long enough to compare.
const SECONDS: u32 = 40;

fn name(file: &Value) -> &str {
    file["path"].as_str().unwrap().rsplit('/').next().unwrap()
}

/// The groups as file names: the file to keep, and the others, sorted.
fn groups(found: &Value) -> Vec<(&str, Vec<&str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = found["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            let mut others: Vec<&str> =
                group["others"].as_array().unwrap().iter().map(|other| name(&other["file"])).collect();
            others.sort_unstable();
            (name(&group["keep"]["file"]), others)
        })
        .collect();
    groups.sort();
    groups
}

#[test]
fn copies_are_grouped_with_the_better_file_and_nothing_is_deleted() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    for number in 0..6 {
        write_wav(&music.join(format!("Piece {number}.wav")), &tune(number, SECONDS));
    }
    fs::copy(music.join("Piece 1.wav"), music.join("Piece 1 copy.wav")).unwrap();
    scan(&workspace, &music, &[], 0);
    let plan = workspace.outside().join("plan.json");
    let found = duplicates(&workspace, &["--plan", plan.to_str().unwrap()]);
    assert_eq!(groups(&found), [("Piece 1 copy.wav", vec!["Piece 1.wav"])]);
    let other = &found["groups"][0]["others"][0];
    assert_eq!((&other["proof"]["by"], &other["proof"]["score"]), (&json!("same_audio"), &json!(100)));
    assert!(other["reasons"][0].as_str().unwrap().contains("equal in format"), "{other}");
    assert_eq!(found["superfluous"]["files"], json!(1));
    let written: Value = serde_json::from_str(&fs::read_to_string(&plan).unwrap()).unwrap();
    assert_eq!((&written["kind"], &written["groups"]), (&json!("duplicates-plan"), &found["groups"]));
    // A plan never overwrites another, and no file is removed.
    let refused = said(&workspace, &["duplicates", "--plan", plan.to_str().unwrap()], 2);
    assert!(refused.stderr.contains("already exists"), "{}", refused.stderr);
    assert_eq!(fs::read_dir(&music).unwrap().count(), 7);
    let text = said(&workspace, &["duplicates"], 0).stdout;
    assert!(text.contains("keep") && text.contains("same audio") && text.contains("1 group, 1 file ("), "{text}");
}

#[test]
fn copies_in_other_formats_are_found_by_their_sound_and_versions_are_separate() {
    or_skip!(tool("ffmpeg", "apt-get install ffmpeg"));
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    for number in 0..8 {
        write_wav(&music.join(format!("Piece {number}.wav")), &tune(number, SECONDS));
    }
    let file = |name: &str| music.join(name);
    let tags = ["-metadata", "title=Piece 1", "-metadata", "artist=Nobody"];
    encode(&file("Piece 1.wav"), &file("Piece 1.mp3"), &[&["-b:a", "64k"], &tags[..]].concat());
    encode(&file("Piece 1.wav"), &file("Piece 1.flac"), &tags);
    encode(&file("Piece 2.wav"), &file("Piece 2 (Live).mp3"), &["-b:a", "64k"]);
    encode(&file("Piece 3.wav"), &file("Piece 3.ogg"), &["-c:a", "libvorbis", "-t", "30"]);
    scan(&workspace, &music, &[], 0);
    let found = duplicates(&workspace, &[]);
    assert_eq!(groups(&found), [("Piece 1.flac", vec!["Piece 1.mp3", "Piece 1.wav"])], "{found:#}");
    let versions = found["versions"].as_array().unwrap();
    let mut differences: Vec<_> = versions.iter().map(|two| two["difference"].as_str().unwrap()).collect();
    differences.sort_unstable();
    assert_eq!(differences, ["length", "version_words"], "{found:#}");
    let reasons: String = found["groups"][0]["others"].to_string();
    assert!(reasons.contains("better format: flac"), "{reasons}");
    let text = said(&workspace, &["duplicates", "--versions"], 0).stdout;
    assert!(text.contains("their titles name different versions") && text.contains("s longer"), "{text}");
}

#[test]
fn a_file_without_a_fingerprint_is_listed_by_its_title_and_is_in_no_group() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    write_wav(&music.join("Mara Voss - Night Bus.wav"), &tune(1, SECONDS));
    write_wav(&music.join("Mara Voss - Other.wav"), &tune(2, SECONDS));
    for name in ["Mara Voss - Night Bus.mp3", "Mara Voss - Night Bus (Live).mp3"] {
        fs::write(music.join(name), wav(&[])).unwrap();
    }
    scan_mixed(&workspace, &music, &[]);
    let found = duplicates(&workspace, &[]);
    let likely = found["likely_by_metadata"].as_array().unwrap();
    assert_eq!((likely.len(), found["groups"].as_array().unwrap().len()), (1, 0), "{found:#}");
    assert_eq!((&likely[0]["by"], name(&likely[0]["one"])), (&json!("metadata"), "Mara Voss - Night Bus.mp3"));
    let none = |args: &[&str]| duplicates(&workspace, args)["likely_by_metadata"].as_array().unwrap().len();
    assert_eq!((none(&["--no-metadata"]), none(&["--metadata-threshold", "950"])), (0, 0));
    let text = said(&workspace, &["duplicates"], 0).stdout;
    assert!(text.contains("BY TITLE AND ARTIST ONLY, AUDIO NOT COMPARED"), "{text}");
}

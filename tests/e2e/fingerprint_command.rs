//! `baton fingerprint`: the bytes that `fpcalc` prints, its options, and what is said of files that have no fingerprint.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_tests::{Output, Workspace, tool};

/// Debian's `wesnoth-1.16-music`.
const MUSIC: &str = "/usr/share/games/wesnoth/1.16/data/core/music";

/// Half a minute of a piece in some formats; none where a judge is missing, which was said.
fn files(folder: &Path) -> Vec<PathBuf> {
    let judges = [("fpcalc", "apt-get install libchromaprint-tools"), ("ffmpeg", "apt-get install ffmpeg")];
    if judges.iter().any(|(program, install)| tool(program, install).is_err()) {
        return Vec::new();
    }
    let piece = Path::new(MUSIC).join("knolls.ogg");
    assert!(piece.exists(), "apt-get install wesnoth-1.16-music");
    ["a.flac", "b.wav", "c.ogg", "d.m4a", "e.mp3"].iter().map(|name| encoded(&piece, &folder.join(name))).collect()
}

fn encoded(piece: &Path, to: &Path) -> PathBuf {
    let arguments: &[&str] = if to.extension().is_some_and(|ogg| ogg == "ogg") { &["-c:a", "libvorbis"] } else { &[] };
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-i"])
        .arg(piece)
        .args(["-t", "30.3", "-map_metadata", "-1"])
        .args(arguments)
        .arg(to)
        .status();
    assert!(made.is_ok_and(|made| made.success()), "{}", to.display());
    to.to_owned()
}

/// Its stdout. Debian's build ends with 3 whenever it comes to the end of a file, unless errors are ignored.
fn fpcalc(options: &[&str], files: &[PathBuf]) -> String {
    let output = Command::new("fpcalc").args(options).arg("-ignore-errors").args(files).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn it_prints_the_bytes_of_fpcalc() {
    let place = Workspace::empty();
    let files = files(place.outside());
    let forms: [&[&str]; 9] = [
        &[],
        &["-raw"],
        &["-plain"],
        &["-text", "-length", "10.5"],
        &["-length", "0"],
        &["-raw", "-signed"],
        &["-plain", "-raw", "-length", "20"],
        &["-json", "-length", "25"],
        &["-json", "-raw"],
    ];
    for options in forms {
        for file in &files {
            // `fpcalc` adds what the encoder did to the duration of an MP3, which shows in hundredths.
            if options.contains(&"-json") && file.ends_with("e.mp3") {
                continue;
            }
            let one = std::slice::from_ref(file);
            let ours = Output::of(place.command().arg("fingerprint").args(options).args(one)).ended(0);
            assert_eq!(ours.stdout, fpcalc(options, one), "{options:?} {}", file.display());
            assert_eq!(ours.stderr, "");
        }
    }
    if files.is_empty() {
        return;
    }
    let together = Output::of(place.command().arg("fingerprint").args(&files)).ended(0);
    assert_eq!(together.stdout, fpcalc(&[], &files));
    let long = Output::of(place.command().args(["fingerprint", "--raw", "--length", "20", "--json"]).arg(&files[0]));
    assert_eq!(long.ended(0).stdout, fpcalc(&["-raw", "-length", "20", "-json"], &files[..1]));
}

#[test]
fn a_file_without_a_fingerprint_is_told_of_and_the_next_one_comes() {
    let place = Workspace::empty();
    let text = place.outside().join("list.mp3");
    fs::write(&text, "1. a song\n").unwrap();
    let missing = place.outside().join("missing.mp3");
    let run = Output::of(place.command().arg("fingerprint").args([&text, &missing])).ended(2);
    assert_eq!(run.stdout, "");
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert!(lines[0].contains("list.mp3: a text is not decoded") && lines[0].ends_with("(unsupported)"), "{lines:?}");
    assert!(lines[1].ends_with("missing.mp3: there is no such file (not_found)"), "{lines:?}");
}

#[test]
fn wrong_options_end_with_two_as_those_of_fpcalc() {
    let place = Workspace::empty();
    for arguments in [&["fingerprint"][..], &["fingerprint", "-bogus", "x"], &["fingerprint", "-length", "-5", "x"]] {
        let run = Output::of(place.command().args(arguments)).ended(2);
        assert_eq!(run.stdout, "");
        assert!(!run.stderr.contains("no such file"), "{}", run.stderr);
    }
    let one = Output::of(place.command().args(["fingerprint", "-algorithm", "1", "x"])).ended(2);
    assert!(one.stderr.contains("--algorithm"), "{}", one.stderr);
}

//! Labelled edits and copies of real music: a file with a swapped part, in the first two minutes or later, is not a duplicate.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_tests::{Output, PATIENCE, Skipped, Workspace, or_skip, recordings, tool};
use serde_json::{Value, json};

use super::{beside, scan};

/// Pieces that are longer than [`LENGTH`] seconds.
const PIECES: [&str; 3] = ["battle", "breaking_the_chains", "legends_of_the_north"];

/// Seconds of each file.
const LENGTH: u32 = 160;

/// Copies with the same music. Each is an `ffmpeg` filter with two inputs: the piece and the next piece.
const COPIES: [(&str, &str, &[&str]); 5] = [
    ("128.mp3", "[0:a]anull[o]", &["-c:a", "libmp3lame", "-compression_level", "9", "-b:a", "128k"]),
    ("vorbis.ogg", "[0:a]anull[o]", &["-c:a", "libvorbis", "-q:a", "2"]),
    ("cut.flac", "[0:a]atrim=start=1.3,asetpts=PTS-STARTPTS,volume=-6dB[o]", &[]),
    ("band.flac", "[0:a]lowpass=f=3000[o]", &[]),
    ("padded.flac", "[0:a]adelay=2000:all=1,aformat=channel_layouts=mono[o]", &[]),
];

/// A part of an edit, from the piece itself or from the next piece.
struct Part {
    is_from_piece: bool,
    start_s: u32,
    end_s: u32,
}

const fn piece(start_s: u32, end_s: u32) -> Part {
    Part { is_from_piece: true, start_s, end_s }
}

const fn next(start_s: u32, end_s: u32) -> Part {
    Part { is_from_piece: false, start_s, end_s }
}

/// Edits: parts of the piece or the next piece, one after the other. Each edit is as long as the piece.
const EDITS: [(&str, &[Part]); 6] = [
    ("middle.flac", &[piece(0, 50), next(50, 75), piece(75, LENGTH)]),
    ("turned.flac", &[piece(0, 50), piece(90, 115), piece(75, LENGTH)]),
    ("first 100.flac", &[piece(0, 100), next(100, LENGTH)]),
    ("first 125.flac", &[piece(0, 125), next(125, LENGTH)]),
    ("late.flac", &[piece(0, 124), next(20, 45), piece(149, LENGTH)]),
    ("ending.flac", &[piece(0, LENGTH - 20), next(30, 50)]),
];

fn ffmpeg(inputs: &[&Path], args: &[&str], to: &Path) {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y"]);
    for input in inputs {
        command.arg("-i").arg(input);
    }
    let made = command.args(args).arg(to).output().unwrap();
    assert!(made.status.success(), "{}: {}", to.display(), String::from_utf8_lossy(&made.stderr));
}

/// The filter that concatenates parts.
fn parts(parts: &[Part]) -> String {
    let one = |(number, Part { is_from_piece, start_s, end_s }): (usize, &Part)| {
        let input = u8::from(!is_from_piece);
        format!("[{input}:a]atrim=start={start_s}:end={end_s},asetpts=PTS-STARTPTS[p{number}];")
    };
    let cut: String = parts.iter().enumerate().map(one).collect();
    let names: String = (0..parts.len()).map(|number| format!("[p{number}]")).collect();
    format!("{cut}{names}concat=n={}:v=0:a=1[o]", parts.len())
}

/// Writes the labelled set to a folder as `NUMBER LABEL`. Copies and edits have different labels.
fn make(pieces: &Path, folder: &Path, work: &Path) {
    let base = |number: usize| work.join(format!("{number}.wav"));
    let length = LENGTH.to_string();
    for (number, piece) in PIECES.iter().enumerate() {
        let from = pieces.join(format!("{piece}.ogg"));
        ffmpeg(&[&from], &["-t", &length, "-ar", "44100", "-ac", "2", "-map_metadata", "-1"], &base(number));
    }
    for number in 0..PIECES.len() {
        let (piece, next) = (base(number), base((number + 1) % PIECES.len()));
        let file = |label: &str| folder.join(format!("{number} {label}"));
        ffmpeg(&[&piece], &[], &file("whole.flac"));
        for (label, filter, codec) in COPIES {
            ffmpeg(&[&piece], &[&["-filter_complex", filter, "-map", "[o]"], codec].concat(), &file(label));
        }
        for (label, edit) in EDITS {
            ffmpeg(&[&piece, &next], &["-filter_complex", &parts(edit), "-map", "[o]"], &file(label));
        }
    }
}

/// The number of a file's piece, and its label.
fn label(path: &str) -> (String, String) {
    let (number, label) = Path::new(path).file_name().unwrap().to_str().unwrap().split_once(' ').unwrap();
    (number.to_owned(), label.to_owned())
}

fn is_edit(label: &str) -> bool {
    EDITS.iter().any(|(edit, _)| *edit == label)
}

/// The pairs of files that are in the same group.
fn together(found: &Value) -> BTreeSet<(String, String)> {
    let mut pairs = BTreeSet::new();
    for group in found["groups"].as_array().unwrap() {
        let others = group["others"].as_array().unwrap().iter().map(|other| &other["file"]);
        let all = std::iter::once(&group["keep"]["file"]).chain(others);
        let mut files: Vec<String> = all.map(|file| file["path"].as_str().unwrap().to_owned()).collect();
        files.sort();
        for (at, second) in files.iter().enumerate() {
            pairs.extend(files.iter().take(at).map(|first| (first.clone(), second.clone())));
        }
    }
    pairs
}

/// Runs `baton library duplicates --json`, which compares files of more than two minutes to their end.
fn duplicates(workspace: &Workspace, args: &[&str]) -> Output {
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["library", "duplicates", "--json"]).args(args);
    Output::within(&mut command, 10 * PATIENCE).ended(0)
}

/// The folder of real music, if it and ffmpeg are installed.
fn music() -> Result<PathBuf, Skipped> {
    tool("ffmpeg", "apt-get install ffmpeg")?;
    Ok(recordings()?[0].parent().unwrap().to_owned())
}

#[test]
fn edits_of_real_music_are_not_duplicates_but_copies_are() {
    let pieces = or_skip!(music());
    let workspace = Workspace::init();
    let folder = beside(&workspace, "music");
    make(&pieces, &folder, workspace.outside());
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["library", "scan", "--json"]).arg(&folder);
    Output::within(&mut command, 10 * PATIENCE).ended(0);

    let ended = duplicates(&workspace, &[]);
    assert!(ended.stderr.contains("to compare them to their end"), "{}", ended.stderr);
    let found = ended.json();
    let together = together(&found);
    let is_copy = |(one, other): &(String, String)| {
        let (one, other) = (label(one), label(other));
        one.0 == other.0 && !is_edit(&one.1) && !is_edit(&other.1)
    };
    let right = together.iter().filter(|pair| is_copy(pair)).count();
    let wrong: Vec<_> = together.iter().filter(|pair| !is_copy(pair)).collect();
    // A piece and its copies are six files, so 15 pairs.
    let all = PIECES.len() * 15;
    assert!(right * 100 >= all * 99, "{right} of {all} copies are found: {:#}", found["review"]);
    assert!(right * 100 >= (right + wrong.len()) * 98, "edits are called duplicates: {wrong:?}");
    // Each edit is reported as differing from the piece.
    let versions = found["versions"].as_array().unwrap();
    for (edit, _) in EDITS {
        for number in 0..PIECES.len() {
            let is_said = versions.iter().any(|pair| {
                let [one, other] = ["one", "other"].map(|file| label(pair[file]["path"].as_str().unwrap()));
                let number = number.to_string();
                one.0 == number && other.0 == number && pair["difference"] == "edit" && {
                    (one.1 == edit && other.1 == "whole.flac") || (one.1 == "whole.flac" && other.1 == edit)
                }
            });
            assert!(is_said, "{number} {edit}: {versions:#?}");
        }
    }

    // The second run uses the stored comparisons: it reads no file, even if the files are missing.
    let away = workspace.outside().join("away");
    std::fs::rename(&folder, &away).unwrap();
    let again = duplicates(&workspace, &[]);
    assert!(!again.stderr.contains("reading"), "{}", again.stderr);
    let again = again.json();
    assert_eq!((self::together(&again), &again["groups"][0]["keep"]["file"]["reachable"]), (together, &json!(false)));
    std::fs::rename(&away, &folder).unwrap();
    // No pair of files in different formats has a score of 100, so this minimum excludes all of them.
    let sure = duplicates(&workspace, &["--min-score", "100"]).json();
    assert!(sure["groups"].as_array().unwrap().len() < PIECES.len(), "{:#}", sure["groups"]);
}

#[test]
fn pairs_that_are_compared_in_part_or_hardly_similar_need_a_review() {
    let pieces = or_skip!(music());
    let workspace = Workspace::init();
    let folder = beside(&workspace, "music");
    let from = pieces.join("battle.ogg");
    ffmpeg(&[&from], &["-t", "130"], &folder.join("a.flac"));
    ffmpeg(&[&from], &["-t", "130", "-c:a", "libvorbis", "-q:a", "2"], &folder.join("b.ogg"));
    let equalised = "bass=g=10:f=110,equalizer=f=1000:t=o:w=1:g=-8,treble=g=8";
    ffmpeg(&[&from], &["-t", "130", "-af", equalised], &folder.join("c.flac"));
    scan(&workspace, &folder, &[], 0);
    let away = folder.with_extension("away");
    std::fs::rename(folder.join("b.ogg"), &away).unwrap();
    let found = duplicates(&workspace, &[]).json();
    assert_eq!(found["groups"], json!([]), "{found:#}");
    let review = found["review"].as_array().unwrap();
    let why = |file: &str| {
        let is_it = |pair: &&Value| pair["other"]["path"].as_str().unwrap().ends_with(file);
        review.iter().find(is_it).map(|pair| (pair["reason"].to_string(), pair["proof"]["only_first_ms"].clone()))
    };
    let (reason, part) = why("b.ogg").unwrap();
    assert!(reason.contains("could not be read to its end") && part == 120_000, "{reason} {part}");
    assert!(why("c.flac").unwrap().0.contains("listen to both"), "{found:#}");
    assert_eq!(found["superfluous"]["files"], 0);
    let text = workspace.baton(&["library", "duplicates"]).ended(0).stdout;
    assert!(text.contains("POSSIBLE DUPLICATES, FOR REVIEW"), "{text}");
    // When the file exists again, it is compared to its end and is reported as a copy.
    std::fs::rename(&away, folder.join("b.ogg")).unwrap();
    let found = duplicates(&workspace, &[]).json();
    assert_eq!(found["groups"][0]["others"].as_array().unwrap().len(), 1, "{found:#}");
    assert_eq!(found["groups"][0]["others"][0]["proof"]["only_first_ms"], Value::Null);
}

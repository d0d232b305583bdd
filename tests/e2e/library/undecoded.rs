//! Files whose codec is not decoded, or only partly: their tags are read, and a decodable core has a fingerprint.

use std::fs;
use std::path::Path;
use std::process::Command;

use baton_tests::music::{tune, write_wav};
use baton_tests::{Workspace, or_skip, tool};
use serde_json::{Value, json};

use super::{beside, duplicates, encode, scan};

const TAGS: [&str; 6] = ["-metadata", "title=Night Bus", "-metadata", "artist=Mara Voss", "-metadata", "album=Pieces"];

#[test]
fn tags_of_files_without_a_fingerprint_are_read() {
    or_skip!(tool("ffmpeg", "apt-get install ffmpeg"));
    let workspace = Workspace::init();
    let (music, aside) = (beside(&workspace, "music"), beside(&workspace, "aside"));
    let source = aside.join("source.wav");
    write_wav(&source, &tune(1, 8));
    let kinds: [(&str, &[&str]); 5] = [
        ("x1.opus", &["-c:a", "libopus"]),
        ("x2.wma", &["-c:a", "wmav2"]),
        ("x3.wv", &["-c:a", "wavpack"]),
        ("x4.m4a", &["-c:a", "ac3", "-f", "mp4"]),
        ("x5.mka", &["-c:a", "libopus"]),
    ];
    for (name, how) in kinds {
        encode(&source, &music.join(name), &[how, &TAGS[..]].concat());
    }
    encode(&source, &music.join("heard.mp3"), &[&["-c:a", "libmp3lame"], &TAGS[..]].concat());
    let report = scan(&workspace, &music, &[], 0);
    assert_eq!(report["read"]["fingerprinted"], json!(1), "{report:#}");
    let listed = report["sources"][0]["items"].as_u64().unwrap();
    assert_eq!(report["read"]["skipped"]["unsupported"].as_u64().unwrap(), listed - 1, "{report:#}");
    let found = duplicates(&workspace, &[]);
    let likely = found["likely_by_metadata"].as_array().unwrap();
    let names = |ending: &str| {
        let of = |file: &Value| file["path"].as_str().unwrap().ends_with(ending);
        let one = likely.iter().find(|two| of(&two["one"]) && of_heard(&two["other"]));
        one.unwrap_or_else(|| panic!("{ending}: {found:#}")).clone()
    };
    for ending in [".opus", ".wma", ".m4a"] {
        let two = names(ending);
        assert_eq!(
            (&two["one"]["title"], &two["one"]["artist"]),
            (&json!("Night Bus"), &json!("Mara Voss")),
            "{two:#}"
        );
        assert_eq!(two["one"]["album"], json!("Pieces"), "{two:#}");
    }
}

fn of_heard(file: &Value) -> bool {
    file["path"].as_str().unwrap().ends_with("heard.mp3")
}

/// The fingerprint words that `baton fingerprint` prints.
fn words(workspace: &Workspace, file: &Path) -> Vec<u32> {
    let shown = workspace.baton(&["fingerprint", "-raw", "-length", "0", file.to_str().unwrap()]).ended(0).stdout;
    parsed(&shown)
}

fn parsed(shown: &str) -> Vec<u32> {
    let line = shown.lines().find_map(|line| line.strip_prefix("FINGERPRINT=")).unwrap();
    line.split(',').map(|word| word.parse().unwrap()).collect()
}

fn fpcalc(file: &Path) -> Vec<u32> {
    let args = ["-raw", "-length", "0", "-ignore-errors"];
    let ran = Command::new("fpcalc").args(args).arg(file).output().unwrap();
    parsed(&String::from_utf8(ran.stdout).unwrap())
}

/// The share of bits that differ.
fn difference(one: &[u32], other: &[u32]) -> f64 {
    let bits: u32 = one.iter().zip(other).map(|(one, other)| (one ^ other).count_ones()).sum();
    let all = u32::try_from(32 * one.len().min(other.len())).unwrap();
    f64::from(bits) / f64::from(all)
}

/// Writes an M4A whose configuration declares HE-AAC with twice the sample rate, as encoders of explicitly signalled HE-AAC do.
fn signalled(plain: &Path, to: &Path) {
    let mut bytes = fs::read(plain).unwrap();
    let find = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|window| window == what).unwrap();
    let esds = find(&bytes, b"esds");
    let at = esds + find(&bytes[esds..], &[0x05, 0x80, 0x80, 0x80]) + 5;
    // AAC-LC with 22,050 Hz and one channel, followed by free bytes.
    assert_eq!(bytes[at..at + 2], [0x13, 0x88]);
    assert!(bytes[at - 1] >= 5, "ffmpeg writes 5 bytes");
    // The object types 5 and 2, and the rates 22,050 and 44,100 Hz.
    bytes[at..at + 5].copy_from_slice(&[0x2b, 0x8a, 0x08, 0x00, 0x00]);
    let entry = find(&bytes, b"mp4a") + 4;
    bytes[entry + 24..entry + 26].copy_from_slice(&44_100_u16.to_be_bytes());
    fs::write(to, bytes).unwrap();
}

#[test]
fn signalled_he_aac_is_fingerprinted_from_its_core() {
    or_skip!(tool("ffmpeg", "apt-get install ffmpeg"));
    or_skip!(tool("fpcalc", "apt-get install libchromaprint-tools"));
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let source = workspace.outside().join("source.wav");
    write_wav(&source, &tune(1, 20));
    let plain = encode(&source, &music.join("plain.m4a"), &["-c:a", "aac", "-ar", "22050"]);
    let signalled_file = music.join("signalled.m4a");
    signalled(&plain, &signalled_file);
    assert_eq!(words(&workspace, &signalled_file), words(&workspace, &plain));
    let theirs = fpcalc(&signalled_file);
    let ours = words(&workspace, &signalled_file);
    assert!(
        difference(&ours, &theirs) < 0.1 && ours.len().abs_diff(theirs.len()) < 10,
        "{}",
        difference(&ours, &theirs)
    );
    assert_eq!(scan(&workspace, &music, &[], 0)["read"]["fingerprinted"], json!(2));
    assert_eq!(duplicates(&workspace, &[])["groups"].as_array().unwrap().len(), 1);
}

#[test]
fn aac_with_several_channels_has_the_fingerprint_of_fpcalc() {
    or_skip!(tool("ffmpeg", "apt-get install ffmpeg"));
    or_skip!(tool("fpcalc", "apt-get install libchromaprint-tools"));
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let [one, other, third] = [1, 2, 3].map(|number: u64| workspace.outside().join(format!("{number}.wav")));
    for (number, file) in [(1, &one), (2, &other), (3, &third)] {
        write_wav(file, &tune(number, 12));
    }
    let inputs = ["-i", other.to_str().unwrap(), "-i", third.to_str().unwrap(), "-filter_complex"];
    let mix = |layout: &str, names: &[&str]| {
        let channels: Vec<String> = names.iter().enumerate().map(|(at, name)| format!("{name}=c{}", at % 3)).collect();
        format!("[0:a][1:a][2:a]amerge=inputs=3,pan={layout}|{}[out]", channels.join("|"))
    };
    let layouts: [(&str, &[&str]); 3] = [
        ("3.0", &["FL", "FC", "FR"]),
        ("5.0", &["FL", "FC", "FR", "BL", "BR"]),
        ("5.1", &["FL", "FC", "FR", "BL", "BR", "LFE"]),
    ];
    for (layout, names) in layouts {
        for ending in ["m4a", "aac"] {
            let file = music.join(format!("{layout}.{ending}"));
            let how = ["-map", "[out]", "-c:a", "aac", "-b:a", "384k"];
            encode(&one, &file, &[&inputs[..], &[&mix(layout, names)], &how].concat());
            let (ours, theirs) = (words(&workspace, &file), fpcalc(&file));
            let differs = difference(&ours, &theirs);
            assert!(differs < 0.02 && ours.len().abs_diff(theirs.len()) < 3, "{layout}.{ending}: {differs}");
        }
    }
    let report = scan(&workspace, &music, &[], 0);
    assert_eq!((&report["read"]["fingerprinted"], &report["read"]["damaged"]), (&json!(6), &json!(0)), "{report:#}");
}

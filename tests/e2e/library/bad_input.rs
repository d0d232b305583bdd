//! Files in music folders that are not music, or that have just changed.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baton_tests::Workspace;
use baton_tests::music::{tune, wav, write_wav};
use serde_json::json;

use super::{SECONDS, beside, coverage, said, scan, scan_mixed, without};

#[test]
fn each_broken_or_unusual_file_has_a_reason_and_does_not_stop_the_scan() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let whole = wav(&tune(1, SECONDS));
    let noise: Vec<u8> = (0..40_000_u32).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[1]).collect();
    for (name, bytes) in [
        ("zero.mp3", &[][..]),
        ("zero.flac", &[]),
        ("noise.ogg", &noise),
        ("noise.m4a", &noise),
        ("header.wav", whole.get(..44).unwrap()),
        ("text.mp3", b"this is no music\n"),
        ("wrong ending.flac", &whole),
        ("silent.wav", &wav(&vec![0; 80_000])),
        ("good.wav", &whole),
    ] {
        fs::write(music.join(name), bytes).unwrap();
    }
    let strange = music.join(OsStr::from_bytes(b"not \xff UTF-8\n.wav"));
    fs::write(&strange, wav(&tune(2, SECONDS))).unwrap();
    fs::create_dir(music.join("folder.mp3")).unwrap();
    std::os::unix::fs::symlink(&music, music.join("loop")).unwrap();
    std::os::unix::fs::symlink("nowhere", music.join("dangling.mp3")).unwrap();
    let pipe = music.join("pipe.mp3");
    let mode = rustix::fs::Mode::RUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let report = scan_mixed(&workspace, &music, &["--verbose"]);
    let read = &report["read"];
    assert_eq!(report["sources"][0]["items"], json!(10), "{report}");
    // Silence may have a fingerprint or not, but each file must have exactly one result.
    let heard = read["fingerprinted"].as_u64().unwrap();
    assert!(heard + without(&report) == 10 && (3..=4).contains(&heard), "{report}");
    assert_eq!(scan(&workspace, &music, &[], 0)["read"]["files"], json!(0));
    let text = said(&workspace, &["coverage", "--missing", "20"], 1).stdout;
    assert!(text.contains("zero.mp3") && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn a_scan_that_can_read_no_file_ends_with_1() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    fs::write(music.join("text.mp3"), "this is no music\n").unwrap();
    let ended = said(&workspace, &["scan", music.to_str().unwrap()], 1);
    assert!(ended.stderr.contains("no file could be fingerprinted"), "{}", ended.stderr);
    write_wav(&music.join("a.wav"), &tune(1, SECONDS));
    scan(&workspace, &music, &[], 0);
    fs::write(music.join("other.mp3"), "this is no music\n").unwrap();
    let ended = said(&workspace, &["scan", music.to_str().unwrap()], 0);
    assert!(!ended.stderr.contains("no file"), "others have a fingerprint: {}", ended.stderr);
}

#[test]
fn a_file_that_is_replaced_while_it_is_read_fails() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    let (file, other) = (music.join("a.wav"), music.join("b.tmp"));
    let bytes = wav(&tune(5, 60));
    fs::write(&file, &bytes).unwrap();
    let over = AtomicBool::new(false);
    let report = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                fs::write(&other, &bytes).unwrap();
                fs::rename(&other, &file).unwrap();
                std::thread::sleep(Duration::from_micros(200));
            }
        });
        let report = workspace.baton(&["library", "scan", music.to_str().unwrap(), "--json"]);
        over.store(true, Ordering::Relaxed);
        report
    });
    let report = report.ended(1).json();
    assert_eq!((&report["read"]["fingerprinted"], &report["read"]["failed"]), (&json!(0), &json!({ "changed": 1 })));
    // The file no longer changes. It differs from the file whose scan failed, so the next scan reads it.
    assert_eq!(scan(&workspace, &music, &[], 0)["read"]["fingerprinted"], json!(1));
}

#[test]
fn fifty_thousand_files_in_one_folder_are_listed_and_each_has_its_reason() {
    const FILES: u64 = 50_000;
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    for number in 0..FILES {
        fs::write(music.join(format!("{number:05}.mp3")), "").unwrap();
    }
    write_wav(&music.join("good.wav"), &tune(1, SECONDS));
    let report = scan_mixed(&workspace, &music, &[]);
    assert_eq!((&report["read"]["files"], &report["read"]["fingerprinted"]), (&json!(FILES + 1), &json!(1)));
    let total = &coverage(&workspace)["total"];
    assert_eq!((&total["items"], &total["needed"], &total["pending"]), (&json!(FILES + 1), &json!(40_000), &json!(0)));
}

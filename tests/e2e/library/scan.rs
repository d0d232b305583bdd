//! Scans: the files that are read, the unchanged files, and the report.

use std::fs;

use baton_tests::Workspace;
use baton_tests::music::{tune, write_wav};
use serde_json::json;

use super::{SECONDS, beside, coverage, fill, said, scan, scan_mixed, without};

#[test]
fn a_scan_reads_new_and_changed_files_and_skips_unchanged_ones() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    fill(&music, 20);
    let dry = scan(&workspace, &music, &["--dry-run"], 0);
    assert_eq!((&dry["sources"][0]["new"], &dry["read"]["files"]), (&json!(20), &json!(0)));
    assert!(said(&workspace, &["coverage"], 1).stderr.contains("nothing was scanned yet"));
    // The JSON report exists even when there is nothing to do.
    assert_eq!((&coverage(&workspace)["total"]["items"], &coverage(&workspace)["sources"]), (&json!(0), &json!([])));
    assert_eq!(said(&workspace, &["duplicates", "--json"], 1).json()["groups"], json!([]));
    assert_eq!(said(&workspace, &["sources", "--json"], 0).json()["sources"], json!([]));
    let limited = scan(&workspace, &music, &["--limit", "5", "--jobs", "1"], 0);
    assert_eq!(limited["read"]["fingerprinted"], json!(5));
    assert_eq!(scan(&workspace, &music, &[], 0)["read"]["fingerprinted"], json!(15));
    let nothing = scan(&workspace, &music, &[], 0);
    assert_eq!((&nothing["read"]["files"], &nothing["sources"][0]["unchanged"]), (&json!(0), &json!(20)));
    write_wav(&music.join("00/0003.wav"), &tune(1_003, SECONDS + 1));
    fs::remove_file(music.join("00/0004.wav")).unwrap();
    let changed = scan(&workspace, &music, &[], 0);
    assert_eq!((&changed["sources"][0]["changed"], &changed["sources"][0]["missing"]), (&json!(1), &json!(1)));
    assert_eq!(changed["read"]["fingerprinted"], json!(1));
    let total = &coverage(&workspace)["total"];
    assert_eq!((&total["items"], &total["fingerprinted"], &total["missing"]), (&json!(19), &json!(19), &json!(1)));
}

#[test]
fn verifying_finds_changed_bytes_in_files_with_the_same_size_and_time() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    fill(&music, 6);
    scan(&workspace, &music, &[], 0);
    let verified = scan(&workspace, &music, &["--verify"], 0);
    assert_eq!((&verified["read"]["same"], &verified["read"]["differ"]), (&json!(6), &json!(0)));
    let file = music.join("00/0002.wav");
    let time = fs::metadata(&file).unwrap().modified().unwrap();
    write_wav(&file, &tune(99, SECONDS));
    fs::File::options().append(true).open(&file).unwrap().set_modified(time).unwrap();
    assert_eq!(scan(&workspace, &music, &[], 0)["read"]["files"], json!(0));
    let verified = scan(&workspace, &music, &["--verify"], 1);
    assert_eq!((&verified["read"]["same"], &verified["read"]["differ"]), (&json!(5), &json!(1)));
}

#[test]
fn coverage_reports_missing_fingerprints_reasons_and_the_needed_number() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    fill(&music, 7);
    fs::write(music.join("empty.mp3"), "").unwrap();
    write_wav(&music.join("short.wav"), &tune(50, 1));
    fs::write(music.join("noise.wma"), vec![7; 5_000]).unwrap();
    let report = scan_mixed(&workspace, &music, &[]);
    assert_eq!((&report["read"]["fingerprinted"], without(&report)), (&json!(7), 3), "{report}");
    let total = &coverage(&workspace)["total"];
    assert_eq!((&total["items"], &total["per_mille"], &total["needed"]), (&json!(10), &json!(700), &json!(1)));
    let text = said(&workspace, &["coverage", "--missing", "10"], 1).stdout;
    for part in ["70.0 % of 10 items: 1 more are needed for 80 %", "too_short", "short.wav", "empty.mp3", "noise.wma"] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    assert!(
        said(&workspace, &["coverage", "--gate", "70"], 0).stdout.contains("the required share of 70 % is reached")
    );
    // A scan does not read a failed file again without `--retry`.
    assert_eq!(scan(&workspace, &music, &[], 0)["read"]["files"], json!(0));
    assert_eq!(scan_mixed(&workspace, &music, &["--retry"])["read"]["files"], json!(3));
}

#[test]
fn sources_are_recorded_scanned_together_and_forgotten_on_request() {
    let workspace = Workspace::init();
    let none = said(&workspace, &["scan"], 2);
    assert!(none.stderr.contains("name a folder"), "{}", none.stderr);
    let (one, two) = (beside(&workspace, "one"), beside(&workspace, "one/two"));
    fill(&one, 3);
    write_wav(&two.join("x.wav"), &tune(70, SECONDS));
    scan(&workspace, &one, &[two.to_str().unwrap()], 0);
    let again = workspace.baton(&["library", "scan", "--json"]).ended(0).json();
    let items: Vec<_> = again["sources"].as_array().unwrap().iter().map(|source| &source["items"]).collect();
    // A source within another is scanned separately.
    assert_eq!(items, [&json!(3), &json!(1)]);
    said(&workspace, &["sources", "--forget", two.to_str().unwrap()], 0);
    assert_eq!(coverage(&workspace)["total"]["items"], json!(3));
    assert!(two.join("x.wav").is_file());
    let wrong = said(&workspace, &["sources", "--forget", "/nowhere"], 2);
    assert!(wrong.stderr.contains("is not a source"), "{}", wrong.stderr);
}

#[test]
fn files_of_the_library_are_never_written() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    fill(&music, 4);
    let state = || {
        let files = (0..4).map(|number| music.join(format!("00/{number:04}.wav")));
        files
            .map(|file| (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().modified().unwrap()))
            .collect::<Vec<_>>()
    };
    let before = state();
    scan(&workspace, &music, &[], 0);
    scan(&workspace, &music, &["--verify"], 0);
    super::duplicates(&workspace, &[]);
    assert!(before == state());
}

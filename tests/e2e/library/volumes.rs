//! A disk that is not there: its items stay as they are, whether the source's folder is gone, empty, or only a part of it is.

use std::fs;

use baton_tests::Mount;
use baton_tests::Workspace;
use serde_json::{Value, json};

use super::{beside, coverage, fill, said, scan};

fn counts(total: &Value) -> [u64; 3] {
    ["items", "fingerprinted", "missing"].map(|name| total[name].as_u64().unwrap())
}

#[test]
fn a_source_whose_folder_is_gone_or_empty_loses_nothing() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    fill(&music, 5);
    scan(&workspace, &music, &[], 0);
    fs::rename(&music, workspace.outside().join("aside")).unwrap();
    // It cannot be named, because it is not there; what was scanned before can be scanned again.
    let named = said(&workspace, &["scan", music.to_str().unwrap()], 2);
    assert!(named.stderr.contains("cannot be a source"), "{}", named.stderr);
    for empty in [false, true] {
        if empty {
            fs::create_dir(&music).unwrap();
        }
        let report = workspace.baton(&["library", "scan", "--json"]).ended(1).json();
        assert!(report["sources"][0]["failure"].is_string(), "{report}");
        assert_eq!(counts(&coverage(&workspace)["total"]), [5, 5, 0]);
    }
    assert!(said(&workspace, &["coverage"], 0).stdout.contains("cannot be reached"));
    fs::remove_dir(&music).unwrap();
    fs::rename(workspace.outside().join("aside"), &music).unwrap();
    let back = scan(&workspace, &music, &[], 0);
    assert_eq!((&back["sources"][0]["unchanged"], &back["read"]["files"]), (&json!(5), &json!(0)));
}

#[test]
fn a_disk_within_a_source_that_is_unmounted_loses_nothing_and_a_file_that_was_deleted_is_gone() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    fill(&music, 3);
    let disk = music.join("disk");
    fs::create_dir(&disk).unwrap();
    let Ok(mount) = Mount::small(&disk, 8 << 10) else { return };
    fill(&disk, 4);
    scan(&workspace, &music, &[], 0);
    assert_eq!(counts(&coverage(&workspace)["total"]), [7, 7, 0]);
    drop(mount);
    fs::remove_file(music.join("00/0001.wav")).unwrap();
    let report = scan(&workspace, &music, &[], 0);
    assert_eq!((&report["sources"][0]["kept"], &report["sources"][0]["missing"]), (&json!(4), &json!(1)));
    assert_eq!(counts(&coverage(&workspace)["total"]), [6, 6, 1]);
}

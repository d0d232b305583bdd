//! Renames: the state after a kill, and names that are in use.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use serde_json::json;

use crate::losses::NAME;
use crate::test_drive::{TestDrive, ids};

const NEW: &str = "drive/T_id-1/T_id-1";

/// A synced database whose files also exist under an older title.
fn with_two_names() -> TestDrive {
    let drive = TestDrive::new();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    drive.sync();
    for ending in ["csv", "manifest.json"] {
        let old = drive.path(&format!("drive/T_id-1/Old_id-1.{ending}"));
        fs::hard_link(drive.path(&format!("{NEW}.{ending}")), old).unwrap();
    }
    drive
}

#[test]
fn two_names_of_one_file_are_reduced_to_one_by_any_action() {
    for action in ["ensure-folder", "sync", "repair"] {
        let drive = with_two_names();
        let found = drive.run("diagnose", &json!({}));
        assert!(ids(&found).contains(&"leftover:id-1:T_id-1/Old_id-1.csv"), "{:?}", found.findings);
        let csv = drive.csv();
        drive.database(&[NAME], &[&["p1", "One"]], true);
        let args = match action {
            "ensure-folder" => json!({ "database": "id-1", "title": "T" }),
            "repair" => json!({ "apply": true }),
            _ => json!({}),
        };
        assert!(ids(&drive.run(action, &args)).is_empty(), "{action}");
        assert_eq!(drive.names("drive/T_id-1"), [".archive", "T_id-1.csv", "T_id-1.manifest.json"], "{action}");
        assert_eq!(drive.csv(), csv);
        assert_eq!(fs::metadata(drive.path(&format!("{NEW}.csv"))).unwrap().nlink(), 1, "{action}");
        assert!(ids(&drive.run("diagnose", &json!({}))).is_empty(), "{action}");
    }
}

#[test]
fn a_merge_that_was_killed_between_two_names_continues() {
    for action in ["ensure-folder", "sync", "repair"] {
        let drive = TestDrive::new();
        drive.database(&[NAME], &[&["p1", "One"]], true);
        drive.sync();
        for (path, text) in [("T_id-1 (1)/notes", "n"), ("T_id-1 (1)/.archive/b", "b")] {
            drive.write(&format!("drive/{path}"), text);
            fs::hard_link(
                drive.path(&format!("drive/{path}")),
                drive.path(&format!("drive/{}", path.replace(" (1)", ""))),
            )
            .unwrap();
        }
        let args = match action {
            "ensure-folder" => json!({ "database": "id-1", "title": "T" }),
            "repair" => json!({ "apply": true }),
            _ => json!({}),
        };
        assert!(ids(&drive.run(action, &args)).is_empty(), "{action}");
        assert_eq!(drive.names("drive"), ["T_id-1"], "{action}");
        assert_eq!((drive.read("drive/T_id-1/notes"), drive.read("drive/T_id-1/.archive/b")), ("n".into(), "b".into()));
    }
}

#[test]
fn no_action_merges_unrelated_folders() {
    let drive = TestDrive::new();
    for path in ["photos_2024/a", "invoices_2024/b", "my_music-tracks/c"] {
        drive.write(&format!("drive/{path}"), path);
    }
    let outcome = drive.run("ensure-folder", &json!({ "database": "2024", "title": "Budget" }));
    assert_eq!(ids(&outcome), ["perhaps-anothers:2024"]);
    assert!(outcome.findings[0].evidence.contains("photos_2024") && outcome.findings[0].evidence.contains("diagnose"));
    for _ in 0..2 {
        let outcome = drive.run("ensure-folder", &json!({ "database": "music-tracks", "title": "Tracks" }));
        assert_eq!(ids(&outcome), ["perhaps-anothers:music-tracks"]);
        drive.run("repair", &json!({ "apply": true }));
        let expected = ["Budget_2024", "Tracks_music-tracks", "invoices_2024", "my_music-tracks", "photos_2024"];
        assert_eq!(drive.names("drive"), expected);
    }
    assert_eq!(
        (drive.names("drive/my_music-tracks"), drive.names("drive/Budget_2024")),
        (vec!["c".to_owned()], vec![])
    );
    let found = drive.run("diagnose", &json!({}));
    let told: Vec<_> = ids(&found).into_iter().filter(|id| !id.starts_with("missing-")).collect();
    // Nothing was synced here, so the title of the database is unknown.
    assert!(told.is_empty(), "{told:?}");
    drive.run("ensure-folder", &json!({ "database": "2024", "title": "photos" }));
    assert_eq!(drive.names("drive/photos_2024"), ["a"]);
}

#[test]
fn folders_of_a_person_with_equal_suffixes_cause_no_finding() {
    let drive = TestDrive::new();
    for path in ["photos_2024/a.jpg", "invoices_2024/b.pdf", "Budget_2025/x", "Budget_2025 (1)/y"] {
        drive.write(&format!("drive/{path}"), path);
    }
    let found = drive.run("diagnose", &json!({}));
    assert!(!ids(&found).iter().any(|id| id.contains("_2024")), "{:?}", found.findings);
    assert!(ids(&found).contains(&"duplicate-folder:2025:Budget_2025"), "{:?}", found.findings);
}

#[test]
fn a_title_may_begin_with_a_dot() {
    let drive = TestDrive::new();
    drive.write("drive/.NET notes_id-1/.NET notes_id-1.csv", "__page_id,__last_synced_iso,Name\n,,title\np1,,One\n");
    drive.run("ensure-folder", &json!({ "database": "id-1", "title": ".NET notes" }));
    assert_eq!(drive.names("drive"), [".NET notes_id-1"]);
    drive.write("drive/NET notes_id-1/NET notes_id-1.csv", "x");
    let found = drive.run("diagnose", &json!({}));
    assert!(ids(&found).contains(&"duplicate-folder:id-1:.NET notes_id-1"), "{:?}", found.findings);
}

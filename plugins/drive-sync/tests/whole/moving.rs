//! Renames: the state after a kill, and names that are in use.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use serde_json::json;

use crate::losses::NAME;
use crate::place::{Place, ids};

const NEW: &str = "drive/T_id-1/T_id-1";

/// A synced database whose files also exist under an older title.
fn with_two_names() -> Place {
    let place = Place::new();
    place.database(&[NAME], &[&["p1", "One"]], true);
    place.sync();
    for ending in ["csv", "manifest.json"] {
        let old = place.path(&format!("drive/T_id-1/Old_id-1.{ending}"));
        fs::hard_link(place.path(&format!("{NEW}.{ending}")), old).unwrap();
    }
    place
}

#[test]
fn two_names_of_one_file_are_ended_by_whatever_comes_next() {
    for action in ["ensure-folder", "sync", "repair"] {
        let place = with_two_names();
        let found = place.run("diagnose", &json!({}));
        assert!(ids(&found).contains(&"leftover:id-1:T_id-1/Old_id-1.csv"), "{:?}", found.findings);
        let csv = place.csv();
        place.database(&[NAME], &[&["p1", "One"]], true);
        let args = match action {
            "ensure-folder" => json!({ "database": "id-1", "title": "T" }),
            "repair" => json!({ "apply": true }),
            _ => json!({}),
        };
        assert!(ids(&place.run(action, &args)).is_empty(), "{action}");
        assert_eq!(place.names("drive/T_id-1"), [".archive", "T_id-1.csv", "T_id-1.manifest.json"], "{action}");
        assert_eq!(place.csv(), csv);
        assert_eq!(fs::metadata(place.path(&format!("{NEW}.csv"))).unwrap().nlink(), 1, "{action}");
        assert!(ids(&place.run("diagnose", &json!({}))).is_empty(), "{action}");
    }
}

#[test]
fn a_merge_that_was_killed_between_two_names_continues() {
    for action in ["ensure-folder", "sync", "repair"] {
        let place = Place::new();
        place.database(&[NAME], &[&["p1", "One"]], true);
        place.sync();
        for (path, text) in [("T_id-1 (1)/notes", "n"), ("T_id-1 (1)/.archive/b", "b")] {
            place.write(&format!("drive/{path}"), text);
            fs::hard_link(
                place.path(&format!("drive/{path}")),
                place.path(&format!("drive/{}", path.replace(" (1)", ""))),
            )
            .unwrap();
        }
        let args = match action {
            "ensure-folder" => json!({ "database": "id-1", "title": "T" }),
            "repair" => json!({ "apply": true }),
            _ => json!({}),
        };
        assert!(ids(&place.run(action, &args)).is_empty(), "{action}");
        assert_eq!(place.names("drive"), ["T_id-1"], "{action}");
        assert_eq!((place.read("drive/T_id-1/notes"), place.read("drive/T_id-1/.archive/b")), ("n".into(), "b".into()));
    }
}

#[test]
fn folders_of_strangers_are_merged_by_no_action() {
    let place = Place::new();
    for path in ["photos_2024/a", "invoices_2024/b", "my_music-tracks/c"] {
        place.write(&format!("drive/{path}"), path);
    }
    let outcome = place.run("ensure-folder", &json!({ "database": "2024", "title": "Budget" }));
    assert_eq!(ids(&outcome), ["perhaps-anothers:2024"]);
    assert!(outcome.findings[0].evidence.contains("photos_2024") && outcome.findings[0].evidence.contains("diagnose"));
    for _ in 0..2 {
        let outcome = place.run("ensure-folder", &json!({ "database": "music-tracks", "title": "Tracks" }));
        assert_eq!(ids(&outcome), ["perhaps-anothers:music-tracks"]);
        place.run("repair", &json!({ "apply": true }));
        let expected = ["Budget_2024", "Tracks_music-tracks", "invoices_2024", "my_music-tracks", "photos_2024"];
        assert_eq!(place.names("drive"), expected);
    }
    assert_eq!(
        (place.names("drive/my_music-tracks"), place.names("drive/Budget_2024")),
        (vec!["c".to_owned()], vec![])
    );
    let found = place.run("diagnose", &json!({}));
    let told: Vec<_> = ids(&found).into_iter().filter(|id| !id.starts_with("missing-")).collect();
    // Nothing was synced here, so nothing says which of the titles is the database's.
    assert!(told.is_empty(), "{told:?}");
    place.run("ensure-folder", &json!({ "database": "2024", "title": "photos" }));
    assert_eq!(place.names("drive/photos_2024"), ["a"]);
}

#[test]
fn folders_of_a_person_that_end_alike_are_not_duplicates_and_lack_nothing() {
    let place = Place::new();
    for path in ["photos_2024/a.jpg", "invoices_2024/b.pdf", "Budget_2025/x", "Budget_2025 (1)/y"] {
        place.write(&format!("drive/{path}"), path);
    }
    let found = place.run("diagnose", &json!({}));
    assert!(!ids(&found).iter().any(|id| id.contains("_2024")), "{:?}", found.findings);
    assert!(ids(&found).contains(&"duplicate-folder:2025:Budget_2025"), "{:?}", found.findings);
}

#[test]
fn a_title_may_begin_with_a_dot() {
    let place = Place::new();
    place.write("drive/.NET notes_id-1/.NET notes_id-1.csv", "__page_id,__last_synced_iso,Name\n,,title\np1,,One\n");
    place.run("ensure-folder", &json!({ "database": "id-1", "title": ".NET notes" }));
    assert_eq!(place.names("drive"), [".NET notes_id-1"]);
    place.write("drive/NET notes_id-1/NET notes_id-1.csv", "x");
    let found = place.run("diagnose", &json!({}));
    assert!(ids(&found).contains(&"duplicate-folder:id-1:.NET notes_id-1"), "{:?}", found.findings);
}

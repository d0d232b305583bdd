//! `sync` to the Drive: the written and the skipped files, and the cost of a sync without changes.

use std::fs;

use baton_plugin_kit::host::{Locks as _, Tables as _, Writable as _};
use baton_plugin_sdk::{Error, OutcomeKind};
use baton_tests::drive_folder::{self, REAL, Shape};
use serde_json::json;

use crate::test_drive::{TestDrive, ids, report};

const PROPERTIES: &[(&str, &str, &str)] = &[("title", "Name", "title"), ("a", "Tags", "multi_select")];

#[test]
fn a_database_gets_its_folder_csv_and_manifest() {
    let drive = TestDrive::new();
    drive.database(PROPERTIES, &[&["p1", "One", "House,Deep House"], &["p2", "a\rb", "[\"x, y\"]"]], true);
    let outcome = drive.sync();
    assert_eq!(outcome.summary, "1 database checked: 0 unchanged, 1 written (2 rows).");
    let csv = "__page_id,__last_synced_iso,Name,Tags\n,,title,multi_select\n\
               p1,2026-01-18T10:01:00Z,One,\"House, Deep House\"\np2,2026-01-18T10:01:00Z,\"a\rb\",\"[\"\"x, y\"\"]\"\n";
    assert_eq!(drive.csv(), csv);
    let manifest: serde_json::Value = serde_json::from_str(&drive.read("drive/T_id-1/T_id-1.manifest.json")).unwrap();
    assert_eq!((&manifest["columns"][1]["property"], &manifest["row_count"]), (&json!("a"), &json!(2)));
    assert_eq!(drive.names("drive/T_id-1/.archive"), [".last-synced.csv"]);
}

#[test]
fn unchanged_rows_are_not_written_and_keep_their_times() {
    let drive = TestDrive::new();
    let rows: &[&[&str]] = &[&["p1", "One", "a"], &["p2", "Two", "b"]];
    drive.database(PROPERTIES, rows, true);
    drive.sync();
    let (csv, written) =
        (drive.csv(), fs::metadata(drive.path("drive/T_id-1/T_id-1.csv")).unwrap().modified().unwrap());
    assert_eq!(drive.sync().summary, "1 database checked: 1 unchanged, 0 written (0 rows).");
    // The same content is read again.
    drive.database(PROPERTIES, rows, true);
    assert_eq!(drive.sync().summary, "1 database checked: 1 unchanged, 0 written (0 rows).");
    assert_eq!(fs::metadata(drive.path("drive/T_id-1/T_id-1.csv")).unwrap().modified().unwrap(), written);
    // One row changed: the other keeps its time, and the old CSV is kept as a backup.
    drive.database(PROPERTIES, &[&["p1", "One", "a"], &["p2", "Zwei", "b"]], true);
    assert_eq!(drive.sync().summary, "1 database checked: 0 unchanged, 1 written (2 rows).");
    let lines: Vec<String> = drive.csv().lines().map(str::to_owned).collect();
    assert_eq!(lines[2..], ["p1,2026-01-18T10:01:00Z,One,a", "p2,2026-01-18T10:04:00Z,Zwei,b"]);
    let backup = "T_id-1_v2026-01-18_10-04-00-000Z.csv";
    assert_eq!(drive.names("drive/T_id-1/.archive"), [".last-synced.csv", backup]);
    assert_eq!(drive.read(&format!("drive/T_id-1/.archive/{backup}")), csv);
}

#[test]
fn a_csv_changed_by_hand_is_reported_and_not_replaced_automatically() {
    let drive = TestDrive::new();
    drive.database(PROPERTIES, &[&["p1", "One", "a"]], true);
    drive.sync();
    drive.edit_csv("One", "Eins");
    let outcome = drive.sync();
    assert_eq!(ids(&outcome), ["changed-by-hand:id-1"]);
    assert!(outcome.findings[0].title.contains("--arg database=id-1 --arg direction=from-drive"));
    assert!(drive.csv().contains("Eins"));
    let outcome = drive.run("sync", &json!({ "overwrite": true }));
    assert!(ids(&outcome).is_empty() && drive.csv().contains("One"));
    let backups = drive.names("drive/T_id-1/.archive");
    assert!(drive.read(&format!("drive/T_id-1/.archive/{}", backups[1])).contains("Eins"), "{backups:?}");
    // A CSV with a new file time and the same bytes is not a change.
    let csv = drive.csv();
    std::thread::sleep(std::time::Duration::from_millis(10));
    drive.write("drive/T_id-1/T_id-1.csv", &csv);
    assert!(ids(&drive.sync()).is_empty());
}

#[test]
fn a_deleted_csv_is_written_again_with_the_cells_that_only_it_had() {
    let drive = TestDrive::new();
    drive.database(PROPERTIES, &[&["p1", "One", "a"]], true);
    drive.sync();
    drive.database(&PROPERTIES[..1], &[&["p1", "One"]], true);
    drive.sync();
    fs::remove_file(drive.path("drive/T_id-1/T_id-1.csv")).unwrap();
    drive.sync();
    assert!(drive.csv().contains(",One,a\n"), "{}", drive.csv());
}

#[test]
fn a_lost_copy_of_the_last_csv_is_restored() {
    let drive = TestDrive::new();
    drive.database(PROPERTIES, &[&["p1", "One", "a"]], true);
    drive.sync();
    let copy = drive.path("drive/T_id-1/.archive/.last-synced.csv");
    fs::write(&copy, "another").unwrap();
    drive.database(PROPERTIES, &[&["p1", "One", "a"]], true);
    assert!(drive.sync().summary.contains("1 unchanged"));
    assert_eq!(fs::read_to_string(copy).unwrap(), drive.csv());
}

#[test]
fn the_removal_of_many_rows_is_refused_and_incomplete_readings_remove_none() {
    let drive = TestDrive::new();
    let names: Vec<String> = (0..60).map(|number| format!("p{number}")).collect();
    let rows: Vec<Vec<&str>> = names.iter().map(|name| vec![name.as_str(), "x", "y"]).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let count = |drive: &TestDrive| drive.csv().lines().count() - 2;
    drive.database(PROPERTIES, &rows, true);
    drive.sync();
    drive.database(PROPERTIES, &rows[..20], false);
    drive.sync();
    assert_eq!(count(&drive), 60, "incomplete");
    drive.database(PROPERTIES, &rows[..47], true);
    let refused = drive.sync();
    assert_eq!((ids(&refused), count(&drive)), (vec!["shrinks:id-1"], 60));
    drive.database(PROPERTIES, &rows[..50], true);
    assert_eq!((ids(&drive.sync()).len(), count(&drive)), (0, 50), "ten may always go");
    drive.database(PROPERTIES, &rows[..1], true);
    drive.sync();
    assert_eq!(count(&drive), 50);
    drive.run("sync", &json!({ "allow_shrink": true }));
    assert_eq!(count(&drive), 1);
}

#[test]
fn tables_of_the_catalog_are_databases_too() {
    let drive = TestDrive::new();
    let put = "INSERT INTO put_track (source, service, id, title, artists) VALUES ('djay', 'djay', 'a', 'One', '[\"A, B\",\"C\"]')";
    drive.catalog().execute(put, &[]).unwrap();
    let args = json!({ "catalog": ["tracks", "plays"] });
    assert_eq!(drive.run("sync", &args).summary, "2 databases checked: 0 unchanged, 2 written (1 row).");
    assert_eq!(drive.names("drive"), ["Catalog Plays_catalog-plays", "Catalog Tracks_catalog-tracks"]);
    let csv = drive.read("drive/Catalog Tracks_catalog-tracks/Catalog Tracks_catalog-tracks.csv");
    assert!(csv.contains("One,\"[\"\"A, B\"\",\"\"C\"\"]\""), "{csv}");
    assert_eq!(drive.run("sync", &args).summary, "2 databases checked: 2 unchanged, 0 written (0 rows).");
    assert!(matches!(drive.try_run("sync", &json!({ "catalog": ["facts"] })), Err(Error::Permanent(_))));
    drive.write("drive/Catalog Tracks_catalog-tracks/Catalog Tracks_catalog-tracks.csv", &csv.replace("One", "Eins"));
    let title = &drive.run("sync", &args).findings[0].title;
    assert!(
        title.contains("--arg database=catalog-tracks --arg 'catalog=[\"tracks\"]' --arg direction=from-drive"),
        "{title}"
    );
}

#[test]
fn a_locked_database_is_skipped() {
    let drive = TestDrive::new();
    drive.database(PROPERTIES, &[&["p1", "One", "a"]], true);
    let held = drive.locks.take("database:id-1").unwrap();
    // Nothing was done; a later attempt gets the lock.
    let busy = drive.try_run("sync", &json!({}));
    assert!(matches!(&busy, Err(Error::Retryable(text)) if text.contains("works on 1 database")), "{busy:?}");
    assert!(drive.names("drive").is_empty());
    let catalog = json!({ "catalog": ["tracks"] });
    let outcome = drive.run("sync", &catalog);
    assert_eq!(outcome.kind, OutcomeKind::Partial);
    assert!(outcome.summary.ends_with("1 skipped, because another task works on them: id-1."), "{}", outcome.summary);
    drop(held);
    assert!(drive.sync().summary.contains("1 written"));
}

#[test]
fn a_killed_sync_recognises_its_file() {
    let drive = TestDrive::new();
    drive.database(PROPERTIES, &[&["p1", "One", "a"]], true);
    drive.sync();
    let before = "SELECT csv_digest, manifest FROM databases";
    let before = drive.own().query(before, &[]).unwrap().rows.remove(0);
    drive.database(&[("title", "Title", "title"), PROPERTIES[1]], &[&["p1", "Two", "a"]], true);
    drive.sync();
    assert!(drive.csv().contains("Title"));
    // This is the state after a kill right after the rename: the new file, and the recorded next
    // state.
    let killed = "UPDATE databases SET next_digest = csv_digest, next_manifest = manifest, csv_digest = ?1, manifest = ?2, \
                  source_stamp = '', csv_stamp = ''";
    drive.own().execute(killed, &before).unwrap();
    assert!(ids(&drive.sync()).is_empty());
    drive.database(PROPERTIES, &[&["p1", "Three", "a"]], true);
    assert_eq!(ids(&drive.sync()), ["column-renamed:id-1:Name"]);
}

#[test]
fn a_real_drive_is_repaired_once_and_then_unchanged() {
    let drive = TestDrive::new();
    drive_folder::databases(&drive.path("databases"), REAL, 1);
    drive_folder::drive(&drive.path("drive"), REAL, 1);
    let first = drive.sync();
    assert!(
        first.summary.starts_with("241 databases checked: 0 unchanged") || first.summary.contains("168 folders merged")
    );
    assert_eq!(report(&first, "drive-sync")["folders_merged"], 168);
    assert!(first.findings.iter().all(|finding| finding.id.starts_with("column-")), "{:?}", first.findings.first());
    assert_eq!(drive.names("drive").len(), 241 + 272 + 2);
    let second = drive.sync();
    assert_eq!(second.summary, "241 databases checked: 241 unchanged, 0 written (0 rows).");
    assert!(second.artifacts.is_empty() && second.findings.is_empty());
}

#[test]
fn retention_uses_the_existing_names() {
    let drive = TestDrive::new();
    let shape = Shape {
        databases: 1,
        duplicates: 0,
        without_csv: 0,
        without_archive: 0,
        orphans: 0,
        odd: 0,
        backups: 307,
        ..REAL
    };
    drive_folder::databases(&drive.path("databases"), shape, 1);
    drive_folder::drive(&drive.path("drive"), shape, 1);
    let folder = drive.names("drive")[0].clone();
    drive.write(&format!("drive/{folder}/.archive/mine.csv"), "x");
    drive.run("sync", &json!({ "keep": 20 }));
    drive.write("databases/db-000.csv", &drive_folder::rows(0, 1).replace("House", "Techno"));
    drive.run("sync", &json!({ "keep": 20 }));
    let left = drive.names(&format!("drive/{folder}/.archive"));
    assert_eq!(left.iter().filter(|name| name.contains("_v20")).count(), 20);
    assert!(left.contains(&"mine.csv".to_owned()));
}

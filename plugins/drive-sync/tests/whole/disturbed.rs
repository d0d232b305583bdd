//! Disturbances: saves and kills at the wrong moment, another workspace, folders that are not databases, links.

use std::cell::Cell;
use std::fs;

use baton_plugin_kit::host::{Tables as _, Writable as _};
use baton_tests::host_services::{Call, HookedDatabase};
use serde_json::json;

use crate::losses::{BPM, CSV, NAME, RELATED, edited, from_drive, with_tombstone};
use crate::test_drive::{TestDrive, ids, report};
use crate::test_services::FailingLocks;

#[test]
fn a_file_saved_during_its_replacement_is_kept() {
    let drive = edited();
    drive.edit_csv("Eins", "One");
    drive.database(&[NAME, RELATED], &[&["p1", "Uno", "x"], &["p2", "Two", "y"]], true);
    let saved = drive.csv().replace("One", "Saved just now");
    // Somebody saves the CSV while the sync records the next state.
    let done = Cell::new(false);
    let own = HookedDatabase::new(drive.own(), |call, statement| {
        if call == Call::Execute && statement.starts_with("INSERT OR REPLACE INTO databases") && !done.replace(true) {
            fs::write(drive.path(CSV), &saved).unwrap();
        }
        Ok(())
    });
    let outcome = drive.run_with("sync", &json!({}), &own, &drive.locks).unwrap();
    assert_eq!(ids(&outcome), ["changed-by-hand:id-1"]);
    assert!(done.get());
    assert_eq!(drive.csv(), saved);
    assert!(drive.names("drive/T_id-1").iter().all(|name| !name.contains("part")));
}

#[test]
fn a_sync_that_is_killed_twice_recognises_its_file() {
    let drive = edited();
    drive.edit_csv("Eins", "One");
    let memory = drive.own().query("SELECT csv_digest, manifest FROM databases", &[]).unwrap().rows.remove(0);
    drive.database(&[NAME, RELATED], &[&["p1", "Second", "x"], &["p2", "Two", "y"]], true);
    drive.sync();
    let killed = "UPDATE databases SET next_digest = csv_digest, next_manifest = manifest, csv_digest = ?1, manifest = ?2, \
                  source_stamp = '', csv_stamp = ''";
    drive.own().execute(killed, &memory).unwrap();
    // The second run ends after it recorded the next state.
    drive.database(&[NAME, RELATED], &[&["p1", "Third", "x"], &["p2", "Two", "y"]], true);
    let part = drive.path("drive/T_id-1/.drive-sync.part");
    fs::create_dir(&part).unwrap();
    assert_eq!(ids(&drive.sync()), ["unwritable:id-1"]);
    fs::remove_dir(&part).unwrap();
    assert!(ids(&drive.sync()).is_empty());
    assert!(drive.csv().contains("Third"));
}

#[test]
fn a_new_workspace_does_not_replace_changes_made_by_hand() {
    let drive = edited();
    drive.own().execute("DELETE FROM databases", &[]).unwrap();
    assert_eq!(ids(&drive.sync()), ["changed-by-hand:id-1"]);
    assert!(drive.csv().contains("Eins"));
    drive.edit_csv("Eins", "One");
    assert!(ids(&drive.sync()).is_empty());
}

#[test]
fn a_manifest_of_another_csv_is_not_used() {
    let drive = TestDrive::new();
    drive.database(&[NAME, ("b", "BPM", "title")], &[&["p1", "One", "120"]], true);
    drive.sync();
    let path = "drive/T_id-1/T_id-1.manifest.json";
    let other = drive.read(path).replace("\"header\": \"Name\"", "\"header\": \"x\"");
    let other = other.replace("\"header\": \"BPM\"", "\"header\": \"Name\"").replace("\"x\"", "\"BPM\"");
    let mut other: serde_json::Value = serde_json::from_str(&other).unwrap();
    other["header_sha256"] = json!("of another");
    drive.write(path, &other.to_string());
    drive.own().execute("DELETE FROM databases", &[]).unwrap();
    drive.database(&[NAME, ("b", "BPM", "title")], &[&["p1", "One", "120"]], true);
    assert!(ids(&drive.sync()).is_empty());
    assert_eq!(drive.csv().lines().next(), Some("__page_id,__last_synced_iso,Name,BPM"));
}

#[test]
fn guard_keeps_newer_source_cells_under_a_header_changed_by_hand() {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    drive.sync();
    drive.edit_csv("BPM", "Beats");
    drive.database(&[NAME, BPM], &[&["p1", "One", "125"]], true);
    drive.run("adopt-column", &json!({ "database": "id-1", "column": "Beats", "property": "b" }));
    let outcome = drive.run("sync", &from_drive());
    assert!(outcome.summary.contains("0 changed"), "{}", outcome.summary);
    assert_eq!(ids(&drive.sync()), ["column-renamed:id-1:BPM"], "as adopt-column says");
    assert!(drive.csv().contains("Name,BPM\n") && drive.csv().contains(",One,125\n"), "{}", drive.csv());
}

#[test]
fn a_reading_is_identified_by_its_sidecar_and_a_column_of_a_person_needs_no_readings() {
    let drive = with_tombstone();
    drive.run("approve-deletion", &json!({ "database": "id-1", "property": "b" }));
    for row in ["A", "B", "C", "D"] {
        let csv = drive.read("databases/T.csv");
        let name = csv.lines().nth(2).unwrap().split('"').nth(1).unwrap().to_owned();
        std::thread::sleep(std::time::Duration::from_millis(10));
        drive.write("databases/T.csv", &csv.replace(&name, row));
        drive.sync();
    }
    assert!(drive.csv().contains(",D,120\n"), "{}", drive.csv());
    let own = drive.csv().replace("Name,BPM\n,,title,number", "Name,BPM,Mine\n,,title,number,");
    let own: Vec<String> =
        own.lines().enumerate().map(|(n, line)| if n < 2 { line.into() } else { format!("{line},m") }).collect();
    drive.write(CSV, &format!("{}\n", own.join("\n")));
    drive.run("adopt-column", &json!({ "database": "id-1", "column": "Mine" }));
    drive.run("sync", &json!({ "overwrite": true }));
    for _ in 0..5 {
        drive.database(&[NAME], &[&["p1", "One"], &["p2", "Two"], &["p3", "Three"]], true);
        let found = drive.sync();
        assert!(ids(&found).iter().all(|id| !id.contains("Mine")), "{:?}", found.findings);
    }
    assert!(ids(&drive.run("diagnose", &json!({}))).is_empty());
    assert!(drive.csv().contains(",One,m\n"), "{}", drive.csv());
    drive.run("approve-deletion", &json!({ "database": "id-1", "property": "Mine" }));
    assert_eq!(ids(&drive.sync()), ["column-deleted:id-1:Mine"]);
    assert!(drive.csv().starts_with("__page_id,__last_synced_iso,Name\n"), "{}", drive.csv());
}

#[test]
fn repair_does_not_change_folders_that_may_not_be_databases() {
    let drive = TestDrive::new();
    for path in ["photos_2024/a", "invoices_2024/b", "my_stuff/c", ".hidden_id-1/d", "T_id-1/e", "T_id-1 (1)/f"] {
        drive.write(&format!("drive/{path}"), path);
    }
    drive.write("drive/notes_stuff.csv", "x");
    drive.run("repair", &json!({ "apply": true }));
    drive.run("repair", &json!({ "apply": true }));
    assert_eq!(
        drive.names("drive"),
        [".hidden_id-1", "T_id-1", "invoices_2024", "my_stuff", "notes_stuff.csv", "photos_2024"]
    );
    assert_eq!(
        (drive.names("drive/my_stuff"), drive.names("drive/T_id-1")),
        (vec!["c".to_owned()], vec!["e".into(), "f".into()])
    );
    drive.run("ensure-folder", &json!({ "database": "id-1", "title": "T" }));
    assert!(drive.names("drive").contains(&".hidden_id-1".to_owned()));
}

#[test]
fn moves_are_reported_when_the_task_ends_early() {
    let drive = TestDrive::new();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    drive.write("databases/U.csv", &drive.read("databases/T.csv"));
    drive.write("databases/U.json", &drive.read("databases/T.json").replace("id-1", "id-2"));
    for path in ["T_id-1/a", "T_id-1 (1)/b"] {
        drive.write(&format!("drive/{path}"), path);
    }
    let outcome =
        drive.run_with("sync", &json!({}), drive.own(), &FailingLocks("database:id-2", &drive.locks)).unwrap();
    assert_eq!(ids(&outcome), ["ended-early:id-2"]);
    assert_eq!(report(&outcome, "drive-sync")["undo"][0]["to"], "T_id-1/b");
    drive.write("drive/T_id-1 (1)/c", "c");
    drive.write("drive/New_id-1", "a file");
    let outcome = drive.run("ensure-folder", &json!({ "database": "id-1", "title": "New" }));
    assert_eq!(ids(&outcome), ["ended-early:id-1"]);
    assert_eq!(report(&outcome, "ensure-folder")["undo"][0]["to"], "T_id-1/c");
}

#[test]
fn a_folder_that_cannot_be_checked_is_a_finding() {
    let drive = TestDrive::new();
    drive.write("drive/T_id-1/T_id-1.csv", "__page_id,__last_synced_iso,Name\n,,title\n");
    // The folder gets more entries than the limit.
    for number in 0..=100_000 {
        drive.write(&format!("drive/U_id-2/{number}"), "");
    }
    let outcome = drive.run("diagnose", &json!({}));
    assert_eq!(ids(&outcome), ["missing-archive:id-1:T_id-1", "unreadable:id-2:U_id-2"]);
}

#[test]
fn links_on_the_drive_are_not_followed() {
    let drive = TestDrive::new();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    drive.write("victim", "dear");
    fs::create_dir_all(drive.path("drive/T_id-1")).unwrap();
    std::os::unix::fs::symlink(drive.path("victim"), drive.path("drive/T_id-1/.drive-sync.part")).unwrap();
    assert!(drive.sync().summary.contains("1 written"));
    assert_eq!(drive.read("victim"), "dear");
    fs::create_dir(drive.path("aside")).unwrap();
    fs::remove_dir_all(drive.path("drive/T_id-1/.archive")).unwrap();
    std::os::unix::fs::symlink(drive.path("aside"), drive.path("drive/T_id-1/.archive")).unwrap();
    drive.database(&[NAME], &[&["p1", "Two"]], true);
    assert_eq!(ids(&drive.sync()), ["unreadable:id-1"]);
    assert!(drive.names("aside").is_empty() && drive.csv().contains("One"));
}

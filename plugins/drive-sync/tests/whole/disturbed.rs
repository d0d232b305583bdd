//! Disturbances: saves and kills at the wrong moment, another workspace, folders that are not databases, links.

use std::cell::Cell;
use std::fs;

use baton_plugin_kit::host::{Tables as _, Writable as _};
use baton_tests::host_services::{Call, Hooked};
use serde_json::json;

use crate::losses::{BPM, CSV, NAME, RELATED, edited, from_drive, with_tombstone};
use crate::place::{Place, ids, report};
use crate::stand_ins::Fails;

#[test]
fn a_file_that_is_saved_while_it_is_replaced_stays() {
    let place = edited();
    place.edit_csv("Eins", "One");
    place.database(&[NAME, RELATED], &[&["p1", "Uno", "x"], &["p2", "Two", "y"]], true);
    let saved = place.csv().replace("One", "Saved just now");
    // Somebody saves the CSV while the sync records the next state.
    let done = Cell::new(false);
    let own = Hooked::new(place.own(), |call, statement| {
        if call == Call::Execute && statement.starts_with("INSERT OR REPLACE INTO databases") && !done.replace(true) {
            fs::write(place.path(CSV), &saved).unwrap();
        }
        Ok(())
    });
    let outcome = place.run_with("sync", &json!({}), &own, &place.locks).unwrap();
    assert_eq!(ids(&outcome), ["changed-by-hand:id-1"]);
    assert!(done.get());
    assert_eq!(place.csv(), saved);
    assert!(place.names("drive/T_id-1").iter().all(|name| !name.contains("part")));
}

#[test]
fn a_sync_that_is_killed_twice_knows_its_file() {
    let place = edited();
    place.edit_csv("Eins", "One");
    let memory = place.own().query("SELECT csv_digest, manifest FROM databases", &[]).unwrap().rows.remove(0);
    place.database(&[NAME, RELATED], &[&["p1", "Second", "x"], &["p2", "Two", "y"]], true);
    place.sync();
    let killed = "UPDATE databases SET next_digest = csv_digest, next_manifest = manifest, csv_digest = ?1, manifest = ?2, \
                  source_stamp = '', csv_stamp = ''";
    place.own().execute(killed, &memory).unwrap();
    // The second run ends after it recorded the next state.
    place.database(&[NAME, RELATED], &[&["p1", "Third", "x"], &["p2", "Two", "y"]], true);
    let part = place.path("drive/T_id-1/.drive-sync.part");
    fs::create_dir(&part).unwrap();
    assert_eq!(ids(&place.sync()), ["unwritable:id-1"]);
    fs::remove_dir(&part).unwrap();
    assert!(ids(&place.sync()).is_empty());
    assert!(place.csv().contains("Third"));
}

#[test]
fn a_younger_workspace_does_not_replace_what_was_changed_by_hand() {
    let place = edited();
    place.own().execute("DELETE FROM databases", &[]).unwrap();
    assert_eq!(ids(&place.sync()), ["changed-by-hand:id-1"]);
    assert!(place.csv().contains("Eins"));
    place.edit_csv("Eins", "One");
    assert!(ids(&place.sync()).is_empty());
}

#[test]
fn a_manifest_that_is_of_another_csv_is_not_gone_by() {
    let place = Place::new();
    place.database(&[NAME, ("b", "BPM", "title")], &[&["p1", "One", "120"]], true);
    place.sync();
    let path = "drive/T_id-1/T_id-1.manifest.json";
    let other = place.read(path).replace("\"header\": \"Name\"", "\"header\": \"x\"");
    let other = other.replace("\"header\": \"BPM\"", "\"header\": \"Name\"").replace("\"x\"", "\"BPM\"");
    let mut other: serde_json::Value = serde_json::from_str(&other).unwrap();
    other["header_sha256"] = json!("of another");
    place.write(path, &other.to_string());
    place.own().execute("DELETE FROM databases", &[]).unwrap();
    place.database(&[NAME, ("b", "BPM", "title")], &[&["p1", "One", "120"]], true);
    assert!(ids(&place.sync()).is_empty());
    assert_eq!(place.csv().lines().next(), Some("__page_id,__last_synced_iso,Name,BPM"));
}

#[test]
fn guard_leaves_what_the_source_has_newer_under_a_header_that_was_changed_by_hand() {
    let place = Place::new();
    place.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    place.sync();
    place.edit_csv("BPM", "Beats");
    place.database(&[NAME, BPM], &[&["p1", "One", "125"]], true);
    place.run("adopt-column", &json!({ "database": "id-1", "column": "Beats", "property": "b" }));
    let outcome = place.run("sync", &from_drive());
    assert!(outcome.summary.contains("0 changed"), "{}", outcome.summary);
    assert_eq!(ids(&place.sync()), ["column-renamed:id-1:BPM"], "as adopt-column says");
    assert!(place.csv().contains("Name,BPM\n") && place.csv().contains(",One,125\n"), "{}", place.csv());
}

#[test]
fn a_reading_is_told_by_its_sidecar_and_a_column_of_ones_own_waits_for_nothing() {
    let place = with_tombstone();
    place.run("approve-deletion", &json!({ "database": "id-1", "property": "b" }));
    for row in ["A", "B", "C", "D"] {
        let csv = place.read("databases/T.csv");
        let name = csv.lines().nth(2).unwrap().split('"').nth(1).unwrap().to_owned();
        std::thread::sleep(std::time::Duration::from_millis(10));
        place.write("databases/T.csv", &csv.replace(&name, row));
        place.sync();
    }
    assert!(place.csv().contains(",D,120\n"), "{}", place.csv());
    let own = place.csv().replace("Name,BPM\n,,title,number", "Name,BPM,Mine\n,,title,number,");
    let own: Vec<String> =
        own.lines().enumerate().map(|(n, line)| if n < 2 { line.into() } else { format!("{line},m") }).collect();
    place.write(CSV, &format!("{}\n", own.join("\n")));
    place.run("adopt-column", &json!({ "database": "id-1", "column": "Mine" }));
    place.run("sync", &json!({ "overwrite": true }));
    for _ in 0..5 {
        place.database(&[NAME], &[&["p1", "One"], &["p2", "Two"], &["p3", "Three"]], true);
        let found = place.sync();
        assert!(ids(&found).iter().all(|id| !id.contains("Mine")), "{:?}", found.findings);
    }
    assert!(ids(&place.run("diagnose", &json!({}))).is_empty());
    assert!(place.csv().contains(",One,m\n"), "{}", place.csv());
    place.run("approve-deletion", &json!({ "database": "id-1", "property": "Mine" }));
    assert_eq!(ids(&place.sync()), ["column-deleted:id-1:Mine"]);
    assert!(place.csv().starts_with("__page_id,__last_synced_iso,Name\n"), "{}", place.csv());
}

#[test]
fn repair_leaves_folders_alone_that_are_perhaps_no_databases() {
    let place = Place::new();
    for path in ["photos_2024/a", "invoices_2024/b", "my_stuff/c", ".hidden_id-1/d", "T_id-1/e", "T_id-1 (1)/f"] {
        place.write(&format!("drive/{path}"), path);
    }
    place.write("drive/notes_stuff.csv", "x");
    place.run("repair", &json!({ "apply": true }));
    place.run("repair", &json!({ "apply": true }));
    assert_eq!(
        place.names("drive"),
        [".hidden_id-1", "T_id-1", "invoices_2024", "my_stuff", "notes_stuff.csv", "photos_2024"]
    );
    assert_eq!(
        (place.names("drive/my_stuff"), place.names("drive/T_id-1")),
        (vec!["c".to_owned()], vec!["e".into(), "f".into()])
    );
    place.run("ensure-folder", &json!({ "database": "id-1", "title": "T" }));
    assert!(place.names("drive").contains(&".hidden_id-1".to_owned()));
}

#[test]
fn what_was_moved_is_told_also_when_the_task_ends_early() {
    let place = Place::new();
    place.database(&[NAME], &[&["p1", "One"]], true);
    place.write("databases/U.csv", &place.read("databases/T.csv"));
    place.write("databases/U.json", &place.read("databases/T.json").replace("id-1", "id-2"));
    for path in ["T_id-1/a", "T_id-1 (1)/b"] {
        place.write(&format!("drive/{path}"), path);
    }
    let outcome = place.run_with("sync", &json!({}), place.own(), &Fails("database:id-2", &place.locks)).unwrap();
    assert_eq!(ids(&outcome), ["ended-early:id-2"]);
    assert_eq!(report(&outcome, "drive-sync")["undo"][0]["to"], "T_id-1/b");
    place.write("drive/T_id-1 (1)/c", "c");
    place.write("drive/New_id-1", "a file");
    let outcome = place.run("ensure-folder", &json!({ "database": "id-1", "title": "New" }));
    assert_eq!(ids(&outcome), ["ended-early:id-1"]);
    assert_eq!(report(&outcome, "ensure-folder")["undo"][0]["to"], "T_id-1/c");
}

#[test]
fn a_folder_that_cannot_be_checked_is_a_finding() {
    let place = Place::new();
    place.write("drive/T_id-1/T_id-1.csv", "__page_id,__last_synced_iso,Name\n,,title\n");
    // More entries than the limit.
    for number in 0..=100_000 {
        place.write(&format!("drive/U_id-2/{number}"), "");
    }
    let outcome = place.run("diagnose", &json!({}));
    assert_eq!(ids(&outcome), ["missing-archive:id-1:T_id-1", "unreadable:id-2:U_id-2"]);
}

#[test]
fn links_on_the_drive_are_not_followed() {
    let place = Place::new();
    place.database(&[NAME], &[&["p1", "One"]], true);
    place.write("victim", "dear");
    fs::create_dir_all(place.path("drive/T_id-1")).unwrap();
    std::os::unix::fs::symlink(place.path("victim"), place.path("drive/T_id-1/.drive-sync.part")).unwrap();
    assert!(place.sync().summary.contains("1 written"));
    assert_eq!(place.read("victim"), "dear");
    fs::create_dir(place.path("aside")).unwrap();
    fs::remove_dir_all(place.path("drive/T_id-1/.archive")).unwrap();
    std::os::unix::fs::symlink(place.path("aside"), place.path("drive/T_id-1/.archive")).unwrap();
    place.database(&[NAME], &[&["p1", "Two"]], true);
    assert_eq!(ids(&place.sync()), ["unreadable:id-1"]);
    assert!(place.names("aside").is_empty() && place.csv().contains("One"));
}

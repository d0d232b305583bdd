//! Checks that a sync loses neither a person's texts on the Drive nor cells that only the CSV has, and that an approval removes
//! only its column.

use std::fs;

use baton_plugin_kit::host::{Tables as _, Writable as _};
use baton_plugin_sdk::Error;
use serde_json::json;

use crate::test_drive::{TestDrive, ids};
use crate::test_services::FailingLocks;

pub(crate) const NAME: (&str, &str, &str) = ("title", "Name", "title");
pub(crate) const BPM: (&str, &str, &str) = ("b", "BPM", "number");
pub(crate) const RELATED: (&str, &str, &str) = ("r", "Related", "relation");
pub(crate) const CSV: &str = "drive/T_id-1/T_id-1.csv";

pub(crate) fn edited() -> TestDrive {
    let drive = TestDrive::new();
    drive.database(&[NAME, RELATED], &[&["p1", "One", "x"], &["p2", "Two", "y"]], true);
    drive.sync();
    drive.edit_csv("One", "Eins");
    drive
}

/// A row with cells in the tombstone `BPM`.
pub(crate) fn with_tombstone() -> TestDrive {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"], &["p2", "Two", "121"], &["p3", "Three", "122"]], true);
    drive.sync();
    drive.database(&[NAME], &[&["p1", "One"], &["p2", "Two"], &["p3", "Three"]], true);
    drive.sync();
    assert!(drive.csv().contains(",One,120\n"));
    drive
}

pub(crate) fn from_drive() -> serde_json::Value {
    json!({ "direction": "from-drive" })
}

#[test]
fn undelivered_changes_are_not_replaced() {
    let drive = edited();
    fs::remove_dir(drive.path("exports")).unwrap();
    drive.write("exports", "no folder");
    assert!(matches!(drive.try_run("sync", &from_drive()), Err(Error::Retryable(_))));
    drive.database(&[NAME, RELATED], &[&["p1", "One", "x"], &["p2", "Zwei", "y"]], true);
    assert_eq!(ids(&drive.sync()), ["changed-by-hand:id-1"]);
    assert!(drive.csv().contains("Eins"));
}

#[test]
fn delivered_changes_are_kept_until_the_source_is_read_again() {
    let drive = edited();
    assert!(drive.run("sync", &from_drive()).summary.contains("(1 cell, 0 rows new)"));
    let waits = drive.sync();
    assert_eq!(ids(&waits), ["changed-by-hand:id-1"]);
    assert!(waits.findings[0].title.contains("written as files"), "{:?}", waits.findings);
    assert!(drive.csv().contains("Eins"));
    // An approval makes the next sync read again; the source is unchanged.
    drive.own().execute("UPDATE databases SET source_stamp = ''", &[]).unwrap();
    assert_eq!(ids(&drive.sync()), ["changed-by-hand:id-1"]);
    drive.database(&[NAME, RELATED], &[&["p1", "Eins", "x"], &["p2", "Two", "y"]], true);
    assert!(ids(&drive.sync()).is_empty());
    assert!(drive.csv().contains("Eins"));
}

#[test]
fn delivered_changes_are_kept_when_the_source_changed_before() {
    let drive = edited();
    drive.database(&[NAME, RELATED], &[&["p1", "One", "x"], &["p2", "Zwei", "y"]], true);
    assert!(drive.run("sync", &from_drive()).summary.contains("(1 cell, 0 rows new)"));
    assert_eq!(ids(&drive.sync()), ["changed-by-hand:id-1"], "the source was not read again since the delivery");
    assert!(drive.csv().contains("Eins"));
    drive.database(&[NAME, RELATED], &[&["p1", "Eins", "x"], &["p2", "Zwei", "y"]], true);
    assert!(ids(&drive.sync()).is_empty() && drive.csv().contains("Eins") && drive.csv().contains("Zwei"));
}

#[test]
fn delivered_changes_of_an_older_drive_are_kept() {
    let drive = TestDrive::new();
    drive.write(CSV, "__page_id,__last_synced_iso,Name\n,,title\np1,2026-01-01T00:00:00Z,Eins\n");
    drive.database(&[NAME], &[&["p1", "One"]], true);
    let taken = drive.run("sync", &json!({ "direction": "from-drive", "mode": "csv-wins" }));
    assert!(taken.summary.contains("(1 cell, 0 rows new)"), "{}", taken.summary);
    assert_eq!(ids(&drive.run("sync", &from_drive())), ["conflict:id-1:p1:"], "for guard, nothing has changed since");
    assert_eq!(ids(&drive.sync()), ["changed-by-hand:id-1"]);
    drive.database(&[NAME], &[&["p1", "Eins"]], true);
    assert!(ids(&drive.sync()).is_empty() && drive.csv().contains("Eins"));
}

#[test]
fn a_file_without_changes_for_the_source_does_not_block_a_sync() {
    let drive = edited();
    drive.edit_csv("Eins", "One");
    drive.edit_csv("p1,", "\"p1\",");
    assert_eq!(ids(&drive.sync()), ["changed-by-hand:id-1"]);
    assert!(drive.run("sync", &from_drive()).summary.contains("0 changed"));
    assert!(ids(&drive.sync()).is_empty());
}

#[test]
fn a_database_that_ends_the_task_does_not_affect_the_earlier_ones() {
    let drive = edited();
    let (csv, sidecar) = (drive.read("databases/T.csv"), drive.read("databases/T.json"));
    drive.write("databases/U.csv", &csv);
    drive.write("databases/U.json", &sidecar.replace("id-1", "id-2"));
    let outcome =
        drive.run_with("sync", &from_drive(), drive.own(), &FailingLocks("database:id-2", &drive.locks)).unwrap();
    assert_eq!(ids(&outcome), ["ended-early:id-2"]);
    assert!(drive.read("exports/T_id-1.csv").contains("Eins"));
}

#[test]
fn a_changed_read_only_cell_blocks_the_next_sync() {
    for to in [",z\n", ",\n"] {
        let drive = edited();
        drive.edit_csv(",x\n", to);
        assert!(ids(&drive.run("sync", &from_drive())).contains(&"read-only-cell:id-1:p1:Related"));
        drive.database(&[NAME, RELATED], &[&["p1", "Eins", "x"], &["p2", "Two", "y"]], true);
        assert_eq!(ids(&drive.sync()), ["changed-by-hand:id-1"]);
    }
}

#[test]
fn a_column_without_a_property_is_restored_after_its_removal_by_hand() {
    let drive = with_tombstone();
    drive.write(CSV, "__page_id,__last_synced_iso,Name\n,,title\np1,,One\np2,,Two\np3,,Three\n");
    drive.run("sync", &json!({ "overwrite": true }));
    assert!(drive.csv().contains(",One,120\n") && drive.csv().contains(",Three,122\n"), "{}", drive.csv());
}

#[test]
fn rows_that_were_filtered_out_keep_cells_that_only_the_csv_had() {
    let drive = with_tombstone();
    let csv = drive.csv();
    let few: Vec<&str> = csv.lines().take(3).collect();
    drive.write(CSV, &format!("{}\n", few.join("\n")));
    drive.run("sync", &from_drive());
    drive.database(&[NAME], &[&["p1", "Uno"], &["p2", "Two"], &["p3", "Three"]], true);
    assert!(ids(&drive.sync()).is_empty());
    assert!(drive.csv().contains(",Uno,120\n") && drive.csv().contains(",Three,122\n"), "{}", drive.csv());
    // After an incomplete reading, the rows that the source did not return are also kept.
    drive.write(CSV, &format!("{}\n", few.join("\n")));
    drive.run("sync", &from_drive());
    drive.database(&[NAME], &[&["p1", "Eins"]], false);
    drive.sync();
    assert!(drive.csv().contains(",Three,122\n"), "{}", drive.csv());
}

#[test]
fn an_approval_applies_to_one_column_with_any_header() {
    let drive = TestDrive::new();
    let other = ("c", "BPM", "number");
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    drive.sync();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    drive.sync();
    drive.run("approve-deletion", &json!({ "database": "id-1", "property": "BPM" }));
    for _ in 0..3 {
        drive.database(&[NAME, other], &[&["p1", "One", "99"]], true);
        drive.sync();
    }
    assert!(drive.csv().starts_with("__page_id,__last_synced_iso,Name,BPM\n"), "{}", drive.csv());
    assert!(drive.csv().contains(",One,99\n"), "{}", drive.csv());
    for _ in 0..5 {
        drive.database(&[NAME], &[&["p1", "One"]], true);
        drive.sync();
    }
    assert!(drive.csv().contains(",One,99\n"), "{}", drive.csv());
}

#[test]
fn only_the_approved_one_of_two_columns_of_a_property_is_removed() {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    drive.sync();
    drive.database(&[NAME, ("b", "BPM", "rich_text")], &[&["p1", "One", "fast"]], true);
    drive.sync();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    drive.sync();
    let both = drive.try_run("approve-deletion", &json!({ "database": "id-1", "property": "b" }));
    assert!(
        matches!(&both, Err(Error::Permanent(text)) if text.contains("`BPM`, ") && text.contains("`BPM [rich_text]`")),
        "{both:?}"
    );
    drive.run("approve-deletion", &json!({ "database": "id-1", "property": "BPM [rich_text]" }));
    for _ in 0..5 {
        drive.database(&[NAME], &[&["p1", "One"]], true);
        drive.sync();
    }
    assert!(drive.csv().contains(",One,120\n"), "{}", drive.csv());
}

#[test]
fn a_killed_sync_leaves_no_approval_behind() {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    drive.sync();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    drive.sync();
    drive.database(&[NAME, BPM], &[&["p1", "One", "121"]], true);
    drive.sync();
    // The state after a kill between the CSV and the end of the approval.
    for key in ["b", "BPM", "[\"b\",\"number\"]"] {
        let put = "INSERT INTO approvals (database, property, approved_at) VALUES ('id-1', ?1, 'now')";
        drive.own().execute(put, &[key.into()]).unwrap();
    }
    let killed =
        "UPDATE databases SET next_digest = csv_digest, next_manifest = manifest, csv_digest = 'x', source_stamp = ''";
    drive.own().execute(killed, &[]).unwrap();
    for _ in 0..5 {
        drive.database(&[NAME], &[&["p1", "One"]], true);
        drive.sync();
    }
    assert!(drive.csv().contains(",One,121\n"), "{}", drive.csv());
}

/// A CSV with a separate column, and a row that a person added there.
fn with_notes(added: &str) -> TestDrive {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    drive.sync();
    let csv = format!("__page_id,__last_synced_iso,Name,BPM,My notes\n,,title,number,\np1,,One,120,good\n{added}\n");
    drive.write(CSV, &csv);
    drive.run("adopt-column", &json!({ "database": "id-1", "column": "My notes" }));
    drive
}

#[test]
fn a_note_in_a_row_without_a_key_is_reported_and_kept() {
    let drive = with_notes(",,,,dear");
    assert_eq!(ids(&drive.run("sync", &from_drive())), ["unknown-row:id-1::My notes"]);
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"], &["p2", "", ""]], true);
    assert_eq!(ids(&drive.sync()), ["changed-by-hand:id-1"]);
    assert!(drive.csv().contains("dear"));
}

#[test]
fn a_note_is_copied_to_the_row_that_the_source_added() {
    let drive = with_notes(",,Two,121,dear");
    assert!(drive.run("sync", &from_drive()).summary.contains("1 row new"));
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"], &["p2", "Two", "121"]], true);
    assert!(ids(&drive.sync()).is_empty());
    assert!(drive.csv().contains(",Two,121,dear\n") && drive.csv().contains(",One,120,good\n"), "{}", drive.csv());
}

#[test]
fn a_note_whose_row_the_source_did_not_add_is_not_replaced_automatically() {
    let drive = with_notes(",,Two,121,dear");
    drive.run("sync", &from_drive());
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"], &["p2", "Zwei", "121"]], true);
    let outcome = drive.sync();
    assert_eq!(ids(&outcome), ["changed-by-hand:id-1"]);
    assert!(outcome.findings[0].title.contains("row 2 of the data"), "{:?}", outcome.findings);
    assert!(drive.csv().contains("dear"));
    drive.run("sync", &json!({ "overwrite": true }));
    assert!(drive.csv().contains(",Zwei,121,\n"), "{}", drive.csv());
}

#[test]
fn a_reading_is_counted_once_after_a_killed_sync() {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    drive.sync();
    let before = "SELECT csv_digest, manifest, read_stamp FROM databases";
    let before = drive.own().query(before, &[]).unwrap().rows.remove(0);
    drive.database(&[NAME], &[&["p1", "Uno"]], true);
    drive.sync();
    drive.run("approve-deletion", &json!({ "database": "id-1", "property": "b" }));
    // This is the state after a kill between the CSV and its record.
    let killed = "UPDATE databases SET next_digest = csv_digest, next_manifest = manifest, csv_digest = ?1, manifest = ?2, \
                  read_stamp = ?3, source_stamp = '', csv_stamp = ''";
    drive.own().execute(killed, &before).unwrap();
    for _ in 0..2 {
        drive.run("sync", &json!({ "complete_reads": 2 }));
        assert!(drive.csv().contains(",Uno,120\n"), "one reading: {}", drive.csv());
    }
    drive.database(&[NAME], &[&["p1", "Uno"]], true);
    assert_eq!(ids(&drive.run("sync", &json!({ "complete_reads": 2 }))), ["column-deleted:id-1:BPM"]);
}

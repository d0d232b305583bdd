//! Columns that are renamed, missing, restored, changed to another type, removed, or added by a person.

use baton_plugin_sdk::Error;
use serde_json::json;

use crate::test_drive::{TestDrive, ids};

const NAME: (&str, &str, &str) = ("title", "Name", "title");
const BPM: (&str, &str, &str) = ("b", "BPM", "number");

fn header(drive: &TestDrive) -> String {
    drive.csv().lines().next().unwrap().to_owned()
}

#[test]
fn a_renamed_property_keeps_its_column_and_its_data() {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    drive.sync();
    drive.database(&[("b", "Tempo", "number"), NAME], &[&["p1", "120", "One"]], true);
    assert_eq!(ids(&drive.sync()), ["column-renamed:id-1:Tempo"]);
    assert_eq!(header(&drive), "__page_id,__last_synced_iso,Name,Tempo");
    assert!(drive.csv().contains(",One,120\n"));
}

#[test]
fn a_column_is_removed_after_three_complete_readings_and_an_approval() {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    drive.sync();
    let too_early = drive.try_run("approve-deletion", &json!({ "database": "id-1", "property": "b" }));
    assert!(matches!(too_early, Err(Error::Permanent(text)) if text.contains("still exists")));
    drive.database(&[NAME], &[&["p1", "One"]], true);
    assert_eq!(ids(&drive.sync()), ["column-missing:id-1:BPM"]);
    for _ in 0..4 {
        assert!(ids(&drive.sync()).is_empty(), "the same reading is counted once");
    }
    drive.run("approve-deletion", &json!({ "database": "id-1", "property": "b" }));
    drive.sync();
    drive.database(&[NAME], &[&["p1", "One"]], false);
    drive.sync();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    drive.sync();
    assert!(drive.csv().contains(",One,120\n"), "two readings: {}", drive.csv());
    drive.database(&[NAME], &[&["p1", "One"]], true);
    assert_eq!(ids(&drive.sync()), ["column-deleted:id-1:BPM"]);
    assert_eq!(header(&drive), "__page_id,__last_synced_iso,Name");
    let kept = drive.names("drive/T_id-1/.archive");
    assert!(
        kept.iter()
            .any(|name| name.starts_with("T_") && drive.read(&format!("drive/T_id-1/.archive/{name}")).contains("120"))
    );
}

#[test]
fn without_an_approval_a_column_is_kept_and_the_approval_is_named() {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    drive.sync();
    let mut last = Vec::new();
    for _ in 0..6 {
        drive.database(&[NAME], &[&["p1", "One"]], true);
        last = drive.sync().findings;
    }
    assert!(header(&drive).ends_with("Name,BPM"));
    assert!(last[0].title.contains("approve-deletion --arg database=id-1"), "{last:?}");
    drive.run("approve-deletion", &json!({ "database": "id-1", "property": "BPM" }));
    assert_eq!(ids(&drive.sync()), ["column-deleted:id-1:BPM"], "nothing else changed, and it is still processed");
}

#[test]
fn a_restored_property_gets_its_column_back_and_loses_the_approval() {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    drive.sync();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    drive.sync();
    drive.run("approve-deletion", &json!({ "database": "id-1", "property": "b" }));
    drive.run("approve-deletion", &json!({ "database": "id-1", "property": "BPM" }));
    drive.database(&[NAME, BPM], &[&["p1", "One", "121"]], true);
    assert_eq!(ids(&drive.sync()), ["column-back:id-1:BPM"]);
    for _ in 0..5 {
        drive.database(&[NAME], &[&["p1", "One"]], true);
        drive.sync();
    }
    assert!(drive.csv().contains(",One,121\n"), "{}", drive.csv());
}

#[test]
fn another_type_gets_another_column() {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    drive.sync();
    drive.database(&[NAME, ("b", "BPM", "rich_text")], &[&["p1", "One", "fast"]], true);
    assert!(ids(&drive.sync()).contains(&"column-retyped:id-1:BPM"));
    assert_eq!(header(&drive), "__page_id,__last_synced_iso,Name,BPM [number],BPM");
    assert!(drive.csv().contains(",One,120,fast\n"));
}

#[test]
fn an_unknown_column_needs_a_decision_and_can_be_adopted() {
    let drive = TestDrive::new();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    drive.sync();
    drive.write(
        "drive/T_id-1/T_id-1.csv",
        "__page_id,__last_synced_iso,Name,My notes\n,,title,\np1,2026-01-18T10:01:00Z,One,good\n",
    );
    let asked = drive.run("sync", &json!({ "overwrite": true }));
    assert_eq!(ids(&asked), ["unknown-column:id-1"]);
    assert!(asked.findings[0].title.contains("adopt-column --arg database=id-1 --arg 'column=\"My notes\"'"));
    assert!(drive.csv().contains("good"));
    let wrong = json!({ "database": "id-1", "column": "My notes", "property": "title" });
    assert!(
        matches!(drive.try_run("adopt-column", &wrong), Err(Error::Permanent(text)) if text.contains("already has a column"))
    );
    drive.run("adopt-column", &json!({ "database": "id-1", "column": "My notes" }));
    drive.run("sync", &json!({ "overwrite": true }));
    drive.database(&[NAME, BPM], &[&["p1", "Uno", "120"]], true);
    drive.sync();
    assert!(drive.csv().contains(",Uno,good,120\n"), "{}", drive.csv());
}

#[test]
fn a_header_changed_by_hand_is_assigned_to_its_property() {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    drive.sync();
    drive.edit_csv("BPM", "Beats");
    drive.run("adopt-column", &json!({ "database": "id-1", "column": "Beats", "property": "b" }));
    drive.run("sync", &json!({ "overwrite": true }));
    assert_eq!(header(&drive), "__page_id,__last_synced_iso,Name,BPM");
}

#[test]
fn an_older_drive_is_adopted_by_the_names_of_its_columns() {
    let drive = TestDrive::new();
    drive.write(
        "drive/T_id-1/T_id-1.csv",
        "__page_id,__last_synced_iso,BPM,Name,Old\n,,number,title,rich_text\np1,2025-12-06T00:00:00Z,120,One,dear\n",
    );
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    assert_eq!(ids(&drive.sync()), ["unknown-column:id-1"]);
    drive.run("adopt-column", &json!({ "database": "id-1", "column": "Old" }));
    assert!(ids(&drive.sync()).is_empty());
    assert!(drive.csv().contains("p1,2025-12-06T00:00:00Z,120,One,dear\n"), "{}", drive.csv());
}

#[test]
fn a_header_of_a_column_without_a_property_can_be_changed_back() {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    drive.sync();
    let header = "__page_id,__last_synced_iso,Name,BPM,My notes\n,,title,number,\np1,,One,120,good\n";
    drive.write("drive/T_id-1/T_id-1.csv", header);
    drive.run("adopt-column", &json!({ "database": "id-1", "column": "My notes" }));
    drive.database(&[NAME], &[&["p1", "One"]], true);
    drive.run("sync", &json!({ "overwrite": true }));
    drive.edit_csv("BPM,My notes", "Beats,Notes");
    for (column, property) in [("Beats", "b"), ("Notes", "My notes")] {
        drive.run("adopt-column", &json!({ "database": "id-1", "column": column, "property": property }));
    }
    drive.run("sync", &json!({ "overwrite": true }));
    assert!(drive.csv().starts_with("__page_id,__last_synced_iso,Name,BPM,My notes\n"), "{}", drive.csv());
    assert!(drive.csv().contains(",One,120,good\n"), "{}", drive.csv());
}

#[test]
fn a_header_that_occurs_twice_cannot_be_adopted() {
    let drive = TestDrive::new();
    drive.database(&[NAME], &[&["p1", "One"]], true);
    drive.sync();
    let twice = "__page_id,__last_synced_iso,Name,Name\n,,title,\np1,,One,good\n";
    drive.write("drive/T_id-1/T_id-1.csv", twice);
    for args in [json!({}), json!({ "direction": "from-drive" })] {
        let outcome = drive.run("sync", &args);
        assert_eq!(ids(&outcome), ["unknown-column:id-1"]);
        let title = &outcome.findings[0].title;
        assert!(title.contains("`Name` twice") && !title.contains("adopt-column"), "{title}");
    }
}

//! `sync` from the Drive: a person's changes as files for the owner.

use serde_json::{Value, json};

use crate::test_drive::{TestDrive, ids};

const PROPERTIES: &[(&str, &str, &str)] = &[
    ("title", "Name", "title"),
    ("d", "Done", "checkbox"),
    ("t", "Tags", "multi_select"),
    ("r", "Related", "relation"),
    ("e", "Edited", "last_edited_time"),
];

fn drive(edited: &str) -> TestDrive {
    let drive = TestDrive::new();
    drive.database(
        PROPERTIES,
        &[&["p1", "One", "false", "a, b", "x", edited], &["p2", "Two", "true", "c", "", edited]],
        true,
    );
    drive.sync();
    drive
}

fn from(drive: &TestDrive, mode: &str) -> (baton_plugin_sdk::Outcome, Value) {
    let outcome = drive.run("sync", &json!({ "direction": "from-drive", "mode": mode }));
    let changes = drive.path("exports/T_id-1.changes.json");
    let changes = std::fs::read(changes).map_or(Value::Null, |bytes| serde_json::from_slice(&bytes).unwrap());
    (outcome, changes)
}

#[test]
fn changes_are_delivered_and_the_next_sync_continues() {
    let drive = drive("2026-01-18T09:00:00Z");
    drive.edit_csv("One,false,\"a, b\"", "Eins,YES,\"a,b , c d\"");
    let (outcome, changes) = from(&drive, "guard");
    assert!(
        outcome.summary.starts_with("1 database checked: 1 changed on the Drive (3 cells, 0 rows new)."),
        "{}",
        outcome.summary
    );
    assert_eq!(changes["changed"][1], json!({ "page_id": "p1", "property": "d", "from": "false", "to": "true" }));
    let csv = drive.read("exports/T_id-1.csv");
    assert!(csv.contains("p1,,Eins,true,\"a, b, c d\",x,2026-01-18T09:00:00Z\np2,,Two"), "{csv}");
    // The owner applies the changes; the delivered files are a valid source.
    drive.write("databases/T.csv", &csv);
    drive.write("databases/T.json", &drive.read("exports/T_id-1.json"));
    assert!(ids(&drive.sync()).is_empty());
    assert!(drive.csv().contains("Eins,true,\"a, b, c d\",x"));
    assert!(ids(&drive.sync()).is_empty());
}

#[test]
fn only_exact_checkbox_values_are_accepted() {
    for (text, bad) in [("11", true), ("true-ish", true), ("oyes", true), ("no", false), ("1", false)] {
        let drive = drive("2026-01-18T09:00:00Z");
        drive.edit_csv("One,false", &format!("One,{text}"));
        let (outcome, _) = from(&drive, "csv-wins");
        assert_eq!(ids(&outcome) == ["bad-cell:id-1:p1:Done"], bad, "{text}: {:?}", outcome.findings);
        // Skipped changes block a sync, even after the source was read again.
        drive.database(PROPERTIES, &[&["p1", "One", "false", "a, b", "x", "2026-01-18T09:00:00Z"]], true);
        assert_eq!(ids(&drive.sync()).contains(&"changed-by-hand:id-1"), bad, "{text}");
    }
}

#[test]
fn read_only_cells_are_not_changed() {
    let drive = drive("2026-01-18T09:00:00Z");
    drive.edit_csv(",x,", ",y,");
    let (outcome, changes) = from(&drive, "csv-wins");
    assert_eq!((ids(&outcome), changes), (vec!["read-only-cell:id-1:p1:Related"], Value::Null));
}

#[test]
fn a_row_changed_on_both_sides_is_kept_or_taken_by_the_mode() {
    // The row was synced at 10:01. Services round the time of an edit down to its minute.
    for (edited, guarded) in
        [("2026-01-18T10:00:00Z", false), ("2026-01-18T10:01:00Z", true), ("2026-01-18T11:00:00Z", true)]
    {
        let drive = drive(edited);
        drive.edit_csv("One", "Eins");
        let (outcome, changes) = from(&drive, "guard");
        assert_eq!(ids(&outcome) == ["conflict:id-1:p1:"], guarded, "{edited}: {:?}", outcome.findings);
        assert_eq!(changes.is_null(), guarded);
        let (outcome, changes) = from(&drive, "csv-wins");
        assert!(ids(&outcome).is_empty());
        assert_eq!(changes["changed"][0]["to"], "Eins");
    }
}

#[test]
fn a_change_of_only_the_source_is_not_a_change_of_the_drive() {
    let drive = drive("2026-01-18T09:00:00Z");
    drive.edit_csv("One", "Eins");
    drive.database(
        PROPERTIES,
        &[
            &["p1", "One", "false", "a, b", "x", "2026-01-18T09:00:00Z"],
            &["p2", "Zwei", "true", "c", "", "2026-01-18T12:00:00Z"],
        ],
        true,
    );
    let (outcome, changes) = from(&drive, "csv-wins");
    assert!(ids(&outcome).is_empty(), "{:?}", outcome.findings);
    assert_eq!(changes["cells"], 1);
    let csv = drive.read("exports/T_id-1.csv");
    assert!(csv.contains("Eins") && csv.contains("Zwei"), "{csv}");
}

#[test]
fn added_rows_are_new_and_deleted_rows_are_not_removed() {
    let drive = drive("2026-01-18T09:00:00Z");
    let csv = drive.csv();
    let lines: Vec<&str> = csv.lines().collect();
    let edited = format!("{}\n{}\n{}\n,,Three,0,\"[\"\"x, y\"\"]\",,\nghost,,Four,,,,\n", lines[0], lines[1], lines[2]);
    drive.write("drive/T_id-1/T_id-1.csv", &edited);
    let (outcome, changes) = from(&drive, "guard");
    assert_eq!((ids(&outcome), &changes["new_rows"]), (vec!["unknown-row:id-1:ghost:"], &json!(1)));
    let csv = drive.read("exports/T_id-1.csv");
    assert!(csv.contains("p2,,Two") && csv.contains(",,Three,false,\"[\"\"x, y\"\"]\",,\n"), "{csv}");
}

#[test]
fn a_changed_row_that_the_source_deleted_is_a_conflict() {
    let drive = drive("2026-01-18T09:00:00Z");
    drive.edit_csv("One", "Eins");
    drive.database(PROPERTIES, &[&["p2", "Two", "true", "c", "", "2026-01-18T09:00:00Z"]], true);
    let (outcome, changes) = from(&drive, "guard");
    assert_eq!((ids(&outcome), changes), (vec!["conflict:id-1:p1:"], Value::Null));
    assert_eq!(ids(&drive.sync()), ["changed-by-hand:id-1"]);
    assert!(drive.csv().contains("Eins"));
    let (outcome, changes) = from(&drive, "csv-wins");
    assert!(ids(&outcome).is_empty(), "{:?}", outcome.findings);
    assert_eq!(changes["changed"], json!([{ "page_id": "p1", "property": "title", "from": "One", "to": "Eins" }]));
    let csv = drive.read("exports/T_id-1.csv");
    assert!(csv.contains("p1,,Eins,false,\"a, b\",x,2026-01-18T09:00:00Z\n"), "{csv}");
}

#[test]
fn an_unchanged_row_that_the_source_deleted_is_not_a_conflict() {
    let drive = drive("2026-01-18T09:00:00Z");
    drive.edit_csv("Two", "Zwei");
    drive.database(PROPERTIES, &[&["p2", "Two", "true", "c", "", "2026-01-18T09:00:00Z"]], true);
    let (outcome, changes) = from(&drive, "guard");
    assert!(ids(&outcome).is_empty(), "{:?}", outcome.findings);
    assert_eq!(changes["cells"], 1);
    assert!(!drive.read("exports/T_id-1.csv").contains("p1"));
}

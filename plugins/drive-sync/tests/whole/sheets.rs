//! Changes by spreadsheet programs: rows sorted with the types, deleted types, other separators, quotes.

use std::fs;

use serde_json::json;

use crate::losses::{BPM, CSV, NAME, from_drive};
use crate::test_drive::{TestDrive, ids};

const TYPES: &str = ",,title,number\n";

fn drive() -> TestDrive {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"], &["p2", "Two", "121"]], true);
    drive.sync();
    drive
}

/// The CSV with its rows below the header in another order.
fn rows(drive: &TestDrive, order: &[usize]) {
    let csv = drive.csv();
    let lines: Vec<&str> = csv.split_inclusive('\n').collect();
    let text: String = std::iter::once(&0).chain(order).map(|number| lines[*number]).collect();
    drive.write(CSV, &text);
}

#[test]
fn an_edit_in_a_sheet_sorted_with_its_types_is_delivered() {
    for order in [&[2, 3, 1][..], &[3, 1, 2], &[2, 3]] {
        let drive = drive();
        rows(&drive, order);
        drive.edit_csv("One", "Eins");
        assert_eq!(ids(&drive.sync()), ["changed-by-hand:id-1"], "{order:?}");
        let outcome = drive.run("sync", &from_drive());
        assert!(
            outcome.summary.contains("1 changed on the Drive (1 cell, 0 rows new)"),
            "{order:?}: {}",
            outcome.summary
        );
        assert!(drive.read("exports/T_id-1.csv").contains(&format!("{TYPES}p1,,Eins,120\np2,,Two,121\n")), "{order:?}");
    }
}

#[test]
fn a_new_row_in_the_position_of_the_types_is_not_a_row_of_types() {
    let drive = drive();
    drive.write(CSV, "__page_id,__last_synced_iso,Name,BPM\n,,Three,122\np1,,One,120\np2,,Two,121\n");
    for args in [from_drive(), json!({}), json!({ "overwrite": true })] {
        let outcome = drive.run("sync", &args);
        assert_eq!(ids(&outcome), ["drive-csv-damaged:id-1"], "{args}");
        assert!(
            outcome.findings[0].title.contains("put the types into row 2, after two empty cells (`,,title,number`)")
        );
    }
    drive.write(CSV, &format!("__page_id,__last_synced_iso,Name,BPM\n,,Three,122\np1,,One,120\n{TYPES}p2,,Two,121\n"));
    assert!(drive.run("sync", &from_drive()).summary.contains("(0 cells, 1 row new)"));
}

#[test]
fn types_of_an_older_drive_are_not_guessed() {
    let drive = TestDrive::new();
    drive.write(CSV, "__page_id,__last_synced_iso,Name,BPM\np1,,Eins,120\n");
    drive.database(&[NAME, BPM], &[&["p1", "One", "120"]], true);
    assert_eq!(ids(&drive.sync()), ["drive-csv-damaged:id-1"]);
    assert!(drive.csv().contains("Eins"));
}

#[test]
fn unknown_types_are_read_from_the_manifest() {
    let drive = TestDrive::new();
    let odd = [("title", "Name", "My Title"), ("b", "BPM", "My Number")];
    drive.database(&odd, &[&["p1", "One", "120"]], true);
    drive.sync();
    drive.edit_csv("One", "Eins");
    assert!(drive.run("sync", &from_drive()).summary.contains("(1 cell, 0 rows new)"));
    rows(&drive, &[2, 1]);
    let outcome = drive.run("sync", &from_drive());
    assert!(outcome.findings[0].title.contains("row 3 is its row of types"), "{:?}", outcome.findings);
}

#[test]
fn ambiguous_quotes_are_reported_with_their_line() {
    for typed in ["\"Heroes\" (live)", "\"12\" Mix\"", "12\" and 7\" Mix"] {
        let drive = drive();
        drive.edit_csv("One", typed);
        let csv = drive.csv();
        for args in [from_drive(), json!({}), json!({ "overwrite": true })] {
            let outcome = drive.run("sync", &args);
            assert_eq!(ids(&outcome), ["drive-csv-damaged:id-1"], "{typed}");
            assert!(outcome.findings[0].title.contains("line 3: a quote is"), "{:?}", outcome.findings);
        }
        assert_eq!(drive.csv(), csv);
    }
}

#[test]
fn semicolons_are_named_in_the_error() {
    let drive = drive();
    fs::write(drive.path(CSV), drive.csv().replace(',', ";")).unwrap();
    let outcome = drive.sync();
    assert!(outcome.findings[0].title.contains("separates its cells with semicolons"), "{:?}", outcome.findings);
}

#[test]
fn an_unquoted_carriage_return_is_part_of_its_cell() {
    let drive = TestDrive::new();
    drive.write(CSV, "__page_id,__last_synced_iso,Name,BPM\n,,title,number\np1,2026-01-01T00:00:00Z,On\re,120\n");
    drive.database(&[NAME, BPM], &[&["p1", "On\re", "120"]], true);
    assert!(ids(&drive.sync()).is_empty());
    assert!(drive.csv().contains("p1,2026-01-01T00:00:00Z,\"On\re\",120\n"), "{:?}", drive.csv());
}

#[test]
fn a_number_in_another_form_is_not_a_change() {
    let drive = TestDrive::new();
    drive.database(&[NAME, BPM], &[&["p1", "One", "120.50"], &["p2", "Two", "121"]], true);
    drive.sync();
    drive.edit_csv("120.50", "120.5");
    drive.edit_csv("121", "121.5");
    let outcome = drive.run("sync", &from_drive());
    assert!(outcome.summary.contains("(1 cell, 0 rows new)"), "{}", outcome.summary);
    assert!(drive.read("exports/T_id-1.csv").contains(",One,120.50\n"));
}

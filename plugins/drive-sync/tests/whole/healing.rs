//! `diagnose` and `repair` on a Drive with the results of many races.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use baton_plugin_kit::host::Locks as _;
use baton_plugin_sdk::Error;
use baton_tests::drive_folder::{self, REAL};
use baton_tests::sha256;
use serde_json::json;

use crate::test_drive::{TestDrive, ids, report};

/// The number of files of each content.
pub(crate) fn contents(folder: &Path) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                *found.entry(sha256(&fs::read(path).unwrap())).or_default() += 1;
            }
        }
    }
    found
}

#[test]
fn everything_is_counted() {
    let drive = TestDrive::new();
    drive_folder::drive(&drive.path("drive"), REAL, 1);
    let outcome = drive.run("diagnose", &json!({}));
    let report = report(&outcome, "drive-health");
    assert_eq!(
        (&report["databases"], &report["folders"], &report["superfluous_folders"]),
        (&json!(241), &json!(409), &json!(168))
    );
    let counts = &report["counts"];
    assert_eq!((&counts["duplicate-folder"], &counts["folder-without-id"]), (&json!(136), &json!(2)));
    // 272 CSVs are outside of a folder. 112 CSVs are in a second folder and have the name of the first folder.
    assert_eq!(counts["orphan-csv"], json!(272 + 112));
    assert_eq!((&counts["retention-overrun"], &report["backups"]), (&json!(6), &json!(1_892)));
    assert_eq!((&counts["missing-csv"], &counts["missing-archive"]), (&json!(6 + 168), &json!(103 + 168)));
    assert!(
        ids(&outcome).len() > 200 && outcome.summary.starts_with("241 databases in 409 folders:"),
        "{}",
        outcome.summary
    );
    let again = drive.run("diagnose", &json!({}));
    assert_eq!(again.findings, outcome.findings, "the same Drive has the same findings");
}

#[test]
fn repair_plans_first_and_loses_no_content() {
    let drive = TestDrive::new();
    let shape = drive_folder::Shape { backups: 0, ..REAL };
    drive_folder::drive(&drive.path("drive"), shape, 1);
    let before = contents(&drive.path("drive"));
    let names = drive.names("drive");
    let planned = drive.run("repair", &json!({}));
    assert_eq!(drive.names("drive"), names, "a plan changes nothing");
    let plan = report(&planned, "drive-repair")["plan"].as_str().unwrap().to_owned();
    let applied = drive.run("repair", &json!({ "apply": plan }));
    let undo = report(&applied, "drive-repair");
    assert!(undo["undo"].as_array().unwrap().len() > 400 && undo["not_done"] == json!([]));
    let after = contents(&drive.path("drive"));
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "every content is still there");
    let old = drive.try_run("repair", &json!({ "apply": plan }));
    assert!(matches!(old, Err(Error::Permanent(text)) if text.contains("the Drive changed since the plan")));
    // After the second and third round the remaining problems need a person.
    for _ in 0..3 {
        drive.run("repair", &json!({ "apply": true }));
    }
    let health = report(&drive.run("diagnose", &json!({})), "drive-health");
    assert_eq!((&health["counts"]["duplicate-folder"], &health["counts"]["missing-archive"]), (&json!(0), &json!(0)));
    assert_eq!(contents(&drive.path("drive")).keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
}

#[test]
fn only_backups_beyond_the_number_to_keep_are_deleted() {
    let drive = TestDrive::new();
    drive_folder::drive(&drive.path("drive"), drive_folder::Shape { duplicates: 0, ..REAL }, 1);
    // `keep` is not given here.
    drive.run("repair", &json!({ "apply": true }));
    let health = report(&drive.run("diagnose", &json!({})), "drive-health");
    assert_eq!((&health["counts"]["retention-overrun"], &health["backups"]), (&json!(6), &json!(1_892)));
    let planned = drive.run("repair", &json!({ "keep": 50 }));
    assert!(planned.summary.contains(" --arg keep=50 applies the plan"), "{}", planned.summary);
    let done = drive.run("repair", &json!({ "apply": true, "keep": 50 }));
    assert!(done.summary.ends_with("to undo them, except 433 old backups that were deleted."), "{}", done.summary);
    let health = report(&drive.run("diagnose", &json!({})), "drive-health");
    assert_eq!((&health["counts"]["retention-overrun"], &health["backups"]), (&json!(0), &json!(1_892 - 733 + 300)));
}

#[test]
fn a_step_on_a_locked_database_is_reported() {
    let drive = TestDrive::new();
    for folder in ["T_id-1", "T_id-1 (1)"] {
        drive.write(&format!("drive/{folder}/T_id-1.csv"), folder);
    }
    let held = drive.locks.take("database:id-1").unwrap();
    let outcome = drive.run("repair", &json!({ "apply": true }));
    assert_eq!((ids(&outcome), drive.names("drive").len()), (vec!["not-repaired:id-1"], 2));
    drop(held);
    drive.run("repair", &json!({ "apply": true }));
    assert_eq!(drive.names("drive"), ["T_id-1"]);
    assert_eq!(drive.names("drive/T_id-1"), ["T_id-1 (from T_id-1 (1)).csv", "T_id-1.csv"]);
}

#[test]
fn different_manifests_and_columns_without_a_property_are_reported() {
    let drive = TestDrive::new();
    let (name, bpm) = (("title", "Name", "title"), ("b", "BPM", "number"));
    drive.database(&[name, bpm], &[&["p1", "One", "120"]], true);
    drive.sync();
    assert!(ids(&drive.run("diagnose", &json!({}))).is_empty());
    drive.database(&[name], &[&["p1", "One"]], true);
    drive.sync();
    let outcome = drive.run("diagnose", &json!({}));
    assert_eq!(ids(&outcome), ["tombstone:id-1:T_id-1/T_id-1.csv"]);
    assert!(outcome.findings[0].evidence.contains("approve-deletion --arg database=id-1 --arg 'property=\"BPM\"'"));
    drive.edit_csv("Name,BPM", "Name,Beats");
    drive.write("drive/T_id-1/.drive-sync.part", "half");
    let outcome = drive.run("diagnose", &json!({}));
    assert!(ids(&outcome).contains(&"manifest-disagrees:id-1:T_id-1/T_id-1.manifest.json"));
    assert!(ids(&outcome).contains(&"leftover:id-1:T_id-1/.drive-sync.part"));
    drive.write("drive/T_id-1/T_id-1.manifest.json", "{");
    assert!(ids(&drive.run("diagnose", &json!({}))).contains(&"manifest-disagrees:id-1:T_id-1/T_id-1.manifest.json"));
}

#[test]
fn an_invalid_csv_is_reported_and_another_valid_form_is_not() {
    let name = ("title", "Name", "title");
    let drive = TestDrive::new();
    drive.database(&[name], &[&["p1", "One"]], true);
    drive.sync();
    let good = drive.csv();
    drive.write("drive/T_id-1/T_id-1.csv", &format!("\u{feff}{}", good.replace('\n', "\r\n")));
    assert!(ids(&drive.run("diagnose", &json!({}))).is_empty());
    let large = format!("{good}{}", "x".repeat(17 << 20));
    for bad in [
        "",
        "__page_id,__last_synced_iso,Name\n",
        "__page_id,__last_synced_iso,Name\n,,title\np1,,\"On",
        large.as_str(),
    ] {
        drive.write("drive/T_id-1/T_id-1.csv", bad);
        assert_eq!(ids(&drive.run("diagnose", &json!({}))), ["unreadable:id-1:T_id-1/T_id-1.csv"]);
    }
    drive.write("drive/T_id-1/T_id-1.csv", &good);
    drive.write("drive/T_id-1/.archive/.drive-sync.part", "half");
    assert_eq!(ids(&drive.run("diagnose", &json!({}))), ["leftover:id-1:T_id-1/.archive/.drive-sync.part"]);
    fs::remove_dir_all(drive.path("drive/T_id-1/.archive")).unwrap();
    drive.write("drive/T_id-1/.archive", "a file");
    assert_eq!(ids(&drive.run("diagnose", &json!({}))), ["unreadable:id-1:T_id-1/.archive"]);
    let planned = drive.run("repair", &json!({}));
    assert!(planned.summary.contains("0 steps, 1 left to a person"), "{}", planned.summary);
    fs::remove_dir_all(drive.path("drive/T_id-1")).unwrap();
    drive.write("drive/T_id-1", "a file");
    assert_eq!(ids(&drive.run("diagnose", &json!({}))), ["unreadable:id-1:T_id-1"]);
}

#[test]
fn a_second_workspace_on_the_same_drive_finds_nothing_wrong() {
    let drive = TestDrive::new();
    let folder = tempfile::tempdir().unwrap();
    let second = baton_tests::host_services::HostDatabase::own(folder.path());
    let run = |action: &str| drive.run_with(action, &json!({}), &second, &drive.locks).unwrap();
    drive.database(&[("a", "Name", "title")], &[&["p1", "One"]], true);
    drive.sync();
    assert!(ids(&run("diagnose")).is_empty(), "the second workspace has never synced");
    run("sync");
    assert!(ids(&run("diagnose")).is_empty());
    // The first workspace continues, with one more column.
    drive.database(&[("a", "Name", "title"), ("b", "BPM", "number")], &[&["p1", "One", "120"]], true);
    drive.sync();
    assert!(ids(&run("diagnose")).is_empty(), "files of the other workspace are not damaged");
    // The workspace that wrote a manifest notices a change in it.
    let manifest = "drive/T_id-1/T_id-1.manifest.json";
    drive.write(manifest, &drive.read(manifest).replace("\"row_count\": 1", "\"row_count\": 7"));
    assert_eq!(ids(&drive.run("diagnose", &json!({}))), [format!("manifest-disagrees:id-1:{}", &manifest[6..])]);
}

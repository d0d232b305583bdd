//! Google Sheets in the folders of databases: faults, changes at the worst moment, and unreadable sheets.

use std::cell::Cell;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use baton_plugin_sdk::OutcomeKind;
use baton_tests::drive_server::{DriveServer, FOLDER, FakeCell, FakeFile, FakeSheet, Fault, ROOT, SPREADSHEET};
use serde_json::json;

use crate::account::{KilledWeb, all_faults, args, sync, workspace};
use crate::account_safety::run_interposed;
use crate::account_web::TcpWeb;
use crate::test_drive::{TestDrive, ids};

const SHEET: &str = "Baton/T_id-1/Book";

/// A spreadsheet with a sheet that is read in two parts.
fn book(folder: &str, text: &str) -> FakeFile {
    let row = |number: u32| vec![FakeCell::Text(text.to_owned()), FakeCell::Number(f64::from(number))];
    let rows: Vec<_> = (0..150).map(row).collect();
    let sheet = FakeSheet { id: 3, title: "Data".into(), rows, row_count: 160, column_count: 400 };
    FakeFile {
        name: "Book".into(),
        mime: SPREADSHEET.into(),
        parent: Some(folder.to_owned()),
        of_app: true,
        sheets: vec![sheet],
        ..FakeFile::default()
    }
}

/// A mirrored database, and the id of its folder.
fn mirrored(server: &DriveServer) -> (TestDrive, String) {
    let drive = workspace(server);
    sync(&drive, &json!({}));
    let folder = server.at("Baton/T_id-1").unwrap().id;
    (drive, folder)
}

fn csv_of(text: &str) -> String {
    (0..150).map(|number| format!("{text},{number}\n")).collect()
}

/// The CSV files of all sheets below the folder of the database.
fn csvs(drive: &TestDrive) -> Vec<String> {
    let Ok(books) = fs::read_dir(drive.path("drive/T_id-1/Sheets")) else { return Vec::new() };
    let mut found = Vec::new();
    for book in books {
        let files = fs::read_dir(book.unwrap().path()).unwrap().map(|file| file.unwrap().path());
        found.extend(
            files.filter(|path| path.extension().unwrap() == "csv").map(|path| fs::read_to_string(path).unwrap()),
        );
    }
    found
}

/// Requests of the sync that reads the spreadsheet.
fn reading_requests() -> usize {
    let server = DriveServer::start_open();
    let (drive, folder) = mirrored(&server);
    server.add(book(&folder, "a"));
    let before = server.requests();
    sync(&drive, &json!({}));
    assert_eq!(csvs(&drive), [csv_of("a")]);
    server.requests() - before
}

#[test]
fn a_reading_recovers_from_every_fault_of_every_request() {
    for number in 1..=reading_requests() {
        for fault in all_faults() {
            let server = DriveServer::start_open();
            let (drive, folder) = mirrored(&server);
            server.add(book(&folder, "a"));
            server.order_at(number, fault.clone());
            sync(&drive, &json!({}));
            assert_eq!(csvs(&drive), [csv_of("a")], "request {number}: {fault:?}");
            assert_eq!((server.problems(), server.ever(), server.bin().len()), (vec![], 5, 0));
        }
    }
}

#[test]
fn a_reading_that_is_killed_at_any_request_begins_again() {
    for number in 1..=reading_requests() {
        let server = DriveServer::start_open();
        let (drive, folder) = mirrored(&server);
        server.add(book(&folder, "a"));
        let web = TcpWeb(server.address());
        let killed = KilledWeb { web: &web, left: Cell::new(number), has_effect: true };
        let run = || drive.run_over("sync", &args(&json!({})), drive.own(), &drive.locks, &killed);
        assert!(catch_unwind(AssertUnwindSafe(run)).is_err(), "request {number}");
        sync(&drive, &json!({}));
        assert_eq!(csvs(&drive), [csv_of("a")], "request {number}");
    }
}

#[test]
fn a_spreadsheet_that_changes_while_it_is_read_is_read_again() {
    let server = DriveServer::start_open();
    let (drive, folder) = mirrored(&server);
    server.add(book(&folder, "a"));
    let edit = || server.change(SHEET, |file| file.sheets = book("", "b").sheets);
    let part = run_interposed(&server, &drive, "A101%3AOJ160", false, edit);
    assert!(ids(&part)[0].starts_with("sheet-skipped:"), "{:?}", part.findings);
    assert_eq!(csvs(&drive), [""; 0], "no mixture of two states");
    sync(&drive, &json!({}));
    assert_eq!(csvs(&drive), [csv_of("b")]);
}

#[test]
fn spreadsheets_of_any_origin_are_found_and_those_in_other_folders_are_not_read() {
    let server = DriveServer::start_open();
    server.add(book(ROOT, "elsewhere"));
    let (drive, folder) = mirrored(&server);
    // The sync runs until it does not read the lists again.
    for _ in 0..10 {
        sync(&drive, &json!({}));
    }
    assert_eq!(csvs(&drive), [""; 0]);
    server.change("Book", |file| file.parent = Some(folder.clone()));
    sync(&drive, &json!({}));
    assert_eq!(csvs(&drive), [csv_of("elsewhere")]);
    server.change(SHEET, |file| {
        file.parent = Some(ROOT.to_owned());
        file.sheets = book("", "later").sheets;
    });
    sync(&drive, &json!({}));
    assert_eq!(csvs(&drive), [csv_of("elsewhere")], "it is unchanged");
    // A folder of the database with an older spreadsheet is moved into the top folder, and merged.
    let id = "0b7f2c11-8e42-4d0a-9c11-0e2f4a6b8c7d";
    let ensure = || drive.run("ensure-folder", &args(&json!({ "database": id, "title": "Old" })));
    ensure();
    let top = server.at("Baton").unwrap().id;
    let old = format!("Old_{id}");
    let other = server.add(FakeFile { name: old.clone(), mime: FOLDER.into(), of_app: true, ..FakeFile::default() });
    server.add(book(&other, "of before"));
    for _ in 0..2 {
        sync(&drive, &json!({}));
    }
    server.set_content_changes(false);
    server.change(&old, |file| file.parent = Some(top));
    for _ in 0..4 {
        ensure();
    }
    assert_eq!(drive.names(&format!("drive/{old}/Sheets")).len(), 1);
    assert_eq!(server.problems(), [""; 0]);
}

#[test]
fn an_unreadable_spreadsheet_is_reported_and_the_others_are_read() {
    let server = DriveServer::start_open();
    let (drive, folder) = mirrored(&server);
    let large = book(&folder, "large");
    let sheets = vec![FakeSheet { row_count: 50_000, ..large.sheets[0].clone() }];
    server.add(FakeFile { name: "Large".into(), sheets, ..large });
    let good = server.add(book(&folder, "a"));
    server.order(&format!("/v4/spreadsheets/{good}"), Fault::Forbidden("accessNotConfigured"));
    let part = sync(&drive, &json!({}));
    assert_eq!(part.kind, OutcomeKind::Partial);
    let said: Vec<&str> = part.findings.iter().map(|finding| finding.title.as_str()).collect();
    assert!(
        said.iter().any(|said| said.contains("20000000 cells, empty ones included; the limit is 1000000")),
        "{said:?}"
    );
    assert!(said.iter().any(|said| said.contains("accessNotConfigured")), "{said:?}");
    let part = sync(&drive, &json!({}));
    assert_eq!((csvs(&drive), part.findings.len()), (vec![csv_of("a")], 1));
    server.order(&format!("/v4/spreadsheets/{good}"), Fault::Status("404 Not Found"));
    server.change(SHEET, |file| file.sheets = book("", "b").sheets);
    assert_eq!(sync(&drive, &json!({})).findings.len(), 2);
    sync(&drive, &json!({}));
    assert_eq!(csvs(&drive), [csv_of("b")], "the failed spreadsheet was read later");
}

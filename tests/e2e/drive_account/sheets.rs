//! Google Sheets as a source: the values and types that Google's own client reads.

use std::fs;
use std::path::Path;
use std::process::Command;

use baton_tests::drive_server::{FakeCell, FakeFile, FakeSheet, SPREADSHEET};
use baton_tests::{Output, names_in, or_skip};
use serde_json::{Value, json};

use super::judges::judges;
use super::{DriveWorkspace, GRANTS, Services};

/// The number of rows of the large sheet: more than one request reads.
const SHEET_ROWS: usize = 6_000;

fn spreadsheet(folder: &str) -> FakeFile {
    let text = |text: &str| FakeCell::Text(text.to_owned());
    let dated = |days| FakeCell::Formatted(days, "DATE", "dd/mm/yyyy");
    let header = ["Name", "n", "exact", "day", "moment", "true?", "", "code", "shown"].map(text).to_vec();
    let row = |number: usize| {
        let n = f64::from(u32::try_from(number).unwrap());
        let mut cells = vec![
            text(&format!("Line {number}, \"ä\"")),
            FakeCell::Number(n),
            FakeCell::Number(n / 7.0),
            dated(40_000.0 + n),
            FakeCell::Formatted(40_000.0 + n + 0.25, "DATE_TIME", "yyyy-mm-dd hh:mm"),
            FakeCell::Boolean(number.is_multiple_of(2)),
            FakeCell::Empty,
            text(&format!("{number:06}")),
            FakeCell::Formatted(n, "NUMBER", "000000"),
        ];
        match number % 10 {
            3 => cells[0] = FakeCell::Number(n),
            5 => cells.truncate(3),
            7 => cells.clear(),
            9 => cells[2] = FakeCell::Error("DIVIDE_BY_ZERO", "#DIV/0!"),
            _ => {}
        }
        cells
    };
    let large = FakeSheet {
        id: 0,
        title: "It's large".into(),
        rows: std::iter::once(header).chain((1..SHEET_ROWS).map(row)).collect(),
        row_count: SHEET_ROWS + 500,
        column_count: 26,
    };
    let small =
        FakeSheet { id: 7, title: "Notes".into(), rows: vec![vec![text("one")]], row_count: 100, column_count: 3 };
    FakeFile {
        name: "Budget / 2026".into(),
        mime: SPREADSHEET.into(),
        parent: Some(folder.to_owned()),
        of_app: true,
        sheets: vec![large, small],
        ..FakeFile::default()
    }
}

/// The values that Google's own client reads: dates as numbers.
fn judged_values(python: &Path, services: &Services, place: &DriveWorkspace, id: &str) -> Vec<Vec<Value>> {
    let script = r#"
import json, sys
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
address, token, sheet, rows = sys.argv[1:5]
api = build("sheets", "v4", credentials=Credentials(token), static_discovery=True, client_options={"api_endpoint": address})
book = api.spreadsheets().get(spreadsheetId=sheet).execute()
title = next(one["properties"]["title"] for one in book["sheets"] if one["properties"]["sheetId"] == 0)
area = "'" + title.replace("'", "''") + "'!A1:I" + rows
got = api.spreadsheets().values().batchGet(spreadsheetId=sheet, ranges=[area], valueRenderOption="UNFORMATTED_VALUE",
    dateTimeRenderOption="SERIAL_NUMBER", majorDimension="ROWS").execute()
print(json.dumps(got["valueRanges"][0]["values"]))
"#;
    let mut command = Command::new(python);
    command
        .args(["-c", script])
        .arg(format!("{}/", services.drive.address()))
        .arg(place.token())
        .arg(id)
        .arg(SHEET_ROWS.to_string());
    serde_json::from_str(&Output::of(&mut command).ended(0).stdout).unwrap()
}

/// The cell of the CSV for a value of the API.
fn expected_cell(row: usize, column: usize, value: &Value) -> String {
    let days = |days: i64| baton_plugin_kit::time::text((days - 25_569) * 86_400_000).unwrap();
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(is_true) => is_true.to_string(),
        number if row == 0 || column < 3 => number.to_string(),
        number if column == 3 => days(number.as_i64().unwrap()).replace("T00:00:00Z", ""),
        number if column == 4 => {
            let number = number.as_f64().unwrap();
            assert!(number.to_string().ends_with(".25"));
            #[expect(clippy::cast_possible_truncation, reason = "days")]
            days(number as i64).replace("T00:00:00Z", "T06:00:00")
        }
        number => format!("{:0>6}", number.to_string()),
    }
}

#[test]
fn a_google_sheet_is_read_with_its_values_and_types_as_googles_own_client_reads_it() {
    let bin = or_skip!(judges());
    let services = Services::start();
    let place = services.workspace(&["One"]);
    place.sync("First");
    let folder = services.drive.at("Baton/T_id-1").unwrap().id;
    let id = services.drive.add(spreadsheet(&folder));
    let reason = place.sync("Read");
    assert!(reason.contains("0 files uploaded, 2 downloaded"), "{reason}");
    let parts = |from: usize| services.drive.lines()[from..].iter().filter(|line| line.contains("ranges=")).count();
    assert!(parts(0) > 3, "the large sheet needs several requests: {}", parts(0));
    let sheets = place.root.join(format!("drive/T_id-1/Sheets/Budget  2026_{id}"));
    let read = |name: &str| fs::read_to_string(sheets.join(name)).unwrap();
    assert_eq!(read("Notes_7.csv"), "one\n");
    let csv = read("It's large_0.csv");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(csv.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let values = judged_values(&bin.join("python"), &services, &place, &id);
    assert_eq!((rows.len(), values.len()), (SHEET_ROWS, SHEET_ROWS));
    for (number, (row, values)) in rows.iter().zip(&values).enumerate() {
        assert_eq!(row.len(), 9);
        for (column, cell) in row.iter().enumerate() {
            let expected = values.get(column).map(|value| expected_cell(number, column, value)).unwrap_or_default();
            assert_eq!(cell, expected, "row {number}, column {column}");
        }
    }
    let types: Value = serde_json::from_str(&read("It's large_0.types.json")).unwrap();
    let kinds: Vec<&str> =
        types["columns"].as_array().unwrap().iter().map(|one| one["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["text", "number", "number", "date", "datetime", "boolean", "empty", "text", "number"]);
    let others = |column: usize| types["columns"][column]["others"].clone();
    assert_eq!((others(0)["A4"].clone(), others(2)["C10"].clone()), (json!("number"), json!("error")));
    // An unchanged spreadsheet is not read again. The files of a renamed spreadsheet are kept under the new name.
    let before = services.drive.lines().len();
    assert!(place.sync("Same").contains("Google Drive has the same files."));
    assert_eq!(parts(before), 0);
    services.drive.change("Baton/T_id-1/Budget / 2026", |file| {
        file.name = "Renamed".into();
        file.sheets[1].rows[0][0] = FakeCell::Formatted(0.5, "TIME", "hh:mm");
    });
    assert!(place.sync("Renamed").contains("1 downloaded"));
    let sheets = place.root.join("drive/T_id-1/Sheets");
    assert_eq!(names_in(&sheets), [format!("Renamed_{id}")]);
    let notes = sheets.join(format!("Renamed_{id}/Notes_7.csv"));
    assert_eq!(fs::read_to_string(&notes).unwrap(), "12:00:00\n");
    // A sync does not replace a file that a person has edited in the local folder, and never writes to the spreadsheet.
    fs::write(&notes, "mine\n").unwrap();
    services.drive.change("Baton/T_id-1/Renamed", |file| file.sheets[1].rows.clear());
    let reason = place.sync_partly("Edited", &json!({ "place": "account" }));
    assert!(reason.contains("Some files of the account were left out"), "{reason}");
    assert_eq!(fs::read_to_string(&notes).unwrap(), "mine\n");
    fs::remove_file(&notes).unwrap();
    place.sync("Moved away");
    assert_eq!(fs::read_to_string(&notes).unwrap(), "");
    services.drive.leave("Baton/T_id-1/Renamed");
    place.sync("Deleted");
    assert_eq!(fs::read_to_string(&notes).unwrap(), "", "nothing is deleted here");
    place.assert_no_token();
    services.assert_clean();
}

#[test]
fn a_spreadsheet_without_a_grant_stops_no_database() {
    let services = Services::start();
    let without: Vec<&str> = GRANTS.into_iter().filter(|grant| !grant.contains("{sheets}")).collect();
    let place = services.workspace_with(&["One"], &without);
    place.sync("First");
    let folder = services.drive.at("Baton/T_id-1").unwrap().id;
    services.drive.add(spreadsheet(&folder));
    place.database(&["Two"]);
    let reason = place.sync_partly("Second", &json!({ "place": "account" }));
    assert!(reason.contains("1 files uploaded") && reason.contains("were left out"), "{reason}");
    let shown = place.workspace.baton(&["why", &place.workspace.task("Second").id]).ended(0).stdout;
    assert!(shown.contains("plugin grant drive-sync") && shown.contains("{sheets}/v4/spreadsheets"), "{shown}");
    place.workspace.baton(&["plugin", "grant", "drive-sync", "http=GET:{sheets}/v4/spreadsheets/*"]).ended(0);
    assert!(place.sync("Third").contains("2 downloaded"));
    services.assert_clean();
}

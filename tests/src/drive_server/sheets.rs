//! The Google Sheets of the fake: cells with values and formats, read as grid data (`spreadsheets.get`) or as values (`values:batchGet`). An
//! answer ends with the last cell of the range that has a value; a range outside of the grid is an error.

use serde_json::{Value, json};

use super::cells::{FakeCell, FakeSheet, SPREADSHEET};
use super::files::{Drive, FakeFile};
use super::refusals::{error, not_found, wrong};
use crate::fake_service::{Answer, value};

type Pairs = [(String, String)];

/// Zero-based ranges that exclude their end.
struct Range {
    rows: (usize, usize),
    columns: (usize, usize),
}

fn cell_place(text: &str) -> Option<(usize, usize)> {
    let letters = text.bytes().take_while(u8::is_ascii_uppercase).count();
    let (letters, row) = text.split_at(letters);
    let column = letters.bytes().fold(0, |column, letter| column * 26 + usize::from(letter - b'A') + 1);
    Some((row.parse::<usize>().ok()?.checked_sub(1)?, column.checked_sub(1)?))
}

/// The sheet and the cells of A1 notation such as `'Sheet 1'!A1:B2`.
fn range<'f>(file: &'f FakeFile, text: &str) -> Option<(&'f FakeSheet, Range)> {
    let (title, cells) = text.rsplit_once('!')?;
    let title = title
        .strip_prefix('\'')
        .and_then(|title| title.strip_suffix('\''))
        .map_or(title.to_owned(), |title| title.replace("''", "'"));
    let sheet = file.sheets.iter().find(|sheet| sheet.title == title)?;
    let (begin, end) = cells.split_once(':')?;
    let ((top, left), (bottom, right)) = (cell_place(begin)?, cell_place(end)?);
    let is_inside = top <= bottom && left <= right && bottom < sheet.row_count && right < sheet.column_count;
    is_inside.then_some((sheet, Range { rows: (top, bottom + 1), columns: (left, right + 1) }))
}

/// The cells of a range, without empty ones at the ends.
fn cells(sheet: &FakeSheet, range: &Range) -> Vec<Vec<FakeCell>> {
    let end = range.rows.1.min(sheet.rows.len());
    let rows = sheet.rows.get(range.rows.0..end).unwrap_or_default();
    let cut = |row: &Vec<FakeCell>| {
        let row = row.get(range.columns.0..range.columns.1.min(row.len())).unwrap_or_default();
        let end = row.iter().rposition(|cell| *cell != FakeCell::Empty).map_or(0, |last| last + 1);
        row.get(..end).unwrap_or_default().to_vec()
    };
    let mut found: Vec<Vec<FakeCell>> = rows.iter().map(cut).collect();
    while found.last().is_some_and(Vec::is_empty) {
        found.pop();
    }
    found
}

fn ranges<'f>(file: &'f FakeFile, query: &Pairs) -> Result<Vec<(&'f FakeSheet, Range, String)>, String> {
    let texts = query.iter().filter(|(name, _)| name == "ranges").map(|(_, text)| text.clone());
    texts.map(|text| range(file, &text).map(|(sheet, range)| (sheet, range, text.clone())).ok_or(text)).collect()
}

fn outside(drive: &mut Drive, range: &str) -> Answer {
    drive.problems.push(format!("the range {range} exceeds the grid limits"));
    error("400 Bad Request", "badRequest", &format!("Range ({range}) exceeds grid limits."))
}

/// `spreadsheets.get`.
pub(super) fn spreadsheet(drive: &mut Drive, id: &str, query: &Pairs) -> Answer {
    let Some(file) = drive.find(id).filter(|file| file.mime == SPREADSHEET).cloned() else { return not_found(id) };
    let ranges = match ranges(&file, query) {
        Ok(ranges) => ranges,
        Err(text) => return outside(drive, &text),
    };
    let has_data = value(query, "fields")
        .map_or(value(query, "includeGridData") == Some("true"), |fields| fields.contains("data"));
    let of_sheet = |sheet: &FakeSheet| {
        let mut json = json!({ "properties": { "sheetId": sheet.id, "title": sheet.title, "index": 0, "sheetType": "GRID",
            "gridProperties": { "rowCount": sheet.row_count, "columnCount": sheet.column_count } } });
        let data: Vec<Value> = ranges
            .iter()
            .filter(|(own, ..)| own.id == sheet.id)
            .map(|(_, range, _)| {
                let rows = cells(sheet, range);
                let rows: Vec<Value> = rows
                    .iter()
                    .map(|row| json!({ "values": row.iter().map(FakeCell::data).collect::<Vec<_>>() }))
                    .collect();
                json!({ "startRow": range.rows.0, "rowData": rows })
            })
            .collect();
        if let (true, Some(json)) = (has_data, json.as_object_mut()) {
            json.insert("data".to_owned(), json!(data));
        }
        json
    };
    let is_asked = |sheet: &&FakeSheet| ranges.is_empty() || ranges.iter().any(|(own, ..)| own.id == sheet.id);
    let sheets: Vec<Value> = file.sheets.iter().filter(is_asked).map(of_sheet).collect();
    let properties =
        json!({ "title": file.name, "locale": "en_GB", "timeZone": "Europe/London", "autoRecalc": "ON_CHANGE" });
    Answer::json("200 OK", &json!({ "spreadsheetId": id, "properties": properties, "sheets": sheets }))
}

/// `spreadsheets.values.batchGet`.
pub(super) fn values(drive: &mut Drive, id: &str, query: &Pairs) -> Answer {
    let Some(file) = drive.find(id).filter(|file| file.mime == SPREADSHEET).cloned() else { return not_found(id) };
    let options = (value(query, "valueRenderOption"), value(query, "dateTimeRenderOption"));
    if !matches!(options, (Some("UNFORMATTED_VALUE"), None | Some("SERIAL_NUMBER"))) {
        return wrong(drive, "only unformatted values are available");
    }
    let ranges = match ranges(&file, query) {
        Ok(ranges) => ranges,
        Err(text) => return outside(drive, &text),
    };
    let found: Vec<Value> = ranges
        .iter()
        .map(|(sheet, range, text)| {
            let rows: Vec<Vec<Value>> =
                cells(sheet, range).iter().map(|row| row.iter().map(FakeCell::unformatted).collect()).collect();
            json!({ "range": text, "majorDimension": "ROWS", "values": rows })
        })
        .collect();
    Answer::json("200 OK", &json!({ "spreadsheetId": id, "valueRanges": found }))
}

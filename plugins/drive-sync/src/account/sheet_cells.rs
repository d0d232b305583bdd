//! Cells of a spreadsheet as text, with their types. Numbers keep all digits; dates and times are ISO 8601 without a zone,
//! as in the cell.
//!
//! The Sheets API returns a date as a number of days since 1899-12-30. Only the format of the cell shows that the number is
//! a date.

use baton_plugin_kit::time;
use serde_json::{Number, Value};

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// The day 1970-01-01 as a number of days since 1899-12-30.
const EPOCH: i64 = 25_569;

/// The largest number of days: 9999-12-31.
const LAST_DAY: f64 = 2_958_465.0;

/// A cell that is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SheetCell {
    pub(super) text: String,
    pub(super) kind: &'static str,
}

impl SheetCell {
    fn new(kind: &'static str, text: impl Into<String>) -> Self {
        Self { text: text.into(), kind }
    }

    /// Reads `CellData`; `None` for an empty cell.
    pub(super) fn read(cell: &Value) -> Option<Self> {
        let value = cell.get("effectiveValue")?;
        if let Some(text) = value.get("stringValue").and_then(Value::as_str) {
            return (!text.is_empty()).then(|| Self::new("text", text));
        }
        if let Some(is_true) = value.get("boolValue").and_then(Value::as_bool) {
            return Some(Self::new("boolean", is_true.to_string()));
        }
        if let Some(Value::Number(number)) = value.get("numberValue") {
            return Some(number_cell(number, cell));
        }
        let error = value.pointer("/errorValue/type").and_then(Value::as_str)?;
        Some(Self::new("error", error_text(error)))
    }
}

/// The text of an error, as the cell shows it.
fn error_text(kind: &str) -> &'static str {
    match kind {
        "NULL_VALUE" => "#NULL!",
        "DIVIDE_BY_ZERO" => "#DIV/0!",
        "VALUE" => "#VALUE!",
        "REF" => "#REF!",
        "NAME" => "#NAME?",
        "NUM" => "#NUM!",
        "N_A" => "#N/A",
        "LOADING" => "Loading...",
        _ => "#ERROR!",
    }
}

fn number_cell(number: &Number, cell: &Value) -> SheetCell {
    let format = |name: &str| {
        let place = format!("/effectiveFormat/numberFormat/{name}");
        cell.pointer(&place).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let (kind, pattern) = (format("type"), format("pattern"));
    let days = number.as_f64().filter(|days| days.abs() <= LAST_DAY);
    let moment = match (kind.as_str(), days) {
        ("TIME", Some(days)) => Some(time_cell(days, pattern.contains('['))),
        ("DATE" | "DATE_TIME", Some(days)) => date_cell(days, kind == "DATE"),
        _ => None,
    };
    moment.unwrap_or_else(|| SheetCell::new("number", with_zeros(number_text(number), &pattern)))
}

/// A number in the form of JSON. A whole number has no decimal point.
fn number_text(number: &Number) -> String {
    let text = number.to_string();
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// A pattern such as `00000` shows a whole number with leading zeros.
fn with_zeros(text: String, pattern: &str) -> String {
    let is_zeros = pattern.len() > 1 && pattern.bytes().all(|sign| sign == b'0');
    let is_whole = text.bytes().all(|sign| sign.is_ascii_digit());
    if is_zeros && is_whole { format!("{text:0>width$}", width = pattern.len()) } else { text }
}

/// Days as milliseconds. The resolution of a number of days near today is less than a microsecond.
#[expect(clippy::cast_possible_truncation, reason = "at most the year 9999")]
fn milliseconds(days: f64) -> i64 {
    (days * 86_400_000.0).round() as i64
}

/// A date, and its time of day if the cell has one; `None` for a date before the year 1.
fn date_cell(days: f64, is_date: bool) -> Option<SheetCell> {
    let millis = milliseconds(days);
    let text = time::text(millis - EPOCH * DAY_MS)?;
    let moment = text.strip_suffix('Z')?;
    match moment.split_once('T') {
        Some((date, "00:00:00")) if is_date => Some(SheetCell::new("date", date)),
        _ => Some(SheetCell::new("datetime", moment)),
    }
}

/// A time of day, or a duration in hours.
fn time_cell(days: f64, is_duration: bool) -> SheetCell {
    let millis = milliseconds(days);
    let (sign, left) = (if millis < 0 { "-" } else { "" }, millis.abs());
    let (hours, minutes, seconds) = (left / 3_600_000, left / 60_000 % 60, left / 1_000 % 60);
    let mut text = format!("{sign}{hours:02}:{minutes:02}:{seconds:02}");
    if left % 1_000 > 0 {
        let fraction = format!("{:03}", left % 1_000);
        text.push('.');
        text.push_str(fraction.trim_end_matches('0'));
    }
    let kind = if is_duration || !(0..DAY_MS).contains(&millis) { "duration" } else { "time" };
    SheetCell::new(kind, text)
}

/// The letters of a column, counted from 0: `A`, `Z`, `AA`.
pub(super) fn column_name(mut column: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or_default()));
        if column < 26 {
            return letters.into_iter().rev().collect();
        }
        column = column / 26 - 1;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value, kind: &str, pattern: &str) -> (String, &'static str) {
        let format = json!({ "numberFormat": { "type": kind, "pattern": pattern } });
        let cell = SheetCell::read(&json!({ "effectiveValue": value, "effectiveFormat": format })).unwrap();
        (cell.text, cell.kind)
    }

    #[test]
    fn numbers_keep_their_digits_and_leading_zeros() {
        for (number, pattern, text) in [
            ("120", "", "120"),
            ("120.0", "", "120"),
            ("-0.0", "", "0"),
            ("0.1", "", "0.1"),
            ("0.30000000000000004", "", "0.30000000000000004"),
            ("9007199254740993", "", "9007199254740993"),
            ("1e300", "", "1e+300"),
            ("123", "00000", "00123"),
            ("1234567", "00000", "1234567"),
            ("12.5", "000", "12.5"),
            ("-7", "000", "-7"),
            ("5", "0", "5"),
        ] {
            let number: Value = serde_json::from_str(number).unwrap();
            assert_eq!(read(&json!({ "numberValue": number }), "NUMBER", pattern), (text.to_owned(), "number"));
        }
    }

    #[test]
    fn dates_and_times_match_the_cell() {
        for (days, kind, pattern, text, name) in [
            (2.5, "DATE_TIME", "", "1900-01-01T12:00:00", "datetime"),
            (33.625, "DATE_TIME", "", "1900-02-01T15:00:00", "datetime"),
            (46_040.0, "DATE", "", "2026-01-18", "date"),
            (46_040.0, "DATE_TIME", "", "2026-01-18T00:00:00", "datetime"),
            (46_040.427_083_333_336, "DATE", "", "2026-01-18T10:15:00", "datetime"),
            (60.0, "DATE", "", "1900-02-28", "date"),
            (-1.0, "DATE", "", "1899-12-29", "date"),
            (0.5, "TIME", "", "12:00:00", "time"),
            (0.000_011_585_648_1, "TIME", "", "00:00:01.001", "time"),
            (1.5, "TIME", "[h]:mm:ss", "36:00:00", "duration"),
            (0.25, "TIME", "[h]:mm", "06:00:00", "duration"),
            (-0.25, "TIME", "", "-06:00:00", "duration"),
            (1e9, "DATE", "", "1000000000", "number"),
        ] {
            assert_eq!(read(&json!({ "numberValue": days }), kind, pattern), (text.to_owned(), name), "{days} {kind}");
        }
    }

    #[test]
    fn other_types_of_cells_are_distinguished() {
        for (value, text, kind) in [
            (json!({ "stringValue": "00123" }), "00123", "text"),
            (json!({ "boolValue": false }), "false", "boolean"),
            (json!({ "errorValue": { "type": "N_A" } }), "#N/A", "error"),
        ] {
            assert_eq!(read(&value, "TEXT", "@"), (text.to_owned(), kind));
        }
        for empty in [json!({}), json!({ "effectiveValue": {} }), json!({ "effectiveValue": { "stringValue": "" } })] {
            assert_eq!(SheetCell::read(&empty), None);
        }
        assert_eq!([0, 25, 26, 701, 702].map(column_name), ["A", "Z", "AA", "ZZ", "AAA"]);
    }
}

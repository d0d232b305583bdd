//! The cells of a Google Sheet of the fake.

use serde_json::{Value, json};

/// The type of a spreadsheet.
pub const SPREADSHEET: &str = "application/vnd.google-apps.spreadsheet";

/// A sheet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FakeSheet {
    /// Its id, unique in the spreadsheet.
    pub id: u64,
    /// Its name.
    pub title: String,
    /// The first rows of the sheet. All later rows are empty.
    pub rows: Vec<Vec<FakeCell>>,
    /// The number of rows of the grid.
    pub row_count: usize,
    /// The number of columns of the grid.
    pub column_count: usize,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum FakeCell {
    /// An empty cell.
    #[default]
    Empty,
    /// A text.
    Text(String),
    /// A number without a format.
    Number(f64),
    /// A number, with the type and the pattern of its format.
    Formatted(f64, &'static str, &'static str),
    /// A truth value.
    Boolean(bool),
    /// An error: its type, and what the cell shows.
    Error(&'static str, &'static str),
}

impl FakeCell {
    /// The JSON of a number. A whole number has no fraction.
    fn number(number: f64) -> Value {
        #[expect(clippy::cast_possible_truncation, reason = "whole and small")]
        if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
    }

    /// The cell as `CellData` of the API.
    pub(super) fn data(&self) -> Value {
        match self {
            Self::Empty => json!({}),
            Self::Text(text) => json!({ "effectiveValue": { "stringValue": text }, "formattedValue": text }),
            Self::Number(number) => json!({ "effectiveValue": { "numberValue": Self::number(*number) } }),
            Self::Formatted(number, kind, pattern) => json!({
                "effectiveValue": { "numberValue": Self::number(*number) },
                "effectiveFormat": { "numberFormat": { "type": kind, "pattern": pattern }, "horizontalAlignment": "RIGHT" },
            }),
            Self::Boolean(is_true) => json!({ "effectiveValue": { "boolValue": is_true } }),
            Self::Error(kind, shown) => {
                json!({ "effectiveValue": { "errorValue": { "type": kind, "message": "words" } }, "formattedValue": shown })
            }
        }
    }

    /// The value of the cell without a format.
    pub(super) fn unformatted(&self) -> Value {
        match self {
            Self::Empty => json!(""),
            Self::Text(text) => json!(text),
            Self::Number(number) | Self::Formatted(number, ..) => Self::number(*number),
            Self::Boolean(is_true) => json!(is_true),
            Self::Error(_, shown) => json!(shown),
        }
    }
}

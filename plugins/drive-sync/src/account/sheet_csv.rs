//! The files of one sheet: a CSV with the texts of its cells, and a JSON with their types.

use std::collections::BTreeMap;

use csv::{QuoteStyle, Terminator, WriterBuilder};
use serde_json::{Value, json};

use super::sheet_cells::{SheetCell, column_name};
use crate::drive::MOST_BYTES;

/// The rows of a sheet.
pub(super) type Rows = Vec<Vec<Option<SheetCell>>>;

/// The CSV: all rows have the same number of cells; empty rows and columns at the end are left out.
pub(super) fn render(rows: &Rows) -> Result<Vec<u8>, String> {
    let width = width(rows);
    let mut writer = WriterBuilder::new()
        .quote_style(QuoteStyle::Necessary)
        .terminator(Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    for row in used(rows) {
        let cells = (0..width).map(|column| text(row, column));
        writer.write_record(cells).map_err(|error| error.to_string())?;
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("its CSV would have {} bytes; the limit is {MOST_BYTES} (16 MB)", bytes.len()));
    }
    Ok(bytes)
}

/// The type of each column, and the cells that have another type.
pub(super) fn types(rows: &Rows) -> Value {
    let columns: Vec<Value> = (0..width(rows)).map(|column| column_types(rows, column)).collect();
    json!({ "rows": used(rows).len(), "columns": columns })
}

fn column_types(rows: &Rows, column: usize) -> Value {
    let kind = |row: &Vec<Option<SheetCell>>| row.get(column)?.as_ref().map(|cell| cell.kind);
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for kind in rows.iter().filter_map(kind) {
        *counts.entry(kind).or_default() += 1;
    }
    let most = counts.iter().max_by_key(|(_, count)| **count).map_or("empty", |(kind, _)| *kind);
    let name = column_name(column);
    let others: BTreeMap<String, &str> = rows
        .iter()
        .enumerate()
        .filter_map(|(row, cells)| Some((format!("{name}{}", row + 1), kind(cells).filter(|kind| *kind != most)?)))
        .collect();
    json!({ "column": name, "type": most, "others": others })
}

fn text(row: &[Option<SheetCell>], column: usize) -> &str {
    row.get(column).and_then(Option::as_ref).map_or("", |cell| cell.text.as_str())
}

fn used(rows: &Rows) -> &[Vec<Option<SheetCell>>] {
    let end = rows.iter().rposition(|row| row.iter().any(Option::is_some)).map_or(0, |last| last + 1);
    rows.get(..end).unwrap_or_default()
}

fn width(rows: &Rows) -> usize {
    let ends = rows.iter().filter_map(|row| row.iter().rposition(Option::is_some));
    ends.max().map_or(0, |last| last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_cells_keep_their_position_and_are_omitted_at_the_end() {
        let cell = |text: &str, kind: &'static str| Some(SheetCell { text: text.to_owned(), kind });
        let rows = vec![
            vec![cell("Name", "text"), None, cell("n", "text"), None],
            vec![],
            vec![None, None, cell("1", "number"), None],
            vec![cell("a,\"b\"\n", "text"), None, cell("2", "number")],
            vec![None, None],
        ];
        assert_eq!(render(&rows).unwrap(), b"Name,,n\n,,\n,,1\n\"a,\"\"b\"\"\n\",,2\n");
        let types = types(&rows);
        assert_eq!(types["rows"], 4);
        assert_eq!(types["columns"][1], json!({ "column": "B", "type": "empty", "others": {} }));
        assert_eq!(types["columns"][2], json!({ "column": "C", "type": "number", "others": { "C1": "text" } }));
        assert_eq!(render(&vec![vec![], vec![None]]).unwrap(), b"");
        let large = vec![vec![cell(&"x".repeat(17 << 20), "text")]];
        assert!(render(&large).unwrap_err().contains("16 MB"));
    }
}

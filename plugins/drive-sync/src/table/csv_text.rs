//! The form of every CSV: row 1 is the header, which begins with `__page_id,__last_synced_iso`. Row 2 has the types. The data
//! follow. The text is UTF-8, with commas and `\n`. The `csv` crate adds quotes where they are needed, also around a lone `\r`.
//!
//! Reading is strict. A file is rejected as incomplete if a row has another number of cells than the header, if a quote is
//! misplaced or not closed, or if bytes are not UTF-8. The row of types is recognised by its contents, because sorting can move
//! it and a person can delete it.

use crate::drive::MOST_BYTES;
use csv::{QuoteStyle, Terminator, WriterBuilder};

use super::kind::are_types;
use super::records::Records;

/// The first column.
const PAGE_ID: &str = "__page_id";

/// The second column: the time when the row was read from its service with these cells for the first time.
pub const SYNCED: &str = "__last_synced_iso";

/// The first cell of the row of types of a CSV whose headers are ids.
pub const FILE_MARK: &str = "ids=names";

const MOST_COLUMNS: usize = 2_000;

/// Maximum number of cells of a file. A cell needs 50 bytes of memory, and a sync holds up to three copies of each cell.
pub const MOST_CELLS: usize = 1_000_000;

/// The contents of a CSV.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Csv {
    /// The headers of the properties' columns.
    pub header: Vec<String>,
    /// Their types; empty if the file has no row of types.
    pub kinds: Vec<String>,
    /// The first two cells of the row of types; empty unless the headers are ids.
    pub marks: [String; 2],
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The key; empty if a person added the row.
    pub page_id: String,
    /// The time when the row was read.
    pub synced: String,
    /// The cells of the properties' columns.
    pub cells: Vec<String>,
}

/// Reads a CSV that has its row of types.
///
/// # Errors
/// If the CSV is incomplete or has another form; the error names the position.
pub fn parse_csv(bytes: &[u8]) -> Result<Csv, String> {
    let csv = parse_any(bytes)?;
    if csv.has_types() { Ok(csv) } else { Err("row 2, the types after two empty cells, is missing".to_owned()) }
}

/// Reads a CSV whose row of types may be missing.
///
/// # Errors
/// As [`parse_csv`], and when there are two rows of types.
pub fn parse_any(bytes: &[u8]) -> Result<Csv, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    refuse_other_commas(text)?;
    let mut records = Records::new(text);
    let (_, first) = records.next()?.ok_or("it is empty")?;
    let width = first.len();
    if width > MOST_COLUMNS + 2 {
        return Err(format!("it has more than {MOST_COLUMNS} columns"));
    }
    let header = row_of(first);
    if header.page_id.trim() != PAGE_ID || header.synced.trim() != SYNCED {
        return Err(format!("row 1 does not begin with {PAGE_ID},{SYNCED}"));
    }
    let mut rows = Vec::new();
    while let Some((line, cells)) = records.next()? {
        if cells.len() != width {
            return Err(format!("line {line} has {} fields, the header has {width}", cells.len()));
        }
        // The row of types is not included in the limit.
        if rows.len().saturating_mul(width) > MOST_CELLS {
            return Err(format!("it has more than {MOST_CELLS} cells"));
        }
        rows.push(row_of(cells));
    }
    let types = types_among(&mut rows)?.unwrap_or_default();
    Ok(Csv { header: header.cells, kinds: types.cells, marks: [types.page_id, types.synced], rows })
}

/// Reads the CSV of another program: its header, and rows with the same number of cells.
///
/// # Errors
/// If the CSV is incomplete; the error names the position.
pub fn parse_plain(bytes: &[u8]) -> Result<(Vec<String>, Vec<Vec<String>>), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("byte {} is not UTF-8", error.valid_up_to()))?;
    let mut records = Records::new(text.strip_prefix('\u{feff}').unwrap_or(text));
    let (_, header) = records.next()?.ok_or("it is empty")?;
    if header.len() > MOST_COLUMNS {
        return Err(format!("it has more than {MOST_COLUMNS} columns"));
    }
    let mut rows = Vec::new();
    while let Some((line, cells)) = records.next()? {
        if cells.len() != header.len() {
            return Err(format!("line {line} has {} fields, the header has {}", cells.len(), header.len()));
        }
        if (rows.len() + 1).saturating_mul(header.len()) > MOST_CELLS {
            return Err(format!("it has more than {MOST_CELLS} cells"));
        }
        rows.push(cells);
    }
    Ok((header, rows))
}

/// Rejects separators other than a comma. Programs in countries with a decimal comma write such files.
fn refuse_other_commas(text: &str) -> Result<(), String> {
    let behind = text.trim_start_matches('"').strip_prefix(PAGE_ID).map(|rest| rest.trim_start_matches('"'));
    let what = match behind.and_then(|rest| rest.chars().next()) {
        Some(';') => "semicolons",
        Some('\t') => "tabs",
        _ => return Ok(()),
    };
    Err(format!(
        "row 1 separates its cells with {what}, as Excel and LibreOffice may do: save it as CSV with commas, in UTF-8"
    ))
}

/// Removes and returns the row of types. It is the row with names of types, at any position. If no row has names of types, it
/// is row 2, unless row 2 has a key.
fn types_among(rows: &mut Vec<Row>) -> Result<Option<Row>, String> {
    let keyless = |row: &Row| row.page_id.trim().is_empty() && row.synced.trim().is_empty();
    let says = |row: &Row| row.page_id == FILE_MARK || keyless(row) && are_types(&row.cells);
    let mut said = rows.iter().enumerate().filter(|(_, row)| says(row)).map(|(place, _)| place);
    let place = match (said.next(), said.next()) {
        (Some(_), Some(other)) => return Err(format!("row {} is a second row of types: remove it", other + 2)),
        (found, _) => found.or_else(|| rows.first().is_some_and(keyless).then_some(0)),
    };
    Ok(place.map(|place| rows.remove(place)))
}

impl Csv {
    /// True if the file has a row of types.
    #[must_use]
    pub fn has_types(&self) -> bool {
        self.kinds.len() == self.header.len()
    }
}

fn row_of(cells: Vec<String>) -> Row {
    let mut cells = cells.into_iter();
    let (page_id, synced) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
    Row { page_id, synced, cells: cells.collect() }
}

/// Writes a CSV. Rejects contents that could not be read again.
///
/// # Errors
/// If a row has another number of cells than the header, or the file is too large.
pub fn render_csv(csv: &Csv) -> Result<Vec<u8>, String> {
    if csv.header.len() > MOST_COLUMNS {
        return Err(format!("it would have more than {MOST_COLUMNS} columns"));
    }
    if csv.rows.len().saturating_mul(csv.header.len() + 2) > MOST_CELLS {
        return Err(format!("it would have more than {MOST_CELLS} cells"));
    }
    let newline = Terminator::Any(b'\n');
    let mut writer =
        WriterBuilder::new().quote_style(QuoteStyle::Necessary).terminator(newline).from_writer(Vec::new());
    let mut write = |first: &str, second: &str, cells: &[String]| {
        let cells = [first, second].into_iter().chain(cells.iter().map(String::as_str));
        writer.write_record(cells).map_err(|error| error.to_string())
    };
    let [first, second] = &csv.marks;
    write(PAGE_ID, SYNCED, &csv.header)?;
    write(first, second, &csv.kinds)?;
    for row in &csv.rows {
        write(&row.page_id, &row.synced, &row.cells)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("it would have {} bytes; the limit is {MOST_BYTES} (16 MB)", bytes.len()));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn csvs() -> impl Strategy<Value = Csv> {
        let cell = || prop_oneof!["(?s).*", "[\",\r\n;\t']{0,4}", "[a-z]*"];
        (0_usize..6).prop_flat_map(move |width| {
            let cells = move || prop::collection::vec(cell(), width);
            let row = (".+", "[0-9:TZ-]*", cells()).prop_map(|(page_id, synced, cells)| Row { page_id, synced, cells });
            (cells(), cells(), prop::collection::vec(row, 0..8)).prop_map(|(header, kinds, rows)| Csv {
                header,
                kinds,
                marks: [String::new(), String::new()],
                rows,
            })
        })
    }

    proptest! {
        #[test]
        fn written_values_are_read_again(csv in csvs()) {
            prop_assert_eq!(parse_csv(&render_csv(&csv).unwrap()), Ok(csv));
        }

        #[test]
        fn no_bytes_cause_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            drop(parse_csv(&bytes));
        }
    }

    #[test]
    fn a_csv_that_cannot_be_read_again_is_not_written() {
        let row = |text: &str| Row { page_id: "p".into(), synced: String::new(), cells: vec![text.to_owned()] };
        let csv = |rows| Csv { header: vec!["A".into()], kinds: vec![String::new()], rows, ..Csv::default() };
        assert!(render_csv(&csv(vec![row(""); 333_334])).unwrap_err().contains("1000000 cells"));
        assert!(
            render_csv(&csv(vec![row(&"x".repeat(17 << 20))])).unwrap_err().contains("the limit is 16777216 (16 MB)")
        );
        let wide = Csv { header: vec![String::new(); 2_001], kinds: vec![String::new(); 2_001], ..Csv::default() };
        assert!(render_csv(&wide).unwrap_err().contains("2000 columns"));
        let most = render_csv(&csv(vec![row(""); 333_333])).unwrap();
        assert_eq!(parse_csv(&most).unwrap().rows.len(), 333_333);
    }

    #[test]
    fn errors_on_incomplete_files_and_other_forms() {
        let whole = "__page_id,__last_synced_iso,A\n,,title\n1,,\"a\rb\"\n2,,b\n";
        assert_eq!(parse_csv(whole.as_bytes()).unwrap().rows[0].cells, ["a\rb"]);
        for (text, why) in [
            ("", "empty"),
            ("__page_id,__last_synced_iso,A\n", "row 2"),
            ("A,B\n,\n", "row 1"),
            ("__page_id;__last_synced_iso\n;\n", "semicolons"),
            ("\u{feff}\"__page_id\"\t\"__last_synced_iso\"\n", "tabs"),
            ("__page_id,__last_synced_iso,A\n,,title\n1,,\"12\" Mix\"\n", "line 3"),
            ("__page_id,__last_synced_iso,A\n,,title\n1,,\"a", "a closing quote is missing"),
            ("__page_id,__last_synced_iso,A\n,,title\n1,", "cut off|fields"),
        ] {
            let error = parse_csv(text.as_bytes()).unwrap_err();
            assert!(why.split('|').any(|why| error.contains(why)), "{text:?}: {error}");
        }
        assert!(parse_csv(b"\xff\xfe").unwrap_err().contains("not UTF-8"));
    }

    #[test]
    fn the_row_of_types_is_recognised_by_its_cells() {
        let read = |rows: &str| parse_any(format!("__page_id,__last_synced_iso,A,B\n{rows}").as_bytes());
        let keys = |csv: &Csv| csv.rows.iter().map(|row| row.page_id.clone()).collect::<Vec<_>>();
        let types = ",,title,multi_select\n";
        for rows in
            [format!("{types}1,,a,b\n2,,c,d\n"), format!("1,,a,b\n2,,c,d\n{types}"), format!("1,,a,b\n{types}2,,c,d\n")]
        {
            let csv = read(&rows).unwrap();
            assert_eq!((csv.kinds.join(","), keys(&csv)), ("title,multi_select".into(), vec!["1".into(), "2".into()]));
        }
        let without = read("1,,a,b\n2,,c,d\n").unwrap();
        assert_eq!((without.has_types(), keys(&without)), (false, vec!["1".into(), "2".into()]));
        assert_eq!(
            keys(&read(&format!(",,Three,c\n1,,a,b\n{types}")).unwrap()),
            ["", "1"],
            "a new row is not a row of types"
        );
        assert!(read(&format!("{types}1,,a,b\n{types}")).unwrap_err().contains("row 4"));
        assert!(parse_csv(b"__page_id,__last_synced_iso,A\n1,,a\n").unwrap_err().contains("row 2"));
    }
}

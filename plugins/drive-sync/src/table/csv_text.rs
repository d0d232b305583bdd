//! The form of every CSV here: row 1 the header, which begins with `__page_id,__last_synced_iso`, row 2 the types, then the data.
//! UTF-8, commas, `\n`; the `csv` crate quotes and unquotes, also around a lone `\r`.
//!
//! Reading is strict: a row with another number of cells, a quote that never ends, or bytes that are no UTF-8 mean a file that is not
//! whole, and what is not whole is not worked with.

use crate::drive::MOST_BYTES;
use csv::{QuoteStyle, ReaderBuilder, Terminator, WriterBuilder};

/// The first column.
const PAGE_ID: &str = "__page_id";

/// The second column: when the row was read where it lives, and was the same since.
pub const SYNCED: &str = "__last_synced_iso";

/// Columns that are read at most.
const MOST_COLUMNS: usize = 2_000;

/// Cells that are read at most: each costs 50 bytes, and a sync has up to three of each at a time.
pub const MOST_CELLS: usize = 1_000_000;

/// A CSV as text says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Csv {
    /// The headers of the properties' columns.
    pub header: Vec<String>,
    /// Their types.
    pub kinds: Vec<String>,
    /// The first two cells of the row of types; empty but for a file that says that its headers are ids.
    pub marks: [String; 2],
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// The key of the row; empty in one that a person added.
    pub page_id: String,
    /// When it was read.
    pub synced: String,
    /// The cells of the properties' columns.
    pub cells: Vec<String>,
}

/// Reads a CSV.
///
/// # Errors
/// When it is not whole or has another form; says where.
pub fn parse_csv(bytes: &[u8]) -> Result<Csv, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| format!("byte {} is no UTF-8", error.valid_up_to()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        return Err("a quote never ends: the file is cut off".to_owned());
    }
    let mut reader = ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let mut records = reader.records();
    let mut next = || records.next().transpose().map_err(|error| error.to_string());
    let first = next()?.ok_or("it is empty")?;
    if first.len() > MOST_COLUMNS + 2 {
        return Err(format!("it has more than {MOST_COLUMNS} columns"));
    }
    let [header, kinds] = [row_of(&first), row_of(&next()?.ok_or("row 2, the types, is missing")?)];
    if header.page_id.trim() != PAGE_ID || header.synced.trim() != SYNCED {
        return Err(format!("row 1 begins with something else than {PAGE_ID},{SYNCED}"));
    }
    let mut rows = Vec::new();
    while let Some(record) = next()? {
        if (rows.len() + 1).saturating_mul(first.len()) > MOST_CELLS {
            return Err(format!("it has more than {MOST_CELLS} cells"));
        }
        rows.push(row_of(&record));
    }
    Ok(Csv { header: header.cells, kinds: kinds.cells, marks: [kinds.page_id, kinds.synced], rows })
}

fn row_of(record: &csv::StringRecord) -> Row {
    let mut cells = record.iter().map(str::to_owned);
    let (page_id, synced) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
    Row { page_id, synced, cells: cells.collect() }
}

/// Writes a CSV, but none that would not be read again.
///
/// # Errors
/// When a row has another number of cells than the header, or it is too large.
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
        return Err(format!("it would have {} MB, more than {} are not read", bytes.len() >> 20, MOST_BYTES >> 20));
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
        fn what_is_written_is_read_again(csv in csvs()) {
            prop_assert_eq!(parse_csv(&render_csv(&csv).unwrap()), Ok(csv));
        }

        #[test]
        fn no_bytes_are_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            drop(parse_csv(&bytes));
        }
    }

    #[test]
    fn nothing_is_written_that_would_not_be_read_again() {
        let row = |text: &str| Row { page_id: "p".into(), synced: String::new(), cells: vec![text.to_owned()] };
        let csv = |rows| Csv { header: vec!["A".into()], kinds: vec![String::new()], rows, ..Csv::default() };
        assert!(render_csv(&csv(vec![row(""); 333_334])).unwrap_err().contains("1000000 cells"));
        assert!(render_csv(&csv(vec![row(&"x".repeat(17 << 20))])).unwrap_err().contains("17 MB"));
        let wide = Csv { header: vec![String::new(); 2_001], kinds: vec![String::new(); 2_001], ..Csv::default() };
        assert!(render_csv(&wide).unwrap_err().contains("2000 columns"));
        let most = render_csv(&csv(vec![row(""); 333_333])).unwrap();
        assert_eq!(parse_csv(&most).unwrap().rows.len(), 333_333);
    }

    #[test]
    fn errors_on_what_is_not_whole_or_has_another_form() {
        let whole = "__page_id,__last_synced_iso,A\n,,title\n1,,\"a\rb\"\n2,,b\n";
        assert_eq!(parse_csv(whole.as_bytes()).unwrap().rows[0].cells, ["a\rb"]);
        for (text, why) in [
            ("", "empty"),
            ("__page_id,__last_synced_iso,A\n", "row 2"),
            ("A,B\n,\n", "row 1"),
            ("__page_id;__last_synced_iso\n;\n", "row 1"),
            ("__page_id,__last_synced_iso,A\n,,title\n1,,\"a", "never ends"),
            ("__page_id,__last_synced_iso,A\n,,title\n1,", "cut off|fields"),
        ] {
            let error = parse_csv(text.as_bytes()).unwrap_err();
            assert!(why.split('|').any(|why| error.contains(why)), "{text:?}: {error}");
        }
        assert!(parse_csv(b"\xff\xfe").unwrap_err().contains("no UTF-8"));
    }
}

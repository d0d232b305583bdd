//! Reads CSV files of other programs: UTF-8, UTF-16 or Windows-1252 (which includes Latin-1), with or without a byte order
//! mark, with any line ends. The cells are separated by commas, semicolons, tabs, or the separator that a first line such as
//! `sep=;` states. A UTF-8 file with invalid bytes, or a UTF-8 file that ends within a character, is still read as UTF-8. The
//! `csv` crate parses the text.

mod encoding;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Terminator, WriterBuilder};
use encoding::{DecodedText, decode, other_kind};

/// Larger files are not read. An export of Spotify with 25,000 rows has 6 MB.
pub const MOST_BYTES: u64 = 64 << 20;

/// A CSV file with its header.
#[derive(Debug)]
pub struct CsvFile {
    text: String,
    header: Vec<String>,
    delimiter: u8,
    /// The number of lines before the header: 1 if the first line is `sep=;`, else 0.
    skipped: u64,
    /// True for a file that is not UTF-8 and was read as Windows-1252.
    pub latin: bool,
    /// True for a file that ends within a character. That character is left out.
    pub cut: bool,
    /// The number of invalid byte sequences; each is read as `\u{fffd}`.
    pub spoilt: usize,
}

/// A row with its first line.
#[derive(Debug)]
pub struct CsvRow {
    /// The line in the file, counted from 1.
    pub number: u64,
    /// The cells of the row. There may be more or fewer cells than in the header.
    pub cells: StringRecord,
}

impl CsvFile {
    /// Reads a file.
    ///
    /// # Errors
    /// When the file is not a regular file, is too large or cannot be read. The text names neither the file nor its folder.
    pub fn open(path: &Path) -> Result<Self, String> {
        Self::from_bytes(read_file(path)?)
    }

    /// Reads bytes.
    ///
    /// # Errors
    /// When the header cannot be parsed, when the file is of another known kind, or when it is too large.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, String> {
        if bytes.len() as u64 > MOST_BYTES {
            return Err(format!("it is larger than {} MB", MOST_BYTES >> 20));
        }
        if let Some(what) = other_kind(&bytes) {
            return Err(what.to_owned());
        }
        let DecodedText { text, latin, cut, spoilt } = decode(bytes);
        let mut sheet = Self { text, header: Vec::new(), delimiter: b',', skipped: 0, latin, cut, spoilt };
        if sheet.text.starts_with('\u{feff}') {
            sheet.text.drain(..'\u{feff}'.len_utf8());
        }
        sheet.delimiter = sheet.take_separator_line().unwrap_or_else(|| delimiter(&sheet.text));
        let first = sheet.read().next().transpose()?;
        sheet.header =
            first.map(|line| line.cells.iter().map(|cell| cell.trim().to_owned()).collect()).unwrap_or_default();
        Ok(sheet)
    }

    /// Removes a first line `sep=;`, which states the separator of the cells for Excel, and returns that separator. A
    /// program that saved the file again may have quoted this line or added empty cells to it.
    fn take_separator_line(&mut self) -> Option<u8> {
        let end = self.text.find(['\r', '\n']).unwrap_or(self.text.len());
        let (line, rest) = self.text.split_at(end);
        let line = line.trim_start_matches('"');
        let (said, separators) = line.split_at_checked("sep=".len())?;
        let separators = separators.as_bytes();
        let first = *separators.first()?;
        let is_separator = first == b'\t' || (first.is_ascii_punctuation() && first != b'"');
        if !said.eq_ignore_ascii_case("sep=") || !is_separator || separators.iter().any(|b| *b != first && *b != b'"') {
            return None;
        }
        let rest = rest.strip_prefix('\r').unwrap_or(rest);
        let begin = self.text.len() - rest.strip_prefix('\n').unwrap_or(rest).len();
        self.text.drain(..begin);
        self.skipped = 1;
        Some(first)
    }

    /// The names of the columns, trimmed; empty for an empty file.
    #[must_use]
    pub fn header(&self) -> &[String] {
        &self.header
    }

    /// The index of a column; case is ignored.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|known| known.to_lowercase() == name.to_lowercase())
    }

    /// The rows below the header. If a row cannot be parsed, its error is the last item.
    pub fn lines(&self) -> impl Iterator<Item = Result<CsvRow, String>> {
        self.read().skip(1)
    }

    /// The line of a quote that is never closed, if `last` is the last row of the file and ends within that quote. Such a
    /// file was cut off.
    #[must_use]
    pub fn open_quote(&self, last: &CsvRow) -> Option<u64> {
        let begin = usize::try_from(last.cells.position()?.byte()).ok()?;
        // The test appends a row. The parser returns it as a separate row, unless a quote is still open.
        let more = self.text.as_bytes().get(begin..)?.chain(&b"\nx\n"[..]);
        let mut records = self.builder().from_reader(more).into_records();
        if records.nth(1).is_some() {
            return None;
        }
        let closed = last.cells.iter().take(last.cells.len().saturating_sub(1));
        let breaks: usize = closed.map(|cell| cell.matches('\n').count()).sum();
        Some(last.number.saturating_add(u64::try_from(breaks).unwrap_or(u64::MAX)))
    }

    /// The first line of a row. The parser counts the `\n` of `\r\n` and empty lines before a row as part of that row.
    fn line_of(&self, begin: &csv::Position) -> u64 {
        let rest =
            usize::try_from(begin.byte()).ok().and_then(|byte| self.text.as_bytes().get(byte..)).unwrap_or_default();
        let ends = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).filter(|byte| **byte == b'\n').count();
        begin.line().saturating_add(u64::try_from(ends).unwrap_or(u64::MAX)).saturating_add(self.skipped)
    }

    fn builder(&self) -> ReaderBuilder {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).delimiter(self.delimiter);
        builder
    }

    fn read(&self) -> impl Iterator<Item = Result<CsvRow, String>> {
        self.builder().from_reader(self.text.as_bytes()).into_records().map(move |record| {
            let cells = record.map_err(|error| error.to_string())?;
            let number = cells.position().map_or(0, |begin| self.line_of(begin));
            Ok(CsvRow { number, cells })
        })
    }
}

/// The separator of the cells: the comma, semicolon or tab, whichever occurs most often outside quotes in the first line. If
/// two of them occur equally often, the first in this order is used.
fn delimiter(text: &str) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            byte if !quoted => counts.iter_mut().filter(|(known, _)| *known == byte).for_each(|(_, count)| *count += 1),
            _ => {}
        }
    }
    // `max_by_key` returns the last maximum.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(byte, _)| *byte)
}

/// Writes a CSV file: UTF-8, commas, `\n`, quotes where they are needed (also around a lone `\r`).
#[derive(Debug)]
pub struct CsvWriter(csv::Writer<Vec<u8>>);

impl CsvWriter {
    /// Creates a file with a header.
    ///
    /// # Errors
    /// Never: the file is written to memory.
    pub fn new<S: AsRef<[u8]>>(header: impl IntoIterator<Item = S>) -> Result<Self, String> {
        let mut written =
            Self(WriterBuilder::new().flexible(true).terminator(Terminator::Any(b'\n')).from_writer(Vec::new()));
        written.row(header)?;
        Ok(written)
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Never: the file is written to memory.
    pub fn row<S: AsRef<[u8]>>(&mut self, cells: impl IntoIterator<Item = S>) -> Result<(), String> {
        self.0.write_record(cells).map_err(|error| error.to_string())
    }

    /// Returns the bytes of the file.
    ///
    /// # Errors
    /// Never: the file is written to memory.
    pub fn into_bytes(self) -> Result<Vec<u8>, String> {
        self.0.into_inner().map_err(|error| error.to_string())
    }
}

/// The bytes of a regular file of at most [`MOST_BYTES`]. If the file grows while it is read, the result has at most one byte
/// more.
///
/// # Errors
/// When the file is larger, is not a regular file, or cannot be read.
pub fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let found = path.metadata().map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    if found.len() > MOST_BYTES {
        return Err(format!("it has {} MB; the limit is {} MB", found.len() >> 20, MOST_BYTES >> 20));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells(sheet: &CsvFile) -> Vec<Vec<String>> {
        sheet.lines().map(|line| line.unwrap().cells.iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn byte_order_marks_encodings_and_separators_are_recognised() {
        let sheet = CsvFile::from_bytes(b"\xef\xbb\xbfTitle; Artist \r\n\"a;b\";\"c\"\"d\"\r\n".to_vec()).unwrap();
        assert_eq!((sheet.column("title"), sheet.column("ARTIST"), sheet.column("x")), (Some(0), Some(1), None));
        assert_eq!(cells(&sheet), [["a;b", "c\"d"]]);
        let sheet = CsvFile::from_bytes(b"Title\tArtist\nCaf\xe9\tx\n".to_vec()).unwrap();
        assert!(sheet.latin);
        assert_eq!(cells(&sheet), [["Café", "x"]]);
        let sheet = CsvFile::from_bytes(b"Title,A\n\x93Don\x92t\x94 \x96 \x80\x85,x\n".to_vec()).unwrap();
        assert_eq!(cells(&sheet), [["“Don’t” – €…", "x"]]);
        let sheet = CsvFile::from_bytes(b"\"a,b\",c\n1\n2,3,4".to_vec()).unwrap();
        assert_eq!(
            (sheet.header().len(), cells(&sheet)),
            (2, vec![vec!["1".to_owned()], vec!["2".into(), "3".into(), "4".into()]])
        );
        assert!(CsvFile::from_bytes(Vec::new()).unwrap().header().is_empty());
    }

    fn of_utf16(text: &str, bytes: fn(u16) -> [u8; 2], mark: bool) -> Vec<u8> {
        let mark = mark.then_some('\u{feff}');
        mark.into_iter().chain(text.chars()).collect::<String>().encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn utf_16_is_read_in_both_orders_with_a_mark_and_without() {
        let text = "Title;Artist\r\n\"Café 🎵\";夜\r\n";
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            for mark in [true, false] {
                let whole = of_utf16(text, bytes, mark);
                let sheet = CsvFile::from_bytes(whole.clone()).unwrap();
                assert_eq!(sheet.header(), ["Title", "Artist"]);
                assert_eq!(
                    (cells(&sheet), sheet.cut, sheet.spoilt),
                    (vec![vec!["Café 🎵".into(), "夜".into()]], false, 0)
                );
                assert!(CsvFile::from_bytes(whole[..whole.len() - 1].to_vec()).unwrap().cut);
            }
        }
        let half: Vec<u8> = [0xfeff, 0x41, 0xd83c, 0x42, 0xd83c].into_iter().flat_map(u16::to_le_bytes).collect();
        let sheet = CsvFile::from_bytes(half).unwrap();
        assert_eq!((sheet.header(), sheet.spoilt, sheet.cut), (["A\u{fffd}B".to_owned()].as_slice(), 1, true));
    }

    #[test]
    fn a_first_line_with_the_separator_is_not_the_header() {
        for first in ["sep=;\r\n", "SEP=;\n", "\"sep=;\"\r\n", "\u{feff}sep=;;\n", "sep=|\n", "sep=\t\n"] {
            let separator = if first.contains('|') {
                "|"
            } else if first.contains('\t') {
                "\t"
            } else {
                ";"
            };
            let rows = ["Title,A", "x"].join(separator) + "\r\n1" + separator + "2\r\n";
            let sheet = CsvFile::from_bytes(format!("{first}{rows}").into_bytes()).unwrap();
            assert_eq!(sheet.header(), ["Title,A", "x"], "{first:?}");
            assert_eq!(sheet.lines().next().unwrap().unwrap().number, 3, "{first:?}");
        }
        assert_eq!(CsvFile::from_bytes(b"sep=,".to_vec()).unwrap().header().len(), 0);
        for title in ["sep=a,b\n", "sep=\n", "separate,b\n"] {
            assert!(!CsvFile::from_bytes(title.into()).unwrap().header().is_empty(), "{title:?}");
        }
    }

    #[test]
    fn one_invalid_byte_or_a_cut_character_does_not_change_the_encoding() {
        let sheet = CsvFile::from_bytes("T,A\nCafé,Käthe".as_bytes()[..12].to_vec()).unwrap();
        assert_eq!((sheet.latin, sheet.cut, sheet.spoilt), (false, true, 0));
        assert_eq!(cells(&sheet), [["Café", "K"]]);
        let sheet = CsvFile::from_bytes(b"T,A\nCaf\xc3".to_vec()).unwrap();
        assert!(sheet.cut && !sheet.latin);
        let sheet = CsvFile::from_bytes(b"T,A\nCaf\xc3\xa9 \xc3\xa4,x\xffy\n".to_vec()).unwrap();
        assert_eq!((sheet.latin, sheet.cut, sheet.spoilt), (false, false, 1));
        assert_eq!(cells(&sheet), [["Café ä", "x\u{fffd}y"]]);
        let marked = CsvFile::from_bytes(b"\xef\xbb\xbfT,A\nCaf\xe9,x\n".to_vec()).unwrap();
        assert_eq!((marked.header(), marked.spoilt), (["T".to_owned(), "A".to_owned()].as_slice(), 1));
    }

    #[test]
    fn a_quote_that_is_never_closed_is_found_by_its_line() {
        for (text, expected) in [
            ("a,b\n1,2", None),
            ("a,b\n1,\"2\"", None),
            ("a,b\n1,\"2\"\"\n3\"\n", None),
            ("a,b\n1,2\n\n", None),
            ("a,b\n1,\"2\n3,4\n5,6\n", Some(2)),
            ("a,b\r\n1,2\r\n3,\"4", Some(3)),
            ("a,b\n\"1\n2\",\"3\"\"", Some(3)),
            ("a,b\n1,\"", Some(2)),
        ] {
            let sheet = CsvFile::from_bytes(text.into()).unwrap();
            let last = sheet.lines().last().unwrap().unwrap();
            assert_eq!(sheet.open_quote(&last), expected, "{text:?}");
        }
    }

    #[test]
    fn errors_name_the_kind_of_a_file_that_is_not_csv() {
        for (bytes, words) in
            [(&b"\xff\xfe\0\0T\0\0\0"[..], "UTF-32"), (b"PK\x03\x04\x14\0", "zip"), (b"\x1f\x8b\x08", "gzip")]
        {
            assert!(CsvFile::from_bytes(bytes.to_vec()).is_err_and(|why| why.contains(words)), "{words}");
        }
    }

    #[test]
    fn folders_and_large_files_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        assert!(CsvFile::open(folder.path()).unwrap_err().contains("not a regular file"));
        let large = folder.path().join("large.csv");
        File::create(&large).unwrap().set_len(500 << 20).unwrap();
        assert_eq!(CsvFile::open(&large).unwrap_err(), "it has 500 MB; the limit is 64 MB");
    }

    proptest! {
        #[test]
        fn written_files_are_read(rows in prop::collection::vec(prop::collection::vec(".*", 2..5), 0..8)) {
            let mut written = CsvWriter::new(["a,", "\"b\r"]).unwrap();
            for row in &rows {
                written.row(row).unwrap();
            }
            let sheet = CsvFile::from_bytes(written.into_bytes().unwrap()).unwrap();
            prop_assert_eq!(cells(&sheet), rows);
        }

        #[test]
        fn no_bytes_cause_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(sheet) = CsvFile::from_bytes(bytes) {
                let _ = sheet.lines().count();
            }
        }
    }
}

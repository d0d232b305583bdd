//! The rows of a CSV export. Each row is one place of the playlist. A row that cannot be read keeps its place without a track and becomes
//! a finding with file and line. A cell that cannot be read is omitted, and its row is kept.

use baton_plugin_kit::csv_file::{CsvFile, CsvRow};
use baton_plugin_kit::{Findings, time};
use baton_plugin_sdk::Severity;

use super::bounds::{MOST_ROWS, text};
use super::column::Column;
use super::credit::{self, KnownArtists};
use super::dialect::Columns;
use crate::model::Entry;
use crate::uri::Uri;

/// The maximum length of a track: a week.
const MOST_MS: f64 = 604_800_000.0;

/// The entries of a file.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) entries: Vec<Entry>,
    /// The name of the playlist of each entry, if the file has a column of playlists. The name is empty if the playlist has
    /// the name of the file.
    pub(super) lists: Vec<String>,
    /// True if the last row was complete, so that no row is missing after it.
    pub(super) complete: bool,
    /// The number of rows of favourite albums and artists. Such a row is not a place of a playlist.
    pub(super) favourites: usize,
}

pub(super) fn rows(sheet: &CsvFile, columns: &Columns, file: &str, findings: &mut Findings) -> Rows {
    let known = single_artists(sheet, columns);
    let mut read = Rows { complete: true, ..Rows::default() };
    let list = columns.place(Column::Playlist);
    let list_of = |line: &CsvRow| list.and_then(|place| line.cells.get(place)).map(text).unwrap_or_default();
    let mut lines = sheet.lines().peekable();
    while let Some(line) = lines.next() {
        let line = match line {
            Ok(line) => line,
            Err(error) => {
                let title = format!("only a part of {file} can be read: {error}");
                findings.add("unreadable", file, Severity::Medium, title, "");
                read.complete = false;
                break;
            }
        };
        if read.entries.len() == MOST_ROWS {
            let title = format!("{file} has more than {MOST_ROWS} rows; the others are not read");
            findings.add("too-many-rows", file, Severity::Medium, title, "");
            read.complete = false;
            break;
        }
        if let Some(begins) = lines.peek().is_none().then(|| sheet.open_quote(&line)).flatten() {
            let title =
                format!("only a part of {file} can be read: a quote that begins in line {begins} is never closed");
            findings.add("unreadable", file, Severity::Medium, title, fix_quote(begins));
            read.complete = false;
            let mut row = Row { file, line: line.number, findings };
            read.entries.push(row.before_the_quote(&line, columns, &known));
            read.lists.push(list_of(&line));
            break;
        }
        if contains_other_rows(&line, columns, file, findings) {
            // The places of all later rows are uncertain.
            read.complete = false;
            break;
        }
        if is_favourite(&line, columns) {
            (read.favourites, read.complete) = (read.favourites + 1, true);
            continue;
        }
        let mut row = Row { file, line: line.number, findings };
        let entry = row.entry(&line, columns, &known);
        read.complete = entry.is_some();
        read.entries.push(entry.unwrap_or_default());
        read.lists.push(list_of(&line));
    }
    read
}

/// The names of rows with a single artist id.
fn single_artists(sheet: &CsvFile, columns: &Columns) -> KnownArtists {
    let (Some(ids), Some(names)) = (columns.place(Column::ArtistIds), columns.place(Column::Artists)) else {
        return KnownArtists::new();
    };
    let lines = sheet.lines().map_while(Result::ok).take(MOST_ROWS).filter(|line| has_all(line, columns));
    let single = lines.filter_map(|line| {
        let (ids, name) = (credit::split_ids(line.cells.get(ids)?), line.cells.get(names)?.trim());
        match ids.as_slice() {
            [id] if !name.is_empty() => Some(((*id).to_owned(), name.to_owned())),
            _ => None,
        }
    });
    single.collect()
}

/// True if a row has a cell for each column. Some programs end each row with a comma, so one further empty cell is allowed.
fn has_all(line: &CsvRow, columns: &Columns) -> bool {
    let more = || line.cells.len() == columns.len() + 1 && line.cells.get(columns.len()) == Some("");
    line.cells.len() == columns.len() || more()
}

/// True if a row is a favourite album or artist, by its type or address.
fn is_favourite(line: &CsvRow, columns: &Columns) -> bool {
    if !columns.dialect.is_by_name() || !has_all(line, columns) {
        return false;
    }
    let cell = |column| columns.place(column).and_then(|place| line.cells.get(place)).unwrap_or_default().trim();
    let kind = cell(Column::Kind).to_lowercase();
    let named = kind.split_whitespace().any(|word| matches!(word, "album" | "albums" | "artist" | "artists"));
    let address = cell(Column::Uri).to_lowercase();
    let is_of = |what: &str| {
        address.starts_with(&format!("spotify:{what}:")) || address.contains(&format!("open.spotify.com/{what}/"))
    };
    named || is_of("album") || is_of("artist")
}

/// True if an unclosed quote has made the following rows, up to the next quote, a part of this row. This is reported, because
/// the places of those rows are missing.
fn contains_other_rows(line: &CsvRow, columns: &Columns, file: &str, findings: &mut Findings) -> bool {
    let wrong = !has_all(line, columns);
    let holds = |cell: &str| {
        cell.split_once('\n')
            .is_some_and(|(_, below)| wrong || below.lines().any(|line| line.contains("spotify:track:")))
    };
    let Some(place) = line.cells.iter().position(holds) else { return false };
    let breaks: usize = line.cells.iter().take(place).map(|cell| cell.matches('\n').count()).sum();
    let begins = line.number.saturating_add(u64::try_from(breaks).unwrap_or(u64::MAX));
    let lost: usize = line.cells.iter().map(|cell| cell.matches('\n').count()).sum();
    let title =
        format!("{file}: a quote in line {begins} is not closed, so {lost} more lines became a part of that row");
    findings.add("unreadable", &format!("{file}:{begins}"), Severity::Medium, title, fix_quote(begins));
    true
}

fn fix_quote(line: u64) -> String {
    format!(
        "The rest of the file is not read, and the playlist keeps its end in the catalog. Fix line {line}, or export the playlist again."
    )
}

/// A row, for its findings.
struct Row<'a> {
    file: &'a str,
    line: u64,
    findings: &'a mut Findings,
}

impl Row<'_> {
    fn add_finding(&mut self, kind: &str, what: &str, evidence: &str) {
        let evidence: String = evidence.chars().take(200).collect();
        let title = format!("{}, line {}: {what}", self.file, self.line);
        self.findings.add(kind, &format!("{}:{}", self.file, self.line), Severity::Low, title, evidence);
    }

    fn entry(&mut self, line: &CsvRow, columns: &Columns, known: &KnownArtists) -> Option<Entry> {
        if !has_all(line, columns) {
            let what =
                format!("{} cells, but the header has {}; the row keeps its place", line.cells.len(), columns.len());
            self.add_finding("row-cells", &what, &line.cells.iter().collect::<Vec<_>>().join(","));
            return None;
        }
        let mut entry = Entry::default();
        let mut named = "";
        for (column, cell) in columns.iter().zip(&line.cells) {
            let cell = cell.trim();
            match column {
                Some(Column::Uri) => named = cell,
                Some(column) if !cell.is_empty() => self.cell(&mut entry, column, cell),
                _ => {}
            }
        }
        let cell = |column| columns.place(column).and_then(|place| line.cells.get(place)).unwrap_or_default();
        let ids = cell(Column::ArtistIds);
        let names = credit::names(&text(cell(Column::Artists)), ids, known);
        entry.artists = names.into_iter().take(100).collect();
        entry.uri = Uri::parse(named);
        if columns.dialect.is_by_name() {
            return Some(self.by_name(entry));
        }
        match (&entry.uri, named.is_empty()) {
            (None, true) => self.add_finding("row-without-uri", "no URI; the row keeps its place", &entry.named()),
            (None, false) => self.add_finding("row-uri", "the URI is invalid; the row keeps its place", named),
            _ => {}
        }
        Some(entry)
    }

    /// Completes an entry of an export whose rows have names and may have a URI.
    fn by_name(&mut self, mut entry: Entry) -> Entry {
        entry.by_name = entry.uri.is_none() && !entry.title.is_empty();
        if entry.title.is_empty() && entry.uri.is_none() {
            self.add_finding("row-without-title", "no title; the row keeps its place", &entry.named());
        }
        entry
    }

    /// The entry of the last row if a quote in the row's last cell is not closed. Only the cells before that cell are
    /// certain. Without a title, the entry is empty and keeps its place.
    fn before_the_quote(&mut self, line: &CsvRow, columns: &Columns, known: &KnownArtists) -> Entry {
        if line.cells.len() != columns.len() {
            return Entry::default();
        }
        let whole = line.cells.iter().take(columns.len().saturating_sub(1));
        let cells = whole.chain(std::iter::once("")).collect();
        let entry = self.entry(&CsvRow { number: line.number, cells }, columns, known);
        entry.filter(|entry| !entry.title.is_empty()).unwrap_or_default()
    }

    fn cell(&mut self, entry: &mut Entry, column: Column, cell: &str) {
        match column {
            Column::Title => entry.title = text(cell),
            Column::Album => entry.album = Some(text(cell)),
            Column::AlbumArtists => entry.album_artist = Some(text(cell)),
            Column::Released => entry.released = self.date(cell),
            Column::Duration => entry.duration_ms = self.duration(cell.parse().ok(), cell),
            Column::Length => entry.duration_ms = self.duration(length_ms(cell), cell),
            Column::Explicit => entry.explicit = self.flag(cell),
            Column::AddedBy => entry.added_by = Some(text(cell.strip_prefix("spotify:user:").unwrap_or(cell))),
            Column::AddedAt => entry.added_at = self.moment(cell),
            Column::Genres => entry.genres = Some(text(cell)),
            Column::Label => entry.label = Some(text(cell)),
            Column::Isrc => entry.isrc = Some(text(cell).to_uppercase()),
            Column::Number(place) => {
                let number = self.number(cell);
                entry.numbers.get_mut(place).into_iter().for_each(|slot| *slot = number);
            }
            Column::Uri | Column::Artists | Column::ArtistIds | Column::Playlist | Column::Kind => {}
        }
    }

    fn number(&mut self, cell: &str) -> Option<f64> {
        let number = cell.parse::<f64>().ok().filter(|number| number.is_finite());
        if number.is_none() {
            self.add_finding("row-number", "the number is invalid; it is left out", cell);
        }
        number
    }

    #[expect(clippy::cast_possible_truncation, reason = "between 0 and a week it fits")]
    fn duration(&mut self, ms: Option<f64>, cell: &str) -> Option<i64> {
        let Some(ms) = ms.filter(|ms| ms.is_finite()) else {
            self.add_finding("row-number", "the length is not a number; it is left out", cell);
            return None;
        };
        if !(0.0..=MOST_MS).contains(&ms) {
            self.add_finding("row-number", "the length is negative or longer than a week; it is left out", cell);
            return None;
        }
        // Exports write 0 for an unknown length.
        (ms > 0.0).then_some(ms as i64)
    }

    fn flag(&mut self, cell: &str) -> Option<bool> {
        match cell.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => Some(true),
            "false" | "0" | "no" => Some(false),
            _ => {
                self.add_finding("row-flag", "the cell is neither true nor false; it is left out", cell);
                None
            }
        }
    }

    fn moment(&mut self, cell: &str) -> Option<i64> {
        // Exports write 1970 for entries from before Spotify recorded the time.
        let moment = time::parse(cell);
        if moment.is_none() {
            self.add_finding("row-date", "the date is invalid; it is left out", cell);
        }
        moment.filter(|millis| *millis > 0)
    }

    fn date(&mut self, cell: &str) -> Option<String> {
        let digits = cell.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
        if digits && matches!(cell.len(), 4 | 7 | 10) {
            // Spotify writes 0000 for an unknown year.
            return (cell != "0000").then(|| cell.to_owned());
        }
        self.add_finding("row-date", "the date is invalid; it is left out", cell);
        None
    }
}

/// A length in milliseconds: `3:41`, `1:02:03`, `221s`, `221000ms`, or a number (seconds if below 10,000).
fn length_ms(cell: &str) -> Option<f64> {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    if cell.contains(':') {
        let seconds = cell.split(':').try_fold(0.0, |sum, part| Some(sum * 60.0 + number(part)?));
        return seconds.map(|seconds| seconds * 1_000.0);
    }
    if let Some(ms) = cell.strip_suffix("ms") {
        return number(ms);
    }
    if let Some(seconds) = cell.strip_suffix('s') {
        return number(seconds).map(|seconds| seconds * 1_000.0);
    }
    number(cell).map(|number| if number < 10_000.0 { number * 1_000.0 } else { number })
}

//! The pages to publish: one for each audit, finding and track, with its marker and the texts of its properties.

use std::collections::BTreeMap;
use std::path::Path;

use baton_plugin_kit::audit_report::{Gap, Report, Severity};
use baton_plugin_kit::csv_file::CsvFile;
use baton_plugin_kit::markdown::visible;
use baton_plugin_kit::{beginning, count, time};
use baton_plugin_sdk::Error;

use crate::cell::is_writable;
use crate::schema::Property;
use crate::store::Cells;
use crate::target::{AUDIT, AUDITED, DETAILS, KIND, MARKER, PLACE, SEVERITY, STATUS, Target};

/// The maximum number of characters of a title, a text, and a marker.
const TITLE: usize = 200;
const DETAIL: usize = 1_900;
const MOST_MARKER: usize = 500;

/// Possible names of the column with the title of a track, if no column has the name of Notion's title property.
const TITLES: [&str; 4] = ["title", "name", "track name", "track"];

/// The status of a finding that is not fixed.
pub const OPEN: &str = "Open";
/// The status of a finding that a later audit does not find.
pub const FIXED: &str = "Fixed";
/// The status of audits and tracks.
pub const PUBLISHED: &str = "Published";
/// The status after `undo`.
pub const WITHDRAWN: &str = "Withdrawn";

/// A page that is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The text by which Baton finds the page again.
    pub marker: String,
    /// Its title.
    pub title: String,
    /// True if Baton replaces a title that differs from `title`. False for findings, because people may rename the pages of
    /// findings.
    pub owns_title: bool,
    /// The status of a new page, and of an existing page that was withdrawn or fixed.
    pub status: &'static str,
    /// The marker of the page of its audit.
    pub audit: Option<String>,
    /// The texts of the other properties by their ids.
    pub cells: Cells,
}

/// The marker of the page of an audit.
#[must_use]
pub fn audit_marker(source: &str, report: &Report) -> String {
    format!("{source} run:{}", report.id)
}

/// The pages of a report: the audit first, then its findings.
#[must_use]
pub fn of_report(report: &Report, source: &str, target: &Target) -> Vec<Entry> {
    let audit = audit_marker(source, report);
    let mut by_severity = BTreeMap::<Severity, usize>::new();
    for gap in report.gaps.values() {
        *by_severity.entry(gap.severity).or_default() += 1;
    }
    let counts: Vec<String> =
        by_severity.iter().rev().map(|(severity, number)| format!("{number} {}", severity.word())).collect();
    let found = count(report.gaps.len(), "finding");
    let details = if counts.is_empty() { format!("{found}.") } else { format!("{found}: {}.", counts.join(", ")) };
    let at = time::text(report.executed_at).unwrap_or_default();
    let texts = [(KIND, "Audit".to_owned()), (DETAILS, details), (AUDITED, at.clone())];
    let first = entry(target, &audit, report.id.clone(), PUBLISHED, None, texts);
    let finding = |gap: &Gap| {
        let texts = [
            (KIND, "Finding".to_owned()),
            (SEVERITY, gap.severity.word().to_owned()),
            (PLACE, gap.place.as_ref().map(|place| format!("{}:{}", place.path, place.line)).unwrap_or_default()),
            (DETAILS, details_of(gap)),
        ];
        let marker = format!("{source} {}", gap.id);
        entry(target, &marker, beginning(&visible(&gap.title), TITLE), OPEN, Some(audit.clone()), texts)
    };
    std::iter::once(first).chain(report.gaps.values().map(finding)).collect()
}

fn details_of(gap: &Gap) -> String {
    let request = gap.request.as_ref().map(|request| format!("Follow-up: {request}"));
    let parts: Vec<String> =
        request.into_iter().chain([gap.evidence.clone()]).filter(|text| !text.is_empty()).collect();
    beginning(&visible(&parts.join(". ")), DETAIL)
}

fn entry<const N: usize>(
    target: &Target,
    marker: &str,
    title: String,
    status: &'static str,
    audit: Option<String>,
    texts: [(&str, String); N],
) -> Entry {
    let cells = texts.into_iter().map(|(role, text)| (target.id(role).to_owned(), text.trim().to_owned())).collect();
    Entry { marker: visible(marker), title, owns_title: false, status, audit, cells }
}

/// The pages of a CSV file of tracks.
#[derive(Debug, Default)]
pub struct Tracks {
    /// The pages.
    pub entries: Vec<Entry>,
    /// Columns whose name is not the name of a property.
    pub unused: Vec<String>,
    /// Messages about skipped lines: lines without a valid key or a title, and lines that repeat a key.
    pub skipped: Vec<String>,
}

/// Reads a CSV file of tracks: each column that has the name of a property is published.
///
/// # Errors
/// `permanent` if the file cannot be read, or has no column for the key or the title.
pub fn of_tracks(path: &Path, shown: &str, key: Option<&str>, source: &str, target: &Target) -> Result<Tracks, Error> {
    let wrong = |why: String| Error::Permanent(format!("{shown}: {why}"));
    let file = CsvFile::open(path).map_err(|why| wrong(format!("cannot be read: {why}")))?;
    let named = |name: &str| wrong(format!("has no column {name:?}; it has: {}", file.header().join(", ")));
    let key = match key {
        Some(name) => file.column(name).ok_or_else(|| named(name))?,
        None => 0,
    };
    let title_name = target.title().map(|title| title.name.trim().to_owned()).unwrap_or_default();
    let title = file.column(&title_name).or_else(|| TITLES.iter().find_map(|name| file.column(name)));
    let title = title.ok_or_else(|| named(&title_name))?;
    let mut tracks = Tracks::default();
    let columns = columns(&file, title, target, &mut tracks.unused);
    let mut seen = std::collections::BTreeSet::new();
    for row in file.lines() {
        let row = row.map_err(wrong)?;
        let cell = |at: usize| row.cells.get(at).unwrap_or_default().trim();
        let marker = visible(&format!("{source} track:{}", cell(key)));
        if cell(key).is_empty() || cell(title).is_empty() || marker.chars().count() > MOST_MARKER {
            tracks
                .skipped
                .push(format!("line {}: it has no title, or no key of at most {MOST_MARKER} characters", row.number));
            continue;
        }
        if !seen.insert(marker.clone()) {
            tracks.skipped.push(format!("line {}: an earlier line has the key {:?}", row.number, cell(key)));
            continue;
        }
        let mut cells: Cells =
            columns.iter().map(|(at, property)| (property.id.clone(), cell(*at).to_owned())).collect();
        cells.insert(target.id(KIND).to_owned(), "Track".to_owned());
        let title = cell(title).to_owned();
        tracks.entries.push(Entry { marker, title, owns_title: true, status: PUBLISHED, audit: None, cells });
    }
    Ok(tracks)
}

/// The published columns with their properties. Columns for Baton's own properties, such as the marker, are not published.
fn columns<'a>(
    file: &CsvFile,
    title: usize,
    target: &'a Target,
    unused: &mut Vec<String>,
) -> Vec<(usize, &'a Property)> {
    let own = [MARKER, KIND, STATUS, AUDIT, AUDITED].map(|role| target.id(role));
    let mut all = Vec::new();
    for (at, name) in file.header().iter().enumerate().filter(|(at, _)| *at != title) {
        let is_it = |one: &&Property| {
            one.name.trim().eq_ignore_ascii_case(name.trim())
                && is_writable(&one.kind)
                && !own.contains(&one.id.as_str())
        };
        match target.all.iter().find(is_it) {
            Some(property) if property.kind != "title" => all.push((at, property)),
            _ => unused.push(name.clone()),
        }
    }
    all
}

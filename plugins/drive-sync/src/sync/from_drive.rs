//! Delivers a person's changes of the CSV on the Drive to the owner of the database: the changed rows as files in the form of the
//! source, and a list of every cell. The source itself is not written.
//!
//! A change is a difference between the CSV and the copy of the last sync or, without that copy, between the CSV and the
//! source. A row is a conflict if it was changed on the Drive and in the source, or changed on the Drive and deleted in the
//! source. `guard` keeps the source's row, `csv-wins` delivers the Drive's cells. No row is removed.

use std::collections::{HashMap, HashSet};

use baton_plugin_kit::time;
use serde::Serialize;

use super::checks::refuse_unknown;
use super::column_positions::place_in_base;
use super::command::sync_command;
use super::lines::{drive_csv, known_manifest, settled};
use crate::context::{DriveContext, SyncError};
use crate::drive::find;
use crate::memory::KnownDatabase;
use crate::schema::{Column, Manifest, State};
use crate::source::SourceDatabase;
use crate::table::{Csv, Database, Kind, Record, Row, canonical, is_read_only, parse, same};

/// The milliseconds that are added to a time without seconds, so that it covers the whole minute: services round the time of an
/// edit down.
const MINUTE_MS: i64 = 59_999;

/// The side whose cells are used if both sides changed a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The source's row is kept.
    Guard,
    /// The Drive's cells are delivered.
    CsvWins,
}

/// A changed cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChangedCell {
    /// The key of the row; empty for a new row.
    pub page_id: String,
    /// The id of the property.
    pub property: String,
    /// The value in the source.
    pub from: String,
    /// The value on the Drive.
    pub to: String,
}

/// A row or cell that was not delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkippedRow {
    /// The key of the row.
    pub page_id: String,
    /// The column, if the reason concerns one column.
    pub column: String,
    /// The reason.
    pub why: String,
}

/// The changes of a database.
#[derive(Clone, Debug, Default)]
pub struct ImportResult {
    /// The folder on the Drive.
    pub folder: String,
    /// Changed cells, in the order of the Drive's rows.
    pub changed: Vec<ChangedCell>,
    /// Rows without a key that a person added.
    pub added: usize,
    /// Rows that were changed on the Drive and in the source. The source's cells are kept.
    pub conflicts: Vec<SkippedRow>,
    /// Cells that are not valid for their type.
    pub bad: Vec<SkippedRow>,
    /// Cells of read-only types.
    pub read_only: Vec<SkippedRow>,
    /// Rows with unknown keys, and rows without a key and without cells for the source.
    pub unknown: Vec<SkippedRow>,
    /// The changed rows.
    pub rows: Vec<Record>,
    /// The state to store after delivery; `None` if the CSV was not changed or something was skipped.
    pub then: Option<KnownDatabase>,
}

impl ImportResult {
    /// True if there is nothing to deliver.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.added == 0
    }
}

/// Reads the changes. The caller holds the database's lock, delivers the changes, and afterwards stores the state in the
/// field `then`.
///
/// # Errors
/// If there is not exactly one folder, the CSV is not valid, or it has unknown columns.
pub fn take(
    context: &DriveContext<'_>,
    loaded: &SourceDatabase,
    source_stamp: &str,
    mode: Mode,
) -> Result<Option<ImportResult>, SyncError> {
    let database = &loaded.database;
    let folder = match find(&context.root, &database.id)?.as_slice() {
        [] => return Ok(None),
        [folder] => folder.name.clone(),
        several => {
            let text = format!(
                "it has {} folders on the Drive; merge them with: {}",
                several.len(),
                sync_command(&database.id)
            );
            return Err(SyncError::refused("duplicate-folder", text));
        }
    };
    let mut known = context.memory.get(&database.id)?.unwrap_or_default();
    let Some(left) = drive_csv(&context.root, &folder)? else { return Ok(None) };
    let base = settled(&context.root, &folder, &mut known, Some(&left)).map(|base| base.csv);
    if left.digest == known.csv_digest {
        return Ok(Some(ImportResult { folder, rows: loaded.rows.clone(), ..ImportResult::default() }));
    }
    let manifest = known_manifest(&context.root, &folder, &known, Some(&left), database, &context.now)?;
    refuse_duplicate_keys(&left.csv)?;
    refuse_unknown(&left.csv, &manifest, &database.id)?;
    let work = ChangeCollector {
        database,
        manifest: &manifest,
        mode,
        source_is_newer: source_stamp.is_empty() || known.csv_digest.is_empty() || source_stamp != known.read_stamp,
        base: base.as_ref(),
        header: &left.csv.header,
        columns: columns(&manifest, &left.csv, database, base.as_ref()),
    };
    let mut taken = work.all(loaded, &left.csv, folder)?;
    // A person must check the skipped rows before a sync may replace the CSV.
    let alone = [&taken.conflicts, &taken.bad, &taken.unknown, &taken.read_only];
    if alone.into_iter().all(Vec::is_empty) {
        if known.id.is_empty() {
            known.id = database.id.to_ascii_lowercase();
        }
        known.title.clone_from(&database.title);
        known.take(&left.digest, source_stamp, taken.is_empty());
        taken.then = Some(known);
    }
    Ok(Some(taken))
}

fn refuse_duplicate_keys(csv: &Csv) -> Result<(), SyncError> {
    let mut keys = HashSet::new();
    match csv.rows.iter().find(|row| !row.page_id.is_empty() && !keys.insert(&row.page_id)) {
        None => Ok(()),
        Some(twice) => {
            Err(SyncError::refused("row-twice", format!("the CSV on the Drive has the row {} twice", twice.page_id)))
        }
    }
}

/// A column that the source and the CSV on the Drive have, with its positions.
struct ColumnPosition<'a> {
    column: &'a Column,
    kind: Kind,
    source: usize,
    drive: usize,
    base: Option<usize>,
}

fn columns<'a>(
    manifest: &'a Manifest,
    drive: &Csv,
    database: &Database,
    base: Option<&Csv>,
) -> Vec<ColumnPosition<'a>> {
    let live = manifest.columns.iter().filter(|column| column.state == State::Live);
    live.filter_map(|column| {
        let source = database
            .properties
            .iter()
            .position(|property| property.id == column.property && property.kind == column.kind)?;
        let drive = drive.header.iter().position(|header| *header == column.header)?;
        let base = base.and_then(|base| place_in_base(base, column, manifest));
        Some(ColumnPosition { column, kind: Kind::from_name(&column.kind), source, drive, base })
    })
    .collect()
}

struct ChangeCollector<'a> {
    database: &'a Database,
    manifest: &'a Manifest,
    mode: Mode,
    source_is_newer: bool,
    base: Option<&'a Csv>,
    /// The headers of the CSV on the Drive.
    header: &'a [String],
    columns: Vec<ColumnPosition<'a>>,
}

impl ChangeCollector<'_> {
    fn all(&self, loaded: &SourceDatabase, drive: &Csv, folder: String) -> Result<ImportResult, SyncError> {
        let mut taken = ImportResult { folder, rows: loaded.rows.clone(), ..ImportResult::default() };
        if self.columns.is_empty() && !self.manifest.columns.is_empty() {
            return Err(SyncError::refused(
                "schema",
                "no column of the CSV on the Drive belongs to a property of its source",
            ));
        }
        let places: HashMap<String, usize> =
            loaded.rows.iter().enumerate().map(|(place, row)| (row.page_id.clone(), place)).collect();
        let base: HashMap<&str, &Row> =
            self.base.iter().flat_map(|csv| &csv.rows).map(|row| (row.page_id.as_str(), row)).collect();
        for row in &drive.rows {
            if row.page_id.is_empty() {
                self.new_row(row, &mut taken);
            } else if let Some(record) = places.get(&row.page_id).and_then(|place| taken.rows.get(*place)).cloned() {
                let place = places.get(&row.page_id).copied().unwrap_or_default();
                if let Some(record) = self.known_row(row, record, base.get(row.page_id.as_str()).copied(), &mut taken) {
                    taken.rows.get_mut(place).into_iter().for_each(|there| there.clone_from(&record));
                }
            } else if let Some(base) = base.get(row.page_id.as_str()) {
                self.deleted_row(row, base, &mut taken);
            } else {
                let why = "the source has no row with this key".to_owned();
                taken.unknown.push(SkippedRow { page_id: row.page_id.clone(), column: String::new(), why });
            }
        }
        Ok(taken)
    }

    /// Handles a row that a person added.
    fn new_row(&self, row: &Row, taken: &mut ImportResult) {
        let mut record = Record {
            page_id: String::new(),
            synced: String::new(),
            cells: vec![String::new(); self.database.properties.len()],
        };
        for place in &self.columns {
            let text = cell(row, place.drive);
            if let (Some(text), Some(there)) = (usable(place, text, row, taken), record.cells.get_mut(place.source)) {
                *there = text;
            }
        }
        if record.cells.iter().any(|cell| !cell.is_empty()) {
            taken.added += 1;
            taken.rows.push(record);
        } else if let Some(column) = self.own_cell(row) {
            let why =
                "the row has no key and no cell of a property; move this cell to the row where it belongs".to_owned();
            taken.unknown.push(SkippedRow { page_id: String::new(), column, why });
        }
    }

    /// The header of the row's first non-empty cell in a column that no property supplies.
    fn own_cell(&self, row: &Row) -> Option<String> {
        let fed = |place: usize| self.columns.iter().any(|column| column.drive == place);
        let own = row.cells.iter().enumerate().find(|(place, cell)| !cell.is_empty() && !fed(*place));
        own.and_then(|(place, _)| self.header.get(place).cloned())
    }

    fn known_row(&self, row: &Row, record: Record, base: Option<&Row>, taken: &mut ImportResult) -> Option<Record> {
        let (changes, both) = self.changes(row, &record, base, taken);
        if changes.is_empty() {
            return None;
        }
        let has_base = base.is_some() && changes.iter().all(|change| change.place.base.is_some());
        let why = self.conflict(row, &record, has_base, both).filter(|_| self.mode == Mode::Guard);
        if let Some(why) = why {
            taken.conflicts.push(SkippedRow { page_id: row.page_id.clone(), column: String::new(), why });
            return None;
        }
        Some(with(record, changes, taken))
    }

    /// Handles a row of the last sync that the source deleted. If a person changed the row, this is a conflict under
    /// `guard`; `csv-wins` delivers the changes.
    fn deleted_row(&self, row: &Row, base: &Row, taken: &mut ImportResult) {
        let cells = vec![String::new(); self.database.properties.len()];
        let mut record = Record { page_id: row.page_id.clone(), synced: String::new(), cells };
        for place in &self.columns {
            let was = place.base.map_or("", |place| cell(base, place)).to_owned();
            record.cells.get_mut(place.source).into_iter().for_each(|there| there.clone_from(&was));
        }
        let (changes, _) = self.changes(row, &record, Some(base), taken);
        if changes.is_empty() {
            return;
        }
        if self.mode == Mode::Guard {
            let why = "the row was changed on the Drive, but its source no longer has it; mode=csv-wins exports the \
                       row"
            .to_owned();
            taken.conflicts.push(SkippedRow { page_id: row.page_id.clone(), column: String::new(), why });
            return;
        }
        let record = with(record, changes, taken);
        taken.rows.push(record);
    }

    /// The cells of a row that a person changed, and whether the source has also changed a cell of this row.
    fn changes(
        &self,
        row: &Row,
        record: &Record,
        base: Option<&Row>,
        taken: &mut ImportResult,
    ) -> (Vec<RowChange<'_>>, bool) {
        let mut changes = Vec::new();
        let mut both = false;
        for place in &self.columns {
            let there = record.cells.get(place.source).map_or("", String::as_str);
            let here = cell(row, place.drive);
            let was = base.zip(place.base).map(|(base, place)| cell(base, place));
            let differs = !same(place.kind, here, there);
            both |= differs && was.is_some_and(|was| !same(place.kind, was, there));
            if !differs || was.is_some_and(|was| same(place.kind, was, here)) {
                continue;
            }
            if let Some(to) = usable(place, here, row, taken) {
                changes.push(RowChange { place, from: canonical(place.kind, there), to });
            }
        }
        (changes, both)
    }

    /// The reason why `guard` keeps the source's row although the row was changed on the Drive; `None` if there is no conflict.
    fn conflict(&self, row: &Row, record: &Record, has_base: bool, both: bool) -> Option<String> {
        if both {
            return Some("the source has also changed the row since the last sync".to_owned());
        }
        let edited = self.database.properties.iter().position(|property| property.kind == "last_edited_time");
        if let Some(text) = edited.and_then(|place| record.cells.get(place)) {
            let (Some(edited), Some(synced)) = (time::parse(text), time::parse(&row.synced)) else {
                return Some("the row has no valid time of its last edit, or of its last sync".to_owned());
            };
            let edited = if edited % 60_000 == 0 { edited + MINUTE_MS } else { edited };
            return (edited > synced)
                .then(|| format!("the row was edited at its source ({text}) after the last sync ({})", row.synced));
        }
        let unknown = !has_base && self.source_is_newer;
        unknown.then(|| {
            "the source was read again since the last sync, and has no time of the last edit of a row".to_owned()
        })
    }
}

struct RowChange<'a> {
    place: &'a ColumnPosition<'a>,
    from: String,
    to: String,
}

fn with(mut record: Record, changes: Vec<RowChange<'_>>, taken: &mut ImportResult) -> Record {
    for RowChange { place, from, to } in changes {
        let (page_id, property) = (record.page_id.clone(), place.column.property.clone());
        record.cells.get_mut(place.source).into_iter().for_each(|cell| cell.clone_from(&to));
        taken.changed.push(ChangedCell { page_id, property, from, to });
    }
    record
}

/// The text of a cell, unless it is read-only or not valid for its type.
fn usable(place: &ColumnPosition<'_>, text: &str, row: &Row, taken: &mut ImportResult) -> Option<String> {
    let left = |why: String| SkippedRow { page_id: row.page_id.clone(), column: place.column.header.clone(), why };
    if is_read_only(&place.column.kind) {
        // An empty read-only cell of a new row is not a change: a person cannot know its value.
        if !text.is_empty() || !row.page_id.is_empty() {
            taken.read_only.push(left(format!("a CSV cannot change a {}", place.column.kind)));
        }
        return None;
    }
    match parse(place.kind, text) {
        Ok(value) => Some(crate::table::format(&value)),
        Err(why) => {
            taken.bad.push(left(why));
            None
        }
    }
}

fn cell(row: &Row, place: usize) -> &str {
    row.cells.get(place).map_or("", String::as_str)
}

//! Writes one database to the Drive: finds its folder, makes its columns and rows, and writes its CSV if the CSV changed.
//!
//! The caller holds the lock of the database. All decisions are made before anything is written. A rejected database leaves the
//! Drive unchanged, except for a folder that was created or merged.

use std::collections::{BTreeSet, HashMap};

use super::checks::refuse_unknown;
use super::column_positions::{ColumnPlaces, ExistingRow, PreviousState, header_digest};
use super::command::sync_command;
use super::keyless::KeylessRows;
use super::lines::{DriveCsv, drive_csv, is_base, keep_base, known_manifest, settled};
use crate::context::{DriveContext, SyncError};
use crate::drive::{Stamp, Undo, archive, digest, ensure, replace, stamp, write_file};
use crate::schema::{self, Change, Manifest, SIDECAR, compare};
use crate::source::SourceDatabase;
use crate::table::{Csv, Kind, Record, Row, canonical, render_csv};

/// The number of rows that may always disappear, even without `allow_shrink`.
const FEW_ROWS: usize = 10;

/// Conditions of a sync.
#[derive(Clone, Copy, Debug)]
pub struct SyncOptions {
    /// Backups to keep of each database.
    pub keep: usize,
    /// Complete readings without a property that are needed to remove its column.
    pub readings: u32,
    /// True if any number of rows may disappear.
    pub allow_shrink: bool,
    /// The percentage of the rows that may disappear.
    pub shrink_percent: usize,
    /// True if a person's changes on the Drive may be replaced.
    pub overwrite: bool,
}

/// The result for a database.
#[derive(Debug, Default)]
pub struct ExportResult {
    /// Its folder.
    pub folder: String,
    /// True if its CSV was written.
    pub written: bool,
    /// Rows of its CSV.
    pub rows: usize,
    /// Number of new backups.
    pub backups_made: usize,
    /// Number of deleted backups.
    pub backups_deleted: usize,
    /// Folders that were merged into it.
    pub merged: usize,
    /// Folders that may belong to something else; they are not changed.
    pub others: Vec<String>,
    /// The changes of its columns.
    pub changes: Vec<Change>,
}

/// Writes a database to the Drive. `known` is its stored state, `source` and `source_stamp` identify its source.
///
/// # Errors
/// If the database is rejected, or the Drive or the memory fails.
pub fn put(
    context: &DriveContext<'_>,
    loaded: &SourceDatabase,
    source: &str,
    source_stamp: &str,
    options: SyncOptions,
    undo: &mut Undo,
) -> Result<ExportResult, SyncError> {
    let database = &loaded.database;
    let mut known = context.memory.get(&database.id)?.unwrap_or_default();
    let id = if known.id.is_empty() { database.id.to_ascii_lowercase() } else { known.id.clone() };
    let ensured = ensure(&context.root, &database.title, &database.id, &[&known.title], undo)?;
    let folder = ensured.name;
    let left = drive_csv(&context.root, &folder)?;
    let base = settled(&context.root, &folder, &mut known, left.as_ref());
    let manifest = known_manifest(&context.root, &folder, &known, left.as_ref(), database, &context.now)?;
    if let Some(left) = &left {
        refuse_unknown(&left.csv, &manifest, &database.id)?;
        let looked_at = !known.csv_digest.is_empty() || known.is_delivered(&left.digest);
        if looked_at && !known.may_replace(&left.digest, source_stamp) && !options.overwrite {
            return Err(changed_by_hand(&folder, &database.id, known.is_delivered(&left.digest)));
        }
    }
    let approved = context.memory.settle_approvals(&id, &manifest.columns)?;
    let last = if manifest.reading.is_empty() { reading(&known.read_stamp) } else { &manifest.reading };
    let counts = reading(source_stamp) != last || source_stamp.is_empty();
    let asked = schema::CompareOptions { approved: &approved, readings: options.readings, counts, now: &context.now };
    let compared = compare(&manifest, database, asked).map_err(|error| SyncError::refused("schema", error))?;
    let copy = base.as_ref().map(|base| &base.csv);
    let before = PreviousState { left: left.as_ref().map(|left| &left.csv).or(copy), base: copy };
    let (rows, left_over) = rows(loaded, before, &manifest, &compared.manifest, &context.now);
    if let Some(place) = left_over.filter(|_| !options.overwrite) {
        return Err(row_left_over(&folder, &database.id, place));
    }
    if let Some(before) = before.left {
        refuse_shrinking(loaded, before, &rows, options)?;
    }
    let csv = Csv {
        header: compared.manifest.headers(),
        kinds: compared.manifest.columns.iter().map(|column| column.kind.clone()).collect(),
        rows,
        ..Csv::default()
    };
    let bytes = render_csv(&csv).map_err(|error| SyncError::refused("too-large", error))?;
    let mut next = compared.manifest;
    next.row_count = csv.rows.len() as u64;
    next.header_sha256 = header_digest(&csv.header);
    next.remember(reading(source_stamp));
    let mut done = ExportResult {
        folder: folder.clone(),
        rows: csv.rows.len(),
        merged: ensured.merged,
        others: ensured.others,
        ..ExportResult::default()
    };
    let new = digest(&bytes);
    (known.id, known.title, known.folder) = (id.clone(), database.title.clone(), folder.clone());
    source.clone_into(&mut known.source);
    if left.as_ref().is_none_or(|left| left.digest != new) {
        (known.next_digest, known.next_manifest) = (new.clone(), next.text());
        context.memory.put(&known)?;
        let backup = write_csv(context, &folder, &bytes, left.as_ref(), &mut done)?;
        done.backups_deleted =
            archive::retain(&context.root, &folder, &database.id, options.keep, backup.as_deref(), undo)?;
    } else if !is_base(&context.root, &folder, &new) {
        keep_base(&context.root, &folder, &bytes)?;
    }
    write_manifest(context, &folder, &next)?;
    // Approvals are settled here, and again at the beginning of the next run. So a killed process leaves no approval
    // that would apply to later columns.
    context.memory.settle_approvals(&id, &next.columns)?;
    let written = stamp(&csv_path(context, &folder))?;
    written.as_ref().map(Stamp::as_str).unwrap_or_default().clone_into(&mut known.csv_stamp);
    (known.csv_digest, known.manifest) = (new, next.text());
    (known.next_digest, known.next_manifest, known.taken_digest) = Default::default();
    source_stamp.clone_into(&mut known.source_stamp);
    source_stamp.clone_into(&mut known.read_stamp);
    context.memory.put(&known)?;
    done.changes = compared.changes;
    if manifest.columns.is_empty() {
        // All columns of a new database are new.
        done.changes.retain(|change| !matches!(change, Change::Added(_)));
    }
    Ok(done)
}

/// The id of a reading: the stamp of the sidecar. So a reading keeps its id if somebody fixes the CSV by hand.
fn reading(source_stamp: &str) -> &str {
    source_stamp.rsplit_once('/').map_or(source_stamp, |(_, sidecar)| sidecar)
}

fn csv_path(context: &DriveContext<'_>, folder: &str) -> std::path::PathBuf {
    context.root.join(folder).join(format!("{folder}.csv"))
}

/// Writes the CSV and returns the name of the backup. A file that somebody saved since it was read is kept.
fn write_csv(
    context: &DriveContext<'_>,
    folder: &str,
    bytes: &[u8],
    left: Option<&DriveCsv>,
    done: &mut ExportResult,
) -> Result<Option<String>, SyncError> {
    let mut backup = None;
    if left.is_some() {
        let kept = archive::keep(&context.root, folder, folder, context.now_ms)?;
        done.backups_made = usize::from(kept.made);
        backup = Some(kept.name);
    }
    let seen = left.and_then(|left| left.stamp.as_ref());
    if !replace(&csv_path(context, folder), bytes, seen)? {
        let text = format!(
            "{folder}/{folder}.csv was changed during the sync and was not replaced; the next sync \
                            checks it"
        );
        return Err(SyncError::refused("changed-by-hand", text));
    }
    keep_base(&context.root, folder, bytes)?;
    done.written = true;
    Ok(backup)
}

/// Writes the manifest beside the CSV if it changed.
fn write_manifest(context: &DriveContext<'_>, folder: &str, manifest: &Manifest) -> Result<(), SyncError> {
    let path = context.root.join(folder).join(format!("{folder}{SIDECAR}"));
    let text = manifest.text();
    let there = stamp(&path)?.is_some() && crate::drive::read(&path)? == text.as_bytes();
    if !there {
        write_file(&path, text.as_bytes())?;
    }
    Ok(())
}

fn changed_by_hand(folder: &str, id: &str, last_delivery: bool) -> SyncError {
    let command = sync_command(id);
    if last_delivery {
        let text = format!(
            "{folder}/{folder}.csv was changed by hand and its changes were written as files, but its source was not \
             read again since then. Apply the files first; to replace the CSV anyway (it goes to .archive): {command} \
             --arg overwrite=true"
        );
        return SyncError::refused("changed-by-hand", text);
    }
    SyncError::refused(
        "changed-by-hand",
        format!(
            "{folder}/{folder}.csv was changed since the last sync. To deliver the changes: {command} --arg \
             direction=from-drive; to replace it (it goes to .archive): {command} --arg overwrite=true"
        ),
    )
}

fn row_left_over(folder: &str, id: &str, place: usize) -> SyncError {
    let text = format!(
        "{folder}/{folder}.csv has a row without a key (row {} of the data) with a cell in a column without a \
         property, and no new row of the source has the same cells. Move that cell to the row where it belongs; to \
         replace the CSV anyway (it goes to .archive): {} --arg overwrite=true",
        place + 1,
        sync_command(id)
    );
    SyncError::refused("changed-by-hand", text)
}

/// The new rows: the rows of the source in their order. After an incomplete reading, the existing rows that the source did not
/// return follow. The second value is the position of a row that would lose cells that no property supplies.
fn rows(
    loaded: &SourceDatabase,
    before: PreviousState<'_>,
    old: &Manifest,
    new: &Manifest,
    now: &str,
) -> (Vec<Row>, Option<usize>) {
    let [left, base] = [before.left, before.base].map(|csv| csv.map_or(&[][..], |csv| csv.rows.as_slice()));
    let by_key = |rows: &'_ [Row]| -> HashMap<String, usize> {
        rows.iter().enumerate().map(|(place, row)| (row.page_id.clone(), place)).collect()
    };
    let (in_left, in_base) = (by_key(left), by_key(base));
    let columns: Vec<ColumnPlaces<'_>> =
        new.columns.iter().map(|column| ColumnPlaces::new(column, loaded, before, old)).collect();
    let is_known = |key: &str| in_left.contains_key(key) || in_base.contains_key(key);
    let keyless = KeylessRows::new(before.left, loaded, &columns, is_known);
    let had = |key: &str| ExistingRow {
        left: in_left.get(key).and_then(|place| left.get(*place)).or_else(|| keyless.by_key.get(key).copied()),
        base: in_base.get(key).and_then(|place| base.get(*place)),
    };
    let mut rows: Vec<Row> = Vec::with_capacity(loaded.rows.len());
    for record in &loaded.rows {
        rows.push(row(record, had(&record.page_id), &columns, now));
    }
    if !loaded.database.complete {
        let mut there: BTreeSet<&str> = loaded.rows.iter().map(|record| record.page_id.as_str()).collect();
        for kept in left.iter().chain(base).filter(|row| !row.page_id.is_empty()) {
            if there.insert(&kept.page_id) {
                let cells = columns.iter().map(|place| place.before(had(&kept.page_id))).collect();
                rows.push(Row { page_id: kept.page_id.clone(), synced: kept.synced.clone(), cells });
            }
        }
    }
    (rows, keyless.left_over)
}

/// Makes a row. It keeps its time of reading if no other cell changes.
fn row(record: &Record, before: ExistingRow<'_>, columns: &[ColumnPlaces<'_>], now: &str) -> Row {
    let cell = |place: &ColumnPlaces<'_>| match place.read.and_then(|read| record.cells.get(read)) {
        Some(text) => canonical(Kind::from_name(&place.column.kind), text),
        None => place.before(before),
    };
    let cells: Vec<String> = columns.iter().map(cell).collect();
    let same = |row: &&Row| {
        !row.synced.is_empty() && columns.iter().zip(&cells).all(|(place, text)| place.before(before) == *text)
    };
    let synced = match before.left.or(before.base).filter(same) {
        Some(row) => row.synced.clone(),
        None if record.synced.is_empty() => now.to_owned(),
        None => record.synced.clone(),
    };
    Row { page_id: record.page_id.clone(), synced, cells }
}

/// Rejects a reading that would remove many rows.
fn refuse_shrinking(
    loaded: &SourceDatabase,
    before: &Csv,
    rows: &[Row],
    options: SyncOptions,
) -> Result<(), SyncError> {
    let stay: BTreeSet<&str> = rows.iter().map(|row| row.page_id.as_str()).collect();
    let had: Vec<_> = before.rows.iter().filter(|row| !row.page_id.is_empty()).collect();
    let gone = had.iter().filter(|row| !stay.contains(row.page_id.as_str())).count();
    if options.allow_shrink || gone <= FEW_ROWS || gone * 100 <= had.len() * options.shrink_percent {
        return Ok(());
    }
    Err(SyncError::refused(
        "shrinks",
        format!(
            "{gone} of {} rows would be removed, more than {} %. If they were really deleted: {} --arg allow_shrink=true",
            had.len(),
            options.shrink_percent,
            sync_command(&loaded.database.id)
        ),
    ))
}

//! The CSV of a database on the Drive, with the manifest of its columns.

use std::fs;
use std::path::Path;

use super::checks::types_problem;
use super::column_positions::header_digest;
use crate::context::SyncError;
use crate::drive::{self, ARCHIVE, Stamp, digest};
use crate::memory::KnownDatabase;
use crate::schema::{Manifest, SIDECAR, adopted};
use crate::table::{Csv, Database, parse_any, parse_csv};

/// The hidden copy of the CSV that was written last. The differences between the CSV and this copy are a person's changes.
const BASE: &str = ".last-synced.csv";

/// The CSV on the Drive.
#[derive(Debug)]
pub struct DriveCsv {
    /// Its contents.
    pub csv: Csv,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// The stamp of the file before it was read.
    pub stamp: Option<Stamp>,
}

/// The copy of the CSV that was written last.
#[derive(Debug)]
pub struct Base {
    /// Its contents.
    pub csv: Csv,
    /// SHA-256 of its bytes.
    pub digest: String,
}

/// Reads the CSV of a folder; `None` if it is missing.
///
/// # Errors
/// If it cannot be read or is incomplete.
pub fn drive_csv(root: &Path, folder: &str) -> Result<Option<DriveCsv>, SyncError> {
    let path = root.join(folder).join(format!("{folder}.csv"));
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        _ => {}
    }
    let stamp = drive::stamp(&path)?;
    let bytes = drive::read(&path)?;
    let csv = parse_any(&bytes).map_err(|error| damaged(folder, &error))?;
    Ok(Some(DriveCsv { csv, digest: digest(&bytes), stamp }))
}

fn damaged(folder: &str, why: &str) -> SyncError {
    let fix = format!("fix it, or move it away and restore a backup from {folder}/{ARCHIVE}");
    SyncError::refused("drive-csv-damaged", format!("{folder}/{folder}.csv on the Drive is not usable: {why}; {fix}"))
}

/// Completes the stored state of a database from the Drive. If the CSV on the Drive is the CSV that was recorded as the next
/// CSV, it becomes the known CSV. If no state is stored, the state comes from the copy of the last sync. Returns that copy.
pub fn settled(root: &Path, folder: &str, known: &mut KnownDatabase, left: Option<&DriveCsv>) -> Option<Base> {
    known.settle(left.map_or("", |left| &left.digest));
    let base = base_copy(root, folder, known);
    if let Some(base) = base.as_ref().filter(|_| known.csv_digest.is_empty()) {
        known.csv_digest.clone_from(&base.digest);
    }
    base
}

/// The known columns of a CSV: from the plugin's own database, else from the manifest beside the CSV if the manifest belongs
/// to this CSV, else from the names of the columns.
///
/// # Errors
/// If the manifest is not valid, or the row of types cannot be distinguished from the other rows.
pub fn known_manifest(
    root: &Path,
    folder: &str,
    known: &KnownDatabase,
    left: Option<&DriveCsv>,
    read: &Database,
    now: &str,
) -> Result<Manifest, SyncError> {
    let manifest = written_down(root, folder, known, left, &read.id)?;
    if let Some(why) = left.and_then(|left| types_problem(&left.csv, manifest.as_ref())) {
        return Err(damaged(folder, &why));
    }
    let by_names = || left.map_or_else(|| Manifest::new(&read.id, &read.title), |left| adopted(&left.csv, read, now));
    Ok(manifest.unwrap_or_else(by_names))
}

fn written_down(
    root: &Path,
    folder: &str,
    known: &KnownDatabase,
    left: Option<&DriveCsv>,
    id: &str,
) -> Result<Option<Manifest>, SyncError> {
    if !known.manifest.is_empty() {
        let manifest = Manifest::read(known.manifest.as_bytes(), id)
            .map_err(|error| SyncError::refused("manifest", format!("the stored manifest cannot be read: {error}")))?;
        return Ok(Some(manifest));
    }
    let path = root.join(folder).join(format!("{folder}{SIDECAR}"));
    if fs::symlink_metadata(&path).is_err() {
        return Ok(None);
    }
    let beside = Manifest::read(&drive::read(&path)?, id).map_err(|error| {
        let fix = "move it away; columns are then matched by their names";
        SyncError::refused("manifest", format!("{folder}/{folder}{SIDECAR} is not usable: {error}; {fix}"))
    })?;
    let of_this = left.is_none_or(|left| header_digest(&left.csv.header) == beside.header_sha256);
    Ok(of_this.then_some(beside))
}

/// The copy of the CSV that was written last, if it agrees with the stored state.
fn base_copy(root: &Path, folder: &str, known: &KnownDatabase) -> Option<Base> {
    let folder = root.join(folder);
    let bytes = drive::read(&folder.join(ARCHIVE).join(BASE)).ok().filter(|_| drive::has_archive(&folder))?;
    let digest = digest(&bytes);
    let whole = known.csv_digest.is_empty() || digest == known.csv_digest;
    whole.then(|| parse_csv(&bytes).ok()).flatten().map(|csv| Base { csv, digest })
}

/// True if the copy has this digest.
pub(super) fn is_base(root: &Path, folder: &str, wanted: &str) -> bool {
    drive::read(&root.join(folder).join(ARCHIVE).join(BASE)).is_ok_and(|bytes| digest(&bytes) == wanted)
}

/// Writes the copy.
pub(super) fn keep_base(root: &Path, folder: &str, bytes: &[u8]) -> std::io::Result<()> {
    drive::write_file(&drive::archive_of(&root.join(folder))?.join(BASE), bytes)
}

//! The CSV of a database as it lies on the Drive, with the manifest that says what its columns are.

use std::fs;
use std::path::Path;

use crate::drive::{self, ARCHIVE, digest};
use crate::memory::Known;
use crate::room::Trouble;
use crate::schema::{Manifest, SIDECAR, adopted};
use crate::table::{Csv, Database, parse_csv};

/// The hidden copy of what was written last: what a person changed since is what differs from it.
const BASE: &str = ".last-synced.csv";

/// A CSV that lies on the Drive.
#[derive(Debug)]
pub struct Left {
    /// What it says.
    pub csv: Csv,
    /// SHA-256 of its bytes.
    pub digest: String,
}

/// Reads the CSV of a folder; nothing when there is none.
///
/// # Errors
/// When it cannot be read or is not whole.
pub fn drive_csv(root: &Path, folder: &str) -> Result<Option<Left>, Trouble> {
    let path = root.join(folder).join(format!("{folder}.csv"));
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        _ => {}
    }
    let bytes = drive::read(&path)?;
    let csv = parse_csv(&bytes).map_err(|error| {
        let mend = format!("mend it, or move it away and take a backup from {folder}/{ARCHIVE}");
        Trouble::refused(
            "drive-csv-damaged",
            format!("{folder}/{folder}.csv on the Drive is not usable: {error}; {mend}"),
        )
    })?;
    Ok(Some(Left { csv, digest: digest(&bytes) }))
}

/// What is known of the columns of a CSV: from the own database, else from the manifest beside it, else by the names of its columns.
///
/// # Errors
/// When the manifest that lies there is none.
pub fn known_manifest(
    root: &Path,
    folder: &str,
    known: &Known,
    left: Option<&Left>,
    read: &Database,
    now: &str,
) -> Result<Manifest, Trouble> {
    let remembered = left.map_or(known.manifest.as_str(), |left| known.manifest_of(&left.digest));
    if !remembered.is_empty() {
        return Manifest::read(remembered.as_bytes(), &read.id)
            .map_err(|error| Trouble::refused("manifest", format!("the remembered manifest cannot be read: {error}")));
    }
    let path = root.join(folder).join(format!("{folder}{SIDECAR}"));
    if fs::symlink_metadata(&path).is_ok() {
        return Manifest::read(&drive::read(&path)?, &read.id).map_err(|error| {
            let mend = "move it away, and the columns are taken by their names";
            Trouble::refused("manifest", format!("{folder}/{folder}{SIDECAR} is not usable: {error}; {mend}"))
        });
    }
    Ok(left.map_or_else(|| Manifest::new(&read.id, &read.title), |left| adopted(&left.csv, read, now)))
}

/// The copy of what was written last, when it is that.
#[must_use]
pub fn base_copy(root: &Path, folder: &str, known: &Known) -> Option<Csv> {
    let bytes = drive::read(&root.join(folder).join(ARCHIVE).join(BASE)).ok()?;
    let whole = !known.csv_digest.is_empty() && digest(&bytes) == known.csv_digest;
    whole.then(|| parse_csv(&bytes).ok()).flatten()
}

/// Whether that copy has this digest.
pub(super) fn is_base(root: &Path, folder: &str, wanted: &str) -> bool {
    drive::read(&root.join(folder).join(ARCHIVE).join(BASE)).is_ok_and(|bytes| digest(&bytes) == wanted)
}

/// Keeps that copy.
pub(super) fn keep_base(root: &Path, folder: &str, bytes: &[u8]) -> std::io::Result<()> {
    let archive = root.join(folder).join(ARCHIVE);
    fs::create_dir_all(&archive).map_err(|error| drive::at(&archive, &error))?;
    drive::write_whole(&archive.join(BASE), bytes)
}

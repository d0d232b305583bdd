//! Rejects a database whose CSV on the Drive has unknown columns, with the command that fixes it.

use super::command::argument;
use crate::context::SyncError;
use crate::schema::{Manifest, unknown_columns};
use crate::table::Csv;

/// Rejects unknown columns.
pub(super) fn refuse_unknown(csv: &Csv, manifest: &Manifest, id: &str) -> Result<(), SyncError> {
    let unknown = unknown_columns(csv, manifest);
    let Some(first) = unknown.first() else { return Ok(()) };
    let twice = |name: &&String| csv.header.iter().filter(|header| header == name).count() > 1;
    if let Some(name) = unknown.iter().find(twice) {
        let text = format!(
            "the CSV on the Drive has the column `{name}` twice, and which of the two is meant is not guessed: take one out of the CSV, \
             or give it another name"
        );
        return Err(SyncError::refused("unknown-column", text));
    }
    let names = unknown.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let argument = argument("column", first);
    Err(SyncError::refused(
        "unknown-column",
        format!(
            "the CSV on the Drive has columns that nobody knows: {names}. Nothing is added because of them. To keep one as it is: \
             baton run drive-sync adopt-column --arg database={id} {argument}; to say which property or column it is, add \
             --arg property=PROPERTY-ID-OR-OLD-HEADER; else take it out of the CSV"
        ),
    ))
}

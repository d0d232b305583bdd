//! Checks the CSV on the Drive. Two problems stop the sync of the database. The first problem is a column that the manifest
//! does not know. The second problem is a row that may be the row of types or a row of a person, because neither has a key. The
//! messages contain the fix.

use super::command::argument;
use crate::context::SyncError;
use crate::schema::{Manifest, unknown_columns};
use crate::table::{Csv, Row, are_types};

/// Rejects unknown columns.
pub(super) fn refuse_unknown(csv: &Csv, manifest: &Manifest, id: &str) -> Result<(), SyncError> {
    let unknown = unknown_columns(csv, manifest);
    let Some(first) = unknown.first() else { return Ok(()) };
    let twice = |name: &&String| csv.header.iter().filter(|header| header == name).count() > 1;
    if let Some(name) = unknown.iter().find(twice) {
        let text = format!("the CSV on the Drive has the column `{name}` twice: remove or rename one of the two");
        return Err(SyncError::refused("unknown-column", text));
    }
    let names = unknown.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let argument = argument("column", first);
    Err(SyncError::refused(
        "unknown-column",
        format!(
            "the CSV on the Drive has unknown columns: {names}. The database was not synced. To keep a column as it is: \
             baton run drive-sync adopt-column --arg database={id} {argument}; to assign it to a property or column, add \
             --arg property=PROPERTY-ID-OR-OLD-HEADER; else remove it from the CSV"
        ),
    ))
}

/// The problem with the row of types, and its fix. A row is the row of types if it has names of types, or if it agrees with the
/// known types of the columns. If the CSV has no row of types, the known types are used.
pub(super) fn types_problem(csv: &Csv, manifest: Option<&Manifest>) -> Option<String> {
    let known: Vec<&str> = csv.header.iter().map(|header| kind_of(manifest, header)).collect();
    let put = |what: String| {
        let row: String = known.iter().flat_map(|kind| [",", kind]).collect();
        let row = if known.iter().any(|kind| !kind.is_empty()) { format!(" (`,{row}`)") } else { String::new() };
        Some(format!("{what}: put the types into row 2, after two empty cells{row}"))
    };
    if !csv.has_types() {
        if manifest.is_none() {
            return put("it has no row of types".to_owned());
        }
        let found = csv.rows.iter().position(|row| row.page_id.is_empty() && says(row, &known));
        return found.and_then(|place| put(format!("row {} is its row of types", place + 2)));
    }
    let same = || csv.kinds.iter().zip(&known).all(|(cell, kind)| cell.is_empty() || kind.is_empty() || cell == kind);
    let good = csv.kinds.iter().all(String::is_empty) || are_types(&csv.kinds) || manifest.is_some() && same();
    if good { None } else { put("its row 2 has no key and no types".to_owned()) }
}

fn kind_of<'a>(manifest: Option<&'a Manifest>, header: &str) -> &'a str {
    let columns = manifest.map_or(&[][..], |manifest| manifest.columns.as_slice());
    columns.iter().find(|column| column.header == header).map_or("", |column| &column.kind)
}

fn says(row: &Row, known: &[&str]) -> bool {
    row.cells.iter().zip(known).all(|(cell, kind)| cell == kind) && row.cells.iter().any(|cell| !cell.is_empty())
}

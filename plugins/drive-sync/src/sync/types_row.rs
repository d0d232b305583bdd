//! Checks that the row of types of a CSV on the Drive can be told from a row that a person added: both have no key.

use crate::schema::Manifest;
use crate::table::{Csv, Row, are_types};

/// The problem and its fix. A row with names of types is recognised; another one is compared with the known types of the columns.
/// Without such a row the known types count.
pub(super) fn trouble(csv: &Csv, manifest: Option<&Manifest>) -> Option<String> {
    let known: Vec<&str> = csv.header.iter().map(|header| kind_of(manifest, header)).collect();
    let put = |what: String| {
        let row: String = known.iter().flat_map(|kind| [",", kind]).collect();
        let row = if known.iter().any(|kind| !kind.is_empty()) { format!(" (`,{row}`)") } else { String::new() };
        Some(format!("{what}: put the types into row 2 behind two empty cells{row}"))
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
    if good { None } else { put("its row 2 has no key and says no types".to_owned()) }
}

fn kind_of<'a>(manifest: Option<&'a Manifest>, header: &str) -> &'a str {
    let columns = manifest.map_or(&[][..], |manifest| manifest.columns.as_slice());
    columns.iter().find(|column| column.header == header).map_or("", |column| &column.kind)
}

fn says(row: &Row, known: &[&str]) -> bool {
    row.cells.iter().zip(known).all(|(cell, kind)| cell == kind) && row.cells.iter().any(|cell| !cell.is_empty())
}

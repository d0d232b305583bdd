//! Rows in the form of the sources.

use std::collections::HashSet;

use crate::table::{Csv, Database, Property, Record, Row};

/// The rows as a CSV in the form of the sources. The headers are ids if two properties have the same name, or one has the id of
/// another as its name.
#[must_use]
pub fn source_csv(database: &Database, rows: &[Record]) -> Csv {
    let mut names = HashSet::new();
    let ids: HashSet<&str> = database.properties.iter().map(|property| property.id.as_str()).collect();
    // A name that equals an id would be read as the id.
    let plain = database.properties.iter().all(|property| {
        names.insert(property.name.trim()) && (property.id == property.name || !ids.contains(property.name.as_str()))
    });
    let header = |property: &Property| if plain { property.name.clone() } else { property.id.clone() };
    Csv {
        header: database.properties.iter().map(header).collect(),
        kinds: database.properties.iter().map(|property| property.kind.clone()).collect(),
        rows: rows
            .iter()
            .map(|row| Row { page_id: row.page_id.clone(), synced: row.synced.clone(), cells: row.cells.clone() })
            .collect(),
        ..Csv::default()
    }
}

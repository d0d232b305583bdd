//! The sources of databases: CSV files with sidecars in the granted folder `databases`, and tables of the music catalog.

pub mod catalog;
mod files;
mod notion;
mod sidecar;

use std::collections::{BTreeSet, HashSet};

pub use files::{FoundFiles, head, list, load};
pub use sidecar::text as sidecar_text;

use crate::table::{Csv, Database, Property, Record, Row};

/// A database with its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDatabase {
    /// The database.
    pub database: Database,
    /// Its rows.
    pub rows: Vec<Record>,
}

impl SourceDatabase {
    /// Checks the rows.
    ///
    /// # Errors
    /// If a row has no key or the same key as another row, or if the number of rows differs from the number that the source
    /// states.
    pub fn checked(self) -> Result<Self, String> {
        let mut keys = BTreeSet::new();
        for (number, row) in self.rows.iter().enumerate() {
            if row.page_id.is_empty() {
                return Err(format!("row {} has no __page_id", number + 3));
            }
            if !keys.insert(row.page_id.as_str()) {
                return Err(format!("row {} has the __page_id of an earlier row: {}", number + 3, row.page_id));
            }
        }
        match self.database.row_count {
            Some(count) if count != self.rows.len() as u64 => Err(format!(
                "it has {} rows and its sidecar says {count}: one of the two is incomplete",
                self.rows.len()
            )),
            _ => Ok(self),
        }
    }
}

/// The rows as a CSV in the form of the sources. The headers are names. They are ids if two properties have the same name, or
/// if the name of a property equals the id of another property.
#[must_use]
pub fn source_csv(database: &Database, rows: &[Record]) -> Csv {
    let mut names = HashSet::new();
    let ids: HashSet<&str> = database.properties.iter().map(|property| property.id.as_str()).collect();
    // If a name equals an id, a reader would treat the name as the id.
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

//! The sources of databases: CSV files with sidecars in the granted folder `databases`, and tables of the music catalog.

pub mod catalog;
mod files;
mod notion;
mod sidecar;

use std::collections::BTreeSet;

pub use files::{FoundFiles, head, list, load};
pub use sidecar::text as sidecar_text;

use crate::table::{Database, Record};

/// A database with its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loaded {
    /// The database.
    pub database: Database,
    /// Its rows.
    pub rows: Vec<Record>,
}

impl Loaded {
    /// Checks the rows.
    ///
    /// # Errors
    /// If a row has no key or the key of another one, or the number of rows is not that of the source.
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

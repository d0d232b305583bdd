//! Counts items by state and reason.

use super::ItemState;
use super::column::number;
use crate::{Catalog, CatalogError};

/// The number of present items of one source with one state and one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    pub source: i64,
    pub state: ItemState,
    /// The reason; `None` if the items have a fingerprint.
    pub reason: Option<String>,
    pub items: u64,
}

/// The number of missing items of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingPerSource {
    pub source: i64,
    pub items: u64,
}

impl Catalog {
    /// The numbers of present items.
    pub fn library_counts(&self) -> Result<Vec<Count>, CatalogError> {
        let mut select = self.connection.prepare(
            "SELECT source, state, reason, count(*) FROM library_items WHERE missing_since IS NULL
             GROUP BY 1, 2, 3 ORDER BY 1, 2, 3",
        )?;
        let rows = select.query_map([], |row| {
            let items: i64 = row.get(3)?;
            Ok(Count { source: row.get(0)?, state: row.get(1)?, reason: row.get(2)?, items: items.unsigned_abs() })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The number of items with a fingerprint that play longer than `ms` milliseconds.
    pub fn count_items_longer_than(&self, ms: u64) -> Result<u64, CatalogError> {
        let sql = "SELECT count(*) FROM library_items
             WHERE missing_since IS NULL AND state = 'fingerprinted' AND duration_ms > ?1";
        Ok(self.connection.query_row(sql, [number(ms)], |row| row.get::<_, i64>(0))?.unsigned_abs())
    }

    /// The number of missing items of each source. A file that was moved out of its source does not count. Its item has
    /// the whole path as the key.
    pub fn library_missing(&self) -> Result<Vec<MissingPerSource>, CatalogError> {
        let mut select = self.connection.prepare(
            "SELECT source, count(*) FROM library_items WHERE missing_since IS NOT NULL AND key <> path
             GROUP BY 1 ORDER BY 1",
        )?;
        let count = |row: &rusqlite::Row<'_>| {
            Ok(MissingPerSource { source: row.get(0)?, items: row.get::<_, i64>(1)?.unsigned_abs() })
        };
        Ok(select.query_map([], count)?.collect::<Result<_, _>>()?)
    }
}

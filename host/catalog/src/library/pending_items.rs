//! Lists the items that wait to be read, page by page, so that a library of any size needs the memory of one page.

use std::path::PathBuf;

use rusqlite::{Row, params};

use super::column::StoredPath;
use crate::{Catalog, CatalogError};

/// Selects items that wait to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkFilter {
    pub source: i64,
    /// True selects items to verify: those with a fingerprint that were not read since the newest listing. False
    /// selects items that wait to be read.
    pub verify: bool,
}

/// An item that waits to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingItem {
    pub item: i64,
    /// The position after which the next page begins.
    pub position: PagePosition,
    pub path: PathBuf,
    /// Bytes; 0 if unknown.
    pub size: u64,
    /// The path is on another volume than the source's folder.
    pub mounted: bool,
    /// The last reading, if the item is verified.
    pub before: Option<PreviousReading>,
}

/// A position in the list of waiting items. The default is the position before the first item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PagePosition {
    /// The listing at which the item was last read.
    pub scan: i64,
    pub item: i64,
}

/// The number and the total size of the waiting items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WorkSize {
    pub items: u64,
    pub bytes: u64,
}

/// The result of an item's last reading. The names are those of the columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviousReading {
    pub file_sha256: Option<Vec<u8>>,
    pub words: Option<Vec<u8>>,
}

impl WorkFilter {
    /// The SQL condition, with the source as `?1`.
    const fn condition(self) -> &'static str {
        if self.verify {
            "i.source = ?1 AND i.missing_since IS NULL AND i.state = 'fingerprinted'
                 AND i.read_scan < (SELECT scan FROM library_sources WHERE id = ?1)"
        } else {
            // Items that the newest listing did not find cannot be read.
            "i.source = ?1 AND i.missing_since IS NULL AND i.state = 'pending'
                 AND i.scan > 0"
        }
    }

    /// The SQL condition for items after the position `?2`, `?3`, and their order. Items to verify are sorted by their last
    /// reading, so that repeated partial verification reaches all of them.
    const fn order(self) -> &'static str {
        if self.verify {
            "(i.read_scan, i.id) > (?2, ?3) ORDER BY i.read_scan, i.id"
        } else {
            "i.id > ?3 ORDER BY i.id"
        }
    }
}

impl Catalog {
    /// The number and size of the waiting items.
    pub fn library_work(&self, work: WorkFilter) -> Result<WorkSize, CatalogError> {
        let sql =
            format!("SELECT count(*), coalesce(sum(i.size), 0) FROM library_items AS i WHERE {}", work.condition());
        let read = |row: &Row<'_>| {
            Ok(WorkSize { items: row.get::<_, i64>(0)?.unsigned_abs(), bytes: row.get::<_, i64>(1)?.unsigned_abs() })
        };
        Ok(self.connection.query_row(&sql, [work.source], read)?)
    }

    /// The next items after `after`, at most `most` of them.
    pub fn library_page(
        &self,
        work: WorkFilter,
        after: PagePosition,
        most: u32,
    ) -> Result<Vec<WaitingItem>, CatalogError> {
        let mut select = self.connection.prepare_cached(&format!(
            "SELECT i.id, i.path, i.size, i.state = 'fingerprinted', i.file_sha256,
                 CASE i.state WHEN 'fingerprinted' THEN (SELECT p.data FROM fingerprints AS p
                     JOIN sources AS s ON s.id = p.source WHERE p.file = i.file AND s.name = 'library') END,
                 i.read_scan, i.mounted
             FROM library_items AS i WHERE {} AND {} LIMIT ?4",
            work.condition(),
            work.order()
        ))?;
        let rows = select.query_map(params![work.source, after.scan, after.item, most], |row| {
            let before = PreviousReading { file_sha256: row.get(4)?, words: row.get(5)? };
            Ok(WaitingItem {
                item: row.get(0)?,
                path: row.get::<_, StoredPath>(1)?.0.into(),
                size: row.get::<_, i64>(2)?.unsigned_abs(),
                before: row.get::<_, bool>(3)?.then_some(before),
                position: PagePosition { scan: row.get(6)?, item: row.get(0)? },
                mounted: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

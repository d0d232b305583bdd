//! What waits to be read, page by page, so that a library of any size needs the memory of one page.

use std::path::PathBuf;

use rusqlite::{Row, params};

use super::super::Catalog;
use super::column::PathRead;
use crate::LedgerError;

/// Which items are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work {
    /// The source.
    pub source: i64,
    /// Whether those that have a fingerprint are read again too, to compare.
    pub verify: bool,
}

/// An item that is to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its number.
    pub item: i64,
    /// Where its audio lies.
    pub path: PathBuf,
    /// Its size in bytes when it was listed.
    pub size: u64,
    /// What is known of it, where it was read before and is compared.
    pub before: Option<Before>,
}

/// What an item was when it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the columns")]
pub struct Before {
    pub file_sha256: Option<Vec<u8>>,
    pub words: Option<Vec<u8>>,
}

const CHOICE: &str = "i.source = ?1 AND i.missing_since IS NULL
    AND (i.state = 'pending' OR (?2 AND i.state = 'fingerprinted'))";

impl Catalog {
    /// How many items wait, and how many bytes they have together.
    ///
    /// # Errors
    /// When the database fails.
    pub fn library_work(&self, work: Work) -> Result<(u64, u64), LedgerError> {
        let sql = format!("SELECT count(*), coalesce(sum(i.size), 0) FROM library_items AS i WHERE {CHOICE}");
        let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, i64>(1)?.unsigned_abs()));
        Ok(self.connection.query_row(&sql, params![work.source, work.verify], read)?)
    }

    /// The next items after number `after`, at most `most` of them, in order of their numbers.
    ///
    /// # Errors
    /// When the database fails.
    pub fn library_page(&self, work: Work, after: i64, most: u32) -> Result<Vec<Waiting>, LedgerError> {
        let mut select = self.connection.prepare_cached(&format!(
            "SELECT i.id, i.path, i.size, i.state = 'fingerprinted', i.file_sha256,
                 CASE i.state WHEN 'fingerprinted' THEN (SELECT p.data FROM fingerprints AS p
                     JOIN sources AS s ON s.id = p.source WHERE p.file = i.file AND s.name = 'library') END
             FROM library_items AS i WHERE {CHOICE} AND i.id > ?3 ORDER BY i.id LIMIT ?4"
        ))?;
        let rows = select.query_map(params![work.source, work.verify, after, most], |row| {
            let before = Before { file_sha256: row.get(4)?, words: row.get(5)? };
            Ok(Waiting {
                item: row.get(0)?,
                path: row.get::<_, PathRead>(1)?.0.into(),
                size: row.get::<_, i64>(2)?.unsigned_abs(),
                before: row.get::<_, bool>(3)?.then_some(before),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

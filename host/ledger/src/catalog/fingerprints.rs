//! Every fingerprint that is known, one after the other: a library of 20,000 has hundreds of MB of them, which nobody needs
//! at once.

use super::Catalog;
use crate::LedgerError;

/// A file that is there, with its fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprinted<'a> {
    /// Where it lies, as its source writes it.
    pub path: &'a str,
    /// Its size when it was fingerprinted, in bytes.
    pub size: Option<i64>,
    /// Its time of writing then, in milliseconds since 1970.
    pub modified_at: Option<i64>,
    /// How long it plays, in milliseconds.
    pub duration_ms: Option<i64>,
    /// The fingerprint, in the form of its algorithm.
    pub data: &'a [u8],
}

impl Catalog {
    /// Shows `heed` each file that is not missing and has a fingerprint of this algorithm, by path.
    ///
    /// # Errors
    /// When the database fails.
    pub fn each_fingerprint(
        &self,
        algorithm: &str,
        mut heed: impl FnMut(Fingerprinted<'_>),
    ) -> Result<(), LedgerError> {
        let mut select = self.connection.prepare(
            "SELECT f.path, f.size, f.modified_at, coalesce(p.duration_ms, f.duration_ms), p.data
            FROM files AS f JOIN fingerprints AS p ON p.file = f.id
            WHERE p.algorithm = ?1 AND NOT f.missing ORDER BY f.path",
        )?;
        let mut rows = select.query([algorithm])?;
        while let Some(row) = rows.next()? {
            heed(Fingerprinted {
                path: row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?,
                size: row.get(1)?,
                modified_at: row.get(2)?,
                duration_ms: row.get(3)?,
                data: row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?,
            });
        }
        Ok(())
    }
}

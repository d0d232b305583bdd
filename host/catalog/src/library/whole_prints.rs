//! Fingerprints of whole files, by the digest of their audio. Baton computes them when it first compares two files to their end.

use rusqlite::{OptionalExtension as _, params};

use super::Library;
use crate::{Catalog, CatalogError};

/// The fingerprint of a whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholePrint {
    /// SHA-256 of its audio packets.
    pub audio_sha256: [u8; 32],
    /// The words of the fingerprint: four bytes each, little-endian.
    pub words: Vec<u8>,
}

impl Catalog {
    /// The fingerprint of the whole file with this audio, if it is known.
    pub fn library_whole_print(&self, audio_sha256: &[u8; 32]) -> Result<Option<Vec<u8>>, CatalogError> {
        let sql = "SELECT words FROM library_whole_prints WHERE audio_sha256 = ?1";
        Ok(self.connection.prepare_cached(sql)?.query_row([audio_sha256], |row| row.get(0)).optional()?)
    }
}

impl Library {
    /// Records fingerprints of whole files.
    pub fn record_whole_prints(&mut self, prints: &[WholePrint]) -> Result<(), CatalogError> {
        let transaction = self.begin()?;
        for print in prints {
            transaction
                .prepare_cached(
                    "INSERT INTO library_whole_prints (audio_sha256, words) VALUES (?1, ?2)
                     ON CONFLICT (audio_sha256) DO UPDATE SET words = excluded.words",
                )?
                .execute(params![print.audio_sha256, print.words])?;
        }
        Ok(transaction.commit()?)
    }
}

//! The compared fingerprints and the similar pairs among them. They are stored by the digests of their audio, so that a file is
//! compared only once, even if it is imported again, retagged or moved.

use std::collections::HashMap;

use rusqlite::{Row, params};

use super::Library;
use crate::{Catalog, CatalogError};

/// Two similar fingerprints of the first two minutes, and their comparison. `baton-library` fills and reads it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SoundPair {
    pub one: [u8; 32],
    pub other: [u8; 32],
    pub bit_error_rate: f32,
    pub score: u8,
    pub overlap: f32,
    pub drift: f32,
    pub offset_frames: i32,
    pub worst: f32,
    pub worst_at_frame: u32,
    pub median: f32,
}

impl SoundPair {
    /// True if all values can be stored: SQLite stores no NaN.
    const fn is_finite(&self) -> bool {
        self.bit_error_rate.is_finite()
            && self.overlap.is_finite()
            && self.drift.is_finite()
            && self.worst.is_finite()
            && self.median.is_finite()
    }
}

impl Catalog {
    /// The compared fingerprints, by digest. True means that a fingerprint was compared with all other fingerprints. False
    /// means that it was compared only with the fingerprints that have true.
    pub fn sound_prints(&self) -> Result<HashMap<[u8; 32], bool>, CatalogError> {
        let mut select = self.connection.prepare("SELECT audio_sha256, listened FROM sound_prints")?;
        Ok(select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
    }

    /// Calls `take` with all similar pairs, in order.
    pub fn sound_pairs(&self, mut take: impl FnMut(SoundPair)) -> Result<(), CatalogError> {
        let mut select = self.connection.prepare(
            "SELECT one, other, bit_error_rate, score, overlap, drift, offset_frames, worst, worst_at_frame, median
             FROM sound_pairs ORDER BY one, other",
        )?;
        for pair in select.query_map([], read)? {
            take(pair?);
        }
        Ok(())
    }
}

impl Library {
    /// Records fingerprints that were compared with all others, and their similar pairs.
    pub fn record_sound_pairs(&mut self, compared: &[[u8; 32]], pairs: &[SoundPair]) -> Result<(), CatalogError> {
        let transaction = self.begin()?;
        for pair in pairs.iter().filter(|pair| pair.is_finite()) {
            let sql = "INSERT OR REPLACE INTO sound_pairs (one, other, bit_error_rate, score, overlap, drift,
                     offset_frames, worst, worst_at_frame, median)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
            transaction.prepare_cached(sql)?.execute(params![
                pair.one,
                pair.other,
                pair.bit_error_rate,
                pair.score,
                pair.overlap,
                pair.drift,
                pair.offset_frames,
                pair.worst,
                pair.worst_at_frame,
                pair.median
            ])?;
        }
        for print in compared {
            let sql = "INSERT INTO sound_prints (audio_sha256, listened) VALUES (?1, 1)
                 ON CONFLICT (audio_sha256) DO UPDATE SET listened = 1";
            transaction.prepare_cached(sql)?.execute([print])?;
        }
        Ok(transaction.commit()?)
    }

    /// Records fingerprints that were compared only with the fingerprints of [`Library::record_sound_pairs`].
    pub fn record_compared_prints(&mut self, prints: &[[u8; 32]]) -> Result<(), CatalogError> {
        let transaction = self.begin()?;
        for print in prints {
            let sql = "INSERT OR IGNORE INTO sound_prints (audio_sha256, listened) VALUES (?1, 0)";
            transaction.prepare_cached(sql)?.execute([print])?;
        }
        Ok(transaction.commit()?)
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<SoundPair> {
    Ok(SoundPair {
        one: row.get(0)?,
        other: row.get(1)?,
        bit_error_rate: row.get(2)?,
        score: row.get(3)?,
        overlap: row.get(4)?,
        drift: row.get(5)?,
        offset_frames: row.get(6)?,
        worst: row.get(7)?,
        worst_at_frame: row.get(8)?,
        median: row.get(9)?,
    })
}

//! Finds tracks by words of their title, artists and album.

use rusqlite::params;

use crate::{Catalog, CatalogError};

#[derive(Clone, Debug, PartialEq)]
pub struct SearchHit {
    pub id: i64,
    pub title: String,
    pub artist: Option<String>,
    pub album: Option<String>,
    pub duration_ms: Option<i64>,
    pub bpm: Option<f64>,
    pub musical_key: Option<String>,
    pub plays: i64,
}

impl Catalog {
    /// The tracks that contain, for every word of `text`, that word or a longer word that begins with it; the best
    /// match is first. Ignores accents and case.
    pub fn search(&self, text: &str, most: u32) -> Result<Vec<SearchHit>, CatalogError> {
        let Some(wanted) = expression(text) else {
            return Ok(Vec::new());
        };
        let mut select = self.connection.prepare(
            "SELECT t.id, t.title, t.artist, t.album, t.duration_ms, t.bpm, t.musical_key,
                 (SELECT count(*) FROM plays WHERE track = t.id)
             FROM (SELECT rowid, rank FROM search WHERE search MATCH ?1 AND rank MATCH 'bm25(4.0, 2.0, 1.0)'
                 ORDER BY rank LIMIT ?2) AS found
             JOIN tracks AS t ON t.id = found.rowid ORDER BY found.rank, t.id",
        )?;
        let rows = select.query_map(params![wanted, most], |row| {
            Ok(SearchHit {
                id: row.get(0)?,
                title: row.get(1)?,
                artist: row.get(2)?,
                album: row.get(3)?,
                duration_ms: row.get(4)?,
                bpm: row.get(5)?,
                musical_key: row.get(6)?,
                plays: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// `text` as a query for FTS5: every word is a prefix, none is an operator.
fn expression(text: &str) -> Option<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let terms: Vec<String> = words.map(|word| format!("\"{word}\"*")).collect();
    (!terms.is_empty()).then(|| terms.join(" "))
}

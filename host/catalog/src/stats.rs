//! Counts the rows of the catalog's tables, and the tracks for which each field is known.

use crate::{Catalog, CatalogError};

const COUNTS: [(&str, &str); 10] = [
    ("tracks", "SELECT count(*) FROM tracks"),
    ("artists", "SELECT count(*) FROM artists"),
    ("albums", "SELECT count(*) FROM albums"),
    ("playlists", "SELECT count(*) FROM playlists"),
    ("playlist items", "SELECT count(*) FROM playlist_items"),
    ("sessions", "SELECT count(*) FROM sessions"),
    ("plays", "SELECT count(*) FROM plays"),
    ("files", "SELECT count(*) FROM files WHERE NOT missing"),
    ("fingerprints", "SELECT count(*) FROM fingerprints"),
    ("tags", "SELECT count(DISTINCT tag) FROM tags"),
];

/// Fields of tracks, and the condition under which a field is known.
const FIELDS: [(&str, &str); 8] = [
    ("artist", "SELECT count(*) FROM tracks WHERE artist IS NOT NULL"),
    ("album", "SELECT count(*) FROM tracks WHERE album IS NOT NULL"),
    ("isrc", "SELECT count(*) FROM tracks WHERE isrc IS NOT NULL"),
    ("bpm", "SELECT count(*) FROM tracks WHERE bpm IS NOT NULL"),
    ("key", "SELECT count(*) FROM tracks WHERE musical_key IS NOT NULL"),
    ("file", "SELECT count(DISTINCT track) FROM files WHERE NOT missing"),
    ("playlist", "SELECT count(DISTINCT track) FROM playlist_items"),
    ("play", "SELECT count(DISTINCT track) FROM plays"),
];

/// A number and the name of the counted rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCount {
    pub name: String,
    pub count: u64,
}

/// Counts of everything in the catalog.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub counts: Vec<NamedCount>,
    /// The number of tracks for which each field is known.
    pub known: Vec<NamedCount>,
    /// Ids of tracks, by service.
    pub services: Vec<NamedCount>,
    /// Facts, by source.
    pub sources: Vec<NamedCount>,
}

impl Catalog {
    /// Whether the catalog has neither tracks nor files.
    pub fn is_empty(&self) -> Result<bool, CatalogError> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM tracks) AND NOT EXISTS (SELECT 1 FROM files)";
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// Whether the catalog has tracks.
    pub fn has_tracks(&self) -> Result<bool, CatalogError> {
        Ok(self.connection.query_row("SELECT EXISTS (SELECT 1 FROM tracks)", [], |row| row.get(0))?)
    }

    /// Counts everything.
    pub fn stats(&self) -> Result<Stats, CatalogError> {
        Ok(Stats {
            counts: self.count_each(&COUNTS)?,
            known: self.count_each(&FIELDS)?,
            services: self.named_counts(
                "SELECT service, count(*) FROM external_ids WHERE kind = 'track' GROUP BY 1 ORDER BY 1",
            )?,
            sources: self.named_counts(
                "SELECT s.name, (SELECT count(*) FROM facts WHERE source = s.id) FROM sources AS s ORDER BY s.name",
            )?,
        })
    }

    fn count_each(&self, wanted: &[(&str, &str)]) -> Result<Vec<NamedCount>, CatalogError> {
        let count = |(name, sql): &(&str, &str)| {
            let count: i64 = self.connection.query_row(sql, [], |row| row.get(0))?;
            Ok(NamedCount { name: (*name).to_owned(), count: count.unsigned_abs() })
        };
        wanted.iter().map(count).collect()
    }

    fn named_counts(&self, sql: &str) -> Result<Vec<NamedCount>, CatalogError> {
        let mut select = self.connection.prepare(sql)?;
        let rows = select
            .query_map([], |row| Ok(NamedCount { name: row.get(0)?, count: row.get::<_, i64>(1)?.unsigned_abs() }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

//! All facts about one track, each with its source.

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{OptionalExtension as _, Row, Statement};

use crate::{Catalog, CatalogError};

/// One value of one field, from one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub field: String,
    pub value: String,
    pub source: String,
    pub said_at: Option<Timestamp>,
    /// True if this is the track's value: no source of a higher rank states another value.
    pub counts: bool,
}

/// An id of the track at a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalId {
    pub service: String,
    pub id: String,
    pub url: Option<String>,
    pub source: String,
}

/// A file of the track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub path: String,
    pub size: Option<i64>,
    pub missing: bool,
    /// The algorithms of its fingerprints.
    pub fingerprints: Vec<String>,
    /// `person`, `path`, `sound` or `tags`.
    pub linked_by: Option<String>,
    pub link_reason: Option<String>,
}

/// A time when the track was played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Play {
    pub at: Option<Timestamp>,
    pub device: Option<String>,
    pub deck: Option<i64>,
}

/// A playlist that a track is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaylistPlace {
    /// The name of the playlist.
    pub name: String,
    /// The position of the track, from 1.
    pub position: i64,
}

/// All facts about a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackDetails {
    pub id: i64,
    /// Sorted by field; the track's value is first in each field.
    pub facts: Vec<Fact>,
    pub ids: Vec<ExternalId>,
    pub playlists: Vec<PlaylistPlace>,
    pub tags: Vec<String>,
    pub files: Vec<File>,
    pub plays: Vec<Play>,
}

impl Catalog {
    /// All facts about the track with this number.
    pub fn show(&self, id: i64) -> Result<TrackDetails, CatalogError> {
        let facts = self.all(
            "SELECT field, value, source, said_at, counts FROM provenance WHERE track = ?1
             ORDER BY field <> 'title', field <> 'artists', field, counts DESC, said_at DESC",
            id,
            |row| {
                let (field, value, source) = (row.get(0)?, text(row.get_ref(1)?), row.get(2)?);
                Ok(Fact { field, value, source, said_at: time(row, 3)?, counts: row.get(4)? })
            },
        )?;
        let ids = self.all(
            "SELECT e.service, e.external_id, e.url, s.name FROM external_ids AS e JOIN sources AS s ON s.id = e.source
             WHERE e.kind = 'track' AND e.item = ?1 ORDER BY 1, 2",
            id,
            |row| Ok(ExternalId { service: row.get(0)?, id: row.get(1)?, url: row.get(2)?, source: row.get(3)? }),
        )?;
        let playlists = self.all(
            "SELECT p.name, i.position + 1 FROM playlist_items AS i JOIN playlists AS p ON p.id = i.playlist
             WHERE i.track = ?1 ORDER BY 1, 2",
            id,
            |row| Ok(PlaylistPlace { name: row.get(0)?, position: row.get(1)? }),
        )?;
        let tags = self.all("SELECT DISTINCT tag FROM tags WHERE track = ?1 ORDER BY 1", id, |row| row.get(0))?;
        let files = self.all(
            "SELECT f.path, f.size, f.missing,
                 (SELECT group_concat(algorithm, ' ') FROM fingerprints WHERE file = f.id), f.linked_by, f.link_reason
             FROM files AS f WHERE f.track = ?1 ORDER BY 1",
            id,
            |row| {
                let kinds: Option<String> = row.get(3)?;
                let fingerprints = kinds.unwrap_or_default().split_whitespace().map(str::to_owned).collect();
                let (linked_by, link_reason) = (row.get(4)?, row.get(5)?);
                let (path, size, missing) = (row.get(0)?, row.get(1)?, row.get(2)?);
                Ok(File { path, size, missing, fingerprints, linked_by, link_reason })
            },
        )?;
        let plays = self.all(
            "SELECT p.started_at, s.device_name, p.deck FROM plays AS p LEFT JOIN sessions AS s ON s.id = p.session
             WHERE p.track = ?1 ORDER BY p.started_at DESC",
            id,
            |row| Ok(Play { at: time(row, 0)?, device: row.get(1)?, deck: row.get(2)? }),
        )?;
        Ok(TrackDetails { id, facts, ids, playlists, tags, files, plays })
    }

    /// The path of a file, by its number.
    pub fn path_of(&self, file: i64) -> Result<Option<String>, CatalogError> {
        let sql = "SELECT path FROM files WHERE id = ?1";
        Ok(self.connection.query_row(sql, [file], |row| row.get(0)).optional()?)
    }

    /// The artists and the title of a track.
    pub fn name_of(&self, track: i64) -> Result<Option<String>, CatalogError> {
        let sql = "SELECT coalesce(artist || ' - ', '') || title FROM tracks WHERE id = ?1";
        Ok(self.connection.query_row(sql, [track], |row| row.get(0)).optional()?)
    }

    fn all<T>(
        &self,
        sql: &str,
        id: i64,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, CatalogError> {
        let mut select: Statement<'_> = self.connection.prepare(sql)?;
        Ok(select.query_map([id], read)?.collect::<Result<_, _>>()?)
    }
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    let at: Option<i64> = row.get(column)?;
    // A plugin may write any number; a number that is not a valid time is not shown.
    Ok(at.and_then(|at| Timestamp::from_millisecond(at).ok()))
}

fn text(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

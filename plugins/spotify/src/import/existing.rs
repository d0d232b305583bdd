//! Reads the existing playlists of Spotify's exports with their state, and tracks by name, from the catalog.

use std::collections::HashMap;

use baton_plugin_kit::host::{Tables, Writable};
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::Value;

use crate::model::{PART, SERVICE_HISTORY, SERVICE_NAMES, SERVICE_PRIVACY, TRACKS};

/// A playlist of the catalog.
#[derive(Clone, Debug, Default)]
pub(super) struct PlaylistState {
    pub(super) name: String,
    /// The result of [`snapshot`] or, for a file that was read in part, of [`part`]. Empty while entries are missing.
    pub(super) snapshot: String,
    pub(super) entries: usize,
    /// The time of its export.
    pub(super) said_at: i64,
}

impl PlaylistState {
    /// True if all entries of a whole file were written, and the number of entries has not changed since.
    pub(super) fn is_whole(&self) -> bool {
        self.snapshot.rsplit(':').next() == Some(self.entries.to_string().as_str())
    }

    /// True if the playlist has the content of a file with this digest.
    pub(super) fn is_of(&self, digest: &str) -> bool {
        self.snapshot == snapshot(digest, self.entries)
    }

    /// True if the playlist has the readable part of a file with this digest.
    pub(super) fn is_part_of(&self, digest: &str) -> bool {
        self.snapshot == part(digest)
    }
}

/// Playlists by service and id.
pub(super) type PlaylistStates = HashMap<(String, String), PlaylistState>;

/// The text of a playlist's state. It has three parts. The version of the reader is needed, because a newer reader may read
/// more. The digest identifies the content of the file. The number of entries is needed, so that a playlist whose entries were
/// deleted does not count as imported.
pub(super) fn snapshot(digest: &str, entries: usize) -> String {
    format!("2:{digest}:{entries}")
}

/// The text of the state of a playlist whose file was read in part.
pub(super) fn part(digest: &str) -> String {
    format!("2:{digest}{PART}")
}

/// The playlists of these services.
pub(super) fn playlists(catalog: &dyn Tables, services: &[&str]) -> Result<PlaylistStates, Error> {
    let sql = "SELECT e.service, e.external_id, p.name, coalesce(p.snapshot, ''), \
        (SELECT count(*) FROM playlist_items AS i WHERE i.playlist = p.id), p.said_at \
        FROM external_ids AS e JOIN playlists AS p ON p.id = e.item \
        WHERE e.kind = 'playlist' AND e.service IN (SELECT value FROM json_each(?1))";
    let mut states = PlaylistStates::new();
    for row in catalog.rows(sql, &[serde_json::json!(services).to_string().into()])? {
        let row = row?;
        let text = |at: usize| row.get(at).and_then(Value::as_text).unwrap_or_default().to_owned();
        let entries = row.get(4).and_then(Value::as_integer).and_then(|count| usize::try_from(count).ok());
        let said_at = row.get(5).and_then(Value::as_integer).unwrap_or_default();
        let state = PlaylistState { name: text(2), snapshot: text(3), entries: entries.unwrap_or(0), said_at };
        states.insert((text(0), text(1)), state);
    }
    Ok(states)
}

/// Ranks the sources with fewer facts below CSV exports. Ranks that a person has set are not changed.
pub(super) fn rank(catalog: &dyn Writable) -> Result<(), Error> {
    let sql =
        "INSERT INTO put_source (name, rank) SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM sources WHERE name = ?1)";
    for (service, rank) in [(SERVICE_NAMES, -1_i64), (SERVICE_PRIVACY, -1), (SERVICE_HISTORY, -2)] {
        catalog.execute(sql, &[super::rows::source(service).into(), rank.into()])?;
    }
    Ok(())
}

/// Spotify's tracks by title and first artist, in lower case. If several tracks have the same names, none of them is found.
#[derive(Debug, Default)]
pub(super) struct TrackNames(HashMap<(String, String), Option<(i64, String)>>);

impl TrackNames {
    pub(super) fn load(catalog: &dyn Tables) -> Result<Self, Error> {
        let sql = "SELECT e.item, e.external_id, t.title, json_extract(t.artists, '$[0]') \
            FROM external_ids AS e JOIN tracks AS t ON t.id = e.item WHERE e.kind = 'track' AND e.service = ?1";
        let mut names = Self::default();
        for row in catalog.rows(sql, &[TRACKS.into()])? {
            let row = row?;
            let text = |at: usize| row.get(at).and_then(Value::as_text).unwrap_or_default();
            let item = row.first().and_then(Value::as_integer).unwrap_or_default();
            let found = Some((item, text(1).to_owned()));
            let one = |known: &mut Option<(i64, String)>| {
                if known.as_ref().is_some_and(|known| known.0 != item) {
                    *known = None;
                }
            };
            names.0.entry(key(text(2), text(3))).and_modify(one).or_insert(found);
        }
        Ok(names)
    }

    /// The one track with exactly these names.
    pub(super) fn find(&self, title: &str, artist: &str) -> Option<&str> {
        self.0.get(&key(title, artist))?.as_ref().map(|(_, id)| id.as_str())
    }
}

fn key(title: &str, artist: &str) -> (String, String) {
    (title.trim().to_lowercase(), artist.trim().to_lowercase())
}

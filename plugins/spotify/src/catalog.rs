//! Reads playlists and tracks from the catalog, from every service.

use std::collections::HashMap;

use baton_plugin_kit::Key;
use baton_plugin_kit::host::{Rows, Tables};
use baton_plugin_kit::playlist_names::playlist_id;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::{Row, Value};

use crate::model::{Entry, NUMBERS, PART, Playlist, TRACKS};
use crate::uri::Uri;

/// Maximum number of entries of all playlists in memory. An entry has about 700 bytes, some actions keep two copies, and a
/// plugin has 256 MiB.
pub const MOST_ENTRIES: usize = 100_000;

/// The optional fields of entries to read.
#[derive(Clone, Copy, Debug, Default)]
pub struct EntryDetails {
    /// Audio features and other facts without a column.
    pub features: bool,
}

/// The playlists with these names in any case, in the order of their names; all playlists if `only` is empty.
///
/// # Errors
/// When the catalog cannot be read, or the playlists have too many entries.
pub fn playlists(catalog: &dyn Tables, only: &[String], with: EntryDetails) -> Result<Vec<Playlist>, Error> {
    let only: Vec<_> = only.iter().map(|name| playlist_id(name)).collect();
    let mut playlists = playlists_without_entries(catalog)?;
    playlists.retain(|(_, playlist)| only.is_empty() || only.contains(&playlist_id(&playlist.name)));
    let places: HashMap<i64, usize> =
        playlists.iter().enumerate().map(|(place, (number, _))| (*number, place)).collect();
    let mut tracks: HashMap<i64, Vec<(usize, usize)>> = HashMap::new();
    let mut count = 0;
    for row in items(catalog)? {
        let row = row?;
        let Some(place) = integer(&row, 0).and_then(|number| places.get(&number)) else { continue };
        count += 1;
        if count > MOST_ENTRIES {
            return Err(Error::Permanent(format!(
                "the playlists have more than {MOST_ENTRIES} entries; name some of them in `playlists`"
            )));
        }
        let Some((_, playlist)) = playlists.get_mut(*place) else { continue };
        if let Some(track) = integer(&row, 3) {
            tracks.entry(track).or_default().push((*place, playlist.entries.len()));
        }
        playlist.entries.push(entry(&row));
    }
    let mut playlists: Vec<_> = playlists.into_iter().map(|(_, playlist)| playlist).collect();
    if with.features {
        features(catalog, &tracks, &mut playlists)?;
    }
    Ok(playlists)
}

/// Tracks of Spotify and tracks of any playlist.
const SPOTIFY_OR_LISTED: &str = "(EXISTS (SELECT 1 FROM playlist_items AS p WHERE p.track = t.id) OR EXISTS (SELECT 1 FROM \
    external_ids AS x WHERE x.kind = 'track' AND x.item = t.id AND x.service = ?1))";

/// All tracks of Spotify and of playlists, with the fields that matching needs, and their numbers in the catalog.
///
/// # Errors
/// When the catalog cannot be read, or has too many tracks.
pub fn tracks(catalog: &dyn Tables) -> Result<Vec<(i64, Entry)>, Error> {
    tracks_where(catalog, SPOTIFY_OR_LISTED, &[TRACKS.into()])
}

/// True if the catalog has a track of Spotify.
pub fn has_tracks(catalog: &dyn Tables) -> Result<bool, Error> {
    let any = "SELECT EXISTS (SELECT 1 FROM external_ids WHERE kind = 'track' AND service = ?1)";
    Ok(catalog.query(any, &[TRACKS.into()])?.integer() == Some(1))
}

/// The track with this Spotify id.
pub fn track_by_id(catalog: &dyn Tables, id: &str) -> Result<Vec<(i64, Entry)>, Error> {
    let which = "t.id = (SELECT item FROM external_ids WHERE kind = 'track' AND service = ?1 AND external_id = ?2)";
    tracks_where(catalog, which, &[TRACKS.into(), id.into()])
}

/// The track with this number in the catalog, as `baton catalog search` shows it.
pub fn track_by_number(catalog: &dyn Tables, number: i64) -> Result<Vec<(i64, Entry)>, Error> {
    tracks_where(catalog, "t.id = ?1", &[number.into()])
}

/// The tracks of [`tracks`] with this ISRC.
///
/// # Errors
/// When the catalog cannot be read, or has too many tracks.
pub fn tracks_by_isrc(catalog: &dyn Tables, isrc: &str) -> Result<Vec<(i64, Entry)>, Error> {
    tracks_where(catalog, &format!("t.isrc = ?2 AND {SPOTIFY_OR_LISTED}"), &[TRACKS.into(), isrc.into()])
}

fn tracks_where(catalog: &dyn Tables, which: &str, values: &[Value]) -> Result<Vec<(i64, Entry)>, Error> {
    let sql = format!("SELECT NULL, NULL, NULL, {} FROM tracks AS t WHERE {which} ORDER BY t.id", columns());
    let mut found = Vec::new();
    for row in catalog.rows(&sql, values)? {
        let row = row?;
        found.extend(integer(&row, 3).map(|number| (number, entry(&row))));
        if found.len() > MOST_ENTRIES {
            return Err(Error::Permanent(format!(
                "the catalog has more than {MOST_ENTRIES} such tracks; name one by its id or ISRC in `track`"
            )));
        }
    }
    Ok(found)
}

/// Maps the other ids of a track with several ids to its first id. Entries of the catalog have the first id.
pub fn aliases(catalog: &dyn Tables) -> Result<HashMap<String, String>, Error> {
    let sql = format!(
        "SELECT a.external_id, {FIRST_ID} FROM external_ids AS a JOIN tracks AS t ON t.id = a.item \
         WHERE a.kind = 'track' AND a.service = ?1 AND a.item IN (SELECT item FROM external_ids \
         WHERE kind = 'track' AND service = ?1 GROUP BY item HAVING count(*) > 1)"
    );
    let mut aliases = HashMap::new();
    for row in catalog.rows(&sql, &[TRACKS.into()])? {
        let row = row?;
        let pair = text(&row, 0).zip(text(&row, 1)).filter(|(id, first)| id != first);
        aliases.extend(pair);
    }
    Ok(aliases)
}

/// The first id of a track; the URI of a local file only if it has no other id.
const FIRST_ID: &str = "(SELECT e.external_id FROM external_ids AS e WHERE e.kind = 'track' AND e.item = t.id \
    AND e.service = ?1 ORDER BY e.external_id LIKE 'spotify:%', e.external_id LIMIT 1)";

fn columns() -> String {
    format!(
        "t.id, t.title, t.artists, t.album, t.album_artist, t.duration_ms, t.isrc, t.released, t.label, t.genre, t.bpm, \
         t.musical_key, {FIRST_ID}"
    )
}

/// The names of all playlists.
pub fn names(catalog: &dyn Tables) -> Result<Vec<String>, Error> {
    Ok(playlists_without_entries(catalog)?.into_iter().map(|(_, playlist)| playlist.name).collect())
}

fn playlists_without_entries(catalog: &dyn Tables) -> Result<Vec<(i64, Playlist)>, Error> {
    let sql = "SELECT p.id, p.name, e.service, e.external_id, coalesce(p.snapshot, '') FROM playlists AS p \
        JOIN external_ids AS e ON e.kind = 'playlist' AND e.item = p.id ORDER BY lower(p.name), e.service, e.external_id";
    let mut heads: Vec<(i64, Playlist)> = Vec::new();
    for row in catalog.rows(sql, &[])? {
        let row = row?;
        let number = integer(&row, 0).unwrap_or_default();
        if heads.iter().rev().take(4).any(|(known, _)| *known == number) {
            continue;
        }
        let (name, service, id) = (text(&row, 1), text(&row, 2), text(&row, 3));
        let state = text(&row, 4).unwrap_or_default();
        let playlist = Playlist {
            name: name.unwrap_or_default(),
            service: service.unwrap_or_default(),
            id: id.unwrap_or_default(),
            complete: !state.ends_with(PART),
            ..Playlist::default()
        };
        heads.push((number, playlist));
    }
    Ok(heads)
}

fn items(catalog: &dyn Tables) -> Result<Rows<'_>, Error> {
    let sql = format!(
        "SELECT i.playlist, i.added_at, i.added_by, {} FROM playlist_items AS i \
         LEFT JOIN tracks AS t ON t.id = i.track ORDER BY i.playlist, i.position",
        columns()
    );
    Ok(catalog.rows(&sql, &[TRACKS.into()])?)
}

fn entry(row: &Row) -> Entry {
    let artists = text(row, 5).and_then(|list| serde_json::from_str::<Vec<String>>(&list).ok());
    let mut entry = Entry {
        known_as: integer(row, 3),
        added_at: integer(row, 1),
        added_by: text(row, 2),
        title: text(row, 4).unwrap_or_default(),
        artists: artists.unwrap_or_default(),
        album: text(row, 6),
        album_artist: text(row, 7),
        duration_ms: integer(row, 8),
        isrc: text(row, 9),
        released: text(row, 10),
        label: text(row, 11),
        genres: text(row, 12),
        uri: text(row, 15).and_then(|id| Uri::parse(&id)),
        ..Entry::default()
    };
    entry.set_number("tempo", row.get(13).and_then(Value::as_real));
    if let Some((note, minor)) = text(row, 14).and_then(|key| Key::parse(&key)).and_then(note_and_mode) {
        entry.set_number("key", Some(f64::from(note)));
        entry.set_number("mode", Some(if minor { 0.0 } else { 1.0 }));
    }
    entry
}

/// A key in Spotify's form: semitones above C, and true for minor.
fn note_and_mode(key: Key) -> Option<(u8, bool)> {
    let all = (0..12).flat_map(|note| [(note, false), (note, true)]);
    all.into_iter().find(|(note, minor)| Key::new(*note, *minor) == Some(key))
}

type Places = HashMap<i64, Vec<(usize, usize)>>;

/// Changes all entries of a track.
fn each(playlists: &mut [Playlist], places: Option<&Vec<(usize, usize)>>, mut set: impl FnMut(&mut Entry)) {
    for (playlist, entry) in places.into_iter().flatten() {
        let found = playlists.get_mut(*playlist).and_then(|playlist| playlist.entries.get_mut(*entry));
        found.into_iter().for_each(&mut set);
    }
}

/// Reads the facts for which the catalog has no column. Rows are in the order of rank and age, so the last row for a field is
/// used.
fn features(catalog: &dyn Tables, tracks: &Places, playlists: &mut [Playlist]) -> Result<(), Error> {
    let fields: Vec<_> = NUMBERS.iter().map(|(_, field)| format!("'{field}'")).collect();
    let sql = format!(
        "SELECT f.track, f.field, f.value FROM facts AS f JOIN sources AS s ON s.id = f.source \
         WHERE f.field IN ('explicit', {}) ORDER BY f.track, s.rank, f.said_at, f.source DESC",
        fields.join(", ")
    );
    for row in catalog.rows(&sql, &[])? {
        let row = row?;
        let places = integer(&row, 0).and_then(|track| tracks.get(&track));
        let (field, value) = (text(&row, 1).unwrap_or_default(), row.get(2).and_then(Value::as_real));
        each(playlists, places, |entry| match field.as_str() {
            "explicit" => entry.explicit = value.map(|value| value > 0.5),
            field => entry.set_number(field, value),
        });
    }
    Ok(())
}

fn integer(row: &Row, at: usize) -> Option<i64> {
    row.get(at).and_then(Value::as_integer)
}

fn text(row: &Row, at: usize) -> Option<String> {
    row.get(at).and_then(Value::as_text).map(str::to_owned)
}

//! Withdraws values that the catalog got from djay and that djay's library no longer has: cue points, tempos and play counts
//! that the user removed, deleted tracks, and deleted playlists. Plays and sessions are kept, because they happened.
//!
//! A library with an unreadable object or without tracks withdraws nothing, because missing values may be in the part that
//! was not read. A backup withdraws nothing either, because it is older than the catalog.

use std::collections::{BTreeMap, HashMap, HashSet};

use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::{Row, Value};

use crate::library::{Library, Track};

const IDS: &str =
    "SELECT external_id, item FROM external_ids WHERE kind = ?1 AND service = 'djay' ORDER BY item, external_id";
const FACTS: &str = "SELECT f.track, f.field FROM facts AS f JOIN sources AS s ON s.id = f.source WHERE s.name = 'djay' \
    ORDER BY f.track, f.field";
const UNSAID: &str = "INSERT INTO put_unsaid (source, service, said_at, id, field) VALUES ('djay', 'djay', ?1, ?2, ?3)";
const REMOVED: &str = "INSERT INTO put_playlist_removed (source, service, said_at, id) VALUES ('djay', 'djay', ?1, ?2)";
const COUNT: &str = "SELECT count(*) FROM facts AS f JOIN sources AS s ON s.id = f.source WHERE s.name = 'djay'";

/// The number of withdrawn values and playlists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WithdrawnCounts {
    /// Withdrawn values of fields.
    pub values: i64,
    /// Removed playlists.
    pub playlists: usize,
}

/// The tracks that this run has written, by id. The value is the track if it supplies the values of its catalog track, else
/// `None`.
pub(crate) type SupplyingTracks<'a> = HashMap<&'a str, Option<&'a Track>>;

/// Withdraws values that the library no longer has.
///
/// # Errors
/// As `wit/sql.wit`.
pub(crate) fn withdraw(
    library: &Library,
    catalog: &dyn Writable,
    written: &SupplyingTracks<'_>,
    said_at: i64,
) -> Result<WithdrawnCounts, Error> {
    if library.unreadable > 0 || library.tracks.is_empty() {
        return Ok(WithdrawnCounts::default());
    }
    let playlists = remove_playlists(library, catalog, said_at)?;
    let before = catalog.query(COUNT, &[])?.integer().unwrap_or_default();
    let known: HashSet<&str> =
        library.tracks.iter().map(|track| track.id.as_str()).chain(written.keys().copied()).collect();
    // The ids at djay of each track of the catalog.
    let mut items: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (id, item) in ids(catalog, "track")? {
        items.entry(item).or_default().push(id);
    }
    let missing = missing_fields(catalog, &items, &known, written)?;
    let deleted = items.values().filter(|ids| !ids.iter().any(|id| known.contains(id.as_str()))).flatten();
    let rows = missing.into_iter().chain(deleted.map(|id| (id.clone(), None)));
    let rows = rows.map(|(id, field)| -> Row { vec![said_at.into(), id.into(), field.into()] });
    catalog.batch(UNSAID, &mut rows.into_iter())?;
    let after = catalog.query(COUNT, &[])?.integer().unwrap_or_default();
    Ok(WithdrawnCounts { values: before - after, playlists })
}

/// The ids of djay for one kind, each with its number in the catalog.
fn ids(catalog: &dyn Writable, kind: &str) -> Result<Vec<(String, i64)>, Error> {
    let mut ids = Vec::new();
    for row in catalog.rows(IDS, &[kind.into()])? {
        if let [Value::Text(id), Value::Integer(item)] = row?.as_slice() {
            ids.push((id.clone(), *item));
        }
    }
    Ok(ids)
}

/// Fields in the catalog that no track of djay supplies any more, for tracks that djay still has.
fn missing_fields(
    catalog: &dyn Writable,
    items: &BTreeMap<i64, Vec<String>>,
    known: &HashSet<&str>,
    written: &SupplyingTracks<'_>,
) -> Result<Vec<(String, Option<String>)>, Error> {
    let mut missing = Vec::new();
    for row in catalog.rows(FACTS, &[])? {
        let row = row?;
        let [Value::Integer(item), Value::Text(field)] = row.as_slice() else { continue };
        let Some(ids) = items.get(item) else { continue };
        let suppliers: Vec<&Track> = ids.iter().filter_map(|id| written.get(id.as_str()).copied().flatten()).collect();
        // A track without a title was not written, so nothing is known about its fields.
        let Some(id) = ids.iter().find(|id| known.contains(id.as_str())).filter(|_| !suppliers.is_empty()) else {
            continue;
        };
        if !suppliers.iter().any(|track| has_field(track, field)) {
            missing.push((id.clone(), Some(field.clone())));
        }
    }
    Ok(missing)
}

/// True if `sync.rs` writes a value of this field for the track.
fn has_field(track: &Track, field: &str) -> bool {
    match field {
        "title" => !track.title.is_empty(),
        "artists" => track.artist.is_some(),
        "duration_ms" => track.duration_ms().is_some(),
        "isrc" => track.isrc.is_some(),
        "bpm" => track.bpm().is_some(),
        "musical_key" => track.key().is_some(),
        "play_count" => track.play_count.is_some(),
        _ => {
            let cue = field.strip_prefix("djay_").and_then(|field| field.strip_suffix("_ms"));
            cue.is_some_and(|cue| track.cues.contains_key(cue))
        }
    }
}

/// Removes playlists that djay no longer has, unless a playlist could not be read completely.
fn remove_playlists(library: &Library, catalog: &dyn Writable, said_at: i64) -> Result<usize, Error> {
    if library.playlists.iter().any(|playlist| !playlist.whole) {
        return Ok(0);
    }
    let there: HashSet<&str> = library.playlists.iter().map(|playlist| playlist.id.as_str()).collect();
    let removed: Vec<String> =
        ids(catalog, "playlist")?.into_iter().map(|(id, _)| id).filter(|id| !there.contains(id.as_str())).collect();
    let rows = removed.iter().map(|id| -> Row { vec![said_at.into(), id.as_str().into()] });
    catalog.batch(REMOVED, &mut rows.into_iter())?;
    Ok(removed.len())
}

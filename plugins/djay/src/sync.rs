//! djay's sessions, plays, playlists and tracks into the catalog, through its `put_…` views: saying the same again changes nothing.
//!
//! What is said is dated with the newest moment of djay's own history, not with the clock, so that two runs on one library leave the
//! same catalog. A play whose track the library does not have keeps it by what the play itself names.

use std::collections::BTreeMap;

use baton_plugin_kit::lent::Writable;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::{Row, Value};

use crate::library::{Library, Track};

const TRACK: &str = "INSERT INTO put_track (source, service, said_at, id, title, artists, duration_ms, isrc, bpm, musical_key) \
    VALUES ('djay', 'djay', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const SAME: &str = "INSERT INTO put_same (source, other_service, said_at, service, id, url, other_id) \
    VALUES ('djay', 'djay', ?1, ?2, ?3, ?4, ?5)";
const SESSION: &str = "INSERT INTO put_session (source, service, said_at, id, device_name, device_type, started_at, ended_at) \
    VALUES ('djay', 'djay', ?1, ?2, ?3, ?4, ?5, ?6)";
const PLAY: &str = "INSERT INTO put_play \
    (source, service, track_service, said_at, id, session, track, started_at, deck, origin) \
    VALUES ('djay', 'djay', 'djay', ?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const PLAYLIST: &str = "INSERT INTO put_playlist (source, service, said_at, id, name, items) \
    VALUES ('djay', 'djay', ?1, ?2, ?3, ?4)";
const ITEM: &str = "INSERT INTO put_playlist_item (source, service, track_service, said_at, playlist, position, track) \
    VALUES ('djay', 'djay', 'djay', ?1, ?2, ?3, ?4)";

/// What was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Tracks of the library.
    pub tracks: usize,
    /// Tracks without a title, which the catalog cannot have.
    pub untitled: usize,
    /// Tracks that only plays name.
    pub named_by_plays: usize,
    /// Sessions.
    pub sessions: usize,
    /// Plays.
    pub plays: usize,
    /// Plays whose session and track are both known.
    pub linked: usize,
    /// Playlists.
    pub playlists: usize,
    /// Sessions and plays that the catalog did not have before.
    pub new: i64,
}

/// Says everything.
///
/// # Errors
/// As `wit/sql.wit`. What was said before the error stays, and saying it again changes nothing.
pub fn sync(library: &Library, catalog: &dyn Writable) -> Result<Said, Error> {
    let before = known(catalog)?;
    let said_at = newest(library);
    let mut said = Said { sessions: library.sessions.len(), plays: library.plays.len(), ..Said::default() };
    said.playlists = library.playlists.len();
    tracks(library, catalog, said_at, &mut said)?;
    let sessions = library.sessions.iter().map(|session| {
        let device = [session.device_name.clone().into(), session.device_type.clone().into()];
        row([said_at.into(), session.id.as_str().into()], device, [session.started.into(), session.ended.into()])
    });
    catalog.batch(SESSION, &mut sessions.into_iter())?;
    let plays = library.plays.iter().map(|play| {
        let place = [play.started.into(), play.deck.into(), play.origin.clone().into()];
        row(
            [said_at.into(), play.id.as_str().into()],
            [play.session_id.clone().into(), play.track_id.clone().into()],
            place,
        )
    });
    catalog.batch(PLAY, &mut plays.into_iter())?;
    said.linked = library.plays.iter().filter(|play| play.session.is_some() && play.track.is_some()).count();
    playlists(library, catalog, said_at)?;
    said.new = known(catalog)? - before;
    Ok(said)
}

fn row<const A: usize, const B: usize, const C: usize>(a: [Value; A], b: [Value; B], c: [Value; C]) -> Row {
    a.into_iter().chain(b).chain(c).collect()
}

/// Sessions and plays of djay that the catalog has.
fn known(catalog: &dyn Writable) -> Result<i64, Error> {
    let count = "SELECT count(*) FROM external_ids WHERE kind IN ('session', 'play') AND service = 'djay'";
    Ok(catalog.query(count, &[])?.integer().unwrap_or_default())
}

/// The newest moment of the history; 1970 without any.
fn newest(library: &Library) -> i64 {
    let sessions = library.sessions.iter().flat_map(|session| [session.started, session.ended]);
    sessions.chain(library.plays.iter().map(|play| play.started)).flatten().max().unwrap_or_default()
}

fn tracks(library: &Library, catalog: &dyn Writable, said_at: i64, said: &mut Said) -> Result<(), Error> {
    let titled = || library.tracks.iter().filter(|track| !track.title.is_empty());
    said.tracks = titled().count();
    said.untitled = library.tracks.len() - said.tracks;
    catalog.batch(TRACK, &mut titled().map(|track| of_track(track, said_at)))?;
    let mut named: BTreeMap<&str, Row> = BTreeMap::new();
    for play in library.plays.iter().filter(|play| play.track.is_none()) {
        if let (Some(id), Some(title)) = (play.track_id.as_deref(), play.title.clone()) {
            let track = Track { id: id.to_owned(), title, artist: play.artist.clone(), ..Track::default() };
            let mut row = of_track(&track, said_at);
            if let Some(length) = row.get_mut(4) {
                *length = play.duration_ms.into();
            }
            named.insert(id, row);
        }
    }
    said.named_by_plays = named.len();
    catalog.batch(TRACK, &mut named.into_values())?;
    let ids = titled().flat_map(|track| {
        let known = track.sources.iter().filter(|source| !source.id.is_empty() && source.service != "unknown");
        known.map(move |source| {
            let url = if source.is_streamed() { Some(source.uri.as_str()) } else { None };
            row(
                [said_at.into(), source.service.as_str().into()],
                [source.id.as_str().into(), url.into()],
                [track.id.as_str().into()],
            )
        })
    });
    catalog.batch(SAME, &mut ids.into_iter())?;
    Ok(())
}

fn of_track(track: &Track, said_at: i64) -> Row {
    // One name or a whole credit: djay keeps one text.
    let artists = track.artist.as_ref().map(|artist| serde_json::json!([artist]).to_string());
    row(
        [said_at.into(), track.id.as_str().into(), track.title.as_str().into(), artists.into()],
        [track.duration_ms().into(), track.isrc.clone().into()],
        [track.bpm().into(), track.key().map(|key| key.to_string()).into()],
    )
}

fn playlists(library: &Library, catalog: &dyn Writable, said_at: i64) -> Result<(), Error> {
    let known = |track: usize| library.tracks.get(track).is_some_and(|track| !track.title.is_empty());
    let lists = library.playlists.iter().map(|playlist| {
        let items = i64::try_from(playlist.items.len()).unwrap_or(i64::MAX);
        row([said_at.into(), playlist.id.as_str().into()], [playlist.name.as_str().into()], [items.into()])
    });
    catalog.batch(PLAYLIST, &mut lists.into_iter())?;
    let items = library.playlists.iter().flat_map(|playlist| {
        (0_i64..).zip(&playlist.items).map(move |(position, item)| {
            let track = item.track.filter(|track| known(*track)).map(|_| item.track_id.as_str());
            row([said_at.into(), playlist.id.as_str().into()], [position.into()], [track.into()])
        })
    });
    catalog.batch(ITEM, &mut items.into_iter())?;
    Ok(())
}

//! Writes djay's sessions, plays, playlists and tracks to the catalog through the catalog's `put_…` views.
//!
//! `said_at` is the newest time in djay's history and not the present time, so a second run on the same library changes
//! nothing. The catalog keeps the newer of two values of a source. So `said_at` never becomes smaller than the last `said_at`
//! of djay. Times after the time of the task are ignored, because a wrong date in the future would block later values. A track
//! that is missing from the library or has no title there gets the title of its play. If several tracks of djay are one track
//! in the catalog, one of them supplies the values. A playlist that was not read completely is not changed.

use std::collections::{BTreeMap, HashSet};

use baton_plugin_kit::Findings;
use baton_plugin_kit::host::Writable;
use baton_plugin_sdk::Error;
use baton_plugin_sdk::sql::{Row, Value};

use crate::library::{Library, Play, Playlist, Track};
use crate::shared;
use crate::withdraw::{SupplyingTracks, WithdrawnCounts, withdraw};

const TRACK: &str = "INSERT INTO put_track \
    (source, service, said_at, id, title, artists, duration_ms, isrc, bpm, musical_key, more) \
    VALUES ('djay', 'djay', ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const FILE: &str =
    "INSERT INTO put_file (source, track_service, said_at, path, track) VALUES ('djay', 'djay', ?1, ?2, ?3)";
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

/// The result of a sync.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    /// Tracks with a title in the library.
    pub tracks: usize,
    /// Tracks without a title, which the catalog cannot have.
    pub untitled: usize,
    /// Tracks with a title only in plays.
    pub named_by_plays: usize,
    /// Paths of files.
    pub files: usize,
    /// Sessions.
    pub sessions: usize,
    /// Plays.
    pub plays: usize,
    /// Plays whose session and track are both in the catalog.
    pub linked: usize,
    /// Playlists.
    pub playlists: usize,
    /// Playlists that were not read completely and not written.
    pub partial: usize,
    /// Sessions and plays that are new in the catalog.
    pub new: i64,
    /// The number of withdrawn values, because djay no longer has them.
    pub withdrawn: WithdrawnCounts,
}

/// Writes everything. Times after `now` are ignored. If the library is a backup, nothing is withdrawn.
///
/// # Errors
/// As `wit/sql.wit`. Rows before the error are kept; writing them again changes nothing.
pub fn sync(
    library: &Library,
    catalog: &dyn Writable,
    now: i64,
    backup: bool,
    findings: &mut Findings,
) -> Result<SyncReport, Error> {
    let before = count_known(catalog)?;
    let said_at = newest_time(library, now).max(last_said_at(catalog)?);
    let mut report =
        SyncReport { sessions: library.sessions.len(), plays: library.plays.len(), ..SyncReport::default() };
    let named = named_by_plays(library);
    let written = write_tracks(library, &named, catalog, said_at, &mut report, findings)?;
    let tracks: HashSet<&str> = written.keys().copied().collect();
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
    let is_put = |play: &&Play| play.track_id.as_deref().is_some_and(|id| tracks.contains(id));
    report.linked = library.plays.iter().filter(|play| play.session.is_some()).filter(is_put).count();
    write_playlists(library, catalog, said_at, &tracks, &mut report)?;
    if !backup {
        report.withdrawn = withdraw(library, catalog, &written, said_at)?;
    }
    report.new = count_known(catalog)? - before;
    Ok(report)
}

fn row<const A: usize, const B: usize, const C: usize>(a: [Value; A], b: [Value; B], c: [Value; C]) -> Row {
    a.into_iter().chain(b).chain(c).collect()
}

/// The number of sessions and plays of djay in the catalog.
fn count_known(catalog: &dyn Writable) -> Result<i64, Error> {
    let count = "SELECT count(*) FROM external_ids WHERE kind IN ('session', 'play') AND service = 'djay'";
    Ok(catalog.query(count, &[])?.integer().unwrap_or_default())
}

/// The last `said_at` of djay in the catalog; 0 before the first sync.
fn last_said_at(catalog: &dyn Writable) -> Result<i64, Error> {
    let last = "SELECT max(f.said_at) FROM facts AS f JOIN sources AS s ON s.id = f.source WHERE s.name = 'djay'";
    Ok(catalog.query(last, &[])?.integer().unwrap_or_default())
}

/// The newest time of the history that is not after `now`; 0 if there is none.
fn newest_time(library: &Library, now: i64) -> i64 {
    let sessions = library.sessions.iter().flat_map(|session| [session.started, session.ended]);
    sessions
        .chain(library.plays.iter().map(|play| play.started))
        .flatten()
        .filter(|at| *at <= now)
        .max()
        .unwrap_or_default()
}

/// Writes the tracks and returns them.
fn write_tracks<'a>(
    library: &'a Library,
    named: &'a BTreeMap<&'a str, Track>,
    catalog: &dyn Writable,
    said_at: i64,
    report: &mut SyncReport,
    findings: &mut Findings,
) -> Result<SupplyingTracks<'a>, Error> {
    let all: Vec<&Track> = titled(library).chain(named.values()).collect();
    let replaced = shared::replaced_tracks(&all, catalog, findings)?;
    let is_supplier = |track: &&&Track| !replaced.contains_key(track.id.as_str());
    catalog.batch(TRACK, &mut all.iter().filter(is_supplier).map(|track| track_row(track, said_at)))?;
    let one = replaced
        .iter()
        .map(|(id, supplier)| row([said_at.into(), "djay".into()], [(*id).into(), Value::Null], [(*supplier).into()]));
    catalog.batch(SAME, &mut one.into_iter())?;
    let ids = all.iter().flat_map(|track| {
        // Only the address of a streaming service is stored as the URL of an id.
        track.sources.iter().filter_map(move |source| {
            let url = if source.is_streamed() { Some(source.uri.as_str()) } else { None };
            Some(row(
                [said_at.into(), source.service.as_str().into()],
                [source.track_id()?.into(), url.into()],
                [track.id.as_str().into()],
            ))
        })
    });
    catalog.batch(SAME, &mut ids.into_iter())?;
    // The tracks that supply values are written a second time. This replaces values that the other tracks of their groups
    // supplied in earlier runs.
    let suppliers: HashSet<&str> = replaced.values().copied().collect();
    let again = all.iter().filter(|track| suppliers.contains(track.id.as_str()));
    catalog.batch(TRACK, &mut again.map(|track| track_row(track, said_at)))?;
    let files: Vec<_> = all.iter().flat_map(|track| paths(track).map(|path| (path, track.id.as_str()))).collect();
    let rows = files.iter().map(|(path, id)| row([said_at.into()], [(*path).into()], [(*id).into()]));
    catalog.batch(FILE, &mut rows.into_iter())?;
    report.files = files.len();
    report.tracks = titled(library).count();
    report.named_by_plays = named.len();
    let is_untitled = |track: &&Track| track.title.is_empty() && !named.contains_key(track.id.as_str());
    report.untitled = library.tracks.iter().filter(is_untitled).count();
    let supplier = |track: &'a Track| (!replaced.contains_key(track.id.as_str())).then_some(track);
    Ok(all.iter().copied().map(|track| (track.id.as_str(), supplier(track))).collect())
}

fn titled(library: &Library) -> impl Iterator<Item = &Track> {
    library.tracks.iter().filter(|track| !track.title.is_empty())
}

/// Tracks that are missing from the library or have no title there, with the data of their newest play.
fn named_by_plays(library: &Library) -> BTreeMap<&str, Track> {
    let mut named = BTreeMap::new();
    for play in &library.plays {
        let known = play.track.and_then(|track| library.tracks.get(track));
        if known.is_some_and(|track| !track.title.is_empty()) {
            continue;
        }
        if let (Some(id), Some(title)) = (play.track_id.as_deref(), play.title.clone()) {
            let known = known.cloned().unwrap_or_else(|| Track { id: id.to_owned(), ..Track::default() });
            let artist = play.artist.clone().or(known.artist.clone());
            #[expect(clippy::cast_precision_loss, reason = "a length of below 1e12 ms")]
            let seconds = known.seconds.or(play.duration_ms.map(|length| length as f64 / 1_000.0));
            named.insert(id, Track { title, artist, seconds, ..known });
        }
    }
    named
}

fn track_row(track: &Track, said_at: i64) -> Row {
    // djay has one text for all artists.
    let artists = track.artist.as_ref().map(|artist| serde_json::json!([artist]).to_string());
    let mut more = serde_json::Map::new();
    more.extend(track.play_count.map(|count| ("play_count".to_owned(), count.into())));
    more.extend(track.cues.iter().map(|(name, at)| (format!("djay_{name}_ms"), (*at).into())));
    let more = (!more.is_empty()).then(|| serde_json::Value::from(more).to_string());
    row(
        [said_at.into(), track.id.as_str().into(), track.title.as_str().into(), artists.into()],
        [track.duration_ms().into(), track.isrc.clone().into()],
        [track.bpm().into(), track.key().map(|key| key.to_string()).into(), more.into()],
    )
}

/// The paths of files on this system, without paths of Windows and of network shares.
fn paths(track: &Track) -> impl Iterator<Item = &str> {
    let paths = track.sources.iter().filter_map(|source| source.path.as_deref());
    paths.filter(|path| path.starts_with('/') && !path.starts_with("//"))
}

/// Writes the complete playlists. If the library has unreadable objects, a playlist with a missing track is not complete,
/// because the track may be one of these objects.
fn write_playlists(
    library: &Library,
    catalog: &dyn Writable,
    said_at: i64,
    tracks: &HashSet<&str>,
    report: &mut SyncReport,
) -> Result<(), Error> {
    let is_whole = |playlist: &&Playlist| {
        let all_known = || playlist.items.iter().all(|item| tracks.contains(item.track_id.as_str()));
        playlist.whole && (library.unreadable == 0 || all_known())
    };
    let whole: Vec<_> = library.playlists.iter().filter(is_whole).collect();
    (report.playlists, report.partial) = (whole.len(), library.playlists.len() - whole.len());
    let lists = whole.iter().map(|playlist| {
        let items = i64::try_from(playlist.items.len()).unwrap_or(i64::MAX);
        row([said_at.into(), playlist.id.as_str().into()], [playlist.name.as_str().into()], [items.into()])
    });
    catalog.batch(PLAYLIST, &mut lists.into_iter())?;
    let items = whole.iter().flat_map(|playlist| {
        (0_i64..).zip(&playlist.items).map(move |(position, item)| {
            let track = Some(item.track_id.as_str()).filter(|id| tracks.contains(id));
            row([said_at.into(), playlist.id.as_str().into()], [position.into()], [track.into()])
        })
    });
    catalog.batch(ITEM, &mut items.into_iter())?;
    Ok(())
}

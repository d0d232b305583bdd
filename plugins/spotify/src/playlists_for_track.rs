//! `playlists-for-track`: the playlists of a track, and where its file belongs: `{playlist}/{artist} - {title}`, or `Unassigned` if it is in
//! no playlist.
//!
//! The arguments name a track by its id, URI or address, by its ISRC, by its number in the catalog, or by title and artist. With title
//! and artist, an equal name or a certain match is accepted, and uncertain matches are reported.

use std::fmt::Write as _;

use baton_plugin_kit::csv_file::CsvWriter;
use baton_plugin_kit::host::Tables;
use baton_plugin_kit::markdown::cell;
use baton_plugin_kit::{Findings, counted, safe_name};
use baton_plugin_sdk::sql::Value;
use baton_plugin_sdk::{Error, OutcomeKind, Severity};
use baton_track_match::{Decision, Matcher, Track, normalise};
use serde::Deserialize;
use serde_json::json;

use crate::action_result::{ActionResult, CSV, JSON, MARKDOWN, file};
use crate::catalog;
use crate::model::Entry;
use crate::uri::Uri;

/// The folder of files without a playlist.
pub const UNASSIGNED: &str = "Unassigned";

/// The arguments.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Args {
    /// An id, URI, address or ISRC of the track, or its number in the catalog.
    pub track: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Its artist, or all artists in one text.
    pub artist: Option<String>,
    /// Its length, which distinguishes versions.
    pub duration_ms: Option<u64>,
}

/// A place of the track in a playlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaylistPosition {
    /// The name of the playlist.
    pub playlist: String,
    /// The service of the playlist.
    pub service: String,
    /// Counted from 1.
    pub position: i64,
    /// The path where the file belongs, without its ending.
    pub file: String,
}

/// The path where a file belongs, without its ending; safe on every disk.
#[must_use]
pub fn file_place(playlist: Option<&str>, entry: &Entry) -> String {
    let folder = playlist.map_or_else(|| UNASSIGNED.to_owned(), |name| safe_name(name, 120, "Untitled"));
    let artist = if entry.artists.is_empty() { "Unknown artist".to_owned() } else { entry.credit() };
    format!("{folder}/{}", safe_name(&format!("{artist} - {}", entry.title), 180, "Untitled"))
}

/// Finds the playlists of a track.
///
/// # Errors
/// When the arguments name no track, or the catalog cannot be read.
pub fn run(catalog: &dyn Tables, args: &Args, findings: &mut Findings) -> Result<ActionResult, Error> {
    let found = tracks(catalog, args, findings)?;
    let mut answers = Vec::new();
    for (number, entry) in found {
        let places = places(catalog, number, &entry)?;
        answers.push((entry, places));
    }
    if answers.is_empty() {
        let summary = "No track of the catalog certainly matches; the findings list the candidates.".to_owned();
        let next_steps = vec![next_step(catalog, findings)?];
        return Ok(ActionResult { summary, kind: OutcomeKind::Refused, next_steps, ..ActionResult::default() });
    }
    report(&answers)
}

/// The next step if no track certainly matches.
fn next_step(catalog: &dyn Tables, findings: &Findings) -> Result<String, Error> {
    let perhaps = findings.count_of("may-be") > 0;
    Ok(if perhaps {
        "name its artist too (--arg artist=NAME), or its URI (--arg track=spotify:track:…); the findings list the candidates".to_owned()
    } else if catalog::has_tracks(catalog)? {
        "name the track as the catalog has it: `baton catalog search` finds it".to_owned()
    } else {
        "the catalog has no Spotify tracks yet; import them: baton run spotify import".to_owned()
    })
}

fn tracks(catalog: &dyn Tables, args: &Args, findings: &mut Findings) -> Result<Vec<(i64, Entry)>, Error> {
    let Some(named) = args.track.as_deref().map(str::trim).filter(|named| !named.is_empty()) else {
        return by_names(catalog, args, findings);
    };
    if let Some(uri) = Uri::parse(named) {
        let found = catalog::track_by_id(catalog, uri.id())?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    if let Ok(number) = named.parse::<i64>() {
        let found = catalog::track_by_number(catalog, number)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let isrc = named.replace('-', "").to_uppercase();
    let same = catalog::tracks_by_isrc(catalog, &isrc)?;
    if same.is_empty() {
        let title = format!("{named} is not an id, URI, address, ISRC or number of a track in the catalog");
        findings.add(
            "unknown-track",
            named,
            Severity::Low,
            title,
            "`import` reads Spotify's exports into the catalog.",
        );
    }
    Ok(same)
}

fn by_names(catalog: &dyn Tables, args: &Args, findings: &mut Findings) -> Result<Vec<(i64, Entry)>, Error> {
    let Some(title) = args.title.clone().filter(|title| !title.trim().is_empty()) else {
        return Err(Error::Permanent(
            "name the track: `track` (an id, URI, address, ISRC or number in the catalog), or `title` and `artist`"
                .to_owned(),
        ));
    };
    let known = catalog::tracks(catalog)?;
    let equal = equal_names(&known, &title, args.artist.as_deref());
    if let [(_, first), rest @ ..] = equal.as_slice() {
        // The tracks have different artists, and the task means only one of these tracks.
        if rest.iter().any(|(_, entry)| normal_artists(entry) != normal_artists(first)) {
            for (_, entry) in &equal {
                may_be(findings, entry, "the title is the same".to_owned());
            }
            return Ok(Vec::new());
        }
        return Ok(equal);
    }
    let query = Track {
        title,
        artists: args.artist.iter().cloned().collect(),
        duration_ms: args.duration_ms,
        ..Track::default()
    };
    let candidates: Vec<_> = known.iter().map(|(_, entry)| entry.track()).collect();
    let at = |place: usize| known.get(place).cloned();
    match Matcher::new(&candidates).find(&query) {
        Decision::Auto(found) => Ok(at(found.candidate).into_iter().collect()),
        Decision::Review { candidates } => {
            for found in candidates {
                let Some((_, entry)) = at(found.candidate) else { continue };
                let why = found.reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                may_be(findings, &entry, why);
            }
            Ok(Vec::new())
        }
        Decision::None { nearest, reasons } => {
            let why = reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            let near = nearest
                .and_then(at)
                .map(|(_, entry)| format!("; the most similar is {}", entry.named()))
                .unwrap_or_default();
            findings.add(
                "unknown-track",
                &query.title,
                Severity::Low,
                format!("the catalog does not have {}{near}", query.title),
                why,
            );
            Ok(Vec::new())
        }
    }
}

/// The tracks with this title, and with this artist if one is named.
fn equal_names(known: &[(i64, Entry)], title: &str, artist: Option<&str>) -> Vec<(i64, Entry)> {
    let (title, artist) = (normalise(title), artist.map(normalise));
    let is_by = |entry: &Entry| {
        artist
            .as_ref()
            .is_none_or(|artist| normal_artists(entry).contains(artist) || normalise(&entry.credit()) == *artist)
    };
    let is_equal = |entry: &Entry| normalise(&entry.title) == title && is_by(entry);
    known.iter().filter(|(_, entry)| is_equal(entry)).cloned().collect()
}

fn normal_artists(entry: &Entry) -> Vec<String> {
    entry.artists.iter().map(|artist| normalise(artist)).collect()
}

/// Reports a track that may be the wanted one.
fn may_be(findings: &mut Findings, entry: &Entry, why: String) {
    let uri = entry.uri.as_ref().map(Uri::text).unwrap_or_default();
    findings.add("may-be", &uri, Severity::Low, format!("it may be {} ({uri})", entry.named()), why);
}

fn places(catalog: &dyn Tables, track: i64, entry: &Entry) -> Result<Vec<PlaylistPosition>, Error> {
    let sql = "SELECT p.name, i.position, (SELECT min(e.service) FROM external_ids AS e \
        WHERE e.kind = 'playlist' AND e.item = p.id) FROM playlist_items AS i JOIN playlists AS p ON p.id = i.playlist \
        WHERE i.track = ?1 ORDER BY lower(p.name), p.id, i.position";
    let mut places = Vec::new();
    for row in catalog.rows(sql, &[track.into()])? {
        let row = row?;
        let text = |at: usize| row.get(at).and_then(Value::as_text).unwrap_or_default().to_owned();
        let (playlist, service) = (text(0), text(2));
        let position = row.get(1).and_then(Value::as_integer).unwrap_or(0) + 1;
        let file = file_place(Some(&playlist), entry);
        places.push(PlaylistPosition { playlist, service, position, file });
    }
    Ok(places)
}

fn report(answers: &[(Entry, Vec<PlaylistPosition>)]) -> Result<ActionResult, Error> {
    let wrong = |error: String| Error::Permanent(error);
    let mut csv =
        CsvWriter::new(["Track URI", "Artist", "Title", "Playlist", "Service", "Position", "File"]).map_err(wrong)?;
    let (mut page, mut data, mut sentences) = (String::from("# Playlists of a track\n"), Vec::new(), Vec::new());
    for (entry, places) in answers {
        let uri = entry.uri.as_ref().map(Uri::text).unwrap_or_default();
        let _ = write!(page, "\n## {}\n\n", cell(&entry.named()));
        let unassigned = file_place(None, entry);
        let first = places.first().map_or(unassigned.as_str(), |place| place.file.as_str());
        let _ = write!(page, "Its file belongs to {}.\n\n| playlist | position | from |\n|---|---|---|\n", cell(first));
        for place in places {
            let position = place.position.to_string();
            csv.row([&uri, &entry.credit(), &entry.title, &place.playlist, &place.service, &position, &place.file])
                .map_err(wrong)?;
            let _ = writeln!(page, "| {} | {position} | {} |", cell(&place.playlist), cell(&place.service));
        }
        if places.is_empty() {
            csv.row([&uri, &entry.credit(), &entry.title, "", "", "", unassigned.as_str()]).map_err(wrong)?;
        }
        let number = counted(playlists(places), "playlist", "playlists");
        sentences.push(format!("{}: {number}, `{first}`", entry.named()));
        let list: Vec<_> = places
            .iter()
            .map(|place| json!({ "playlist": place.playlist, "service": place.service, "position": place.position, "file": place.file }))
            .collect();
        data.push(
            json!({ "uri": uri, "title": entry.title, "artists": entry.artists, "file": first, "playlists": list }),
        );
    }
    let summary = format!("{}.", sentences.iter().take(5).cloned().collect::<Vec<_>>().join("; "));
    let reports = vec![
        file("PLAYLISTS_FOR_TRACK.md", MARKDOWN, page),
        file("playlists-for-track.csv", CSV, csv.into_bytes().map_err(wrong)?),
        file("playlists-for-track.json", JSON, format!("{:#}\n", json!({ "tracks": data }))),
    ];
    Ok(ActionResult { summary, reports, ..ActionResult::default() })
}

/// The number of different playlists.
fn playlists(places: &[PlaylistPosition]) -> usize {
    let mut names: Vec<_> = places.iter().map(|place| (&place.playlist, &place.service)).collect();
    names.dedup();
    names.len()
}

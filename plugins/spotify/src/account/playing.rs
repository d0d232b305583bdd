//! `now-playing` and `recent`: the present item, the last plays, and the tracks of the library for them. These actions write
//! nothing into the catalog. The history of the privacy export has the same plays with their lengths, so the catalog would have
//! each play twice.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use baton_plugin_kit::counted;
use baton_plugin_kit::host::Tables;
use baton_plugin_kit::library::SCAN;
use baton_plugin_kit::markdown::cell;
use baton_plugin_kit::time;
use baton_plugin_sdk::Error;
use serde_json::{Value, json};

use super::items::{content_of, entry, text};
use super::web::Api;
use crate::action_result::{ActionResult, JSON, MARKDOWN, file};
use crate::library::{self, FileState, Library, LibraryEntry};
use crate::model::Entry;
use crate::uri::Uri;

/// Reports the present item.
///
/// # Errors
/// Spotify is not reachable or refuses the account, or the catalog cannot be read.
pub fn now_playing(api: &Api<'_>, catalog: &dyn Tables) -> Result<ActionResult, Error> {
    let playing = api.get("/v1/me/player/currently-playing?additional_types=track,episode")?;
    let item = playing.as_ref().and_then(|playing| playing.get("item")).filter(|item| item.is_object());
    let (Some(playing), Some(item)) = (&playing, item) else {
        let summary = if playing.is_some() {
            "Spotify plays an item that it does not name, such as an advertisement."
        } else {
            "Spotify plays nothing."
        };
        let report = json!({ "schema": 1, "playing": null }).to_string();
        let reports = vec![file("now-playing.json", JSON, report)];
        return Ok(ActionResult { summary: summary.to_owned(), reports, ..ActionResult::default() });
    };
    let entry = content_of(item);
    let is_playing = playing.get("is_playing").and_then(Value::as_bool) == Some(true);
    let at = playing.get("progress_ms").and_then(Value::as_i64);
    let times = at.zip(entry.duration_ms).map(|(at, length)| format!(", {} of {}", clock(at), clock(length)));
    let state = if is_playing { "plays" } else { "is paused at" };
    let mut summary = format!("Spotify {state} {}{}.", entry.named(), times.unwrap_or_default());
    let mut next_steps = Vec::new();
    let data = library::catalog(catalog)?;
    let found = data.as_ref().filter(|_| is_music(&entry)).map(|data| Library::new(data).find(&entry));
    if let Some(found) = &found {
        let _ = write!(summary, " {}", found.sentence());
        next_steps.extend(next_step(found));
    }
    let playing = json!({
        "is_playing": is_playing, "progress_ms": at, "item": shown(&entry), "library": found.as_ref().map(LibraryEntry::json),
    });
    let report = json!({ "schema": 1, "playing": playing });
    let reports = vec![file("now-playing.json", JSON, format!("{report:#}\n"))];
    Ok(ActionResult { next_steps, summary, reports, ..ActionResult::default() })
}

/// Episodes and audiobooks are not in a music library.
fn is_music(entry: &Entry) -> bool {
    entry.uri.as_ref().is_none_or(Uri::is_music)
}

fn next_step(found: &LibraryEntry) -> Option<String> {
    let links: Vec<_> = found.shop_links.iter().map(|link| format!("{} {}", link.name, link.url)).collect();
    match found.state {
        FileState::OnDisk => None,
        FileState::Unknown => Some(SCAN.to_owned()),
        FileState::Wanted | FileState::Unclear => Some(format!("search for it in a shop: {}", links.join(", "))),
    }
}

/// Reports the last plays: Spotify keeps 50.
///
/// # Errors
/// Spotify is not reachable or refuses the account, or the catalog cannot be read.
pub fn recent(api: &Api<'_>, catalog: &dyn Tables) -> Result<ActionResult, Error> {
    let content = api.get("/v1/me/player/recently-played?limit=50")?.unwrap_or_default();
    let items = content.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let data = library::catalog(catalog)?;
    let library = data.as_ref().map(Library::new);
    let mut table =
        "# Last plays\n\n| played at | track | library | playlists | where to get it |\n|---|---|---|---|---|\n"
            .to_owned();
    let (mut plays, mut wanted) = (Vec::new(), BTreeSet::new());
    for item in &items {
        let (played_at, entry) = (text(item, "/played_at").and_then(|at| time::parse(&at)), entry(item));
        let at = played_at.and_then(time::text).unwrap_or_default();
        let found = library.as_ref().filter(|_| is_music(&entry)).map(|library| library.find(&entry));
        let _ = writeln!(table, "| {at} | {} | {} |", cell(&entry.named()), library_cells(found.as_ref()));
        if found.as_ref().is_some_and(|found| found.state == FileState::Wanted) {
            wanted.insert(entry.identity());
        }
        plays.push(json!({
            "played_at": at, "item": shown(&entry), "library": found.as_ref().map(LibraryEntry::json),
        }));
    }
    let mut summary = format!("Spotify returned {}.", counted(items.len(), "last play", "last plays"));
    if !wanted.is_empty() {
        let _ = write!(summary, " {} not on disk: see recent.md.", counted(wanted.len(), "track is", "tracks are"));
    }
    let report = json!({ "schema": 1, "plays": plays });
    let reports = vec![file("recent.md", MARKDOWN, table), file("recent.json", JSON, format!("{report:#}\n"))];
    Ok(ActionResult { summary, reports, ..ActionResult::default() })
}

/// The cells `library`, `playlists` and `where to get it`.
fn library_cells(found: Option<&LibraryEntry>) -> String {
    let Some(found) = found else { return " | | ".to_owned() };
    let state = found.files.first().map_or_else(|| found.state.text().to_owned(), |file| cell(file));
    let shops: Vec<_> = found.shop_links.iter().map(|link| format!("[{}]({})", link.name, link.url)).collect();
    format!("{state} | {} | {}", cell(&found.playlists.join(", ")), shops.join(" "))
}

fn shown(entry: &Entry) -> Value {
    json!({
        "uri": entry.uri.as_ref().map(Uri::text), "title": entry.title, "artists": entry.artists, "album": entry.album,
        "duration_ms": entry.duration_ms, "isrc": entry.isrc,
    })
}

/// `3:45`.
fn clock(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

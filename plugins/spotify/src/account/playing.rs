//! `now-playing` and `recent`: what is played now, and what was played last. They write nothing into the catalog: the history of the
//! privacy export has the same plays with their lengths, and would have them twice.

use std::fmt::Write as _;

use baton_plugin_kit::markdown::cell;
use baton_plugin_kit::time;
use baton_plugin_sdk::Error;
use serde_json::{Value, json};

use super::items::{content_of, entry, text};
use super::web::Api;
use crate::action_result::{ActionResult, JSON, MARKDOWN, file};
use crate::model::Entry;
use crate::uri::Uri;
use baton_plugin_kit::counted;

/// Reports what is played now.
///
/// # Errors
/// Spotify is not reachable or refuses the account.
pub fn now_playing(api: &Api<'_>) -> Result<ActionResult, Error> {
    let playing = api.get("/v1/me/player/currently-playing?additional_types=track,episode")?;
    let item = playing.as_ref().and_then(|playing| playing.get("item")).filter(|item| item.is_object());
    let (Some(playing), Some(item)) = (&playing, item) else {
        let summary = if playing.is_some() {
            "Spotify plays something without a name, such as an advertisement."
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
    let summary = format!("Spotify {state} {}{}.", entry.named(), times.unwrap_or_default());
    let report =
        json!({ "schema": 1, "playing": { "is_playing": is_playing, "progress_ms": at, "item": shown(&entry) } });
    let reports = vec![file("now-playing.json", JSON, format!("{report:#}\n"))];
    Ok(ActionResult { summary, reports, ..ActionResult::default() })
}

/// Reports the last plays: Spotify keeps 50.
///
/// # Errors
/// Spotify is not reachable or refuses the account.
pub fn recent(api: &Api<'_>) -> Result<ActionResult, Error> {
    let content = api.get("/v1/me/player/recently-played?limit=50")?.unwrap_or_default();
    let items = content.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut table = "# Last plays\n\n| played at | track |\n|---|---|\n".to_owned();
    let mut plays = Vec::new();
    for item in &items {
        let (played_at, entry) = (text(item, "/played_at").and_then(|at| time::parse(&at)), entry(item));
        let at = played_at.and_then(time::text).unwrap_or_default();
        let _ = writeln!(table, "| {at} | {} |", cell(&entry.named()));
        plays.push(json!({ "played_at": at, "item": shown(&entry) }));
    }
    let summary = format!("Spotify knows {}.", counted(items.len(), "last play", "last plays"));
    let report = json!({ "schema": 1, "plays": plays });
    let reports = vec![file("recent.md", MARKDOWN, table), file("recent.json", JSON, format!("{report:#}\n"))];
    Ok(ActionResult { summary, reports, ..ActionResult::default() })
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

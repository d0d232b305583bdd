//! Converts JSON of the Web API to entries. Every field may be missing or null: local files have no id, episodes have a show,
//! and an item that is not available any more is null.

use baton_plugin_kit::time;
use serde_json::Value;

use crate::model::Entry;
use crate::uri::Uri;

/// An item of a playlist, of the liked songs or of the last plays. Its content is in `item`; answers of older versions have `track`.
pub(super) fn entry(item: &Value) -> Entry {
    let content = ["item", "track"].iter().find_map(|field| item.get(*field).filter(|content| content.is_object()));
    let mut entry = content.map(content_of).unwrap_or_default();
    entry.added_at = text(item, "/added_at").and_then(|at| time::parse(&at));
    entry.added_by = text(item, "/added_by/id");
    entry
}

/// A track or an episode.
pub(super) fn content_of(content: &Value) -> Entry {
    let uri = text(content, "/uri").and_then(|uri| Uri::parse(&uri));
    let uri = uri.or_else(|| text(content, "/id").and_then(|id| Uri::parse(&id)));
    Entry {
        uri,
        title: text(content, "/name").unwrap_or_default(),
        artists: names(content.get("artists"))
            .or_else(|| text(content, "/show/publisher").map(|name| vec![name]))
            .unwrap_or_default(),
        album: text(content, "/album/name").or_else(|| text(content, "/show/name")),
        album_artist: names(content.pointer("/album/artists")).map(|names| names.join(", ")),
        duration_ms: content.get("duration_ms").and_then(Value::as_i64).filter(|ms| *ms > 0),
        isrc: text(content, "/external_ids/isrc").map(|isrc| isrc.to_uppercase()),
        released: text(content, "/album/release_date")
            .or_else(|| text(content, "/release_date"))
            .filter(|date| date != "0000"),
        explicit: content.get("explicit").and_then(Value::as_bool),
        ..Entry::default()
    }
}

fn names(artists: Option<&Value>) -> Option<Vec<String>> {
    let names: Vec<String> = artists?.as_array()?.iter().filter_map(|artist| text(artist, "/name")).collect();
    (!names.is_empty()).then_some(names)
}

/// A text that is not empty.
pub(super) fn text(value: &Value, place: &str) -> Option<String> {
    value.pointer(place)?.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_kind_of_item_keeps_its_place() {
        let track = json!({ "type": "track", "uri": "spotify:track:4uLU6hMCjMI75M1A2tKUQC", "name": "Night Bus",
            "artists": [{ "name": "Ida Lund" }, { "name": null }], "album": { "name": "Fahrplan", "release_date": "2021" },
            "duration_ms": 1, "external_ids": { "isrc": "debx12100001" }, "explicit": false });
        for field in ["item", "track"] {
            let read = entry(&json!({ "added_at": "2026-01-18T10:15:00Z", "added_by": { "id": "me" }, field: track }));
            assert_eq!((read.title.as_str(), read.isrc.as_deref()), ("Night Bus", Some("DEBX12100001")), "{field}");
            assert_eq!(
                (read.artists.as_slice(), read.added_at),
                (&["Ida Lund".to_owned()][..], Some(1_768_731_300_000))
            );
        }
        for nothing in [json!({ "item": null }), json!({}), json!({ "item": 7, "track": [] }), json!(null)] {
            assert_eq!(entry(&nothing), Entry::default(), "{nothing}");
        }
        let local =
            entry(&json!({ "is_local": true, "item": { "id": null, "uri": "spotify:local:A:B:C:1", "name": "C" } }));
        assert!(local.uri.is_some_and(|uri| uri.is_music()));
        let episode = entry(&json!({ "item": { "type": "episode", "uri": "spotify:episode:4uLU6hMCjMI75M1A2tKUQC",
            "name": "One", "show": { "name": "A Show", "publisher": "P" }, "release_date": "0000" } }));
        assert_eq!((episode.album.as_deref(), episode.released), (Some("A Show"), None));
        assert!(episode.uri.is_some_and(|uri| !uri.is_music()));
    }
}

//! Playlists of the account: reading, creating, changing and removing them.

use baton_plugin_kit::host::Call;
use baton_plugin_sdk::Error;
use serde_json::{Value, json};

use super::steps::Step;
use crate::account::items::{entry, text};
use crate::account::pages;
use crate::account::playlist_list::{self, AccountPlaylist};
use crate::account::web::{Api, Refusal, WriteError};

/// The number of times that a playlist is read if it changes during the reading.
const READS: usize = 3;

/// The present state of a playlist.
#[derive(Debug)]
pub(super) struct RemotePlaylist {
    pub(super) snapshot: String,
    /// The URI of each item; empty if it has none.
    pub(super) items: Vec<String>,
}

/// The playlists that the account owns or follows.
pub(super) fn all(api: &Api<'_>) -> Result<Vec<AccountPlaylist>, Error> {
    let me = playlist_list::owner(api)?;
    let list = pages::all(api, "/v1/me/playlists", |_, _| {})?;
    if let Some(why) = list.incomplete {
        return Err(Error::Retryable(format!("the list of playlists is incomplete: {why}")));
    }
    Ok(playlist_list::readable(&list.items, &me))
}

/// The present snapshot of a playlist.
pub(super) fn snapshot(api: &Api<'_>, id: &str) -> Result<String, Refusal> {
    let content = api.get(&format!("/v1/playlists/{id}?fields=snapshot_id"))?.unwrap_or_default();
    text(&content, "/snapshot_id")
        .ok_or_else(|| Refusal::Failed(Error::Permanent(format!("Spotify returned no snapshot of the playlist {id}"))))
}

/// Reads a playlist, so that all items are of one snapshot.
pub(super) fn read(api: &Api<'_>, id: &str) -> Result<RemotePlaylist, Refusal> {
    let mut before = snapshot(api, id)?;
    for _ in 0..READS {
        let list = pages::all(api, &format!("/v1/playlists/{id}/items?additional_types=track,episode"), |_, _| {})?;
        let after = snapshot(api, id)?;
        if after == before && list.incomplete.is_none() {
            let items = list.items.iter().map(|item| entry(item).uri_text()).collect();
            return Ok(RemotePlaylist { snapshot: after, items });
        }
        before = after;
    }
    Err(Refusal::Failed(Error::Retryable(format!("the playlist {id} changes while it is read"))))
}

/// Sends a step. Returns the new snapshot.
pub(super) fn send(api: &Api<'_>, id: &str, step: &Step, snapshot: &str) -> Result<String, WriteError> {
    let path = format!("/v1/playlists/{id}/items");
    let (method, body) = match step {
        Step::Remove { uris } => {
            let items: Vec<Value> = uris.iter().map(|uri| json!({ "uri": uri })).collect();
            ("DELETE", json!({ "items": items, "snapshot_id": snapshot }))
        }
        Step::Move { start, length, before } => (
            "PUT",
            json!({ "range_start": start, "range_length": length, "insert_before": before, "snapshot_id": snapshot }),
        ),
        Step::Add { at, uris } => ("POST", json!({ "uris": uris, "position": at })),
    };
    let made = api.write(&Call::with_json(method, &path, &body))?;
    text(&made, "/snapshot_id").ok_or_else(|| WriteError::Unknown("the answer has no `snapshot_id`".to_owned()))
}

/// Creates a private playlist. Returns its id.
pub(super) fn create(api: &Api<'_>, name: &str, description: &str) -> Result<String, WriteError> {
    let body = json!({ "name": name, "description": description, "public": false });
    let made = api.write(&Call::with_json("POST", "/v1/me/playlists", &body))?;
    let id = text(&made, "/id").filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    id.ok_or_else(|| WriteError::Unknown("the answer has no `id`".to_owned()))
}

/// Removes a playlist from the library of the account. Spotify deletes playlists only in this way.
pub(super) fn remove(api: &Api<'_>, id: &str) -> Result<(), WriteError> {
    let path = format!("/v1/me/library?uris=spotify%3Aplaylist%3A{id}");
    api.write(&Call::new("DELETE", &path)).map(drop)
}

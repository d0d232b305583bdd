//! A stateful Spotify Web API on loopback, as of 2026: pages of at most 50, `/playlists/{id}/items` only for owners and
//! collaborators, `item` in place of `track`, 204 when nothing is played. Items are added, moved and removed (all
//! occurrences of a URI) in batches of at most 100, with a new snapshot each time; a snapshot that the playlist never
//! had is refused, and so is a track that Spotify does not have. Descriptions are returned escaped. `next` of its pages
//! leads to another server, so a client that follows it fails. Tokens are those of an [`OAuthServer`]. A test can
//! inject faults.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

use crate::fake_service::{Answer, FakeService, parts, value};
use crate::oauth_server::OAuthServer;
use crate::server::ReceivedRequest;

/// The id of the account.
pub const ME: &str = "listener";

/// A fault that the server injects into a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This status without an effect.
    Status(&'static str),
    /// 429 with this many seconds of `Retry-After`.
    Busy(u64),
    /// 429 with the reason `QUOTA_EXCEEDED`.
    Quota,
    /// The body ends after this many bytes.
    Cut(usize),
    /// No answer, although the request takes effect.
    Lost,
    /// The answer comes after this pause.
    Late(Duration),
    /// The user ends the consent; the request gets 401.
    Revoked,
    /// The access token ends before its time.
    Expired,
    /// The playlist changes after the request.
    Changed(String),
    /// Somebody removes the first item of the playlist and adds this track at the end, after the request.
    ChangedBy(String, usize),
    /// This status, although the request takes effect.
    Failed(&'static str),
    /// No answer and no effect.
    Dropped,
    /// The request takes effect twice.
    Twice,
    /// No answer; the request takes effect only when this many further requests have arrived, before the last of them
    /// is answered.
    Delayed(usize),
}

/// A playlist.
#[derive(Clone, Debug)]
pub struct FakePlaylist {
    /// Its id of 22 characters.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: String,
    /// True if other users may edit the playlist.
    pub collaborative: bool,
    /// Its description.
    pub description: String,
    /// The number of its changes.
    pub version: u64,
    /// Its items: `item`, `added_at`, ….
    pub items: Vec<Value>,
}

/// The request from which on the service does not answer.
#[derive(Clone, Copy, Debug)]
struct Gate {
    at: usize,
    has_effect: bool,
}

struct Library {
    playlists: Vec<FakePlaylist>,
    liked: Vec<Value>,
    playing: Option<Value>,
    recent: Vec<Value>,
    /// The ids of playlists that were removed from the library.
    removed: Vec<String>,
    /// The URIs of tracks that Spotify does not have any more.
    deleted: Vec<String>,
    /// Faults for requests whose first line contains the text, each once.
    faults: Vec<(String, Fault)>,
    /// Requests that take effect later, with the number of further requests until then.
    delayed: Vec<(usize, ReceivedRequest)>,
    /// The number of writes, and at which of them the answers stop.
    writes: usize,
    gate: Option<Gate>,
    problems: Vec<String>,
}

/// The server.
pub struct SpotifyServer {
    library: Arc<Mutex<Library>>,
    service: FakeService,
}

impl SpotifyServer {
    /// An empty account.
    #[must_use]
    pub fn start(oauth: &OAuthServer) -> Self {
        let library = Arc::new(Mutex::new(Library {
            playlists: Vec::new(),
            liked: Vec::new(),
            playing: None,
            recent: Vec::new(),
            removed: Vec::new(),
            deleted: Vec::new(),
            faults: Vec::new(),
            delayed: Vec::new(),
            writes: 0,
            gate: None,
            problems: Vec::new(),
        }));
        let (own, oauth) = (Arc::clone(&library), oauth.clone());
        let service = FakeService::start(move |request| {
            let mut library = own.lock().unwrap_or_else(PoisonError::into_inner);
            library.take_effect_late(&oauth);
            library.faulty(request, &oauth)
        });
        Self { library, service }
    }

    fn state(&self) -> MutexGuard<'_, Library> {
        self.library.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn address(&self) -> String {
        self.service.address()
    }

    /// Adds a playlist of the account.
    #[expect(clippy::must_use_candidate, reason = "not every test needs the id")]
    pub fn add(&self, number: usize, name: &str, items: Vec<Value>) -> String {
        self.add_of(number, name, ME, false, items)
    }

    /// Adds a playlist.
    #[expect(clippy::must_use_candidate, reason = "not every test needs the id")]
    pub fn add_of(&self, number: usize, name: &str, owner: &str, collaborative: bool, items: Vec<Value>) -> String {
        let id = format!("playlist{number:014}");
        let (name, owner) = (name.to_owned(), owner.to_owned());
        self.state().playlists.push(FakePlaylist {
            id: id.clone(),
            name,
            owner,
            collaborative,
            description: String::new(),
            version: 1,
            items,
        });
        id
    }

    /// Changes a playlist.
    pub fn change(&self, id: &str, change: impl FnOnce(&mut Vec<Value>)) {
        let mut library = self.state();
        if let Some(playlist) = library.playlists.iter_mut().find(|playlist| playlist.id == id) {
            change(&mut playlist.items);
            playlist.version += 1;
        }
    }

    /// Deletes a track at Spotify: it cannot be added any more.
    pub fn delete_track(&self, uri: &str) {
        self.state().deleted.push(uri.to_owned());
    }

    /// The descriptions of the playlists in the library, as they were given.
    #[must_use]
    pub fn descriptions(&self) -> Vec<String> {
        self.state().playlists.iter().map(|playlist| playlist.description.clone()).collect()
    }

    /// Sets the liked songs, the newest first.
    pub fn set_liked(&self, liked: Vec<Value>) {
        self.state().liked = liked;
    }

    /// Sets the item that is being played.
    pub fn set_playing(&self, item: Option<Value>) {
        self.state().playing = item;
    }

    /// Sets the list of the last plays.
    pub fn set_recent(&self, recent: Vec<Value>) {
        self.state().recent = recent;
    }

    /// A playlist's items as URIs, and `null` for items that are not available.
    #[must_use]
    pub fn uris(&self, name: &str) -> Vec<String> {
        let library = self.state();
        let found = library.playlists.iter().find(|playlist| playlist.name == name);
        found.map(|found| found.items.iter().map(uri_of).collect()).unwrap_or_default()
    }

    /// The names of the playlists in the library.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.state().playlists.iter().map(|playlist| playlist.name.clone()).collect()
    }

    /// The number of requests so far that change something.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.state().writes
    }

    /// The write with this number, counted from 1, and all later ones get no answer. `has_effect`: the write with this
    /// number takes effect.
    pub fn stop_at(&self, at: usize, has_effect: bool) {
        self.state().gate = Some(Gate { at, has_effect });
    }

    /// Answers again, and counts writes from 0.
    pub fn answer_again(&self) {
        let mut library = self.state();
        (library.gate, library.writes) = (None, 0);
    }

    /// The next request whose first line contains `path` has this fault.
    pub fn order(&self, path: &str, fault: Fault) {
        self.state().faults.push((path.to_owned(), fault));
    }

    /// The paths of the requests so far.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        self.service.asked().iter().filter_map(|asked| asked.line.split(' ').nth(1).map(str::to_owned)).collect()
    }

    /// The errors in the requests of clients.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.state().problems.clone()
    }

    /// The faults that no request has had.
    #[must_use]
    pub fn faults_left(&self) -> usize {
        self.state().faults.len()
    }
}

impl Library {
    fn faulty(&mut self, request: &ReceivedRequest, oauth: &OAuthServer) -> Answer {
        if !request.line.starts_with("GET ") {
            self.writes += 1;
        }
        if let Some(gate) = self.gate.filter(|gate| self.writes >= gate.at) {
            if self.writes == gate.at && gate.has_effect && !request.line.starts_with("GET ") {
                self.answer(request, oauth);
            }
            return Answer { pause: Duration::from_secs(20), ..Answer::lost() };
        }
        let fault = self.faults.iter().position(|(path, _)| request.line.contains(path.as_str()));
        let fault = fault.map(|at| self.faults.remove(at).1);
        match &fault {
            Some(Fault::Status(status)) => return error(status, "out of order"),
            Some(Fault::Busy(seconds)) => {
                return error("429 Too Many Requests", "API rate limit exceeded")
                    .with("Retry-After", &seconds.to_string());
            }
            Some(Fault::Quota) => {
                let body =
                    json!({ "error": { "status": 429, "message": "Too many requests", "reason": "QUOTA_EXCEEDED" } });
                return Answer::json("429 Too Many Requests", &body);
            }
            Some(Fault::Dropped) => return Answer::lost(),
            Some(Fault::Delayed(requests)) => {
                self.delayed.push((*requests, request.clone()));
                return Answer::lost();
            }
            Some(Fault::Twice) => drop(self.answer(request, oauth)),
            Some(Fault::Revoked) => oauth.revoke(),
            Some(Fault::Expired) => oauth.expire_access_tokens(),
            _ => {}
        }
        let mut answer = self.answer(request, oauth);
        match fault {
            Some(Fault::Cut(bytes)) => answer.cut = Some(bytes),
            Some(Fault::Lost) => answer.lost = true,
            Some(Fault::Late(pause)) => answer.pause = pause,
            Some(Fault::Failed(status)) => return error(status, "out of order"),
            Some(Fault::ChangedBy(id, number)) => {
                if let Some(playlist) = self.playlists.iter_mut().find(|playlist| playlist.id == id) {
                    playlist.items.remove(0);
                    playlist.items.push(item(track(number)));
                    playlist.version += 1;
                }
            }
            Some(Fault::Changed(id)) => {
                if let Some(playlist) = self.playlists.iter_mut().find(|playlist| playlist.id == id) {
                    playlist.items.rotate_left(1);
                    playlist.version += 1;
                }
            }
            _ => {}
        }
        answer
    }

    fn take_effect_late(&mut self, oauth: &OAuthServer) {
        for (requests, _) in &mut self.delayed {
            *requests = requests.saturating_sub(1);
        }
        let (due, rest) = std::mem::take(&mut self.delayed).into_iter().partition(|(requests, _)| *requests == 0);
        self.delayed = rest;
        let due: Vec<(usize, ReceivedRequest)> = due;
        for (_, request) in due {
            self.answer(&request, oauth);
        }
    }

    fn answer(&mut self, request: &ReceivedRequest, oauth: &OAuthServer) -> Answer {
        let authorization = request.header("authorization");
        if !oauth.knows(authorization) {
            return error("401 Unauthorized", "The access token expired");
        }
        let (path, query) = parts(request);
        // Some clients end `/v1/me/` with a slash.
        let path = path.trim_end_matches('/').to_owned();
        let scope = match path.as_str() {
            "/v1/me/tracks" => "user-library-read",
            "/v1/me/player/currently-playing" => "user-read-currently-playing",
            "/v1/me/player/recently-played" => "user-read-recently-played",
            "/v1/me" => "",
            _ => "playlist-read-private",
        };
        if !scope.is_empty() && !oauth.accepts(authorization, scope) {
            return error("403 Forbidden", "Insufficient client scope");
        }
        if !request.line.starts_with("GET ") {
            // A public playlist, or a playlist in the library, needs another scope than a private playlist.
            let scopes = ["playlist-modify-private", "playlist-modify-public"];
            if !scopes.iter().all(|scope| oauth.accepts(authorization, scope)) {
                return error("403 Forbidden", "Insufficient client scope");
            }
            return self.write(request, &path, &query);
        }
        match path.as_str() {
            "/v1/me" => Answer::json("200 OK", &user(ME)),
            "/v1/me/playlists" => {
                let all: Vec<Value> = self.playlists.iter().map(FakePlaylist::listed).collect();
                self.page(&path, &query, &all)
            }
            "/v1/me/tracks" => {
                let liked = std::mem::take(&mut self.liked);
                let answer = self.page(&path, &query, &liked);
                self.liked = liked;
                answer
            }
            "/v1/me/player/currently-playing" => match &self.playing {
                None => Answer::empty("204 No Content"),
                Some(item) => Answer::json(
                    "200 OK",
                    &json!({ "timestamp": 1_768_731_300_000_i64, "progress_ms": 61_000, "is_playing": true, "item": item,
                        "currently_playing_type": "track" }),
                ),
            },
            "/v1/me/player/recently-played" => Answer::json(
                "200 OK",
                &json!({ "href": "https://api.spotify.com/v1/me/player/recently-played", "limit": 50, "next": "https://elsewhere.example/v1",
                    "cursors": {}, "total": self.recent.len(), "items": self.recent }),
            ),
            _ => self.playlist(&path, &query),
        }
    }

    fn write(&mut self, request: &ReceivedRequest, path: &str, query: &[(String, String)]) -> Answer {
        let method = request.line.split(' ').next().unwrap_or_default();
        let body: Value = serde_json::from_str(&request.body).unwrap_or_default();
        if (method, path) == ("POST", "/v1/me/playlists") {
            return self.create(&body);
        }
        if (method, path) == ("DELETE", "/v1/me/library") {
            let uris = value(query, "uris").unwrap_or_default();
            let ids: Vec<&str> = uris.split(',').filter_map(|uri| uri.strip_prefix("spotify:playlist:")).collect();
            if ids.is_empty() || ids.len() != uris.split(',').count() || ids.len() > 40 {
                return self.wrong(&request.line);
            }
            self.removed.extend(ids.iter().map(|id| (*id).to_owned()));
            self.playlists.retain(|playlist| !ids.contains(&playlist.id.as_str()));
            return Answer::empty("200 OK");
        }
        let id = path.strip_prefix("/v1/playlists/").and_then(|rest| rest.strip_suffix("/items")).unwrap_or_default();
        let Some(playlist) = self.playlists.iter_mut().find(|playlist| playlist.id == id) else {
            return error("404 Not Found", "Resource not found");
        };
        if playlist.owner != ME && !playlist.collaborative {
            self.problems.push(format!("{path} is of others"));
            return error("403 Forbidden", "Forbidden");
        }
        let mut added = body.get("uris").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        if added.any(|uri| self.deleted.iter().any(|deleted| deleted == uri)) {
            return error("400 Bad Request", "Invalid track uri");
        }
        let snapshot = body.get("snapshot_id").and_then(Value::as_str);
        let is_known = snapshot.is_none_or(|snapshot| playlist.had(snapshot));
        let Some(items) = changed(method, &playlist.items, &body).filter(|_| is_known) else {
            return self.wrong(&format!("{} {body}", request.line));
        };
        (playlist.items, playlist.version) = (items, playlist.version + 1);
        let status = if method == "POST" { "201 Created" } else { "200 OK" };
        Answer::json(status, &json!({ "snapshot_id": playlist.snapshot() }))
    }

    fn create(&mut self, body: &Value) -> Answer {
        let text = |field: &str| body.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        if text("name").is_empty() {
            return self.wrong("a playlist without a name");
        }
        let number = 900 + self.playlists.len();
        let playlist = FakePlaylist {
            id: format!("created{number:015}"),
            name: text("name"),
            owner: ME.to_owned(),
            collaborative: false,
            description: text("description"),
            version: 1,
            items: Vec::new(),
        };
        let mut made = playlist.listed();
        if let (Some(fields), Value::Object(page)) =
            (made.as_object_mut(), self.page_value("/v1/playlists/x/items", 100, 0, &[]))
        {
            fields.insert("items".to_owned(), Value::Object(page));
        }
        self.playlists.push(playlist);
        Answer::json("201 Created", &made)
    }

    fn wrong(&mut self, what: &str) -> Answer {
        self.problems.push(format!("the request is wrong: {what}"));
        error("400 Bad Request", "Invalid request")
    }

    fn playlist(&mut self, path: &str, query: &[(String, String)]) -> Answer {
        let rest = path.strip_prefix("/v1/playlists/").unwrap_or_default();
        let (id, what) = rest.split_once('/').unwrap_or((rest, ""));
        let Some(playlist) = self.playlists.iter_mut().find(|playlist| playlist.id == id) else {
            if !self.removed.iter().any(|removed| removed == id) {
                self.problems.push(format!("there is no {path}"));
            }
            return error("404 Not Found", "Resource not found");
        };
        match what {
            "" if value(query, "fields") == Some("snapshot_id") => {
                Answer::json("200 OK", &json!({ "snapshot_id": playlist.snapshot() }))
            }
            "" => Answer::json("200 OK", &playlist.listed()),
            "items" if playlist.owner == ME || playlist.collaborative => {
                // The items are moved out for a moment, because copying a long list for each page would be slow.
                let items = std::mem::take(&mut playlist.items);
                let answer = self.page(path, query, &items);
                if let Some(playlist) = self.playlists.iter_mut().find(|playlist| playlist.id == id) {
                    playlist.items = items;
                }
                answer
            }
            "items" => {
                self.problems.push(format!("{path} is of others"));
                error("403 Forbidden", "Forbidden")
            }
            // The address of the items in earlier versions of the API.
            _ => error("403 Forbidden", "Forbidden"),
        }
    }

    fn page(&mut self, path: &str, query: &[(String, String)], all: &[Value]) -> Answer {
        let number = |name: &str, default: usize| match value(query, name) {
            None => Some(default),
            Some(text) => text.parse::<usize>().ok(),
        };
        let (limit, offset) = (number("limit", 20), number("offset", 0));
        let (Some(limit @ 1..=50), Some(offset)) = (limit, offset) else {
            self.problems.push(format!("the page is wrong: {path} {query:?}"));
            return error("400 Bad Request", "Invalid limit");
        };
        Answer::json("200 OK", &self.page_value(path, limit, offset, all))
    }

    #[expect(clippy::unused_self, reason = "a part of `page`")]
    fn page_value(&self, path: &str, limit: usize, offset: usize, all: &[Value]) -> Value {
        let items: Vec<&Value> = all.iter().skip(offset).take(limit).collect();
        let more = offset + items.len() < all.len();
        let next = more.then_some("https://elsewhere.example/v1/the/next/page");
        json!({
            "href": format!("https://api.spotify.com{path}"), "limit": limit, "offset": offset, "total": all.len(), "next": next,
            "previous": null, "items": items,
        })
    }
}

/// The URI of an item; `null` if it is not available.
#[must_use]
pub fn uri_of(item: &Value) -> String {
    item.pointer("/item/uri").and_then(Value::as_str).unwrap_or("null").to_owned()
}

/// The items after a request; `None` if it is wrong.
fn changed(method: &str, items: &[Value], body: &Value) -> Option<Vec<Value>> {
    let number = |field: &str| body.get(field)?.as_u64().and_then(|number| usize::try_from(number).ok());
    let batch = |field: &str| body.get(field)?.as_array().filter(|uris| (1..=100).contains(&uris.len()));
    let mut list = items.to_vec();
    match method {
        "POST" => {
            let at = number("position").unwrap_or(list.len());
            let added: Option<Vec<Value>> = batch("uris")?.iter().map(|uri| added(uri.as_str()?)).collect();
            let added = added.filter(|_| at <= list.len())?;
            list.splice(at..at, added);
        }
        "DELETE" => {
            let uris: Option<Vec<&str>> = batch("items")?.iter().map(|item| item.get("uri")?.as_str()).collect();
            let uris = uris?;
            list.retain(|item| !uris.contains(&uri_of(item).as_str()));
        }
        "PUT" => {
            let (start, before) = (number("range_start")?, number("insert_before")?);
            let end = start + number("range_length").unwrap_or(1);
            let fits = end <= list.len() && before <= list.len() && (before <= start || before >= end);
            let range: Vec<Value> = fits.then(|| list.drain(start..end).collect())?;
            let to = if before > start { before - range.len() } else { before };
            list.splice(to..to, range);
        }
        _ => return None,
    }
    Some(list)
}

/// The playlist item for a URI; `None` if the API cannot add such an item.
fn added(uri: &str) -> Option<Value> {
    let number = |digits: &str| digits.parse::<usize>().ok();
    let content = match uri.strip_prefix("spotify:track:track") {
        Some(digits) => track(number(digits)?),
        None => episode(number(uri.strip_prefix("spotify:episode:episode")?)?),
    };
    let mut item = item(content);
    item.as_object_mut()?.insert("added_at".to_owned(), json!("2026-11-25T12:00:00Z"));
    Some(item)
}

impl FakePlaylist {
    fn snapshot(&self) -> String {
        format!("AAAA{:06}{}", self.version, self.id)
    }

    /// Whether `snapshot` is the present snapshot or an earlier snapshot of this playlist.
    fn had(&self, snapshot: &str) -> bool {
        let version = snapshot.strip_prefix("AAAA").and_then(|rest| rest.strip_suffix(self.id.as_str()));
        version.and_then(|version| version.parse().ok()).is_some_and(|version: u64| version <= self.version)
    }

    fn listed(&self) -> Value {
        let Self { id, name, .. } = self;
        json!({
            "collaborative": self.collaborative, "description": escaped(&self.description), "external_urls": { "spotify": format!("https://open.spotify.com/playlist/{id}") },
            "href": format!("https://api.spotify.com/v1/playlists/{id}"), "id": id, "images": [], "name": name,
            "owner": user(&self.owner), "public": false, "snapshot_id": self.snapshot(), "type": "playlist",
            "uri": format!("spotify:playlist:{id}"),
            "items": { "href": format!("https://api.spotify.com/v1/playlists/{id}/items"), "total": self.items.len() },
        })
    }
}

/// Spotify escapes descriptions as HTML.
fn escaped(text: &str) -> String {
    let entities = [("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#x27;"), ("/", "&#x2F;")];
    entities.iter().fold(text.to_owned(), |text, (plain, entity)| text.replace(plain, entity))
}

fn user(id: &str) -> Value {
    json!({
        "display_name": id, "external_urls": { "spotify": format!("https://open.spotify.com/user/{id}") },
        "href": format!("https://api.spotify.com/v1/users/{id}"), "id": id, "type": "user", "uri": format!("spotify:user:{id}"),
    })
}

fn error(status: &str, message: &str) -> Answer {
    let number: u64 = status.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(500);
    Answer::json(status, &json!({ "error": { "status": number, "message": message } }))
}

/// A track.
#[must_use]
pub fn track(number: usize) -> Value {
    let id = format!("track{number:017}");
    json!({
        "album": {
            "album_type": "album", "artists": [artist("Ida Lund")], "available_markets": [], "external_urls": {}, "href": "https://api.spotify.com/v1/albums/a",
            "id": "album00000000000000001", "images": [], "name": "Fahrplan", "release_date": "2021-05-07",
            "release_date_precision": "day", "total_tracks": 9, "type": "album", "uri": "spotify:album:album00000000000000001",
        },
        "artists": [artist("Ida Lund")], "disc_number": 1, "duration_ms": 180_000 + number, "explicit": false,
        "external_ids": { "isrc": format!("DEBX1{number:07}") }, "external_urls": {},
        "href": format!("https://api.spotify.com/v1/tracks/{id}"), "id": id, "is_local": false, "name": format!("Line {number}"),
        "track_number": 1, "type": "track", "uri": format!("spotify:track:{id}"),
    })
}

fn artist(name: &str) -> Value {
    json!({ "external_urls": {}, "href": "https://api.spotify.com/v1/artists/a", "id": "artist0000000000000001", "name": name,
        "type": "artist", "uri": "spotify:artist:artist0000000000000001" })
}

/// An episode.
#[must_use]
pub fn episode(number: usize) -> Value {
    let id = format!("episode{number:015}");
    let show = json!({ "available_markets": [], "copyrights": [], "description": "", "html_description": "", "explicit": false, "external_urls": {},
        "href": "https://api.spotify.com/v1/shows/s", "id": "show000000000000000001", "images": [], "is_externally_hosted": false,
        "languages": ["de"], "media_type": "audio", "name": "Timetables", "publisher": "The Station", "type": "show",
        "uri": "spotify:show:show000000000000000001", "total_episodes": 3 });
    json!({
        "audio_preview_url": null, "description": "", "html_description": "", "duration_ms": 600_000, "explicit": false,
        "external_urls": {}, "href": format!("https://api.spotify.com/v1/episodes/{id}"), "id": id, "images": [],
        "is_externally_hosted": false, "is_playable": true, "languages": ["de"], "name": format!("Stop {number}"),
        "release_date": "2025-01-02", "release_date_precision": "day", "type": "episode", "uri": format!("spotify:episode:{id}"),
        "show": show,
    })
}

/// A local file, which has no id.
#[must_use]
pub fn local(number: usize) -> Value {
    let mut track = track(number);
    if let Some(fields) = track.as_object_mut() {
        fields.insert("id".to_owned(), Value::Null);
        fields.insert("uri".to_owned(), json!(format!("spotify:local:Ida+Lund:Fahrplan:Demo+{number}:180")));
        fields.insert("is_local".to_owned(), json!(true));
        fields.insert("external_ids".to_owned(), json!({}));
    }
    track
}

/// An item of a playlist; `Value::Null` for one that is not available any more.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "tests pass what `json!` makes")]
pub fn item(content: Value) -> Value {
    let is_local = content.get("is_local").and_then(Value::as_bool).unwrap_or(false);
    json!({ "added_at": "2026-01-18T10:15:00Z", "added_by": user(ME), "is_local": is_local, "item": content })
}

/// A liked song.
#[must_use]
pub fn liked(number: usize) -> Value {
    json!({ "added_at": "2026-01-18T10:15:00Z", "track": track(number) })
}

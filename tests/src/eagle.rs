//! A server on loopback with the API of Eagle: version 1 as <https://api.eagle.cool> documents it, version 2 as
//! <https://developer.eagle.cool/web-api> does. No emulator of Eagle is published, so [`ServerBehaviour`] has a setting for each
//! behaviour that the documents leave open, and a client must work with all of them. Both versions take the token from the query
//! (`token=`).
//!
//! For an unknown item V1 answers `{"status":"error"}`, which is not documented. The server keeps its items in memory.

use std::io::{self, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::ReceivedRequest;
use crate::server::{read, whole};

/// The unit of `offset` in V1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Offset {
    /// The unit is a page, as documented.
    #[default]
    Pages,
    /// The unit is an item.
    Items,
    /// The server ignores `offset`, as versions of Eagle before 3.0 build 23 do.
    Nothing,
}

/// The part of an update that the server saves. The server always reports success, except for `SaysFalse` in V2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SaveBehaviour {
    /// The server saves the whole update.
    #[default]
    Honest,
    /// The server saves nothing.
    Nothing,
    /// The server saves all tags but the first.
    LosesFirst,
    /// The server saves all tags but the first, for the next update only.
    LosesFirstOnce,
    /// The server saves nothing, and V2 answers `false`.
    SaysFalse,
}

/// A fault of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResponseFault {
    /// The answer has this HTTP status.
    Status(u16),
    /// The connection is closed without an answer.
    Hangs,
    /// The answer comes late.
    Late(Duration),
    /// The request is executed, and the connection is closed in the middle of the answer.
    Half,
    /// The request is executed, and each byte of the answer comes after a pause.
    Slow(Duration),
    /// The answer is this text instead of JSON.
    Text(&'static str),
    /// The answer has this many bytes and no `Content-Length`.
    Bytes(usize),
}

/// How the server behaves.
#[derive(Clone, Debug, Default)]
pub struct ServerBehaviour {
    /// True if the server has V2.
    pub v2: bool,
    /// The unit of `offset` in V1.
    pub offset: Offset,
    /// The part of an update that the server saves.
    pub saving: SaveBehaviour,
    /// The server's own page limit, if it is lower than the `limit` of a request.
    pub largest_page: Option<usize>,
    /// The `token` that the server requires.
    pub token: Option<String>,
    /// Path fragments with a fault each: the next request for a path that contains the fragment gets the fault, which is then removed.
    pub trouble: Vec<(&'static str, ResponseFault)>,
    /// The path that the server reports for the open library, if it is not the default.
    pub library: Option<String>,
    /// True if the server refuses to report which library is open.
    pub keeps_library_secret: bool,
    /// An item and a tag. After the next answer with several items, the item gets the tag, as if a user had added it.
    pub hand: Option<(String, String)>,
}

#[derive(Debug, Default)]
struct State {
    manner: ServerBehaviour,
    items: Vec<Map<String, Value>>,
    asked: Vec<ReceivedRequest>,
}

/// The server. Dropping the value stops it.
#[derive(Debug)]
pub struct Eagle {
    port: u16,
    state: Arc<Mutex<State>>,
    stopping: Arc<AtomicBool>,
}

impl Eagle {
    /// Starts a server with the empty library `Music`.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn start(manner: ServerBehaviour) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let state = Arc::new(Mutex::new(State { manner, ..State::default() }));
        let stopping = Arc::<AtomicBool>::default();
        let eagle = Self { port, state: Arc::clone(&state), stopping: Arc::clone(&stopping) };
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopping.load(Ordering::Relaxed) {
                    break;
                }
                let state = Arc::clone(&state);
                std::thread::spawn(move || drop(serve(stream, &state)));
            }
        });
        eagle
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Adds an item to the library.
    pub fn add(&self, id: &str, name: &str, tags: &[&str]) {
        let item = json!({
            "id": id, "name": name, "size": 4096, "btime": 1_700_000_000_000_u64, "mtime": 1_700_000_000_000_u64,
            "ext": "mp3", "tags": tags, "folders": [], "isDeleted": false, "url": "", "annotation": "",
            "modificationTime": 1_700_000_000_000_u64, "width": 0, "height": 0, "palettes": [], "star": 3,
        });
        self.lock().items.push(item.as_object().cloned().unwrap_or_default());
    }

    /// Sets the tags of an item to a value that need not be a list of texts.
    pub fn corrupt_tags(&self, id: &str, tags: Value) {
        if let Some(item) = find(&mut self.lock().items, id) {
            item.insert("tags".to_owned(), tags);
        }
    }

    /// Moves an item to the trash.
    pub fn trash(&self, id: &str) {
        if let Some(item) = find(&mut self.lock().items, id) {
            item.insert("isDeleted".to_owned(), true.into());
        }
    }

    /// Restores an item from the trash.
    pub fn put_back(&self, id: &str) {
        if let Some(item) = find(&mut self.lock().items, id) {
            item.insert("isDeleted".to_owned(), false.into());
        }
    }

    /// Sets the size that the library reports for an item's file.
    pub fn resize(&self, id: &str, bytes: usize) {
        if let Some(item) = find(&mut self.lock().items, id) {
            item.insert("size".to_owned(), bytes.into());
        }
    }

    /// True if an item is in the trash.
    #[must_use]
    pub fn is_in_trash(&self, id: &str) -> bool {
        find(&mut self.lock().items, id).is_some_and(|item| item.get("isDeleted") == Some(&Value::Bool(true)))
    }

    /// The tags of an item.
    ///
    /// # Panics
    /// When the item is missing.
    #[must_use]
    pub fn tags(&self, id: &str) -> Vec<String> {
        let mut state = self.lock();
        let item = find(&mut state.items, id).expect("the item is there");
        tags_of(item).iter().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// The rating of an item, which a sync must not change.
    #[must_use]
    pub fn star(&self, id: &str) -> Option<u64> {
        find(&mut self.lock().items, id)?.get("star")?.as_u64()
    }

    /// Changes how the server behaves from now on.
    pub fn behave(&self, change: impl FnOnce(&mut ServerBehaviour)) {
        change(&mut self.lock().manner);
    }

    /// The number of requests for paths that contain `part`.
    #[must_use]
    pub fn asked(&self, part: &str) -> usize {
        self.lock().asked.iter().filter(|asked| asked.line.contains(part)).count()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Eagle {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        // The listener blocks until another connection.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let asked = read(&mut reader)?;
    let mut stream = reader.into_inner();
    let (trouble, status, answer) = {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        state.asked.push(asked.clone());
        let at = state.manner.trouble.iter().position(|(part, _)| asked.line.contains(part));
        let trouble = at.map(|at| state.manner.trouble.remove(at).1);
        // The other faults do not execute the request.
        let (status, answer) =
            if matches!(trouble, None | Some(ResponseFault::Late(_) | ResponseFault::Half | ResponseFault::Slow(_))) {
                answer(&mut state, &asked)
            } else {
                (200, Value::Null)
            };
        (trouble, status, answer)
    };
    match trouble {
        Some(ResponseFault::Hangs) => return Ok(()),
        Some(ResponseFault::Status(status)) => return send(&mut stream, status, b"{\"status\":\"error\"}"),
        Some(ResponseFault::Text(text)) => return send(&mut stream, 200, text.as_bytes()),
        Some(ResponseFault::Bytes(length)) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")?;
            let piece = vec![b' '; 1 << 16];
            (0..length / piece.len()).try_for_each(|_| stream.write_all(&piece))?;
            return stream.flush();
        }
        Some(ResponseFault::Late(pause)) => std::thread::sleep(pause),
        Some(ResponseFault::Half) => return half(&mut stream, answer.to_string().as_bytes()),
        Some(ResponseFault::Slow(pause)) => return slowly(&mut stream, answer.to_string().as_bytes(), pause),
        None => {}
    }
    send(&mut stream, status, answer.to_string().as_bytes())
}

/// Sends the length of the whole body and its first half.
fn half(stream: &mut TcpStream, body: &[u8]) -> io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len())?;
    stream.write_all(body.get(..body.len() / 2).unwrap_or_default())?;
    stream.flush()
}

fn slowly(stream: &mut TcpStream, body: &[u8], pause: Duration) -> io::Result<()> {
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    for byte in body {
        std::thread::sleep(pause);
        stream.write_all(&[*byte])?;
        stream.flush()?;
    }
    Ok(())
}

fn send(stream: &mut TcpStream, status: u16, body: &[u8]) -> io::Result<()> {
    whole(stream, &format!("{status} X"), &[("Content-Type", "application/json")], body)?;
    stream.flush()
}

/// Executes a request and returns the answer.
fn answer(state: &mut State, asked: &ReceivedRequest) -> (u16, Value) {
    let mut words = asked.line.split(' ');
    let (method, address) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let parameter = |name: &str| {
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(own, _)| *own == name).map(|(_, value)| value)
    };
    if state.manner.token.as_deref().is_some_and(|token| parameter("token") != Some(token)) {
        return (401, json!({ "status": "error", "message": "Unauthorized" }));
    }
    let number = |name: &str| parameter(name).and_then(|text| text.parse::<usize>().ok());
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    let v2 = state.manner.v2;
    let folder = state.manner.library.clone().unwrap_or_else(|| "/Users/x/Music.library".to_owned());
    if state.manner.keeps_library_secret && path.ends_with("/library/info") {
        return (404, json!("Not Found"));
    }
    match (method, path) {
        ("GET", "/api/application/info") => good(json!({
            "version": if v2 { "4.0.0" } else { "3.0.0" }, "prereleaseVersion": null, "buildVersion": "20221101",
            "execPath": "/Applications/Eagle.app", "platform": "darwin",
        })),
        ("GET", "/api/library/info") => good(json!({
            "folders": [], "smartFolders": [], "quickAccess": [], "tagsGroups": [],
            "modificationTime": 1_700_000_000_000_u64, "applicationVersion": "3.0.0",
            "library": { "path": folder, "name": "Music" },
        })),
        ("GET", "/api/item/info") => match find(&mut state.items, parameter("id").unwrap_or_default()) {
            Some(item) => good(item.clone().into()),
            None => (200, json!({ "status": "error", "message": "Item not found" })),
        },
        ("GET", "/api/item/list") => {
            good(page_v1(state, number("limit").unwrap_or(200), number("offset").unwrap_or(0)))
        }
        ("POST", "/api/item/update") => update(state, &body, false),
        ("POST", "/api/item/moveToTrash") => move_to_trash(state, &body),
        ("GET", "/api/v2/app/info") if v2 => good(
            json!({ "version": "4.0.0", "prereleaseVersion": null, "buildVersion": "build21", "platform": "darwin" }),
        ),
        ("GET", "/api/v2/library/info") if v2 => good(json!({
            "name": "Music", "path": folder, "modificationTime": 1_700_000_000_000_u64,
            "applicationVersion": "4.0", "folders": [], "smartFolders": [], "quickAccess": [], "tagGroups": [],
        })),
        ("POST", "/api/v2/item/get") if v2 => good(page_v2(state, &body)),
        ("POST", "/api/v2/item/update") if v2 => update(state, &body, true),
        _ => (404, json!("Not Found")),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is put into the answer")]
fn good(data: Value) -> (u16, Value) {
    (200, json!({ "status": "success", "data": data }))
}

fn page_v1(state: &mut State, limit: usize, offset: usize) -> Value {
    let limit = limit.min(state.manner.largest_page.unwrap_or(usize::MAX));
    let skipped = match state.manner.offset {
        Offset::Pages => offset * limit,
        Offset::Items => offset,
        Offset::Nothing => 0,
    };
    let shown = state.items.iter().filter(|item| item.get("isDeleted") != Some(&Value::Bool(true)));
    let page: Vec<Value> = shown.skip(skipped).take(limit).cloned().map(Value::from).collect();
    edit_as_user(state);
    page.into()
}

fn page_v2(state: &mut State, body: &Value) -> Value {
    let number =
        |name: &str, other: usize| body[name].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(other);
    let limit = number("limit", 50).min(1000).min(state.manner.largest_page.unwrap_or(usize::MAX));
    let offset = number("offset", 0);
    let ids = body["ids"].as_array();
    let wanted = |item: &&Map<String, Value>| ids.is_none_or(|ids| item.get("id").is_some_and(|id| ids.contains(id)));
    let fields = body["fields"].as_array();
    let cut = |item: &Map<String, Value>| -> Value {
        let kept = item.iter().filter(|(key, _)| fields.is_none_or(|fields| fields.iter().any(|field| field == *key)));
        kept.map(|(key, value)| (key.clone(), value.clone())).collect::<Map<_, _>>().into()
    };
    let all: Vec<Value> = state.items.iter().filter(wanted).map(cut).collect();
    let total = all.len();
    let page: Vec<Value> = all.into_iter().skip(offset).take(limit).collect();
    if page.len() > 1 {
        edit_as_user(state);
    }
    json!({ "data": page, "total": total, "offset": offset, "limit": limit })
}

/// Adds a tag to an item, as a user does.
fn edit_as_user(state: &mut State) {
    let Some((id, tag)) = state.manner.hand.take() else { return };
    if let Some(tags) = find(&mut state.items, &id).and_then(|item| item.get_mut("tags")?.as_array_mut()) {
        tags.insert(0, tag.into());
    }
}

fn update(state: &mut State, body: &Value, v2: bool) -> (u16, Value) {
    let saving = state.manner.saving;
    let Some(item) = find(&mut state.items, body["id"].as_str().unwrap_or_default()) else {
        return (200, json!({ "status": "error", "message": "Item not found" }));
    };
    if saving == SaveBehaviour::SaysFalse && v2 {
        return good(false.into());
    }
    if let (Some(tags), false) =
        (body["tags"].as_array(), saving == SaveBehaviour::Nothing || saving == SaveBehaviour::SaysFalse)
    {
        let lost = usize::from(saving != SaveBehaviour::Honest);
        item.insert("tags".to_owned(), tags.iter().skip(lost).cloned().collect());
    }
    if saving == SaveBehaviour::LosesFirstOnce {
        state.manner.saving = SaveBehaviour::Honest;
    }
    for field in ["annotation", "url", "star"].into_iter().chain(v2.then_some("name")) {
        if let Some(value) = body.get(field) {
            item.insert(field.to_owned(), value.clone());
        }
    }
    good(item.clone().into())
}

fn move_to_trash(state: &mut State, body: &Value) -> (u16, Value) {
    let ids = body["itemIds"].as_array().cloned().unwrap_or_default();
    if state.manner.saving == SaveBehaviour::Honest {
        for id in ids.iter().filter_map(Value::as_str) {
            if let Some(item) = find(&mut state.items, id) {
                item.insert("isDeleted".to_owned(), true.into());
            }
        }
    }
    (200, json!({ "status": "success" }))
}

fn find<'a>(items: &'a mut [Map<String, Value>], id: &str) -> Option<&'a mut Map<String, Value>> {
    items.iter_mut().find(|item| item.get("id").and_then(Value::as_str) == Some(id))
}

fn tags_of(item: &Map<String, Value>) -> Vec<Value> {
    item.get("tags").and_then(Value::as_array).cloned().unwrap_or_default()
}

//! A stateful Notion API on loopback, version 2026-03-11: databases with data sources, queries of at most 10,000 rows in pages of at most
//! 100, `created_time` and `last_edited_time` rounded to minutes, at most 25 references in a page object, property items, the trash. A
//! cursor is the id of the row at which the next page begins, and is invalid once that row is deleted. Requests of another shape are
//! refused with 400 and recorded as problems. Tests set faults.

mod model;
mod query;
mod values;
mod views;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::fake_service::{Answer, FakeService, parts, value};
use crate::server::ReceivedRequest;

use model::Source;
use query::{Filter, filter, sorts};
use values::{decode, encode, piece, set, stored};

pub use model::{FakeProperty, FakeRow, FakeView};
pub use values::{minute, relation, rich, uuid};

/// The only token that the server accepts.
pub const TOKEN: &str = "ntn_fake-token-of-the-tests";

const VERSION: &str = "2026-03-11";

/// The maximum number of rows that one query returns, unless a test sets a lower number.
const CAP: usize = 10_000;

/// A fault that the server injects into a request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This status without an effect.
    Status(&'static str),
    /// This status although the request took effect.
    Failed(&'static str),
    /// 429 with this many seconds of `Retry-After`.
    Busy(u64),
    /// 529 with this many seconds of `Retry-After`.
    Overloaded(u64),
    /// The body ends after this many bytes.
    Cut(usize),
    /// No answer, although the request took effect.
    Lost,
    /// No answer and no effect.
    Dropped,
    /// The answer comes after this pause.
    Late(Duration),
    /// The request takes effect twice.
    Twice,
    /// No answer; the request takes effect only when this many further requests have arrived, before the last of them is
    /// answered.
    Delayed(usize),
    /// The token is revoked; the request gets 401.
    Revoked,
    /// Somebody moves this row to the trash after the request.
    Trashed(String),
    /// Somebody adds a property of numbers with this name and id to each data source after the request.
    NewProperty(String),
    /// Somebody sets a property of a row (id, property, value) after the request.
    Changed(String, String, Value),
}

struct State {
    sources: Vec<Source>,
    /// The present minute.
    now: i64,
    /// The maximum number of rows that one query returns.
    cap: usize,
    revoked: bool,
    faults: Vec<(String, Fault)>,
    delayed: Vec<(usize, ReceivedRequest)>,
    writes: usize,
    /// The request at which answers stop, and whether it takes effect.
    gate: Option<(usize, bool)>,
    requests: usize,
    /// The highest number of requests in a window of time, and the length of the window. `window` has the start of the present
    /// window and its requests.
    limit: Option<(usize, Duration)>,
    window: Option<(Instant, usize)>,
    problems: Vec<String>,
    views: Vec<FakeView>,
    /// True if the server behaves like a version of Notion without views.
    is_without_views: bool,
}

/// The server.
pub struct NotionServer {
    state: Arc<Mutex<State>>,
    service: FakeService,
}

impl NotionServer {
    /// A workspace without databases.
    #[must_use]
    pub fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            sources: Vec::new(),
            now: 0,
            cap: CAP,
            revoked: false,
            faults: Vec::new(),
            delayed: Vec::new(),
            writes: 0,
            gate: None,
            requests: 0,
            limit: None,
            window: None,
            problems: Vec::new(),
            views: Vec::new(),
            is_without_views: false,
        }));
        let own = Arc::clone(&state);
        let service = FakeService::start(move |request| {
            let mut state = own.lock().unwrap_or_else(PoisonError::into_inner);
            state.take_effect_late();
            state.faulty(request)
        });
        Self { state, service }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn address(&self) -> String {
        self.service.address()
    }

    /// The settings of the account `notion`.
    #[must_use]
    pub fn settings(&self) -> String {
        format!("\n[accounts.notion]\nidentity_url = \"{}/v1/users/me\"\n", self.address())
    }

    /// Adds a database with one data source, and returns the ids of both. Properties are id, name and type.
    #[must_use]
    pub fn add(&self, number: usize, title: &str, properties: &[[&str; 3]]) -> [String; 2] {
        let ids = [uuid(0xd0_0000 + number), uuid(0xe0_0000 + number)];
        let [database, id] = ids.clone();
        let properties = properties.iter().map(|[id, name, kind]| FakeProperty {
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            kind: (*kind).to_owned(),
        });
        let (properties, title) = (properties.collect(), title.to_owned());
        self.state().sources.push(Source { id, database, title, properties, rows: Vec::new() });
        ids
    }

    /// Adds a row that is created in the minute `created`.
    pub fn add_row(&self, source: &str, number: usize, created: i64, values: Map<String, Value>) {
        let mut state = self.state();
        state.now = state.now.max(created);
        if let Some(source) = state.source(source) {
            source.rows.push(FakeRow { id: uuid(number), created, edited: created, values, in_trash: false });
        }
    }

    /// Changes a row as a person does, some minutes after the last change.
    pub fn edit(&self, row: &str, property: &str, value: Value) {
        self.state().edit(row, property, value, 5);
    }

    /// Changes a row like `edit`, but in the same minute as the last change.
    pub fn edit_in_the_same_minute(&self, row: &str, property: &str, value: Value) {
        self.state().edit(row, property, value, 0);
    }

    /// Moves a row to the trash. Notion does not document whether that counts as an edit; here it does.
    pub fn trash(&self, row: &str) {
        self.state().trash(row);
    }

    /// Deletes a row for ever, as after 30 days in the trash.
    pub fn delete(&self, row: &str) {
        for source in &mut self.state().sources {
            source.rows.retain(|one| one.id != row);
        }
    }

    /// Changes the properties of a data source.
    pub fn change_properties(&self, source: &str, change: impl FnOnce(&mut Vec<FakeProperty>)) {
        if let Some(source) = self.state().source(source) {
            change(&mut source.properties);
        }
    }

    /// A value of a row.
    #[must_use]
    pub fn value(&self, row: &str, property: &str) -> Value {
        let state = self.state();
        let row = state.sources.iter().flat_map(|source| &source.rows).find(|one| one.id == row);
        row.and_then(|row| row.values.get(property)).cloned().unwrap_or_default()
    }

    /// The pages of a data source that are not in the trash.
    #[must_use]
    pub fn rows(&self, source: &str) -> Vec<FakeRow> {
        let rows = self.state().source(source).map(|source| source.rows.clone()).unwrap_or_default();
        rows.into_iter().filter(|row| !row.in_trash).collect()
    }

    /// The next request whose first line or body contains `text` has this fault.
    pub fn order(&self, text: &str, fault: Fault) {
        self.state().faults.push((text.to_owned(), fault));
    }

    /// The request with this number, counted from 1 from now on, and all later ones get no answer. `has_effect`: the
    /// request with this number takes effect.
    pub fn stop_at(&self, at: usize, has_effect: bool) {
        let mut state = self.state();
        (state.requests, state.gate) = (0, Some((at, has_effect)));
    }

    /// Answers requests again after [`Self::stop_at`].
    pub fn answer_again(&self) {
        self.state().gate = None;
    }

    /// True if answers have stopped.
    #[must_use]
    pub fn has_stopped(&self) -> bool {
        let state = self.state();
        state.gate.is_some_and(|(at, _)| state.requests >= at)
    }

    /// Sets the number of rows that one query returns at most.
    pub fn set_cap(&self, rows: usize) {
        self.state().cap = rows;
    }

    /// The views of a data source, in the order of their creation.
    #[must_use]
    pub fn views(&self, source: &str) -> Vec<FakeView> {
        self.state().views.iter().filter(|view| view.source == source).cloned().collect()
    }

    /// Deletes or renames views as a person does.
    pub fn change_views(&self, change: impl FnOnce(&mut Vec<FakeView>)) {
        change(&mut self.state().views);
    }

    /// Sets whether the server supports views.
    pub fn know_views(&self, knows: bool) {
        self.state().is_without_views = !knows;
    }

    /// Answers at most this number of requests in each window.
    pub fn limit(&self, requests: usize, window: Duration) {
        self.state().limit = Some((requests, window));
    }

    /// Accepts the token again.
    pub fn accept_token(&self) {
        self.state().revoked = false;
    }

    /// The first lines of the requests so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.service.asked().into_iter().map(|asked| asked.line).collect()
    }

    /// The number of requests so far.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.service.asked().len()
    }

    /// The number of changes so far.
    #[must_use]
    pub fn writes(&self) -> usize {
        self.state().writes
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

fn error(status: &str, code: &str, message: &str) -> Answer {
    let number: u16 = status.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(500);
    let body = json!({ "object": "error", "status": number, "code": code, "message": message, "request_id": uuid(1) });
    Answer::json(status, &body)
}

impl State {
    fn source(&mut self, id: &str) -> Option<&mut Source> {
        self.sources.iter_mut().find(|source| source.id == id)
    }

    fn row(&mut self, id: &str) -> Option<&mut FakeRow> {
        self.sources.iter_mut().flat_map(|source| &mut source.rows).find(|row| row.id == id)
    }

    fn edit(&mut self, row: &str, property: &str, value: Value, minutes: i64) {
        self.now += minutes;
        let now = self.now;
        if let Some(row) = self.row(row) {
            row.values.insert(property.to_owned(), value);
            row.edited = now;
        }
    }

    fn add_property(&mut self, name: &str) {
        for source in &mut self.sources {
            let kind = "number".to_owned();
            source.properties.push(FakeProperty { id: name.to_owned(), name: name.to_owned(), kind });
        }
    }

    fn trash(&mut self, row: &str) {
        self.now += 1;
        let now = self.now;
        if let Some(row) = self.row(row) {
            (row.in_trash, row.edited) = (true, now);
        }
    }

    fn faulty(&mut self, request: &ReceivedRequest) -> Answer {
        self.requests += 1;
        if let Some((at, has_effect)) = self.gate.filter(|(at, _)| self.requests >= *at) {
            if self.requests == at && has_effect {
                self.answer(request);
            }
            return Answer { pause: Duration::from_secs(20), ..Answer::lost() };
        }
        if let Some(answer) = self.over_the_limit() {
            return answer;
        }
        let is_it = |text: &str| request.line.contains(text) || request.body.contains(text);
        let fault = self.faults.iter().position(|(text, _)| is_it(text));
        let fault = fault.map(|at| self.faults.remove(at).1);
        match &fault {
            Some(Fault::Status(status)) => return error(status, "service_unavailable", "out of order"),
            Some(Fault::Busy(seconds)) => {
                return error("429 Too Many Requests", "rate_limited", "slow down")
                    .with("Retry-After", &seconds.to_string());
            }
            Some(Fault::Overloaded(seconds)) => {
                return error("529 Overloaded", "service_overload", "busy").with("Retry-After", &seconds.to_string());
            }
            Some(Fault::Dropped) => return Answer::lost(),
            Some(Fault::Delayed(requests)) => {
                self.delayed.push((*requests, request.clone()));
                return Answer::lost();
            }
            Some(Fault::Twice) => drop(self.answer(request)),
            Some(Fault::Revoked) => self.revoked = true,
            _ => {}
        }
        let mut answer = self.answer(request);
        match fault {
            Some(Fault::Cut(bytes)) => answer.cut = Some(bytes),
            Some(Fault::Lost) => answer.lost = true,
            Some(Fault::Late(pause)) => answer.pause = pause,
            Some(Fault::Failed(status)) => return error(status, "internal_server_error", "out of order"),
            Some(Fault::Trashed(row)) => self.trash(&row),
            Some(Fault::NewProperty(name)) => self.add_property(&name),
            Some(Fault::Changed(row, property, value)) => self.edit(&row, &property, value, 5),
            _ => {}
        }
        answer
    }

    fn over_the_limit(&mut self) -> Option<Answer> {
        let (most, length) = self.limit?;
        let (begun, count) = self.window.filter(|(begun, _)| begun.elapsed() < length).unwrap_or((Instant::now(), 0));
        self.window = Some((begun, count + 1));
        if count < most {
            return None;
        }
        let left = length.saturating_sub(begun.elapsed()).as_secs() + 1;
        let answer = error("429 Too Many Requests", "rate_limited", "the budget of the window is used up");
        Some(answer.with("Retry-After", &left.to_string()))
    }

    fn take_effect_late(&mut self) {
        for (requests, _) in &mut self.delayed {
            *requests = requests.saturating_sub(1);
        }
        let (due, rest) = std::mem::take(&mut self.delayed).into_iter().partition(|(requests, _)| *requests == 0);
        self.delayed = rest;
        let due: Vec<(usize, ReceivedRequest)> = due;
        for (_, request) in due {
            self.answer(&request);
        }
    }

    fn wrong(&mut self, what: &str) -> Answer {
        self.problems.push(what.to_owned());
        error("400 Bad Request", "validation_error", what)
    }

    fn answer(&mut self, request: &ReceivedRequest) -> Answer {
        if request.header("notion-version") != Some(VERSION) {
            return self.wrong(&format!("{}: Notion-Version is not {VERSION}", request.line));
        }
        if self.revoked || request.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
            return error("401 Unauthorized", "unauthorized", "API token is invalid.");
        }
        let (path, query) = parts(request);
        let method = request.line.split(' ').next().unwrap_or_default().to_owned();
        let body: Value =
            if request.body.is_empty() { json!({}) } else { serde_json::from_str(&request.body).unwrap_or_default() };
        let Some(body) = body.as_object() else { return self.wrong(&format!("{}: no JSON object", request.line)) };
        let path: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let missing = || {
            error(
                "404 Not Found",
                "object_not_found",
                "Could not find it. Make sure it is shared with your integration.",
            )
        };
        match (method.as_str(), path.as_slice()) {
            ("GET", ["v1", "users", "me"]) => Answer::json(
                "200 OK",
                &json!({ "object": "user", "id": uuid(9), "type": "bot", "name": "Baton", "bot": { "workspace_name": "Studio" } }),
            ),
            ("GET", ["v1", "databases", id]) => {
                self.database(id).map_or_else(missing, |found| Answer::json("200 OK", &found))
            }
            ("GET", ["v1", "data_sources", id]) => {
                let found = self.source(id).map(|source| source.object());
                found.map_or_else(missing, |found| Answer::json("200 OK", &found))
            }
            ("POST", ["v1", "data_sources", id, "query"]) => self.query(id, body, &request.line),
            ("GET", ["v1", "pages", id]) => self.page(id).map_or_else(missing, |found| Answer::json("200 OK", &found)),
            ("GET", ["v1", "pages", id, "properties", property]) => self.property_items(id, property, &query),
            (_, ["v1", "views", ..]) if self.is_without_views => {
                error("400 Bad Request", "invalid_request_url", "Invalid request URL.")
            }
            ("GET", ["v1", "views"]) => self.list_views(&query),
            ("GET", ["v1", "views", id]) => self.view(id).unwrap_or_else(missing),
            ("POST", ["v1", "views"]) => self.create_view(body),
            ("PATCH", ["v1", "pages", id]) => self.patch(id, body),
            ("POST", ["v1", "pages"]) => self.create(body),
            _ => self.wrong(&format!("{}: no such endpoint", request.line)),
        }
    }

    fn database(&self, id: &str) -> Option<Value> {
        let all: Vec<&Source> = self.sources.iter().filter(|source| source.database == id).collect();
        let title = all.first().map(|source| &source.title)?;
        let listed: Vec<Value> = all.iter().map(|source| json!({ "id": source.id, "name": source.title })).collect();
        Some(
            json!({ "object": "database", "id": id, "title": [piece(title)], "data_sources": listed, "in_trash": false }),
        )
    }

    fn page(&self, id: &str) -> Option<Value> {
        let of = |source: &&Source| source.rows.iter().any(|row| row.id == id);
        let source = self.sources.iter().find(of)?;
        source.rows.iter().find(|row| row.id == id).map(|row| source.page(row))
    }

    fn query(&mut self, id: &str, body: &Map<String, Value>, line: &str) -> Answer {
        let keys = ["filter", "sorts", "start_cursor", "page_size", "in_trash", "result_type"];
        if let Some(key) = body.keys().find(|key| !keys.contains(&key.as_str())) {
            return self.wrong(&format!("{line}: body.{key} should be not present"));
        }
        let size = body.get("page_size").map_or(Some(100), Value::as_u64).filter(|size| (1..=100).contains(size));
        let result_type = body.get("result_type").is_none_or(|kind| kind == "page" || kind == "data_source");
        let in_trash = body.get("in_trash").map_or(Some(false), Value::as_bool);
        let (filter, sort) = (body.get("filter").map_or(Some(Filter::default()), filter), sorts(body.get("sorts")));
        let (Some(size), true, Some(in_trash), Some(filter), Some(sort)) = (size, result_type, in_trash, filter, sort)
        else {
            return self.wrong(&format!("{line}: body failed validation: {}", Value::from(body.clone())));
        };
        let Some(source) = self.sources.iter().find(|source| source.id == id) else {
            return error("404 Not Found", "object_not_found", "Could not find data_source");
        };
        let mut rows: Vec<&FakeRow> =
            source.rows.iter().filter(|row| row.in_trash == in_trash && filter.accepts(row)).collect();
        rows.sort_by_key(|row| sort.key(row));
        let begin = match body.get("start_cursor").and_then(Value::as_str) {
            None => Some(0),
            Some(cursor) => rows.iter().position(|row| row.id == cursor),
        };
        let Some(begin) = begin else {
            return error("400 Bad Request", "validation_error", "The start_cursor provided is invalid");
        };
        let is_capped = rows.len() > self.cap;
        rows.truncate(self.cap);
        let end = (begin + usize::try_from(size).unwrap_or(100)).min(rows.len());
        let next = rows.get(end).map(|row| row.id.clone());
        let results: Vec<Value> = rows.get(begin..end).unwrap_or_default().iter().map(|row| source.page(row)).collect();
        let status = if is_capped && next.is_none() {
            json!({ "type": "incomplete", "incomplete_reason": "query_result_limit_reached" })
        } else {
            json!({ "type": "complete" })
        };
        Answer::json(
            "200 OK",
            &json!({ "object": "list", "results": results, "has_more": next.is_some(), "next_cursor": next,
                "type": "page_or_data_source", "page_or_data_source": {}, "request_status": status, "request_id": uuid(1) }),
        )
    }

    fn property_items(&mut self, page: &str, property: &str, query: &[(String, String)]) -> Answer {
        // The id of a property arrives decoded or encoded.
        let property = decode(property);
        let size = value(query, "page_size").map_or(Some(100), |size| size.parse::<usize>().ok());
        let Some(size) = size.filter(|size| (1..=100).contains(size)) else {
            return self.wrong(&format!("{page}: page_size of a property"));
        };
        let Some(found) = self.row(page).and_then(|row| row.values.get(&property).cloned()) else {
            return error("404 Not Found", "object_not_found", "Could not find property");
        };
        let kind = found.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
        if !["title", "rich_text", "relation", "people"].contains(&kind.as_str()) {
            let mut item = found;
            set(&mut item, "object", "property_item".into());
            set(&mut item, "id", encode(&property).into());
            if kind != "rollup" {
                return Answer::json("200 OK", &item);
            }
            let all = item.pointer("/rollup/array").and_then(Value::as_array).cloned().unwrap_or_default();
            let results: Vec<Value> = all.iter().flat_map(rollup_items).collect();
            let about =
                json!({ "id": encode(&property), "type": "rollup", "rollup": item.get("rollup"), "next_url": null });
            return Answer::json(
                "200 OK",
                &json!({ "object": "list", "results": results, "has_more": false, "next_cursor": null, "type": "property_item", "property_item": about }),
            );
        }
        let all = found.get(&kind).and_then(Value::as_array).cloned().unwrap_or_default();
        let begin: usize = value(query, "start_cursor").map_or(0, |cursor| cursor.parse().unwrap_or(usize::MAX));
        if begin > all.len() {
            return self.wrong(&format!("{page}: start_cursor of a property"));
        }
        let end = (begin + size).min(all.len());
        let item =
            |item: &Value| json!({ "object": "property_item", "id": encode(&property), "type": kind, &kind: item });
        let results: Vec<Value> = all.get(begin..end).unwrap_or_default().iter().map(item).collect();
        let next = (end < all.len()).then(|| end.to_string());
        Answer::json(
            "200 OK",
            &json!({ "object": "list", "results": results, "has_more": next.is_some(), "next_cursor": next, "type": "property_item",
                "property_item": { "id": encode(&property), "type": kind, &kind: {}, "next_url": null } }),
        )
    }

    fn patch(&mut self, id: &str, body: &Map<String, Value>) -> Answer {
        if let Some(key) = body.keys().find(|key| !["properties", "in_trash"].contains(&key.as_str())) {
            return self.wrong(&format!("body.{key} should be not present"));
        }
        let Some(source) = self.sources.iter().position(|source| source.rows.iter().any(|row| row.id == id)) else {
            return error("404 Not Found", "object_not_found", "Could not find page");
        };
        let values = match self.written(source, body.get("properties")) {
            Ok(values) => values,
            Err(why) => return self.wrong(&why),
        };
        self.writes += 1;
        self.now += 1;
        let now = self.now;
        if let Some(row) = self.row(id) {
            row.values.extend(values);
            row.in_trash = body.get("in_trash").and_then(Value::as_bool).unwrap_or(row.in_trash);
            row.edited = now;
        }
        self.page(id)
            .map_or_else(|| error("404 Not Found", "object_not_found", ""), |found| Answer::json("200 OK", &found))
    }

    fn create(&mut self, body: &Map<String, Value>) -> Answer {
        let parent = body.get("parent").and_then(|parent| parent.get("data_source_id")?.as_str());
        let Some(source) = self.sources.iter().position(|source| Some(source.id.as_str()) == parent) else {
            return self.wrong("body.parent should be a data source");
        };
        let values = match self.written(source, body.get("properties")) {
            Ok(values) => values,
            Err(why) => return self.wrong(&why),
        };
        self.writes += 1;
        self.now += 1;
        let (id, now) = (uuid(0xc0_0000 + self.writes), self.now);
        if let Some(source) = self.sources.get_mut(source) {
            source.rows.push(FakeRow { id: id.clone(), created: now, edited: now, values, in_trash: false });
        }
        self.page(&id)
            .map_or_else(|| error("404 Not Found", "object_not_found", ""), |found| Answer::json("200 OK", &found))
    }

    /// The values of a request, as page objects have them, by the ids of properties.
    fn written(&self, source: usize, properties: Option<&Value>) -> Result<Map<String, Value>, String> {
        let empty = Map::new();
        let given = match properties {
            None => &empty,
            Some(Value::Object(given)) => given,
            Some(_) => return Err("body.properties should be an object".to_owned()),
        };
        let known = self.sources.get(source).map(|source| source.properties.as_slice()).unwrap_or_default();
        let mut values = Map::new();
        for (key, value) in given {
            let property = known.iter().find(|one| one.id == decode(key) || one.name == *key);
            let property = property.ok_or_else(|| format!("{key} is not a property that exists."))?;
            let content =
                value.get(&property.kind).ok_or_else(|| format!("{key} is expected to be {}.", property.kind))?;
            let stored = stored(&property.kind, content)
                .ok_or_else(|| format!("body.properties.{key} failed validation: {value}"))?;
            values.insert(property.id.clone(), stored);
        }
        Ok(values)
    }
}

/// The property items of one value of a rollup: each has a single piece of text or reference.
fn rollup_items(value: &Value) -> Vec<Value> {
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    let item = |content: &Value| json!({ "object": "property_item", "type": kind, kind: content });
    match value.get(kind) {
        Some(Value::Array(all)) if kind != "multi_select" => all.iter().map(item).collect(),
        other => vec![item(other.unwrap_or(&Value::Null))],
    }
}

//! Reads the rows of a data source.
//!
//! One query returns at most 10,000 rows, and then reports that its result is incomplete. All rows are read in windows of
//! `created_time`, which never changes: after a window that reaches the limit, the next window begins with the last row's
//! minute. A reading is complete if each window that reached the limit was continued by another window.
//!
//! A row is recorded as deleted only if Notion proves the deletion: the row is in the trash, or a complete reading did not
//! find the row and Notion answers that its page is missing, in the trash or in another data source. If the windows were
//! incomplete, no row is recorded as deleted.

use baton_plugin_kit::host::Progress;
use baton_plugin_kit::time;
use baton_plugin_sdk::Error;
use serde_json::{Map, Value, json};

use crate::cell::{format, may_be_cut};
use crate::schema::{Property, decoded, has_new_values, properties};
use crate::store::{Cells, ReadRow, Source, Store};
use baton_plugin_kit::notion::{Api, Refusal, text};

/// The maximum number of rows in one answer.
const PAGE: usize = 100;

/// `last_edited_time` is rounded to minutes, and an edit may be visible some seconds later.
const OVERLAP_MS: i64 = 120_000;

/// The maximum number of missing rows about which one task asks Notion. Each row needs one request.
const ASKED: usize = 200;

/// How often a window is begun again if Notion no longer knows the cursor.
const RESTARTS: usize = 50;

/// The result of a reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Rows that were read.
    pub rows: usize,
    /// Rows that are deleted.
    pub deleted: u64,
    /// Why the reading is incomplete; empty if it is complete.
    pub incomplete: String,
}

/// Reads one data source.
pub struct Reader<'a> {
    /// The API.
    pub api: &'a Api<'a>,
    /// The tables.
    pub store: Store<'a>,
    /// Progress and cancellation.
    pub progress: &'a dyn Progress,
    /// The time, as text.
    pub now: &'a str,
    /// The time, in milliseconds since 1970 UTC.
    pub now_ms: i64,
}

/// The result of [`Reader::changed`].
enum Changes {
    /// All edited rows were read. The text is the newest `last_edited_time`.
    Read(String),
    /// Every row has to be read. The text is the reason.
    Unread(String),
}

/// One answer to a query.
struct Answer {
    pages: Vec<Value>,
    cursor: Option<String>,
    is_capped: bool,
}

impl Reader<'_> {
    /// Reads the changed rows, or every row if `full` is true or if that is necessary.
    ///
    /// # Errors
    /// An error that ends the task. Rows that were read before are stored.
    pub fn read(&self, source: &mut Source, full: bool) -> Result<Reading, Refusal> {
        let mut reading = Reading::default();
        let is_known = source.full_at > 0 && source.reading_from.is_none();
        if full || !is_known {
            self.all(source, &mut reading)?;
            return Ok(reading);
        }
        match self.changed(source, &mut reading)? {
            Changes::Unread(_) => self.all(source, &mut reading)?,
            Changes::Read(newest) => self.finish(source, newest, &mut reading)?,
        }
        Ok(reading)
    }

    /// Reads every row, and then the rows that changed in the meantime.
    fn all(&self, source: &mut Source, reading: &mut Reading) -> Result<(), Refusal> {
        if source.reading_from.is_none() {
            let first = self.newest(source, None)?;
            // The properties are read before the rows, so that the rows have the values of new properties.
            self.has_other_properties(source, &first)?;
            source.reading_since = first.pages.first().map(|page| text(page, "last_edited_time")).unwrap_or_default();
            (source.reading_from, source.run, source.stuck_at) = (Some(String::new()), source.run + 1, String::new());
            self.save(source)?;
        }
        self.windows(source, reading)?;
        if source.stuck_at.is_empty() {
            let left = self.missing(source, reading)?;
            if left > 0 {
                // The next task continues this reading.
                reading.incomplete =
                    format!("{left} rows were not found, and are kept until Notion confirms that they are deleted");
                return Ok(());
            }
        }
        (source.newest, source.reading_from, source.full_at) = (source.reading_since.clone(), None, self.now_ms);
        self.save(source)?;
        match self.changed(source, reading)? {
            Changes::Read(newest) => self.finish(source, newest, reading)?,
            Changes::Unread(_) if !source.stuck_at.is_empty() => reading.incomplete = too_many_rows(source),
            Changes::Unread(why) => reading.incomplete = why,
        }
        Ok(())
    }

    /// Ends a reading that has all edits up to `newest`: reads the trash, then stores `newest`. If the task ends before
    /// `newest` is stored, the next task reads the trash from the same time again.
    fn finish(&self, source: &mut Source, newest: String, reading: &mut Reading) -> Result<(), Refusal> {
        if source.stuck_at.is_empty() {
            reading.deleted += self.trash(source, &before(&source.newest))?;
        } else {
            reading.incomplete = too_many_rows(source);
        }
        if newest > source.newest {
            source.newest = newest;
        }
        self.save(source)
    }

    fn windows(&self, source: &mut Source, reading: &mut Reading) -> Result<(), Refusal> {
        let mut restarts = 0;
        loop {
            let from = source.reading_from.clone().unwrap_or_default();
            let (mut cursor, mut last) = (None, from.clone());
            let is_capped = loop {
                let answer = match self.window(source, &from, cursor.as_deref()) {
                    // Somebody deleted the row at which the next answer would begin. A new window begins at the last row.
                    Err(Refusal::Rejected(why)) if why.contains("start_cursor") && restarts < RESTARTS => {
                        restarts += 1;
                        break true;
                    }
                    other => other?,
                };
                self.put_window(source, &answer.pages)?;
                reading.rows += answer.pages.len();
                if let Some(page) = answer.pages.last() {
                    last = text(page, "created_time");
                    source.reading_from = Some(last.clone());
                    self.save(source)?;
                }
                let message = format!("{}: {} rows", source.title, reading.rows);
                self.progress.step(50, &message).map_err(Refusal::Failed)?;
                cursor = answer.cursor;
                if cursor.is_none() || answer.is_capped {
                    break answer.is_capped;
                }
            };
            if !is_capped {
                return Ok(());
            }
            if last == from && cursor.is_none() {
                // More rows were created in one minute than a query returns.
                source.stuck_at.clone_from(&last);
                source.reading_from = Some(next_minute(&last));
                self.save(source)?;
            }
        }
    }

    /// Asks Notion about rows that a complete reading did not find, and records the deleted rows. Returns the number of rows
    /// about which it did not ask.
    fn missing(&self, source: &Source, reading: &mut Reading) -> Result<usize, Refusal> {
        let since = if source.newest.is_empty() { &source.reading_since } else { &source.newest };
        reading.deleted += self.trash(source, &before(since))?;
        let unseen = self.store.unseen(source).map_err(Refusal::Failed)?;
        for page in unseen.iter().take(ASKED) {
            let is_deleted = match self.api.get(&format!("/v1/pages/{page}")) {
                Err(Refusal::Missing) => true,
                Ok(found) if is_in_trash(&found) || !is_of(&found, source) => true,
                Ok(found) => {
                    self.put(source, &[found])?;
                    false
                }
                Err(refusal) => return Err(refusal),
            };
            if is_deleted {
                reading.deleted +=
                    self.store.delete(&source.id, std::slice::from_ref(page)).map_err(Refusal::Failed)?;
            }
        }
        Ok(unseen.len().saturating_sub(ASKED))
    }

    /// Reads the rows that were edited since the last reading.
    fn changed(&self, source: &mut Source, reading: &mut Reading) -> Result<Changes, Refusal> {
        let until = before(&source.newest);
        let (mut cursor, mut newest) = (None, String::new());
        loop {
            let answer = match self.newest(source, cursor.as_deref()) {
                Err(Refusal::Rejected(why)) if why.contains("start_cursor") => {
                    return Ok(Changes::Unread("a row was deleted while the edited rows were read".to_owned()));
                }
                other => other?,
            };
            if cursor.is_none() {
                newest = answer.pages.first().map(|page| text(page, "last_edited_time")).unwrap_or_default();
                if self.has_other_properties(source, &answer)? {
                    let why = "the properties of the database changed during the reading, so every row is read again";
                    return Ok(Changes::Unread(why.to_owned()));
                }
            }
            let is_recent = |page: &&Value| text(page, "last_edited_time") >= until;
            let recent: Vec<Value> = answer.pages.iter().filter(is_recent).cloned().collect();
            self.put(source, &recent)?;
            reading.rows += recent.len();
            cursor = answer.cursor;
            if recent.len() < answer.pages.len() || cursor.is_none() {
                if answer.is_capped && recent.len() == answer.pages.len() {
                    return Ok(Changes::Unread("more rows were edited meanwhile than one query returns".to_owned()));
                }
                return Ok(Changes::Read(newest));
            }
        }
    }

    /// Compares the known properties with those of a row, and reads the properties again if they differ. Returns true if rows
    /// without edits may have other values now.
    fn has_other_properties(&self, source: &mut Source, answer: &Answer) -> Result<bool, Refusal> {
        let first = answer.pages.first().and_then(|page| page.get("properties")?.as_object());
        let is_same = first.is_some_and(|first| properties(first) == source.properties);
        if is_same {
            return Ok(false);
        }
        let live = live_properties(self.api, &source.id)?;
        let has_new = has_new_values(&source.properties, &live);
        source.properties = live;
        if has_new {
            source.full_at = 0;
        }
        self.save(source)?;
        Ok(has_new)
    }

    /// Records rows in the trash as deleted. Reads all rows of the trash that were edited since `until`, and at least the rows
    /// of one answer.
    fn trash(&self, source: &Source, until: &str) -> Result<u64, Refusal> {
        let (mut cursor, mut deleted) = (None, 0);
        loop {
            let mut body = json!({ "page_size": PAGE, "result_type": "page", "in_trash": true,
                "sorts": [{ "timestamp": "last_edited_time", "direction": "descending" }] });
            let answer = self.query(source, &mut body, cursor.as_deref())?;
            let pages: Vec<String> =
                answer.pages.iter().filter(|page| is_in_trash(page)).map(|page| text(page, "id")).collect();
            deleted += self.store.delete(&source.id, &pages).map_err(Refusal::Failed)?;
            let is_recent = answer.pages.last().is_some_and(|page| text(page, "last_edited_time").as_str() >= until);
            cursor = answer.cursor;
            if !is_recent || cursor.is_none() {
                return Ok(deleted);
            }
        }
    }

    fn window(&self, source: &Source, from: &str, cursor: Option<&str>) -> Result<Answer, Refusal> {
        let mut body = json!({ "page_size": PAGE, "result_type": "page",
            "sorts": [{ "timestamp": "created_time", "direction": "ascending" }] });
        if !from.is_empty() {
            set(&mut body, "filter", json!({ "timestamp": "created_time", "created_time": { "on_or_after": from } }));
        }
        self.query(source, &mut body, cursor)
    }

    fn newest(&self, source: &Source, cursor: Option<&str>) -> Result<Answer, Refusal> {
        let mut body = json!({ "page_size": PAGE, "result_type": "page",
            "sorts": [{ "timestamp": "last_edited_time", "direction": "descending" }] });
        self.query(source, &mut body, cursor)
    }

    fn query(&self, source: &Source, body: &mut Value, cursor: Option<&str>) -> Result<Answer, Refusal> {
        if let Some(cursor) = cursor {
            set(body, "start_cursor", Value::from(cursor));
        }
        let answer = self.api.query(&format!("/v1/data_sources/{}/query", source.id), body)?;
        let is_of_page = |page: &&Value| page.get("object").and_then(Value::as_str) == Some("page");
        let results = answer.get("results").and_then(Value::as_array).ok_or_else(|| unexpected("results"))?;
        let has_more = answer.get("has_more").and_then(Value::as_bool).ok_or_else(|| unexpected("has_more"))?;
        let cursor = answer.get("next_cursor").and_then(Value::as_str).filter(|_| has_more).map(str::to_owned);
        if has_more && cursor.is_none() {
            return Err(unexpected("next_cursor"));
        }
        let is_capped = answer.pointer("/request_status/type").and_then(Value::as_str) == Some("incomplete");
        Ok(Answer { pages: results.iter().filter(is_of_page).cloned().collect(), cursor, is_capped })
    }

    /// Stores the rows of a window. If an interrupted task has stored a row with long values, these values are not read again.
    /// An edit in the same minute is not lost: [`Self::changed`] finds it later.
    fn put_window(&self, source: &Source, pages: &[Value]) -> Result<(), Refusal> {
        let (long, short): (Vec<Value>, Vec<Value>) = pages.iter().cloned().partition(has_cut_values);
        self.put(source, &short)?;
        for page in &long {
            let [id, edited] = ["id", "last_edited_time"].map(|name| text(page, name));
            if self.store.seen(source, &id, &edited).map_err(Refusal::Failed)?.is_none() {
                self.put(source, std::slice::from_ref(page))?;
            }
        }
        Ok(())
    }

    fn put(&self, source: &Source, pages: &[Value]) -> Result<(), Refusal> {
        let rows = pages.iter().map(|page| self.row(page)).collect::<Result<Vec<_>, _>>()?;
        self.store.put(source, &rows, self.now).map_err(Refusal::Failed)
    }

    fn row(&self, page: &Value) -> Result<ReadRow, Refusal> {
        let cells = cells(self.api, page)?;
        let [id, created, edited] = ["id", "created_time", "last_edited_time"].map(|name| text(page, name));
        Ok(ReadRow { page: id, created, edited, cells })
    }

    fn save(&self, source: &Source) -> Result<(), Refusal> {
        self.store.save(source).map_err(Refusal::Failed)
    }
}

/// The properties of a data source as they are now.
///
/// # Errors
/// As [`Refusal`].
pub fn live_properties(api: &Api<'_>, source: &str) -> Result<Vec<Property>, Refusal> {
    let found = api.get(&format!("/v1/data_sources/{source}"))?;
    found.get("properties").and_then(Value::as_object).map(properties).ok_or_else(|| unexpected("properties"))
}

/// The texts of a page. Values with more than 25 references are read completely.
///
/// # Errors
/// As [`Refusal`].
pub fn cells(api: &Api<'_>, page: &Value) -> Result<Cells, Refusal> {
    let all = whole_properties(api, page, |_| true)?;
    Ok(all.values().map(|value| (decoded(&text(value, "id")), format(value))).collect())
}

/// The properties of a page; the properties whose ids are `wanted` have all their references.
///
/// # Errors
/// As [`Refusal`].
pub fn whole_properties(
    api: &Api<'_>,
    page: &Value,
    wanted: impl Fn(&str) -> bool,
) -> Result<Map<String, Value>, Refusal> {
    let mut all = page.get("properties").and_then(Value::as_object).cloned().ok_or_else(|| unexpected("properties"))?;
    let has_long_relation = all.values().any(|one| text(one, "type") == "relation" && may_be_cut(one));
    for value in all.values_mut() {
        // In a page object, Notion also computes a rollup from only 25 references.
        let is_rollup = has_long_relation && text(value, "type") == "rollup";
        if (may_be_cut(value) || is_rollup) && wanted(&decoded(&text(value, "id"))) {
            complete(api, &text(page, "id"), value)?;
        }
    }
    Ok(all)
}

fn has_cut_values(page: &Value) -> bool {
    page.get("properties").and_then(Value::as_object).is_some_and(|all| all.values().any(may_be_cut))
}

/// Replaces a shortened value by the complete value.
fn complete(api: &Api<'_>, page: &str, value: &mut Value) -> Result<(), Refusal> {
    let (kind, id) = (text(value, "type"), text(value, "id"));
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let start = cursor.map(|cursor| format!("&start_cursor={cursor}")).unwrap_or_default();
        let answer = api.get(&format!("/v1/pages/{page}/properties/{id}?page_size={PAGE}{start}"))?;
        let Some(results) = answer.get("results").and_then(Value::as_array) else { return Err(unexpected("results")) };
        items.extend(results.iter().filter_map(|item| item.get(&kind).cloned().or_else(|| Some(item.clone()))));
        let has_more = answer.get("has_more").and_then(Value::as_bool) == Some(true);
        cursor = answer.get("next_cursor").and_then(Value::as_str).filter(|_| has_more).map(str::to_owned);
        if cursor.is_none() {
            if let Some(rollup) = answer.pointer("/property_item/rollup").filter(|_| kind == "rollup") {
                let is_list = rollup.get("type").and_then(Value::as_str) == Some("array");
                let whole = if is_list { json!({ "type": "array", "array": items }) } else { rollup.clone() };
                set(value, "rollup", whole);
            } else {
                set(value, &kind, Value::Array(items));
                set(value, "has_more", Value::Bool(false));
            }
            return Ok(());
        }
    }
}

fn unexpected(what: &str) -> Refusal {
    Refusal::Failed(Error::Retryable(format!("an answer of Notion has no `{what}`")))
}

fn too_many_rows(source: &Source) -> String {
    format!("more than 10,000 rows were created in the minute {}, and Notion returns no more of them", source.stuck_at)
}

/// Sets a field of an object.
fn set(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value);
    }
}

pub(crate) fn is_in_trash(page: &Value) -> bool {
    page.get("in_trash").and_then(Value::as_bool) == Some(true)
}

fn is_of(page: &Value, source: &Source) -> bool {
    let parent = page.pointer("/parent/data_source_id").and_then(Value::as_str).unwrap_or_default();
    parent == source.id
}

/// The time that is [`OVERLAP_MS`] before `newest`; empty if `newest` is empty.
fn before(newest: &str) -> String {
    time::parse(newest).and_then(|at| iso(at - OVERLAP_MS)).unwrap_or_default()
}

fn next_minute(at: &str) -> String {
    time::parse(at).and_then(|at| iso(at - at.rem_euclid(60_000) + 60_000)).unwrap_or_default()
}

/// A time in Notion's form, with three digits of milliseconds, so that texts are in the order of times.
fn iso(millis: i64) -> Option<String> {
    let whole = time::text(millis - millis.rem_euclid(1_000))?;
    Some(format!("{}.{:03}Z", whole.strip_suffix('Z')?, millis.rem_euclid(1_000)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use baton_plugin_kit::host::{Call, NoProgress, Web};
    use baton_plugin_sdk::http::{HttpError, Response};
    use baton_tests::host_services::HostDatabase;

    use super::*;

    /// A Notion that has no row any more.
    struct EmptyNotion;

    impl Web for EmptyNotion {
        fn send(&self, call: &Call<'_>) -> Result<Response, HttpError> {
            let none = json!({ "results": [], "has_more": false, "properties": {} });
            let status = if call.path.starts_with("/v1/pages/") { 404 } else { 200 };
            Ok(Response { status, body: none.to_string().into_bytes(), ..Response::default() })
        }

        fn pause(&self, _: Duration) {}

        fn now(&self) -> Duration {
            Duration::ZERO
        }
    }

    #[test]
    fn a_reading_with_too_many_missing_rows_continues_until_notion_was_asked_about_each() {
        let folder = tempfile::tempdir().unwrap();
        let own = HostDatabase::own(&folder.path().join("own.db"));
        let store = Store::open(&own).unwrap();
        let mut source = Source { id: "s".to_owned(), full_at: 1, run: 1, ..Source::default() };
        let row = |at: usize| ReadRow {
            page: at.to_string(),
            created: String::new(),
            edited: String::new(),
            cells: Cells::new(),
        };
        store.put(&source, &(0..250).map(row).collect::<Vec<_>>(), "now").unwrap();
        let mut read = |full| {
            let api = Api::new(&EmptyNotion, 1_000);
            let reader = Reader { api: &api, store, progress: &NoProgress, now: "now", now_ms: 2 };
            let reading = reader.read(&mut source, full).unwrap();
            (reading.deleted, reading.incomplete.is_empty(), source.reading_from.is_some(), source.full_at)
        };
        assert_eq!(read(true), (200, false, true, 1));
        assert_eq!(read(false), (50, true, false, 2));
        assert_eq!(read(false), (0, true, false, 2));
    }

    #[test]
    fn times_are_in_the_form_of_notion() {
        assert_eq!(before("2026-01-18T10:15:00.000Z"), "2026-01-18T10:13:00.000Z");
        assert_eq!(next_minute("2026-01-18T23:59:00.000Z"), "2026-01-19T00:00:00.000Z");
        assert_eq!(before(""), "");
    }
}

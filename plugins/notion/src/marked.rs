//! Pages with a marker: a text property that Baton writes and by which it finds its pages again, also from another machine and after an
//! answer that was lost.
//!
//! Notion has no unique property, so that two machines can create a page for the same thing. Then the page that was created first
//! counts; the others get the status `Duplicate`.

use std::collections::BTreeMap;

use baton_plugin_sdk::Error;
use serde_json::{Map, Value, json};

use crate::api::{Api, Refusal, WriteResult};
use crate::cell;
use crate::push::value_of;
use crate::read::{text, whole_properties};
use crate::target::{MARKER, STATUS, Target};

/// The status of a page that does not count.
pub const DUPLICATE: &str = "Duplicate";

/// How often a page gets its status if results are not certain.
const ROUNDS: u64 = 3;

/// A page with a marker.
#[derive(Clone, Debug)]
pub struct MarkedPage {
    /// Its id.
    pub id: String,
    /// When it was created.
    pub created: String,
    /// Its marker.
    pub marker: String,
    /// Its status.
    pub status: String,
    /// All its values.
    pub values: Map<String, Value>,
}

/// The page with exactly this marker that counts.
///
/// # Errors
/// As [`Refusal`].
pub fn find(api: &Api<'_>, target: &Target, marker: &str) -> Result<Option<MarkedPage>, Refusal> {
    let all = list(api, target, &json!({ "equals": marker }))?;
    Ok(first(all.into_iter().filter(|page| page.marker == marker)))
}

/// All pages of a source.
///
/// # Errors
/// As [`Refusal`].
pub fn all(api: &Api<'_>, target: &Target, source: &str) -> Result<Vec<MarkedPage>, Refusal> {
    let beginning = format!("{source} ");
    let mut all = list(api, target, &json!({ "starts_with": beginning }))?;
    // Notion ignores case.
    all.retain(|page| page.marker.starts_with(&beginning));
    Ok(all)
}

/// The page that counts: the one that was created first, and is not a duplicate.
pub fn first(pages: impl Iterator<Item = MarkedPage>) -> Option<MarkedPage> {
    let key = |page: &MarkedPage| (page.status == DUPLICATE, page.created.clone(), page.id.clone());
    pages.min_by_key(key)
}

/// Lists pages in windows of the time of creation, because Notion returns at most 10,000 rows of one query.
fn list(api: &Api<'_>, target: &Target, condition: &Value) -> Result<Vec<MarkedPage>, Refusal> {
    let path = format!("/v1/data_sources/{}/query", target.source);
    let marker = json!({ "property": target.id(MARKER), "rich_text": condition });
    let (mut found, mut window, mut cursor) = (Vec::<MarkedPage>::new(), String::new(), None::<String>);
    loop {
        let filter = if window.is_empty() {
            marker.clone()
        } else {
            json!({ "and": [marker, { "timestamp": "created_time", "created_time": { "on_or_after": window } }] })
        };
        let mut body = json!({ "filter": filter, "page_size": 100, "result_type": "page",
            "sorts": [{ "timestamp": "created_time", "direction": "ascending" }] });
        if let (Some(cursor), Value::Object(fields)) = (&cursor, &mut body) {
            fields.insert("start_cursor".to_owned(), cursor.as_str().into());
        }
        let answer = api.query(&path, &body)?;
        let results = answer.get("results").and_then(Value::as_array);
        for page in results.ok_or_else(|| Refusal::Failed(Error::Retryable("an answer has no `results`".to_owned())))? {
            let page = marked(api, target, page)?;
            if !found.iter().any(|known| known.id == page.id) {
                found.push(page);
            }
        }
        cursor = answer.get("next_cursor").and_then(Value::as_str).map(str::to_owned);
        if cursor.is_some() {
            continue;
        }
        let is_cut = answer.pointer("/request_status/type").and_then(Value::as_str) == Some("incomplete");
        let last = found.last().map(|page| page.created.clone()).unwrap_or_default();
        if !is_cut {
            return Ok(found);
        }
        if last == window {
            return Err(Refusal::Rejected(format!(
                "more than 10,000 pages were created in the minute {last}, and Notion returns no more of them; nothing is published"
            )));
        }
        window = last;
    }
}

fn marked(api: &Api<'_>, target: &Target, page: &Value) -> Result<MarkedPage, Refusal> {
    let values = whole_properties(api, page, |_| true)?;
    let of = |role: &str| value_of(&values, target.id(role)).map(cell::format).unwrap_or_default();
    let (marker, status) = (of(MARKER), of(STATUS));
    Ok(MarkedPage { id: text(page, "id"), created: text(page, "created_time"), marker, status, values })
}

/// Gives every page of a source that does not count the status of duplicates. Returns the pages that count by their markers.
///
/// # Errors
/// If Notion does not answer, or does not accept it.
pub fn settle(api: &Api<'_>, target: &Target, source: &str) -> Result<BTreeMap<String, String>, Error> {
    let mut by_marker = BTreeMap::<String, Vec<MarkedPage>>::new();
    for page in all(api, target, source)? {
        by_marker.entry(page.marker.clone()).or_default().push(page);
    }
    let mut counts = BTreeMap::new();
    for (marker, pages) in by_marker {
        let Some(page) = first(pages.iter().cloned()) else { continue };
        for other in pages.iter().filter(|other| other.id != page.id && other.status != DUPLICATE) {
            set_status(api, target, &other.id)?;
        }
        counts.insert(marker, page.id);
    }
    Ok(counts)
}

fn set_status(api: &Api<'_>, target: &Target, page: &str) -> Result<(), Error> {
    let body = json!({ "properties": { target.id(STATUS): { "select": { "name": DUPLICATE } } } });
    let mut last = String::new();
    for round in 1..=ROUNDS {
        match api.patch(&format!("/v1/pages/{page}"), &body) {
            // A deleted page is not a duplicate.
            WriteResult::Done(_) | WriteResult::Refused(Refusal::Missing) => return Ok(()),
            WriteResult::Unknown(why) => {
                api.wait(round, &why)?;
                last = why;
            }
            WriteResult::Refused(refusal) => return Err(refusal.into()),
        }
    }
    Err(Error::Retryable(format!("a duplicate could not get its status: {last}")))
}

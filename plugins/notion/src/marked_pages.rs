//! Pages with a marker: a text property that Baton writes and by which it finds its pages again, also from another
//! machine and after a lost answer.
//!
//! Notion has no unique property, so two machines can create a page for the same thing. Then Baton uses the page that was
//! created first, and gives the other pages the status `Duplicate`.

use std::collections::BTreeMap;

use baton_plugin_sdk::Error;
use serde_json::{Map, Value, json};

use crate::cell;
use crate::push::value_of;
use crate::read::whole_properties;
use crate::target::{MARKER, STATUS, Target};
use baton_plugin_kit::notion::{Api, Refusal, WriteResult, rows, text};

/// The status of a page that Baton does not use, because an older page has the same marker.
pub const DUPLICATE: &str = "Duplicate";

/// The maximum number of requests to set the status of one page if their results are uncertain.
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

/// The page with exactly this marker. If several pages have the marker, see [`first`].
///
/// # Errors
/// As [`Refusal`].
pub fn find(api: &Api<'_>, target: &Target, marker: &str) -> Result<Option<MarkedPage>, Refusal> {
    let all = list(api, target, &json!({ "equals": marker }))?;
    Ok(first(all.into_iter().filter(|page| page.marker == marker)))
}

/// All pages whose marker begins with the name of a source.
///
/// # Errors
/// As [`Refusal`].
pub fn all(api: &Api<'_>, target: &Target, source: &str) -> Result<Vec<MarkedPage>, Refusal> {
    let beginning = format!("{source} ");
    let mut all = list(api, target, &json!({ "starts_with": beginning }))?;
    // Notion's filter ignores case.
    all.retain(|page| page.marker.starts_with(&beginning));
    Ok(all)
}

/// The page that Baton uses: the oldest one that is not a duplicate.
pub fn first(pages: impl Iterator<Item = MarkedPage>) -> Option<MarkedPage> {
    let key = |page: &MarkedPage| (page.status == DUPLICATE, page.created.clone(), page.id.clone());
    pages.min_by_key(key)
}

fn list(api: &Api<'_>, target: &Target, condition: &Value) -> Result<Vec<MarkedPage>, Refusal> {
    let filter = json!({ "property": target.id(MARKER), "rich_text": condition });
    rows(api, &target.source, &filter)?.iter().map(|page| marked(api, target, page)).collect()
}

fn marked(api: &Api<'_>, target: &Target, page: &Value) -> Result<MarkedPage, Refusal> {
    let values = whole_properties(api, page, |_| true)?;
    let of = |role: &str| value_of(&values, target.id(role)).map(cell::format).unwrap_or_default();
    let (marker, status) = (of(MARKER), of(STATUS));
    Ok(MarkedPage { id: text(page, "id"), created: text(page, "created_time"), marker, status, values })
}

/// Sets the status of every duplicate page of a source to `Duplicate`. Returns the ids of the pages that Baton uses, by marker.
///
/// # Errors
/// If Notion does not answer, or refuses the change.
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
            // A deleted page needs no status.
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

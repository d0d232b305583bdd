//! Version 1 of the API (`/api/…`, <https://api.eagle.cool>): it returns one item or a listing, never several items by id.
//!
//! `offset` is documented as a page number. Some servers use it as an item number, and Eagle before 3.0 build 23 ignores it. The
//! first item of the page with `offset=1` shows the meaning: it is a new item (page number), the second item of the first page
//! (item number), or the first item of the first page (ignored).

use serde_json::{Value, json};

use super::http::{ApiRequest, Http};
use super::item::Items;
use super::limits::{PAGE, PAGES, SINGLE};
use super::{EagleError, EagleItem};

const INFO: &str = "/api/item/info";
const LIST: &str = "/api/item/list";

/// The meaning of `offset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offset {
    Pages,
    Items,
    /// The server ignores `offset`: it always returns one page of the requested length.
    Nothing,
}

/// Reads one item; `None` if Eagle has no item with this id.
pub(super) async fn item(http: &Http, id: &str) -> Result<Option<EagleItem>, EagleError> {
    match http.send(ApiRequest::get(INFO, &[("id", id)])).await {
        Ok(Value::Null) => Ok(None),
        Err(error) if error.is_unknown_item() => Ok(None),
        Ok(data) => EagleItem::read(&data, INFO).map(Some),
        Err(error) => Err(error),
    }
}

/// Reads the items with these ids; unknown ids are left out.
pub(super) async fn items(http: &Http, ids: &[&str], mut progress: impl FnMut(usize)) -> Result<Items, EagleError> {
    let mut found = Items::new();
    let complete = ids.len() > SINGLE && list(http, &mut found, &mut progress).await?;
    let unknown: Vec<&&str> = ids.iter().filter(|id| !found.contains_key(**id)).collect();
    // Pages shift if somebody deletes an item during the listing, so a few items that no page had are requested one by one.
    if !complete || unknown.len() <= SINGLE {
        for id in unknown {
            if let Some(item) = item(http, id).await? {
                found.insert((*id).to_owned(), item);
            }
            progress(found.len());
        }
    }
    Ok(found)
}

/// Lists every item. Returns false if the listing is incomplete.
async fn list(http: &Http, found: &mut Items, progress: &mut impl FnMut(usize)) -> Result<bool, EagleError> {
    let first = page(http, 0).await?;
    let (length, mut last) = (first.len(), first.len());
    let first_ids: Vec<String> = first.iter().take(2).map(|item| id_of(item.as_ref())).collect();
    add(found, first);
    let mut offset = None;
    for number in 1..PAGES {
        // A server may return less than requested; a page that is shorter than the first one is the last.
        if last < length || last == 0 {
            return Ok(true);
        }
        let at = if offset == Some(Offset::Items) { found.len() } else { number };
        let mut next = page(http, at).await?;
        let kind =
            *offset.get_or_insert_with(|| offset_kind(&first_ids, next.first().map(|item| id_of(item.as_ref()))));
        match kind {
            Offset::Nothing => return Ok(false),
            // The page was shifted by one item: all but its last item are known.
            Offset::Items if number == 1 => next = page(http, found.len()).await?,
            Offset::Items | Offset::Pages => {}
        }
        last = next.len();
        let before = found.len();
        add(found, next);
        progress(found.len());
        if found.len() == before {
            // The page has only known items: further requests would repeat them forever.
            return Ok(last == 0);
        }
    }
    Ok(false)
}

/// The meaning of `offset`, from the first two ids of the first page and the first id of the page with `offset=1`.
fn offset_kind(first_ids: &[String], next: Option<String>) -> Offset {
    match next {
        Some(next) if first_ids.first() == Some(&next) => Offset::Nothing,
        Some(next) if first_ids.get(1) == Some(&next) => Offset::Items,
        _ => Offset::Pages,
    }
}

/// The id of an item; empty for an item that could not be parsed.
fn id_of(item: Option<&EagleItem>) -> String {
    item.map(|item| item.id.clone()).unwrap_or_default()
}

fn add(found: &mut Items, items: Vec<Option<EagleItem>>) {
    found.extend(items.into_iter().flatten().map(|item| (item.id.clone(), item)));
}

async fn page(http: &Http, offset: usize) -> Result<Vec<Option<EagleItem>>, EagleError> {
    let (limit, offset) = (PAGE.to_string(), offset.to_string());
    let data = http.send(ApiRequest::get(LIST, &[("limit", &limit), ("offset", &offset)])).await?;
    EagleItem::read_all(&data, LIST)
}

/// Replaces the tags of an item, without a retry.
pub(super) async fn save(http: &Http, id: &str, tags: &[String]) -> Result<(), EagleError> {
    http.once(&ApiRequest::post("/api/item/update", json!({ "id": id, "tags": tags }))).await.map(drop)
}

/// Moves an item to Eagle's trash, without a retry.
pub(super) async fn trash(http: &Http, id: &str) -> Result<(), EagleError> {
    http.once(&ApiRequest::post("/api/item/moveToTrash", json!({ "itemIds": [id] }))).await.map(drop)
}

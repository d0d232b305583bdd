//! Version 2 of the API (`/api/v2/…`, Eagle 4.0 build 21 and later, <https://developer.eagle.cool/web-api>): it returns items
//! by id, with selected fields.

use serde_json::{Value, json};

use super::http::{ApiRequest, Http};
use super::item::Items;
use super::limits::PAGE;
use super::{EagleError, EagleItem};

const GET: &str = "/api/v2/item/get";

/// Reads one item; `None` if Eagle has no item with this id.
pub(super) async fn item(http: &Http, id: &str) -> Result<Option<EagleItem>, EagleError> {
    Ok(items(http, &[id], |_| ()).await?.remove(id))
}

/// Reads the items with these ids; unknown ids are left out.
pub(super) async fn items(http: &Http, ids: &[&str], mut progress: impl FnMut(usize)) -> Result<Items, EagleError> {
    let mut found = Items::new();
    for ids in ids.chunks(PAGE) {
        let mut offset = 0;
        // One page has all items, unless the server returns less than requested.
        while offset < ids.len() {
            let page = page(http, ids, offset).await?;
            if page.is_empty() {
                break;
            }
            offset += page.len();
            // A server that ignores `ids` returns other items.
            let wanted = page.into_iter().flatten().filter(|item| ids.contains(&item.id.as_str()));
            found.extend(wanted.map(|item| (item.id.clone(), item)));
            progress(found.len());
        }
    }
    Ok(found)
}

async fn page(http: &Http, ids: &[&str], offset: usize) -> Result<Vec<Option<EagleItem>>, EagleError> {
    let fields = ["id", "name", "tags", "isDeleted", "size"];
    let body = json!({ "ids": ids, "fields": fields, "offset": offset, "limit": PAGE });
    let data = http.send(ApiRequest::post(GET, body)).await?;
    let list = data.get("data").filter(|list| list.is_array());
    EagleItem::read_all(list.unwrap_or(&data), GET)
}

/// Replaces the tags of an item, without a retry.
pub(super) async fn save(http: &Http, id: &str, tags: &[String]) -> Result<(), EagleError> {
    let answer = http.once(&ApiRequest::post("/api/v2/item/update", json!({ "id": id, "tags": tags }))).await?;
    // Eagle 4.0 returns `false` if the item could not be saved.
    if answer == Value::Bool(false) {
        return Err(EagleError::Refused {
            what: "/api/v2/item/update".to_owned(),
            status: 200,
            words: ": the answer is `false`".to_owned(),
        });
    }
    Ok(())
}

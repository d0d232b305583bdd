//! Lists of any length. The offset of each page is computed here, so an answer decides neither the next page nor its server.

use serde_json::Value;

use super::web::{Api, Refusal};

/// The items of one page; the API's maximum.
const PAGE: usize = 50;

/// The maximum number of items of a list: Spotify's playlists have 10,000 and a library 100,000.
const MOST: usize = 200_000;

/// A list.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) items: Vec<Value>,
    /// The number of items that the API reports.
    pub(super) total: usize,
    /// The reason why the list is not complete.
    pub(super) incomplete: Option<String>,
}

/// Reads all pages of `path`. `path` has no parameters, or ends with a parameter.
pub(super) fn all(api: &Api<'_>, path: &str, mut step: impl FnMut(usize, usize)) -> Result<List, Refusal> {
    from(api, path, first(api, path)?, &mut step)
}

/// The first page.
pub(super) fn first(api: &Api<'_>, path: &str) -> Result<List, Refusal> {
    page(api, path, 0)
}

/// Reads the pages after the first one.
pub(super) fn from(
    api: &Api<'_>,
    path: &str,
    mut list: List,
    step: &mut impl FnMut(usize, usize),
) -> Result<List, Refusal> {
    while list.incomplete.is_none() && list.items.len() < list.total {
        step(list.items.len(), list.total);
        let next = match page(api, path, list.items.len()) {
            Ok(next) => next,
            Err(Refusal::NoMoreRequests) => {
                list.incomplete = Some("this task has no more requests".to_owned());
                break;
            }
            Err(other) => return Err(other),
        };
        if next.total != list.total {
            list.incomplete = Some("it changed while it was read".to_owned());
        } else if next.items.is_empty() {
            list.incomplete = Some(format!("Spotify gave {} of {} items", list.items.len(), list.total));
        }
        list.items.extend(next.items);
    }
    if list.items.len() > list.total {
        list.incomplete = Some(format!("Spotify returned {} items, but its total is {}", list.items.len(), list.total));
    }
    Ok(list)
}

fn page(api: &Api<'_>, path: &str, offset: usize) -> Result<List, Refusal> {
    let sign = if path.contains('?') { '&' } else { '?' };
    let content = api.get(&format!("{path}{sign}limit={PAGE}&offset={offset}"))?.unwrap_or_default();
    let total = content.get("total").and_then(Value::as_u64).and_then(|total| usize::try_from(total).ok());
    let Some(Value::Array(items)) = content.get("items") else {
        let incomplete = Some("the answer has no `items`".to_owned());
        return Ok(List { incomplete, ..List::default() });
    };
    let incomplete = match total {
        None => Some("the answer has no `total`".to_owned()),
        Some(total) if total > MOST => Some(format!("it has more than {MOST} items")),
        Some(_) => None,
    };
    Ok(List { items: items.clone(), total: total.unwrap_or(items.len()), incomplete })
}

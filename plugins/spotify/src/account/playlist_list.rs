//! The list of the account's playlists.

use std::collections::HashSet;

use baton_plugin_sdk::Error;
use serde_json::Value;

use super::items::text;
use super::web::Api;
use crate::read::html;

/// A playlist of the list.
#[derive(Clone, Debug)]
pub(super) struct AccountPlaylist {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) owner: String,
    pub(super) description: Option<String>,
    pub(super) version: String,
    pub(super) items: usize,
    /// True if the account owns it.
    pub(super) is_own: bool,
    /// Whether the account owns or edits it.
    pub(super) is_readable: bool,
}

/// The id of the account's owner.
pub(super) fn owner(api: &Api<'_>) -> Result<String, Error> {
    let me = api.get("/v1/me")?.unwrap_or_default();
    text(&me, "/id").ok_or_else(|| Error::Permanent("Spotify does not name the owner of the account".to_owned()))
}

/// The playlists of the list without repetitions. If the list changes while it is read, it may have a playlist twice.
pub(super) fn readable(items: &[Value], me: &str) -> Vec<AccountPlaylist> {
    let mut seen = HashSet::new();
    let one = |item: &Value| {
        let id = text(item, "/id").filter(|id| id.bytes().all(|byte| byte.is_ascii_alphanumeric()))?;
        let is_own = text(item, "/owner/id").is_some_and(|owner| owner == me);
        let is_shared = item.get("collaborative").and_then(Value::as_bool) == Some(true);
        let total = ["/items/total", "/tracks/total"].iter().find_map(|place| item.pointer(place)?.as_u64());
        Some(AccountPlaylist {
            name: text(item, "/name").unwrap_or_else(|| "(no name)".to_owned()),
            owner: text(item, "/owner/display_name").or_else(|| text(item, "/owner/id")).unwrap_or_default(),
            description: text(item, "/description").map(|escaped| html(&escaped)),
            version: text(item, "/snapshot_id").unwrap_or_default(),
            items: total.and_then(|total| usize::try_from(total).ok()).unwrap_or(0),
            is_own,
            is_readable: is_own || is_shared,
            id,
        })
    };
    items.iter().filter_map(one).filter(|one| seen.insert(one.id.clone())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn descriptions_are_decoded_and_names_are_not_escaped() {
        let item =
            json!({ "id": "a", "name": "R&amp;B", "owner": { "id": "me" }, "description": "1 &lt; 2 &amp; 3&#x2F;4" });
        let listed = readable(&[item], "me");
        let texts: Vec<_> = listed.iter().map(|one| (one.name.as_str(), one.description.as_deref())).collect();
        assert_eq!(texts, [("R&amp;B", Some("1 < 2 & 3/4"))]);
    }
}

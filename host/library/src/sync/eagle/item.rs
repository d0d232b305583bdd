//! An item, as both versions of the API return it.

use std::collections::HashMap;

use serde_json::Value;

use super::EagleError;

pub(super) type Items = HashMap<String, EagleItem>;

/// An item of the library that is open in Eagle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EagleItem {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its tags, in order; `None` if the answer has no list of texts. `None` differs from an empty list: a save replaces all
    /// tags, so Baton must know them.
    pub tags: Option<Vec<String>>,
    /// It is in Eagle's trash.
    pub deleted: bool,
    /// The size of its file in bytes.
    pub size: Option<u64>,
}

impl EagleItem {
    /// Parses an item. Only the id is required.
    pub(super) fn read(value: &Value, what: &str) -> Result<Self, EagleError> {
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let wrong = || EagleError::NotEagle { what: what.to_owned(), found: "an item without `id`".to_owned() };
        let tag = |tag: &Value| tag.as_str().map(str::to_owned);
        Ok(Self {
            id: text("id").ok_or_else(wrong)?,
            name: text("name").unwrap_or_default(),
            tags: value.get("tags").and_then(Value::as_array).and_then(|tags| tags.iter().map(tag).collect()),
            deleted: value.get("isDeleted").and_then(Value::as_bool).unwrap_or(false),
            size: value.get("size").and_then(Value::as_u64),
        })
    }

    /// Parses a list of items. An item without an id is `None`, so that the length of the page stays correct.
    pub(super) fn read_all(value: &Value, what: &str) -> Result<Vec<Option<Self>>, EagleError> {
        let items = value
            .as_array()
            .ok_or_else(|| EagleError::NotEagle { what: what.to_owned(), found: "not a list of items".to_owned() })?;
        let read: Vec<Result<Self, EagleError>> = items.iter().map(|item| Self::read(item, what)).collect();
        if !read.is_empty() && read.iter().all(Result::is_err) {
            return read.into_iter().map(|item| item.map(Some)).collect();
        }
        Ok(read.into_iter().map(Result::ok).collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_tags_are_not_an_empty_list_and_invalid_items_are_skipped() {
        let read = |value: Value| EagleItem::read(&value, "/x");
        let item = read(json!({ "id": "L1", "name": "a", "tags": ["x", "y"], "isDeleted": true })).unwrap();
        assert_eq!((item.tags, item.deleted), (Some(vec!["x".to_owned(), "y".to_owned()]), true));
        assert_eq!(read(json!({ "id": "L1", "tags": [] })).unwrap().tags, Some(Vec::new()));
        for odd in [json!({ "id": "L1" }), json!({ "id": "L1", "tags": ["x", 1] }), json!({ "id": "L1", "tags": null })]
        {
            assert_eq!(read(odd).unwrap().tags, None);
        }
        let wrong = json!([{ "tags": [] }, 1, null, { "id": 7 }]);
        assert!(matches!(EagleItem::read_all(&wrong, "/x"), Err(EagleError::NotEagle { .. })));
        let one = json!([1, { "id": "L1", "tags": 5 }]);
        let ids = EagleItem::read_all(&one, "/x").unwrap().into_iter().map(|item| item.map(|item| item.id));
        assert_eq!(ids.collect::<Vec<_>>(), [None, Some("L1".to_owned())]);
        assert!(EagleItem::read_all(&json!({}), "/x").is_err());
    }
}

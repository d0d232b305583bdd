//! An item as both versions of the API give it.

use serde_json::Value;

use super::EagleError;

/// An item of the library that is open in Eagle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EagleItem {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its tags, in order.
    pub tags: Vec<String>,
    /// Whether it lies in the trash.
    pub deleted: bool,
}

impl EagleItem {
    /// Reads an item. Tags that are not there are no empty list: to save tags is to replace them, so they have to be known.
    ///
    /// # Errors
    /// When it has no id, or its tags are no list of texts.
    pub(super) fn read(value: &Value, what: &str) -> Result<Self, EagleError> {
        let wrong = |found: &str| EagleError::NotEagle { what: what.to_owned(), found: found.to_owned() };
        let text = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let id = text("id").ok_or_else(|| wrong("an item without `id`"))?;
        let tags = value.get("tags").and_then(Value::as_array).map(|tags| tags.iter().map(Value::as_str));
        let tags: Option<Vec<&str>> = tags.and_then(Iterator::collect);
        let tags = tags.ok_or_else(|| wrong("an item whose `tags` are no list of texts"))?;
        Ok(Self {
            id,
            name: text("name").unwrap_or_default(),
            tags: tags.into_iter().map(str::to_owned).collect(),
            deleted: value.get("isDeleted").and_then(Value::as_bool).unwrap_or(false),
        })
    }

    /// Reads a list of items.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn read_all(value: &Value, what: &str) -> Result<Vec<Self>, EagleError> {
        let items = value
            .as_array()
            .ok_or_else(|| EagleError::NotEagle { what: what.to_owned(), found: "no list of items".to_owned() })?;
        items.iter().map(|item| Self::read(item, what)).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tags_that_are_not_known_are_an_error_and_no_empty_list() {
        let read = |value: Value| EagleItem::read(&value, "/x");
        let item = read(json!({ "id": "L1", "name": "a", "tags": ["x", "y"], "isDeleted": true })).unwrap();
        assert_eq!((item.tags.as_slice(), item.deleted), (["x".to_owned(), "y".to_owned()].as_slice(), true));
        assert_eq!(read(json!({ "id": "L1", "tags": [] })).unwrap().tags, Vec::<String>::new());
        for wrong in [json!({ "id": "L1" }), json!({ "id": "L1", "tags": ["x", 1] }), json!({ "tags": [] }), json!(1)] {
            assert!(matches!(read(wrong), Err(EagleError::NotEagle { .. })));
        }
        assert!(EagleItem::read_all(&json!({}), "/x").is_err());
    }
}

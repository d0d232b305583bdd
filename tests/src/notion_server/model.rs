//! The data of the server, and its form in answers.

use serde_json::{Map, Value, json};

use super::values::{empty, encode, minute, piece, set, uuid};

/// A row.
#[derive(Clone, Debug)]
pub struct FakeRow {
    /// Its id.
    pub id: String,
    /// The minute when it was created, counted from the first one.
    pub created: i64,
    /// The minute when it was edited last.
    pub edited: i64,
    /// Its values by the ids of the properties, as page objects have them.
    pub values: Map<String, Value>,
    /// True if it is in the trash.
    pub in_trash: bool,
}

/// A view.
#[derive(Clone, Debug)]
pub struct FakeView {
    /// Its id.
    pub id: String,
    /// Its data source.
    pub source: String,
    /// Its name.
    pub name: String,
    /// The body of the request that created it.
    pub body: Map<String, Value>,
}

/// A property: id, name, type.
#[derive(Clone, Debug)]
pub struct FakeProperty {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: String,
}

/// A data source.
pub(super) struct Source {
    pub(super) id: String,
    pub(super) database: String,
    pub(super) title: String,
    pub(super) properties: Vec<FakeProperty>,
    pub(super) rows: Vec<FakeRow>,
}

impl Source {
    pub(super) fn object(&self) -> Value {
        let mut properties = Map::new();
        for one in &self.properties {
            let kind = &one.kind;
            let about = match kind.as_str() {
                "relation" => json!({ "data_source_id": self.id, "type": "single_property", "single_property": {} }),
                _ => json!({}),
            };
            let described = json!({ "id": encode(&one.id), "name": one.name, "type": kind, kind: about });
            properties.insert(one.name.clone(), described);
        }
        json!({ "object": "data_source", "id": self.id, "title": [piece(&self.title)], "properties": properties,
            "parent": { "type": "database_id", "database_id": self.database }, "in_trash": false })
    }

    pub(super) fn page(&self, row: &FakeRow) -> Value {
        let mut properties = Map::new();
        for one in &self.properties {
            let mut value = row
                .values
                .get(&one.id)
                .filter(|value| value.get("type").and_then(Value::as_str) == Some(one.kind.as_str()))
                .cloned()
                .unwrap_or_else(|| empty(&one.kind));
            if one.kind == "last_edited_time" {
                value = json!({ "type": one.kind, "last_edited_time": minute(row.edited) });
            }
            set(&mut value, "id", encode(&one.id).into());
            if ["relation", "people"].contains(&one.kind.as_str())
                && let Some(all) = value.get_mut(&one.kind).and_then(Value::as_array_mut)
            {
                let has_more = all.len() > 25;
                all.truncate(25);
                if one.kind == "relation" {
                    set(&mut value, "has_more", has_more.into());
                }
            }
            properties.insert(one.name.clone(), value);
        }
        json!({ "object": "page", "id": row.id, "created_time": minute(row.created), "last_edited_time": minute(row.edited),
            "in_trash": row.in_trash, "is_locked": false, "url": format!("https://www.notion.so/{}", row.id.replace('-', "")), "public_url": null,
            "parent": { "type": "data_source_id", "data_source_id": self.id, "database_id": self.database },
            "icon": null, "cover": null, "properties": properties,
            "created_by": { "object": "user", "id": uuid(9) }, "last_edited_by": { "object": "user", "id": uuid(9) } })
    }
}

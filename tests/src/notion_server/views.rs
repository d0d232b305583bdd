//! The views of databases: listed by a database or a data source, read, and created in a database.

use serde_json::{Map, Value, json};

use super::model::{FakeProperty, FakeView, Source};
use super::query::filter_properties;
use super::values::uuid;
use super::{State, error};
use crate::fake_service::{Answer, value};

const TYPES: [&str; 10] =
    ["table", "board", "list", "calendar", "timeline", "gallery", "form", "chart", "map", "dashboard"];

/// The fields of a request that creates a view.
const FIELDS: [&str; 7] = ["database_id", "data_source_id", "name", "type", "filter", "sorts", "configuration"];

impl FakeView {
    fn object(&self, database: &str) -> Value {
        let of = |name: &str| self.body.get(name).cloned().unwrap_or_default();
        json!({ "object": "view", "id": self.id, "parent": { "type": "database_id", "database_id": database },
            "data_source_id": self.source, "name": self.name, "type": of("type"), "filter": of("filter"),
            "sorts": of("sorts"), "quick_filters": null, "configuration": of("configuration"),
            "created_time": "2026-01-18T10:00:00.000Z", "last_edited_time": "2026-01-18T10:00:00.000Z",
            "url": format!("https://www.notion.so/{}?v={}", database.replace('-', ""), self.id.replace('-', "")) })
    }
}

impl State {
    pub(super) fn list_views(&mut self, query: &[(String, String)]) -> Answer {
        let [database, source] = ["database_id", "data_source_id"].map(|name| value(query, name));
        if database.is_none() && source.is_none() {
            return self.wrong("views: database_id or data_source_id should be defined");
        }
        let is_listed = |one: &&Source| {
            source.as_ref().is_none_or(|id| one.id == *id) && database.as_ref().is_none_or(|id| one.database == *id)
        };
        let ids: Vec<&str> = self.sources.iter().filter(is_listed).map(|one| one.id.as_str()).collect();
        let views = self.views.iter().filter(|view| ids.contains(&view.source.as_str()));
        let results: Vec<Value> = views.map(|view| json!({ "object": "view", "id": view.id })).collect();
        Answer::json(
            "200 OK",
            &json!({ "object": "list", "results": results, "has_more": false, "next_cursor": null, "type": "view", "view": {} }),
        )
    }

    pub(super) fn view(&self, id: &str) -> Option<Answer> {
        let view = self.views.iter().find(|view| view.id == id)?;
        let source = self.sources.iter().find(|source| source.id == view.source)?;
        Some(Answer::json("200 OK", &view.object(&source.database)))
    }

    pub(super) fn create_view(&mut self, body: &Map<String, Value>) -> Answer {
        if let Some(key) = body.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            return self.wrong(&format!("body.{key} should be not present"));
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let [database, id, name, kind] = ["database_id", "data_source_id", "name", "type"].map(text);
        let found = self.sources.iter().find(|source| source.id == id && source.database == database);
        let Some(source) = found else { return error("404 Not Found", "object_not_found", "Could not find database") };
        if name.is_empty() || !TYPES.contains(&kind.as_str()) || !is_valid(body, &kind, &source.properties) {
            return self.wrong(&format!("body failed validation: {}", Value::from(body.clone())));
        }
        let view = FakeView { id: uuid(0xf0_0000 + self.views.len()), source: id, name, body: body.clone() };
        let answer = Answer::json("200 OK", &view.object(&database));
        self.views.push(view);
        answer
    }
}

/// True if filter, sorts and configuration name properties that exist, by id or by name.
fn is_valid(body: &Map<String, Value>, kind: &str, properties: &[FakeProperty]) -> bool {
    let is_property = |key: &str| properties.iter().any(|one| one.id == key || one.name == key);
    let filtered = body.get("filter").map_or(Some(Vec::new()), filter_properties);
    let sorts = match body.get("sorts") {
        None => Some(Vec::new()),
        Some(sorts) => sorts.as_array().and_then(|all| all.iter().map(sorted).collect()),
    };
    let (Some(filtered), Some(sorts)) = (filtered, sorts) else { return false };
    filtered.iter().chain(&sorts).all(|key| is_property(key))
        && body.get("configuration").is_none_or(|configuration| is_configuration(configuration, kind, properties))
}

/// The property by which a sort orders the rows.
fn sorted(sort: &Value) -> Option<String> {
    let direction = sort.get("direction")?.as_str()?;
    ["ascending", "descending"].contains(&direction).then(|| sort.get("property")?.as_str().map(str::to_owned))?
}

fn is_configuration(configuration: &Value, kind: &str, properties: &[FakeProperty]) -> bool {
    let is_own = configuration.get("type").and_then(Value::as_str) == Some(kind);
    let is_group = |group: &Value| {
        let text = |place: &str| group.pointer(place).and_then(Value::as_str).unwrap_or_default();
        let property = properties.iter().find(|one| one.id == text("/property_id"));
        property.is_some_and(|one| one.kind == text("/type"))
            && ["manual", "ascending", "descending"].contains(&text("/sort/type"))
    };
    is_own && configuration.get("group_by").is_none_or(is_group)
}

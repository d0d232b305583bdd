//! Ids, times and values of properties, as requests state them and as answers have them.

use baton_plugin_kit::time;
use serde_json::{Value, json};

/// The minute of the first row: 2026-01-18T10:00:00Z.
pub(super) const BEGIN: i64 = 1_768_730_400_000;

/// A page id that contains `number`.
#[must_use]
pub fn uuid(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

/// The time `number` minutes after `BEGIN`, as Notion writes it.
#[must_use]
pub fn minute(number: i64) -> String {
    let text = time::text(BEGIN + number * 60_000).unwrap_or_default();
    text.replace('Z', ".000Z")
}

/// A text value.
#[must_use]
pub fn rich(kind: &str, text: &str) -> Value {
    let pieces: Vec<Value> = if text.is_empty() { Vec::new() } else { vec![piece(text)] };
    json!({ "type": kind, kind: pieces })
}

/// A piece of a text.
pub(super) fn piece(text: &str) -> Value {
    json!({ "type": "text", "text": { "content": text, "link": null }, "plain_text": text, "href": null,
        "annotations": { "bold": false, "italic": false, "strikethrough": false, "underline": false, "code": false, "color": "default" } })
}

/// References to pages.
#[must_use]
pub fn relation(ids: &[String]) -> Value {
    let ids: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
    json!({ "type": "relation", "relation": ids })
}

/// The empty value of a property of this type.
pub(super) fn empty(kind: &str) -> Value {
    let content = match kind {
        "title" | "rich_text" | "multi_select" | "people" | "relation" | "files" => json!([]),
        "checkbox" => json!(false),
        _ => Value::Null,
    };
    json!({ "type": kind, kind: content })
}

/// Converts a property value of a request to the stored form. `None` if the value is not valid or the property is
/// read-only.
pub(super) fn stored(kind: &str, content: &Value) -> Option<Value> {
    let list = || content.as_array().filter(|all| all.len() <= 100);
    let text = |most: usize| content.as_str().filter(|text| text.len() <= most).map(Value::from);
    let option = |one: &Value| {
        let name =
            one.get("name")?.as_str().filter(|name| !name.is_empty() && !name.contains(',') && name.len() <= 100)?;
        Some(json!({ "id": name.to_lowercase(), "name": name, "color": "default" }))
    };
    let id = |one: &Value| one.get("id")?.as_str().filter(|id| id.len() == 36).map(str::to_owned);
    let content = match kind {
        "title" | "rich_text" => {
            let one = |one: &Value| {
                let text = one.pointer("/text/content")?.as_str()?;
                (text.encode_utf16().count() <= 2_000).then(|| piece(text))
            };
            Value::Array(list()?.iter().map(one).collect::<Option<_>>()?)
        }
        "number" if content.is_null() || content.is_number() => as_returned(content),
        "checkbox" if content.is_boolean() => content.clone(),
        "select" | "status" | "date" | "url" | "email" | "phone_number" if content.is_null() => Value::Null,
        "select" | "status" => option(content)?,
        "multi_select" => Value::Array(list()?.iter().map(option).collect::<Option<_>>()?),
        "relation" => Value::Array(list()?.iter().map(|one| Some(json!({ "id": id(one)? }))).collect::<Option<_>>()?),
        "people" => Value::Array(
            list()?.iter().map(|one| Some(json!({ "object": "user", "id": id(one)? }))).collect::<Option<_>>()?,
        ),
        "date" => {
            let zone = content.get("time_zone").cloned().unwrap_or_default();
            let at = |name: &str| content.get(name)?.as_str().map(|text| time_as_returned(text, zone.is_null()));
            json!({ "start": at("start")??, "end": at("end").unwrap_or_default(), "time_zone": zone })
        }
        "url" | "email" | "phone_number" => text(2_000)?,
        _ => return None,
    };
    Some(json!({ "type": kind, kind: content }))
}

/// Notion returns a whole number without a fraction.
fn as_returned(number: &Value) -> Value {
    let whole = number.to_string();
    whole.strip_suffix(".0").and_then(|whole| whole.parse::<i64>().ok()).map_or_else(|| number.clone(), Value::from)
}

/// Notion returns a time with milliseconds and its offset.
fn time_as_returned(text: &str, has_offset: bool) -> Option<String> {
    let at = time::parse(text)?;
    if text.len() <= 10 || !has_offset {
        return Some(text.to_owned());
    }
    let offset = text.rfind(['+', '-']).filter(|at| *at > 10).and_then(|at| text.get(at..)).unwrap_or("+00:00");
    let local = text.strip_suffix(offset).map_or(Some(at), time::parse)?;
    let whole = time::text(local - local.rem_euclid(1_000))?;
    Some(format!("{}.{:03}{offset}", whole.trim_end_matches('Z'), local.rem_euclid(1_000)))
}

pub(super) fn set(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = object {
        fields.insert(name.to_owned(), value);
    }
}

pub(super) fn encode(id: &str) -> String {
    crate::fake_service::encoded(id)
}

pub(super) fn decode(id: &str) -> String {
    crate::fake_service::form(&format!("id={}", id.replace('+', "%2B"))).pop().map(|(_, id)| id).unwrap_or_default()
}

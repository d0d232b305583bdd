//! The cells of a CSV file: converts the value of a property to text, and text to a value.
//!
//! The same value always has the same text, so that cells can be compared. Several values are written as `a, b` while
//! that is unambiguous, else as a JSON list. Pages and people are written by their ids.

use baton_plugin_kit::notion::{rich_text, uuid};
use baton_plugin_kit::{beginning, time};
use serde_json::{Value, json};

/// The maximum number of characters of a cell in a message.
const SHOWN: usize = 40;

/// Separates the two ends of a date.
const ARROW: &str = " → ";

/// The form of a day.
const DAY: &str = "2026-01-18";

/// Notion's limits: the characters of a text object, and the text objects of a value.
const MOST_CHARS: usize = 2_000;
const MOST_ITEMS: usize = 100;

/// True if Baton can write values of this type. Notion computes the values of other types, or they are files and places.
#[must_use]
pub fn is_writable(kind: &str) -> bool {
    matches!(
        kind,
        "title"
            | "rich_text"
            | "number"
            | "select"
            | "multi_select"
            | "status"
            | "date"
            | "people"
            | "checkbox"
            | "url"
            | "email"
            | "phone_number"
            | "relation"
    )
}

/// The text of a property of a page.
#[must_use]
pub fn format(property: &Value) -> String {
    let kind = property.get("type").and_then(Value::as_str).unwrap_or_default();
    of_type(kind, property.get(kind).unwrap_or(&Value::Null))
}

fn of_type(kind: &str, value: &Value) -> String {
    match (kind, value) {
        (_, Value::Null) => String::new(),
        // Notion returns each item of a long value separately: as an object instead of a list.
        ("title" | "rich_text" | "people" | "relation", Value::Object(_)) => {
            of_type(kind, &Value::Array(vec![value.clone()]))
        }
        ("title" | "rich_text", Value::Array(pieces)) => {
            pieces.iter().filter_map(|piece| piece.get("plain_text")?.as_str()).collect()
        }
        ("select" | "status", value) => text(value, "/name"),
        ("multi_select", Value::Array(items)) => list(items.iter().map(|item| text(item, "/name"))),
        ("people" | "relation", Value::Array(items)) => list(items.iter().map(|item| text(item, "/id"))),
        ("files", Value::Array(items)) => list(items.iter().map(file)),
        ("date", value) => date(value),
        ("created_by" | "last_edited_by", value) => text(value, "/id"),
        ("unique_id", value) => {
            let number = value.get("number").map(plain).unwrap_or_default();
            let prefix = text(value, "/prefix");
            if prefix.is_empty() || number.is_empty() { number } else { format!("{prefix}-{number}") }
        }
        ("formula", value) => {
            let inner = text(value, "/type");
            of_type(&inner, value.get(&inner).unwrap_or(&Value::Null))
        }
        ("rollup", value) => rollup(value),
        (_, value) => plain(value),
    }
}

/// A rollup of several values is a list of their texts.
fn rollup(value: &Value) -> String {
    let inner = text(value, "/type");
    match (inner.as_str(), value.get(&inner)) {
        ("array", Some(Value::Array(items))) => list(items.iter().map(format)),
        (_, Some(found)) => of_type(&inner, found),
        (_, None) => String::new(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn text(value: &Value, place: &str) -> String {
    value.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The address of a file, without the query part of the address, because Notion returns a different query part in each answer.
fn file(item: &Value) -> String {
    let external = text(item, "/external/url");
    if !external.is_empty() {
        return external;
    }
    let stored = text(item, "/file/url");
    stored.split('?').next().filter(|url| !url.is_empty()).map_or_else(|| text(item, "/name"), str::to_owned)
}

fn date(value: &Value) -> String {
    let (start, end, zone) = (text(value, "/start"), text(value, "/end"), text(value, "/time_zone"));
    let range = if end.is_empty() { start } else { format!("{start}{ARROW}{end}") };
    if zone.is_empty() { range } else { format!("{range} [{zone}]") }
}

fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    let is_plain = |item: &String| !item.is_empty() && !item.contains(',') && item.trim() == item;
    if items.iter().all(is_plain) && !items.first().is_some_and(|first| first.starts_with('[')) {
        return items.join(", ");
    }
    Value::from(items).to_string()
}

/// True if the page object may lack a part of the value: Notion returns at most 25 references to pages and people.
#[must_use]
pub fn may_be_cut(property: &Value) -> bool {
    const MOST: usize = 25;
    let kind = property.get("type").and_then(Value::as_str).unwrap_or_default();
    let items = property.get(kind).and_then(Value::as_array);
    match kind {
        "relation" => property.get("has_more").and_then(Value::as_bool) == Some(true),
        "people" => items.is_some_and(|items| items.len() >= MOST),
        "title" | "rich_text" => {
            items.is_some_and(|items| items.iter().filter(|piece| is_mention(piece)).count() >= MOST)
        }
        _ => false,
    }
}

fn is_mention(piece: &Value) -> bool {
    piece.get("type").and_then(Value::as_str) == Some("mention")
}

/// True if the value has formats, links, mentions or equations. They would be lost if Baton wrote the text back.
#[must_use]
pub fn has_formats(property: &Value) -> bool {
    let kind = property.get("type").and_then(Value::as_str).unwrap_or_default();
    let pieces = property.get(kind).and_then(Value::as_array).filter(|_| matches!(kind, "title" | "rich_text"));
    pieces.is_some_and(|pieces| pieces.iter().any(is_formatted))
}

fn is_formatted(piece: &Value) -> bool {
    let is_text = piece.get("type").and_then(Value::as_str) == Some("text");
    let is_linked = piece.pointer("/text/link").is_some_and(|link| !link.is_null());
    let annotations = piece.get("annotations").and_then(Value::as_object);
    let is_marked = |(name, value): (&String, &Value)| match value {
        Value::Bool(marked) => *marked,
        Value::String(color) => name == "color" && color != "default",
        _ => false,
    };
    !is_text || is_linked || annotations.is_some_and(|all| all.iter().any(is_marked))
}

/// Converts a text to the value for the body of a request: `{ "number": 7 }`.
///
/// # Errors
/// If the text is not valid for the type. The error names the valid form.
pub fn parse(kind: &str, text: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    let value = match kind {
        "title" | "rich_text" => rich_text(text)?,
        "number" | "select" | "status" | "date" | "url" | "email" | "phone_number" if trimmed.is_empty() => Value::Null,
        "number" => match serde_json::from_str(trimmed) {
            Ok(Value::Number(number)) => Value::Number(number),
            _ => return Err(format!("`{}` is not a number", beginning(text, SHOWN))),
        },
        "checkbox" => Value::Bool(checkbox(trimmed)?),
        "select" | "status" => json!({ "name": option(trimmed)? }),
        "multi_select" => {
            let names = items(trimmed)?;
            Value::Array(names.iter().map(|name| Ok(json!({ "name": option(name)? }))).collect::<Result<_, String>>()?)
        }
        "people" => Value::Array(ids(trimmed)?.into_iter().map(|id| json!({ "object": "user", "id": id })).collect()),
        "relation" => Value::Array(ids(trimmed)?.into_iter().map(|id| json!({ "id": id })).collect()),
        "date" => parse_date(trimmed)?,
        "url" | "email" | "phone_number" => {
            if text.chars().count() > MOST_CHARS {
                return Err(format!("it has more than {MOST_CHARS} characters"));
            }
            Value::from(text)
        }
        other => return Err(format!("the type {other} cannot be written")),
    };
    Ok(json!({ kind: value }))
}

/// Converts a text to the form that [`format()`] writes. An invalid text is returned unchanged.
#[must_use]
pub fn canonical(kind: &str, text: &str) -> String {
    let Ok(value) = parse(kind, text) else { return text.to_owned() };
    match kind {
        "title" | "rich_text" | "url" | "email" | "phone_number" => text.to_owned(),
        _ => of_type(kind, value.get(kind).unwrap_or(&Value::Null)),
    }
}

/// True if two texts are the same value. Notion changes the form of numbers and times: it returns `90.0` as `90`, and
/// `2026-01-18T10:15:00Z` as `2026-01-18T10:15:00.000+00:00`.
#[must_use]
pub fn same(kind: &str, one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(|text| canonical(kind, text));
    if one == other {
        return true;
    }
    match kind {
        "number" => {
            matches!((one.parse::<f64>(), other.parse::<f64>()), (Ok(one), Ok(other)) if one.total_cmp(&other).is_eq())
        }
        "date" => matches!((parse_date(&one), parse_date(&other)), (Ok(one), Ok(other)) if is_same_date(&one, &other)),
        _ => false,
    }
}

fn is_same_date(one: &Value, other: &Value) -> bool {
    let has_zone = one.get("time_zone").is_some_and(Value::is_string);
    let is_same = |place: &str| match [one, other].map(|date| date.get(place).and_then(Value::as_str)) {
        [Some(one), Some(other)] => is_same_time(one, other, has_zone),
        [one, other] => one == other,
    };
    one.get("time_zone") == other.get("time_zone") && is_same("start") && is_same("end")
}

/// Compares two times. If the date has a time zone, the offset of a time may be missing.
fn is_same_time(one: &str, other: &str, has_zone: bool) -> bool {
    let is_day = |text: &str| text.len() <= DAY.len();
    if is_day(one) != is_day(other) {
        return false;
    }
    let [(one, one_offset), (other, other_offset)] = [one, other].map(|text| text.split_at(offset_at(text)));
    let is_local = has_zone && one_offset.is_empty() != other_offset.is_empty();
    let at =
        |local: &str, offset: &str| time::parse(&if is_local { local.to_owned() } else { format!("{local}{offset}") });
    at(one, one_offset).is_some_and(|at_one| at(other, other_offset) == Some(at_one))
}

/// Where the offset of a time begins: `Z` or `+01:00`.
fn offset_at(text: &str) -> usize {
    text.rfind(['Z', 'z', '+', '-']).filter(|at| *at >= DAY.len()).unwrap_or(text.len())
}

fn checkbox(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" | "" => Ok(false),
        _ => Err(format!("a checkbox is true or false, not `{}`", beginning(text, SHOWN))),
    }
}

fn option(name: &str) -> Result<&str, String> {
    if name.contains(',') || name.chars().count() > 100 {
        return Err(format!(
            "`{}` cannot be an option: an option has at most 100 characters and no comma",
            beginning(name, SHOWN)
        ));
    }
    Ok(name)
}

fn items(text: &str) -> Result<Vec<String>, String> {
    let all: Vec<String> = match serde_json::from_str(text) {
        Ok(all) if text.starts_with('[') => all,
        _ => text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect(),
    };
    if all.len() > MOST_ITEMS { Err(format!("it has more than {MOST_ITEMS} values")) } else { Ok(all) }
}

fn ids(text: &str) -> Result<Vec<String>, String> {
    let all = items(text)?;
    match all.iter().find(|id| uuid(id).is_none()) {
        Some(wrong) => Err(format!("`{}` is not an id (32 hexadecimal digits)", beginning(wrong, SHOWN))),
        None => Ok(all.iter().filter_map(|id| uuid(id)).collect()),
    }
}

fn parse_date(text: &str) -> Result<Value, String> {
    let (range, zone) = match text.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')) {
        Some((range, zone)) => (range.trim(), Some(zone.trim())),
        None => (text, None),
    };
    let (start, end) = match range.split_once('→') {
        Some((start, end)) => (start.trim(), Some(end.trim())),
        None => (range, None),
    };
    for part in std::iter::once(start).chain(end) {
        let wrong =
            || format!("`{}` is neither a day (2026-01-18) nor a time (2026-01-18T10:15:00Z)", beginning(part, SHOWN));
        time::parse(part).ok_or_else(wrong)?;
    }
    Ok(json!({ "start": start, "end": end, "time_zone": zone }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_all_types_have_an_exact_text() {
        let id = "00000000-0000-4000-8000-000000000001";
        for (property, expected) in [
            (
                json!({ "type": "title", "title": [{ "plain_text": "Night" }, { "plain_text": " Bus\n" }] }),
                "Night Bus\n",
            ),
            (json!({ "type": "number", "number": 120.5 }), "120.5"),
            (json!({ "type": "number", "number": 9_007_199_254_740_991_u64 }), "9007199254740991"),
            (json!({ "type": "number", "number": null }), ""),
            (json!({ "type": "checkbox", "checkbox": false }), "false"),
            (
                json!({ "type": "multi_select", "multi_select": [{ "name": "House" }, { "name": "Deep House" }] }),
                "House, Deep House",
            ),
            (json!({ "type": "relation", "relation": [{ "id": id }], "has_more": false }), id),
            (json!({ "type": "people", "people": [{ "object": "user", "id": id }] }), id),
            (
                json!({ "type": "date", "date": { "start": "2026-01-18T10:15:00.000+01:00", "end": "2026-01-19", "time_zone": null } }),
                "2026-01-18T10:15:00.000+01:00 → 2026-01-19",
            ),
            (
                json!({ "type": "date", "date": { "start": "2026-01-18T10:15:00", "end": null, "time_zone": "Europe/Oslo" } }),
                "2026-01-18T10:15:00 [Europe/Oslo]",
            ),
            (
                json!({ "type": "files", "files": [{ "name": "a", "external": { "url": "https://a.example/x,y" } }] }),
                "[\"https://a.example/x,y\"]",
            ),
            (
                json!({ "type": "files", "files": [{ "name": "a", "file": { "url": "https://s3.example/a.pdf?Signature=x" } }] }),
                "https://s3.example/a.pdf",
            ),
            (json!({ "type": "formula", "formula": { "type": "boolean", "boolean": true } }), "true"),
            (json!({ "type": "rollup", "rollup": { "type": "number", "number": 3, "function": "count" } }), "3"),
            (
                json!({ "type": "rollup", "rollup": { "type": "array", "array": [{ "type": "number", "number": 1 }, { "type": "number", "number": 2 }] } }),
                "1, 2",
            ),
            (json!({ "type": "unique_id", "unique_id": { "prefix": "T", "number": 7 } }), "T-7"),
            (json!({ "type": "status", "status": { "name": "Done" } }), "Done"),
        ] {
            assert_eq!(format(&property), expected, "{property}");
        }
    }

    #[test]
    fn a_text_is_the_same_value_again() {
        for (kind, text) in [
            ("number", "120.5"),
            ("number", ""),
            ("checkbox", "true"),
            ("select", "Deep House"),
            ("multi_select", "a, b"),
            ("relation", "00000000-0000-4000-8000-000000000001"),
            ("date", "2026-01-18T10:15:00.000+01:00 → 2026-01-19"),
            ("date", "2026-01-18T10:15:00 [Europe/Oslo]"),
        ] {
            let value = parse(kind, text).unwrap();
            assert_eq!(of_type(kind, &value[kind]), text);
            assert_eq!(canonical(kind, text), text);
        }
        assert_eq!(canonical("relation", "00000000000040008000000000000001"), "00000000-0000-4000-8000-000000000001");
        assert_eq!(canonical("checkbox", "YES"), "true");
    }

    #[test]
    fn other_forms_of_a_number_or_time_are_the_same_value() {
        for (kind, one, other) in [
            ("number", "90.0", "90"),
            ("number", "1e2", "100"),
            ("date", "2026-01-18T10:15:00Z", "2026-01-18T10:15:00.000+00:00"),
            ("date", "2026-01-18T11:15+01:00", "2026-01-18T10:15:00.000Z"),
            ("date", "2026-01-18T10:15:00", "2026-01-18T10:15:00.000+00:00"),
            ("date", "2026-01-18T10:15:00Z→2026-01-19", "2026-01-18T10:15:00.000+00:00 → 2026-01-19"),
            ("date", "2026-01-18T10:15:00 [Europe/Oslo]", "2026-01-18T10:15:00.000+01:00 [Europe/Oslo]"),
        ] {
            assert!(same(kind, one, other) && same(kind, other, one), "{kind} {one} {other}");
        }
        for (kind, one, other) in [
            ("number", "90", "90.5"),
            ("number", "", "0"),
            ("date", "2026-01-18", "2026-01-18T00:00:00Z"),
            ("date", "2026-01-18T10:15:00Z", "2026-01-18T10:15:00+01:00"),
            ("date", "2026-01-18T10:15:00 [Europe/Oslo]", "2026-01-18T10:15:00 [Europe/London]"),
            ("date", "2026-01-18", "2026-01-18 → 2026-01-19"),
            ("rich_text", "90.0", "90"),
        ] {
            assert!(!same(kind, one, other) && !same(kind, other, one), "{kind} {one} {other}");
        }
    }

    #[test]
    fn items_of_a_rollup_have_the_text_of_their_value() {
        let items = [
            json!({ "object": "property_item", "type": "title", "title": { "type": "text", "plain_text": "Night" } }),
            json!({ "object": "property_item", "type": "relation", "relation": { "id": "a" } }),
        ];
        assert_eq!(format(&json!({ "type": "rollup", "rollup": { "type": "array", "array": items } })), "Night, a");
    }

    #[test]
    fn errors_on_texts_that_notion_would_refuse_or_change() {
        for (kind, text) in [
            ("number", "1,5"),
            ("checkbox", "x"),
            ("select", "a,b"),
            ("relation", "Night Bus"),
            ("date", "yesterday"),
            ("formula", "1"),
            ("files", "https://a.example/"),
        ] {
            assert!(parse(kind, text).is_err(), "{kind} {text}");
        }
        let many = "00000000000040008000000000000001,".repeat(101);
        assert!(parse("relation", &many).is_err());
    }

    #[test]
    fn long_texts_are_several_pieces() {
        let value = parse("rich_text", &"𝄞".repeat(1_500)).unwrap();
        let lengths: Vec<_> = value["rich_text"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["text"]["content"].as_str().unwrap().chars().count())
            .collect();
        assert_eq!(lengths, [1_000, 500]);
        assert!(parse("title", &"x".repeat(200_001)).is_err());
    }

    #[test]
    fn formatted_text_is_recognised() {
        let piece = |bold: bool| json!({ "type": "text", "text": { "content": "a", "link": null }, "annotations": { "bold": bold, "color": "default" } });
        let property = |bold| json!({ "type": "rich_text", "rich_text": [piece(bold)] });
        assert!(!has_formats(&property(false)) && has_formats(&property(true)));
    }
}

//! `NAME.json` beside `NAME.csv` describes a database.
//!
//! ```json
//! { "id": "27ce…", "title": "Music Tracks", "complete": true, "request_status": "complete", "row_count": 2,
//!   "properties": { "title": { "name": "Title", "type": "title" }, "J@cT": { "name": "BPM", "type": "number" } } }
//! ```

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::drive::is_id;
use crate::table::{Database, Property};

/// Maximum number of properties of a database; the limit of Notion is 500.
const MOST_PROPERTIES: usize = 2_000;

/// Maximum number of characters of a title. A longer text is an error.
const MOST_TITLE: usize = 10_000;

#[derive(Deserialize)]
struct Sidecar {
    id: String,
    title: String,
    properties: Pairs,
    complete: bool,
    #[serde(default, deserialize_with = "status")]
    request_status: Option<String>,
    row_count: Option<u64>,
}

/// The status at the end of a reading: a text, or the `type` of an object, because some services return an object. An object
/// without `type` is stored as JSON, which never means a complete reading.
fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        Value::Object(said) => {
            let kind = said.get("type").and_then(Value::as_str).map(str::to_owned);
            Ok(Some(kind.unwrap_or_else(|| Value::Object(said).to_string())))
        }
        other => {
            let text = format!("`request_status` must be text or an object with `type`, not {other}");
            Err(serde::de::Error::custom(text))
        }
    }
}

#[derive(Deserialize)]
struct PropertyDescription {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

/// The entries of a JSON object in their order, including entries with repeated keys.
struct Pairs(Vec<(String, PropertyDescription)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

struct PairsVisitor;

impl<'de> Visitor<'de> for PairsVisitor {
    type Value = Pairs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of properties by their ids")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            if pairs.len() == MOST_PROPERTIES {
                return Err(serde::de::Error::custom(format!("more than {MOST_PROPERTIES} properties")));
            }
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

pub(super) fn read(bytes: &[u8]) -> Result<Database, String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let sidecar: Sidecar = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if !is_id(&sidecar.id) {
        return Err("its `id` is not valid: at most 64 ASCII letters, digits and `-`".to_owned());
    }
    if sidecar.title.len() > MOST_TITLE {
        return Err("its `title` is too long".to_owned());
    }
    let status = sidecar.request_status;
    let whole = status.as_deref().is_none_or(|status| status.eq_ignore_ascii_case("complete"));
    let property =
        |(id, described): (String, PropertyDescription)| Property { id, name: described.name, kind: described.kind };
    Ok(Database {
        id: sidecar.id,
        title: sidecar.title,
        properties: sidecar.properties.0.into_iter().map(property).collect(),
        complete: sidecar.complete && whole,
        request_status: status,
        row_count: sidecar.row_count,
    })
}

/// Writes a sidecar with the properties in order.
#[must_use]
pub fn text(database: &Database) -> String {
    let property = |property: &Property| {
        (property.id.clone(), serde_json::json!({ "name": property.name, "type": property.kind }))
    };
    let properties: serde_json::Map<_, _> = database.properties.iter().map(property).collect();
    let sidecar = serde_json::json!({
        "id": database.id,
        "title": database.title,
        "properties": properties,
        "complete": database.complete,
        "request_status": database.request_status,
        "row_count": database.row_count,
    });
    format!("{sidecar:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"id":"id-1","title":"T","complete":true,"request_status":null,"row_count":1,
        "properties":{"title":{"name":"Name","type":"title"},"a":{"name":"Bpm","type":"number"}}}"#;

    #[test]
    fn a_sidecar_is_read_in_its_order_and_written_unchanged() {
        let database = read(GOOD.as_bytes()).unwrap();
        assert_eq!(database.properties[1], Property { id: "a".into(), name: "Bpm".into(), kind: "number".into() });
        assert_eq!(read(text(&database).as_bytes()), Ok(database));
    }

    #[test]
    fn a_reading_is_incomplete_if_either_field_is() {
        for text in [GOOD.replace("true", "false"), GOOD.replace("null", "\"incomplete\"")] {
            assert!(!read(text.as_bytes()).unwrap().complete);
        }
    }

    #[test]
    fn the_status_is_text_or_an_object_with_its_type() {
        for (status, text, complete) in [
            ("\"Complete\"", "Complete", true),
            (r#"{"type":"complete"}"#, "complete", true),
            (r#"{"type":"incomplete","incomplete_reason":"query_result_limit_reached"}"#, "incomplete", false),
            (r#"{"state":1}"#, r#"{"state":1}"#, false),
        ] {
            let database = read(GOOD.replace("null", status).as_bytes()).unwrap();
            assert_eq!((database.request_status.as_deref(), database.complete), (Some(text), complete));
        }
        assert!(read(GOOD.replace("\"request_status\":null,", "").as_bytes()).unwrap().complete);
        assert!(
            read(GOOD.replace("null", "7").as_bytes())
                .unwrap_err()
                .contains("`request_status` must be text or an object")
        );
    }

    #[test]
    fn a_byte_order_mark_is_accepted() {
        assert_eq!(read(format!("\u{feff}{GOOD}").as_bytes()), read(GOOD.as_bytes()));
    }

    #[test]
    fn two_properties_with_one_id_are_both_read() {
        assert_eq!(read(GOOD.replace("\"a\"", "\"title\"").as_bytes()).unwrap().properties.len(), 2);
    }

    #[test]
    fn errors_on_invalid_sidecars() {
        for (text, why) in [
            ("", "EOF"),
            ("[]", "invalid"),
            ("{}", "missing field"),
            (&GOOD.replace("id-1", "../x"), "its `id` is not valid"),
            (&GOOD.replace("id-1", "a_b"), "its `id` is not valid"),
            (&GOOD.replace("\"T\"", &format!("\"{}\"", "x".repeat(20_000))), "too long"),
        ] {
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}

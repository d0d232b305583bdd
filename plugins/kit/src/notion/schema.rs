//! Properties of data sources, and texts of their values. A property is identified by its id, which does not change
//! when the property is renamed.

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// The maximum number of pieces of a text.
const MOST_ITEMS: usize = 100;

/// The maximum number of UTF-16 units of a piece.
const MOST_CHARS: usize = 2_000;

/// A property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Its id, decoded.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The name of its type.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The properties in the order of the columns: the title first, the others by name.
#[must_use]
pub fn properties(described: &Map<String, Value>) -> Vec<Property> {
    let one = |(name, value): (&String, &Value)| Property {
        id: decoded(&text(value, "id")),
        name: name.clone(),
        kind: text(value, "type"),
    };
    let mut all: Vec<Property> = described.iter().map(one).collect();
    all.sort_by_key(|one| (one.kind != "title", one.name.clone()));
    all
}

/// Decodes the id of a property, which Notion sends percent-encoded.
#[must_use]
pub fn decoded(id: &str) -> String {
    percent_decode_str(id).decode_utf8_lossy().into_owned()
}

/// A field of an object as text.
#[must_use]
pub fn text(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The text of a title, a rich text or an option of a page.
#[must_use]
pub fn plain_text(property: &Value) -> String {
    let kind = text(property, "type");
    match property.get(&kind) {
        Some(Value::Array(pieces)) => pieces.iter().map(|piece| text(piece, "plain_text")).collect(),
        Some(option) => text(option, "name"),
        None => String::new(),
    }
}

/// A text as the value of a property.
///
/// # Errors
/// If the text is too long; returns the reason.
pub fn rich_text(text: &str) -> Result<Value, String> {
    let (mut pieces, mut piece, mut units) = (Vec::new(), String::new(), 0);
    for c in text.chars() {
        // Notion counts UTF-16 units.
        if units + c.len_utf16() > MOST_CHARS {
            pieces.push(std::mem::take(&mut piece));
            units = 0;
        }
        units += c.len_utf16();
        piece.push(c);
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    if pieces.len() > MOST_ITEMS {
        return Err(format!("it has more than {} characters", MOST_ITEMS * MOST_CHARS));
    }
    Ok(pieces.into_iter().map(|piece| json!({ "type": "text", "text": { "content": piece } })).collect())
}

/// An id with its dashes, in lower case.
#[must_use]
pub fn uuid(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(|c| *c != '-').map(|c| c.to_ascii_lowercase()).collect();
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| digits.get(range).unwrap_or_default());
    Some(parts.join("-"))
}

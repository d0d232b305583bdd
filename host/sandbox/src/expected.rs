//! Describes one argument of an action for a person, from its JSON Schema, with an example. The schema is untrusted; the
//! caller must escape the texts that come from it.

use serde_json::Value;

use crate::coerce::{AcceptedValues, Reader};

/// The maximum number of listed values of a choice.
const NAMED: usize = 12;

/// An argument as a schema describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedArgument {
    /// Its name.
    pub name: String,
    /// The form of its value: `text`, `number`, `csv or json; may be given again`.
    pub form: String,
    /// True if every call must have it.
    pub required: bool,
    /// The default in the schema, as JSON.
    pub default: Option<String>,
    /// The plugin's description.
    pub description: String,
    /// An example of a value.
    pub example: String,
}

/// The arguments in a schema, in its order.
#[must_use]
pub fn expected(schema: &Value) -> Vec<ExpectedArgument> {
    let mut reader = Reader::new(schema);
    let properties = reader.properties(schema);
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let argument = |(name, property): (&String, &Value)| {
        let mut reader = Reader::new(schema);
        let accepted = reader.accepted(property);
        let text = |key: &str| property.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        ExpectedArgument {
            name: name.clone(),
            form: form(&mut reader, &accepted) + &bounds(property),
            required: required.iter().any(|required| required == name),
            default: property.get("default").map(ToString::to_string),
            description: text("description"),
            example: example(&mut reader, &accepted, name),
        }
    };
    properties.into_iter().flatten().map(argument).collect()
}

/// The form of a value.
fn form<'a>(reader: &mut Reader<'a>, accepted: &AcceptedValues<'a>) -> String {
    let mut forms: Vec<String> = if accepted.words.is_empty() {
        accepted.types.iter().filter_map(|kind| plain(kind)).map(str::to_owned).collect()
    } else {
        let named = accepted.words.iter().take(NAMED).map(|word| text_of(word));
        named.chain((accepted.words.len() > NAMED).then(|| "…".to_owned())).collect()
    };
    let takes_list = accepted.types.contains(&"array");
    if takes_list && forms.is_empty() {
        let items = reader.items(accepted);
        if !items.types.contains(&"array") {
            forms.push(form(reader, &items));
        }
    }
    forms.dedup();
    let forms = match forms.as_slice() {
        [] if takes_list => "JSON".to_owned(),
        [] => "text, or JSON".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    };
    if takes_list { format!("{forms}; may be repeated") } else { forms }
}

fn plain(kind: &str) -> Option<&'static str> {
    match kind {
        "string" => Some("text"),
        "integer" => Some("whole number"),
        "number" => Some("number"),
        "boolean" => Some("true or false"),
        "object" => Some("JSON object"),
        _ => None,
    }
}

fn bounds(property: &Value) -> String {
    let bound = |key: &str| property.get(key).filter(|bound| bound.is_number()).map(ToString::to_string);
    match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        (Some(least), None) => format!(", {least} or more"),
        (None, Some(most)) => format!(", at most {most}"),
        (None, None) => String::new(),
    }
}

fn example<'a>(reader: &mut Reader<'a>, accepted: &AcceptedValues<'a>, name: &str) -> String {
    if let Some(word) = accepted.words.first() {
        return text_of(word);
    }
    let has = |kind: &str| accepted.types.contains(&kind);
    if has("string") || accepted.types.is_empty() {
        name.to_uppercase()
    } else if has("integer") || has("number") {
        "1".to_owned()
    } else if has("boolean") {
        "true".to_owned()
    } else if has("array") {
        let items = reader.items(accepted);
        if items.types.contains(&"array") { "[]".to_owned() } else { example(reader, &items, name) }
    } else {
        "{}".to_owned()
    }
}

fn text_of(word: &Value) -> String {
    word.as_str().map_or_else(|| word.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_are_described_as_a_person_writes_them() {
        let schema = json!({
            "required": ["name"],
            "properties": {
                "name": { "type": "string", "description": "Who." },
                "formats": { "type": "array", "items": { "enum": ["csv", "m3u8", "rekordbox"] } },
                "paths": { "type": ["array", "string"], "items": { "type": "string" } },
                "top": { "type": "integer", "minimum": 1, "maximum": 9, "default": 3 },
                "stamp": { "type": "boolean" },
                "rules": { "type": "array", "items": { "$ref": "#/$defs/rule" } },
                "any": {},
            },
            "$defs": { "rule": { "type": "object" } },
        });
        let shown = expected(&schema);
        let shown: Vec<_> =
            shown.iter().map(|one| (one.name.as_str(), one.form.as_str(), one.example.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("name", "text", "NAME"),
                ("formats", "csv, m3u8 or rekordbox; may be repeated", "csv"),
                ("paths", "text; may be repeated", "PATHS"),
                ("top", "whole number, 1 to 9", "1"),
                ("stamp", "true or false", "true"),
                ("rules", "JSON object; may be repeated", "{}"),
                ("any", "text, or JSON", "ANY"),
            ]
        );
        let first = expected(&schema).into_iter().next().unwrap_or_default();
        assert!(first.required && first.description == "Who." && first.default.is_none());
    }

    #[test]
    fn a_schema_without_properties_names_no_argument() {
        assert_eq!(expected(&json!({ "type": "object" })), []);
        assert_eq!(expected(&json!(true)), []);
    }
}

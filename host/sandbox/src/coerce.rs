//! Converts arguments that a person typed as `NAME=TEXT` to the types in the JSON Schema of the action. For example,
//! `formats=m3u8` becomes a list if the schema expects a list, and `from=2025` stays text if it expects text.
//!
//! If a list or an object is written as JSON, its parts are converted with their schemas too: `plans=[2025]` becomes a
//! list of one text.
//!
//! This module checks nothing. A text that cannot be converted stays text, and the later check against the schema
//! (`arguments.rs`) reports the expected type. The schema is untrusted: only references inside it are followed, and the
//! work is limited.

use baton_core::text::one_line;
use serde_json::{Map, Number, Value};

/// The maximum depth of nested lists and references.
const DEPTH: usize = 8;

/// The maximum number of schema parts that are read for one value.
const PARTS: usize = 1_000;

/// An argument as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedArgument {
    /// The name before the first `=`.
    pub name: String,
    /// The text after the first `=`.
    pub text: String,
}

impl TypedArgument {
    /// Reads `NAME=VALUE`.
    ///
    /// # Errors
    /// When there is no `=`, or no name before it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, value) =
            text.split_once('=').ok_or_else(|| format!("`{}` is not of the form name=value", one_line(text)))?;
        if name.is_empty() {
            return Err(format!("`{}` has no name before the `=`", one_line(text)));
        }
        Ok(Self { name: name.to_owned(), text: value.to_owned() })
    }
}

/// Converts the arguments to one object. A repeated name adds to its list.
///
/// # Errors
/// When a name is repeated and its type is not a list.
pub fn coerce(schema: &Value, typed: &[TypedArgument]) -> Result<Map<String, Value>, String> {
    let mut args = Map::new();
    for argument in typed {
        if args.contains_key(&argument.name) {
            continue;
        }
        let texts: Vec<&str> =
            typed.iter().filter(|other| other.name == argument.name).map(|other| other.text.as_str()).collect();
        args.insert(argument.name.clone(), value(schema, &argument.name, &texts)?);
    }
    Ok(args)
}

fn value(schema: &Value, name: &str, texts: &[&str]) -> Result<Value, String> {
    let mut reader = Reader::new(schema);
    let property = reader.property(schema, name, DEPTH).unwrap_or(&Value::Bool(true));
    let accepted = reader.accepted(property);
    match texts {
        [text] => Ok(reader.one(&accepted, text, DEPTH)),
        texts if accepted.takes("array") => Ok(reader.list(&accepted, texts, DEPTH)),
        texts => Err(format!("the argument `{}` takes one value, but is given {} times", one_line(name), texts.len())),
    }
}

/// The types that a schema accepts, as far as they affect the conversion of a text.
#[derive(Default)]
pub(crate) struct AcceptedValues<'a> {
    /// The types; empty if the schema does not name any.
    pub(crate) types: Vec<&'a str>,
    /// The values of `enum` and `const`.
    pub(crate) words: Vec<&'a Value>,
    /// The schemas of a list's items.
    items: Vec<&'a Value>,
    /// The schemas that name properties of an object.
    objects: Vec<&'a Value>,
}

impl AcceptedValues<'_> {
    fn takes(&self, kind: &str) -> bool {
        self.types.is_empty() || self.types.contains(&kind)
    }

    /// True if a text may stay unchanged. If so, only exact conversions replace it.
    fn takes_text(&self) -> bool {
        self.types.contains(&"string")
    }

    /// True if the type of a value is accepted.
    fn takes_value(&self, value: &Value) -> bool {
        let kind = type_of(value);
        self.takes(kind) || (kind == "integer" && self.takes("number"))
    }

    fn add_type(&mut self, kind: &Value) {
        let known = ["null", "boolean", "integer", "number", "string", "array", "object"];
        self.types.extend(known.into_iter().find(|known| kind.as_str() == Some(known)));
    }
}

pub(crate) struct Reader<'a> {
    root: &'a Value,
    /// The number of schema parts that may still be read.
    left: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(root: &'a Value) -> Self {
        Self { root, left: PARTS }
    }

    /// The direct properties of the schema.
    pub(crate) fn properties(&mut self, schema: &'a Value) -> Option<&'a Map<String, Value>> {
        let fields = self.fields(schema)?;
        let own = fields.get("properties").and_then(Value::as_object);
        own.or_else(|| self.parts(fields).into_iter().find_map(|part| part.get("properties")?.as_object()))
    }

    /// The schema of the items of a list.
    pub(crate) fn items(&mut self, accepted: &AcceptedValues<'a>) -> AcceptedValues<'a> {
        let mut items = AcceptedValues::default();
        for schema in accepted.items.iter().copied() {
            self.collect(schema, &mut items, DEPTH);
        }
        items
    }

    /// The schema of the property `name` of an object.
    fn field(&mut self, accepted: &AcceptedValues<'a>, name: &str) -> AcceptedValues<'a> {
        let named = |key: &str| accepted.objects.iter().copied().find_map(|schema| schema.get(key)?.get(name));
        let other = || accepted.objects.iter().copied().find_map(|schema| schema.get("additionalProperties"));
        named("properties").or_else(other).map(|schema| self.accepted(schema)).unwrap_or_default()
    }

    /// The schema of the property `name`.
    fn property(&mut self, schema: &'a Value, name: &str, depth: usize) -> Option<&'a Value> {
        let fields = self.fields(schema)?;
        let own = fields.get("properties").and_then(|properties| properties.get(name));
        if own.is_some() || depth == 0 {
            return own;
        }
        let parts = self.parts(fields);
        let inner = parts.into_iter().find_map(|part| self.property(part, name, depth - 1));
        inner.or_else(|| fields.get("additionalProperties"))
    }

    pub(crate) fn accepted(&mut self, schema: &'a Value) -> AcceptedValues<'a> {
        let mut accepted = AcceptedValues::default();
        self.collect(schema, &mut accepted, DEPTH);
        accepted
    }

    fn collect(&mut self, schema: &'a Value, accepted: &mut AcceptedValues<'a>, depth: usize) {
        let Some(fields) = self.fields(schema) else { return };
        let words = fields.get("enum").and_then(Value::as_array).into_iter().flatten();
        let words: Vec<&Value> = words.chain(fields.get("const")).take(PARTS).collect();
        match fields.get("type") {
            Some(Value::Array(types)) => types.iter().take(DEPTH).for_each(|kind| accepted.add_type(kind)),
            Some(kind) => accepted.add_type(kind),
            None => accepted.types.extend(words.iter().map(|word| type_of(word))),
        }
        accepted.words.extend(words);
        accepted.items.extend(fields.get("items"));
        if fields.contains_key("properties") || fields.contains_key("additionalProperties") {
            accepted.objects.push(schema);
        }
        if depth > 0 {
            self.parts(fields).into_iter().for_each(|part| self.collect(part, accepted, depth - 1));
        }
    }

    /// The schemas that apply in addition to the schema with these fields.
    fn parts(&mut self, fields: &'a Map<String, Value>) -> Vec<&'a Value> {
        let target = fields.get("$ref").and_then(Value::as_str).and_then(|to| to.strip_prefix('#'));
        let target = target.and_then(|pointer| self.root.pointer(pointer));
        let several = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|key| fields.get(key)?.as_array()).flatten();
        target.into_iter().chain(several).take(self.left).collect()
    }

    fn fields(&mut self, schema: &'a Value) -> Option<&'a Map<String, Value>> {
        self.left = self.left.checked_sub(1)?;
        schema.as_object()
    }

    fn one(&mut self, accepted: &AcceptedValues<'a>, text: &str, depth: usize) -> Value {
        let word = accepted.words.iter().find(|word| match word {
            Value::String(word) => word == text,
            word => word.to_string() == text,
        });
        if let Some(word) = word {
            return (*word).clone();
        }
        if accepted.types.is_empty() {
            return match serde_json::from_str(text) {
                Ok(value) => self.fit(accepted, value, depth),
                Err(_) => Value::String(text.to_owned()),
            };
        }
        if let Some(value) = scalar(accepted, text) {
            return value;
        }
        if let Some(value) = structure(accepted, text) {
            return self.fit(accepted, value, depth);
        }
        if !accepted.takes_text() && accepted.takes("array") && depth > 0 {
            return self.list(accepted, &[text], depth);
        }
        Value::String(text.to_owned())
    }

    /// Converts a JSON value and its parts to the expected types: a number or a boolean becomes text if text is
    /// expected, a text becomes a number if a number is expected. A number with a fraction is not converted, because
    /// its original text is unknown; null is not converted either. The later check reports such values.
    fn fit(&mut self, accepted: &AcceptedValues<'a>, value: Value, depth: usize) -> Value {
        if depth == 0 || accepted.words.contains(&&value) {
            return value;
        }
        match value {
            Value::Array(list) => {
                let items = self.items(accepted);
                Value::Array(list.into_iter().map(|item| self.fit(&items, item, depth - 1)).collect())
            }
            Value::Object(fields) => {
                let fit = |(name, value): (String, Value)| {
                    let field = self.field(accepted, &name);
                    let value = self.fit(&field, value, depth - 1);
                    (name, value)
                };
                Value::Object(fields.into_iter().map(fit).collect())
            }
            value if accepted.takes_value(&value) => value,
            Value::String(text) => self.one(accepted, &text, depth - 1),
            Value::Bool(_) | Value::Number(_) if accepted.takes_text() && type_of(&value) != "number" => {
                Value::String(value.to_string())
            }
            value => value,
        }
    }

    /// Joins several texts to one list. A text that is a JSON list adds its items.
    fn list(&mut self, accepted: &AcceptedValues<'a>, texts: &[&str], depth: usize) -> Value {
        let items = self.items(accepted);
        let mut list = Vec::new();
        for text in texts {
            match serde_json::from_str(text) {
                Ok(Value::Array(more)) if text.starts_with('[') => {
                    list.extend(more.into_iter().map(|item| self.fit(&items, item, depth.saturating_sub(1))));
                }
                _ => list.push(self.one(&items, text, depth.saturating_sub(1))),
            }
        }
        Value::Array(list)
    }
}

/// Converts a text to null, a boolean or a number, if one is expected.
fn scalar(accepted: &AcceptedValues<'_>, text: &str) -> Option<Value> {
    let exact = accepted.takes_text();
    match text {
        "null" if accepted.takes("null") => return Some(Value::Null),
        "true" if accepted.takes("boolean") => return Some(Value::Bool(true)),
        "false" if accepted.takes("boolean") => return Some(Value::Bool(false)),
        "yes" | "on" if accepted.takes("boolean") && !exact => return Some(Value::Bool(true)),
        "no" | "off" if accepted.takes("boolean") && !exact => return Some(Value::Bool(false)),
        _ => {}
    }
    let (whole, any) = (accepted.takes("integer"), accepted.takes("number"));
    if !whole && !any {
        return None;
    }
    let number: Number = serde_json::from_str(text).ok()?;
    // An id such as `1e5` stays text if text is accepted.
    let fits = !exact || (number.to_string() == text && (any || !number.is_f64()));
    fits.then_some(Value::Number(number))
}

/// Parses a text as a JSON list or object, if one is expected.
fn structure(accepted: &AcceptedValues<'_>, text: &str) -> Option<Value> {
    let kind = match text.trim_start().chars().next() {
        Some('[') => "array",
        Some('{') => "object",
        _ => return None,
    };
    let value: Value = serde_json::from_str(text).ok()?;
    accepted.takes(kind).then_some(value)
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn coerced(schema: &Value, pairs: &[&str]) -> Result<Value, String> {
        let typed: Vec<_> = pairs.iter().map(|pair| TypedArgument::parse(pair).unwrap()).collect();
        coerce(schema, &typed).map(Value::Object)
    }

    #[test]
    fn a_text_is_converted_to_the_type_in_the_schema() {
        for (schema, text, value) in [
            (json!({ "type": "string" }), "2025", json!("2025")),
            (json!({ "type": "string" }), "true", json!("true")),
            (json!({ "type": "string" }), "\"Heroes\"", json!("\"Heroes\"")),
            (json!({ "type": "string" }), "[x]", json!("[x]")),
            (json!({ "type": "integer" }), "2025", json!(2025)),
            (json!({ "type": "integer" }), "many", json!("many")),
            (json!({ "type": "number" }), "1.5", json!(1.5)),
            (json!({ "type": "boolean" }), "true", json!(true)),
            (json!({ "type": "boolean" }), "no", json!(false)),
            (json!({ "type": ["boolean", "string"] }), "no", json!("no")),
            (json!({ "type": ["boolean", "string"] }), "true", json!(true)),
            (json!({ "type": ["string", "integer"] }), "7", json!(7)),
            (json!({ "type": ["string", "integer"] }), "007", json!("007")),
            (json!({ "type": ["string", "integer"] }), "1e5", json!("1e5")),
            (json!({ "type": ["string", "null"] }), "null", json!(null)),
            (json!({ "type": "array", "items": { "enum": ["csv", "m3u8"] } }), "m3u8", json!(["m3u8"])),
            (json!({ "type": "array", "items": { "enum": [1, 2] } }), "2", json!([2])),
            (json!({ "type": "array", "items": { "type": "string" } }), "2025", json!(["2025"])),
            (json!({ "type": "array", "items": { "type": "string" } }), "[\"a\",\"b\"]", json!(["a", "b"])),
            (json!({ "type": "array", "items": { "type": "string" } }), "[Demo] a.csv", json!(["[Demo] a.csv"])),
            (json!({ "type": ["array", "string"], "items": { "type": "string" } }), "a.md", json!("a.md")),
            (json!({ "type": "array", "items": { "type": "string" } }), "[2025, true]", json!(["2025", "true"])),
            (json!({ "type": "array", "items": { "type": "string" } }), "[1.50, null]", json!([1.5, null])),
            (json!({ "type": "array", "items": { "type": "integer" } }), "[\"7\", \"x\"]", json!([7, "x"])),
            (json!({ "type": "array", "items": { "type": ["string", "integer"] } }), "[7, \"7\"]", json!([7, "7"])),
            (json!({ "type": "array", "items": { "enum": ["1", "2"] } }), "[1]", json!(["1"])),
            (json!({ "type": ["array", "string"], "items": { "type": "string" } }), "[2025]", json!(["2025"])),
            (json!({ "type": "array", "items": { "$ref": "#/$defs/many" } }), "[[7]]", json!([["7"]])),
            (
                json!({ "type": "object", "properties": { "a": { "type": "string" }, "b": { "type": "array", "items": { "type": "boolean" } } },
                    "additionalProperties": { "type": "integer" } }),
                "{\"a\": 2025, \"b\": [\"true\", false], \"c\": \"3\"}",
                json!({ "a": "2025", "b": [true, false], "c": 3 }),
            ),
            (json!({ "properties": { "a": { "type": "string" } } }), "{\"a\": 1}", json!({ "a": "1" })),
            (json!({ "type": "object" }), "{\"a\":1}", json!({ "a": 1 })),
            (json!({ "enum": ["first", "copy"] }), "copy", json!("copy")),
            (json!({ "enum": [1, "1"] }), "1", json!(1)),
            (json!({ "anyOf": [{ "type": "string" }, { "type": "array" }] }), "x", json!("x")),
            (json!({ "$ref": "#/$defs/many" }), "7", json!(["7"])),
            (json!({}), "7", json!(7)),
            (json!({}), "x", json!("x")),
            (json!(true), "[1]", json!([1])),
        ] {
            let root = json!({
                "properties": { "x": schema },
                "$defs": { "many": { "type": "array", "items": { "type": "string" } } },
            });
            assert_eq!(coerced(&root, &[&format!("x={text}")]), Ok(json!({ "x": value })), "{root} {text}");
        }
    }

    #[test]
    fn a_repeated_name_extends_its_list_and_is_otherwise_an_error() {
        let schema = json!({ "properties": {
            "list": { "type": "array", "items": { "type": "string" } },
            "either": { "type": ["array", "string"], "items": { "type": "string" } },
            "text": { "type": "string" },
        } });
        assert_eq!(
            coerced(&schema, &["list=1", "either=a", "list=[\"2\",3]", "either=b", "free=1", "free=x"]),
            Ok(json!({ "list": ["1", "2", "3"], "either": ["a", "b"], "free": [1, "x"] }))
        );
        let why = coerced(&schema, &["text=a", "text=b"]).unwrap_err();
        assert_eq!(why, "the argument `text` takes one value, but is given 2 times");
    }

    #[test]
    fn the_text_after_the_first_equals_sign_is_the_value() {
        assert_eq!(TypedArgument::parse("e=a=b").map(|argument| argument.text), Ok("a=b".to_owned()));
        assert_eq!(coerced(&json!({ "properties": { "e": { "type": "string" } } }), &["e="]), Ok(json!({ "e": "" })));
        assert!(TypedArgument::parse("no").is_err() && TypedArgument::parse("=v").is_err());
    }

    #[test]
    fn a_hostile_schema_costs_little() {
        let cycle = json!({ "properties": { "x": { "$ref": "#/$defs/a" } },
            "$defs": { "a": { "type": "array", "items": { "$ref": "#/$defs/a" } } } });
        assert!(coerced(&cycle, &["x=1", "x=2"]).is_ok());
        let part = json!({ "$ref": "#/$defs/a" });
        let bomb = json!({ "properties": { "x": part }, "$defs": { "a": { "anyOf": vec![part; 500] } } });
        assert_eq!(coerced(&bomb, &["x=1"]), Ok(json!({ "x": 1 })));
    }
}

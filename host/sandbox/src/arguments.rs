//! Checks the arguments of a task against the JSON Schema (draft 2020-12) of the action in the manifest, before the plugin runs.
//!
//! The schema is untrusted and is evaluated on the host, outside the limits of the sandbox. So its references must stay
//! inside its own `$defs` and must not form a cycle. Its size with expanded references is limited, its patterns run in
//! linear time, and nothing is downloaded.

use std::collections::{BTreeMap, HashMap};

use baton_core::file_name::cut;
use baton_core::manifest::{Action, Manifest};
use baton_core::nearest::{ALIKE, nearest};
use baton_core::text::one_line;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, PatternOptions, ValidationError, Validator};
use serde_json::Value;

use crate::limits;

/// The maximum number of mistakes in a message.
const LISTED: usize = 3;

/// The maximum size of a name or a value in a message, in bytes.
const SHOWN: usize = 100;

/// Keywords that begin with `$` and are supported.
const HARMLESS: [&str; 4] = ["$schema", "$defs", "$comment", "$ref"];

/// The compiled schemas of a plugin's actions.
pub struct Arguments(BTreeMap<String, Schema>);

struct Schema {
    validator: Validator,
    size: usize,
    known: Vec<String>,
}

impl Arguments {
    /// Reads the schemas of every action.
    ///
    /// # Errors
    /// When a schema is not supported.
    pub fn of(manifest: &Manifest) -> Result<Self, String> {
        let schema = |(name, action): (&String, &Action)| match Schema::of(&action.args) {
            Ok(schema) => Ok((name.clone(), schema)),
            Err(why) => Err(format!("the schema of the action `{name}` cannot be used: {why}")),
        };
        manifest.declares.actions.iter().map(schema).collect::<Result<_, _>>().map(Self)
    }

    /// Checks the arguments of an action, a JSON object.
    ///
    /// # Errors
    /// When the arguments do not match the schema. The error names the position and the expected value.
    pub fn check(&self, action: &str, args: &str) -> Result<(), String> {
        let Some(schema) = self.0.get(action) else { return Ok(()) };
        schema.check(args).map_err(|why| format!("the arguments of the action `{action}` do not fit: {why}"))
    }
}

impl Schema {
    fn of(schema: &Value) -> Result<Self, String> {
        let size = Size { root: schema, known: HashMap::new() }.of(schema)?;
        if size > limits::SCHEMA_NODES {
            return Err(format!(
                "it has {size} parts after its references are expanded; at most {} are allowed",
                limits::SCHEMA_NODES
            ));
        }
        let patterns = PatternOptions::regex().size_limit(limits::PATTERN_BYTES).dfa_size_limit(limits::PATTERN_BYTES);
        let options = jsonschema::options().with_draft(Draft::Draft202012).offline().with_pattern_options(patterns);
        let place =
            |error: &ValidationError<'_>| shown(&format!("{}: {}", error.instance_path().as_str(), error.masked()));
        let validator = options.build(schema).map_err(|error| place(&error))?;
        let names = schema.get("properties").and_then(Value::as_object);
        let known = names.map(|names| names.keys().map(|name| shown(name)).collect()).unwrap_or_default();
        Ok(Self { validator, size, known })
    }

    fn check(&self, args: &str) -> Result<(), String> {
        let work = self.size.saturating_mul(args.len());
        if work > limits::ARGUMENTS_WORK {
            let most = limits::ARGUMENTS_WORK / self.size.max(1);
            return Err(format!("they have {} bytes; at most {most} are checked against this schema", args.len()));
        }
        let args: Value = serde_json::from_str(args).map_err(|error| format!("they are not JSON: {error}"))?;
        if self.validator.is_valid(&args) {
            return Ok(());
        }
        // The library collects every mistake before it returns the first one, and each part of the schema may find
        // several.
        if work > limits::MISTAKES_WORK {
            return Err("they do not match the schema; they are too large to report the exact error".to_owned());
        }
        let mistakes = self.validator.iter_errors(&args).take(LISTED).map(|error| self.mistake(&error));
        Err(mistakes.collect::<Vec<_>>().join("; "))
    }

    fn mistake(&self, error: &ValidationError<'_>) -> String {
        let (place, path) = (place(error), error.instance_path().as_str());
        match error.kind() {
            ValidationErrorKind::Type { kind } => {
                format!("`{place}` is {}, expected: {}", kind_of(error.instance()), types(kind))
            }
            ValidationErrorKind::Required { property } => {
                format!("`{place}` lacks `{}`", property.as_str().map(shown).unwrap_or_default())
            }
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let names: Vec<String> =
                    unexpected.iter().take(LISTED).map(|name| self.unknown(name, path.is_empty())).collect();
                let known =
                    if path.is_empty() { format!("; it allows: {}", self.known.join(", ")) } else { String::new() };
                format!("`{place}` does not allow {}{known}", names.join(", "))
            }
            ValidationErrorKind::Enum { options } => {
                let options = options.as_array().into_iter().flatten().map(ToString::to_string);
                format!(
                    "`{place}` is {}, expected one of: {}",
                    value(error.instance()),
                    shown(&options.collect::<Vec<_>>().join(", "))
                )
            }
            _ => format!("`{place}`: {}", shown(&error.masked().to_string())),
        }
    }
}

impl Schema {
    /// The text for an unknown name. For an argument, it also contains the most similar known name.
    fn unknown(&self, name: &str, is_argument: bool) -> String {
        let known = self.known.iter().map(String::as_str).filter(|_| is_argument);
        let meant = nearest(name, known, ALIKE).map(|meant| format!(" (did you mean `{meant}`?)"));
        format!("`{}`{}", shown(name), meant.unwrap_or_default())
    }
}

/// Computes the size of a schema with its references expanded.
struct Size<'a> {
    root: &'a Value,
    /// The size of each reference target; `None` while it is being computed.
    known: HashMap<&'a str, Option<usize>>,
}

impl<'a> Size<'a> {
    fn of(&mut self, node: &'a Value) -> Result<usize, String> {
        let mut size = 1_usize;
        match node {
            Value::Array(items) => {
                for item in items {
                    size = size.saturating_add(self.of(item)?);
                }
            }
            Value::Object(fields) => {
                for (key, value) in fields {
                    if key.starts_with('$') && !HARMLESS.contains(&key.as_str()) {
                        return Err(format!("`{}` is not supported; use $ref with #/$defs/NAME", shown(key)));
                    }
                    let more = match value {
                        Value::String(to) if key == "$ref" => self.of_reference(to)?,
                        // Definitions are counted at their references.
                        _ if key == "$defs" => 1,
                        value => self.of(value)?,
                    };
                    size = size.saturating_add(more);
                }
            }
            _ => {}
        }
        Ok(size)
    }

    fn of_reference(&mut self, to: &'a str) -> Result<usize, String> {
        match self.known.get(to) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(format!("`{}` refers to itself", shown(to))),
            None => {}
        }
        let target = to.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
        let target = target.ok_or_else(|| format!("`{}` does not exist in the schema; use #/$defs/NAME", shown(to)))?;
        self.known.insert(to, None);
        let size = self.of(target)?;
        self.known.insert(to, Some(size));
        Ok(size)
    }
}

/// The position of a mistake: `args/paths/0`.
fn place(error: &ValidationError<'_>) -> String {
    shown(&format!("args{}", error.instance_path().as_str()))
}

/// Untrusted text for a message: short and on one line.
fn shown(text: &str) -> String {
    let short = cut(text, SHOWN);
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("{}{more}", one_line(short))
}

fn value(value: &Value) -> String {
    match value {
        Value::Array(_) | Value::Object(_) => kind_of(value).to_owned(),
        scalar => shown(&scalar.to_string()),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => one.to_string(),
        TypeKind::Multiple(several) => several.iter().map(|one| one.to_string()).collect::<Vec<_>>().join(" or "),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use serde_json::json;

    use super::*;

    fn checked(schema: &Value, args: &Value) -> Result<(), String> {
        Schema::of(schema).unwrap().check(&args.to_string())
    }

    fn refused(schema: &Value) -> String {
        Schema::of(schema).map(|_| ()).unwrap_err()
    }

    #[test]
    fn a_mistake_is_reported_with_its_place_and_the_expected_value() {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["name"],
            "properties": {
                "name": { "type": "string", "maxLength": 3 },
                "paths": { "type": ["array", "string"], "items": { "$ref": "#/$defs/path" } },
                "mode": { "enum": ["first", "copy"] },
                "count": { "type": "integer", "minimum": 1 },
            },
            "$defs": { "path": { "type": "string" } },
        });
        assert_eq!(checked(&schema, &json!({ "name": "a", "paths": ["x"], "mode": "copy", "count": 1 })), Ok(()));
        for (args, said) in [
            (json!({}), "`args` lacks `name`"),
            (json!({ "name": 1 }), "`args/name` is a number, expected: string"),
            (json!({ "name": "a", "paths": ["x", {}] }), "`args/paths/1` is an object, expected: string"),
            (json!({ "name": "a", "paths": 1 }), "`args/paths` is a number, expected: string or array"),
            (json!({ "name": "a", "mode": "last" }), "`args/mode` is \"last\", expected one of: \"first\", \"copy\""),
            (
                json!({ "name": "a", "nane": 1 }),
                "`args` does not allow `nane` (did you mean `name`?); it allows: name, paths, mode, count",
            ),
            (json!({ "name": "abcd" }), "`args/name`: value is longer than 3 characters"),
            (json!({ "name": "a", "count": 0 }), "`args/count`: value is less than the minimum of 1"),
        ] {
            assert_eq!(checked(&schema, &args).unwrap_err(), said);
        }
        let several = checked(&schema, &json!({ "name": 1, "paths": 1, "mode": 1, "count": "x" })).unwrap_err();
        assert_eq!(several.matches("expected").count(), LISTED);
    }

    #[test]
    fn errors_on_a_schema_with_an_external_reference_or_a_cycle() {
        for (schema, word) in [
            (json!({ "$ref": "#" }), "refers to itself"),
            (
                json!({ "properties": { "a": { "$ref": "#/$defs/a" } }, "$defs": { "a": { "items": { "$ref": "#/$defs/a" } } } }),
                "refers to itself",
            ),
            (json!({ "$ref": "https://example.org/schema.json" }), "does not exist in the schema"),
            (json!({ "$ref": "file:///etc/passwd" }), "does not exist in the schema"),
            (json!({ "$ref": "#/$defs/none" }), "does not exist in the schema"),
            (json!({ "$dynamicRef": "#a" }), "not supported"),
            (json!({ "$id": "https://example.org/" }), "not supported"),
            (json!({ "type": "strng" }), "/type"),
            (json!({ "properties": 1 }), "/properties"),
            (json!({ "pattern": "(a" }), "pattern"),
            (json!({ "pattern": "(((a{1000}){1000}){1000})" }), "pattern"),
            (json!({ "pattern": "(a)\\1" }), "pattern"),
        ] {
            let why = refused(&schema);
            assert!(why.contains(word), "{schema}: {why}");
        }
    }

    #[test]
    fn errors_on_a_schema_that_grows_without_bounds() {
        let mut defs = serde_json::Map::new();
        defs.insert("d0".to_owned(), json!({ "type": "object" }));
        for n in 1..200 {
            let below = json!({ "$ref": format!("#/$defs/d{}", n - 1) });
            defs.insert(format!("d{n}"), json!({ "allOf": [below, below] }));
        }
        let why = refused(&json!({ "$ref": "#/$defs/d199", "$defs": defs }));
        assert!(why.contains("at most"), "{why}");
    }

    #[test]
    fn arguments_that_are_too_expensive_to_check_are_refused() {
        let many: Vec<Value> = (0..400).map(|n| json!({ "items": { "pattern": format!("(a|aa)*b{n}") } })).collect();
        let schema = Schema::of(&json!({ "properties": { "l": { "not": { "allOf": many } } } })).unwrap();
        let args = |bytes: usize| json!({ "l": ["a".repeat(bytes)] }).to_string();
        assert!(schema.check(&args(limits::ARGUMENTS_WORK)).unwrap_err().contains("at most"));
        let since = Instant::now();
        schema.check(&args(limits::ARGUMENTS_WORK / schema.size / 2)).unwrap();
        assert!(since.elapsed().as_secs() < 20, "{:?}", since.elapsed());
    }
}

//! The model of the types: the JSON Schemas of actions as records, choices, lists and simple values.

use std::collections::{BTreeMap, BTreeSet};

use baton_core::manifest::Action;
use serde_json::Value;

/// Parts of a schema below this depth become [`Kind::Any`].
const DEEPEST: usize = 20;

/// The maximum number of `$ref` that are followed for one schema.
const REFERENCES: usize = 20;

/// Reserved names of the languages.
const TAKEN: &[&str] = &[
    "Any",
    "Array",
    "Boolean",
    "BTreeMap",
    "Box",
    "Clone",
    "Debug",
    "Default",
    "Deserialize",
    "Eq",
    "Literal",
    "Map",
    "NotRequired",
    "Number",
    "Option",
    "PartialEq",
    "Record",
    "Self",
    "String",
    "TypedDict",
    "Value",
];

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// An integer; `natural`: never below 0.
    Integer {
        natural: bool,
    },
    Number,
    Boolean,
    List(Box<Kind>),
    /// An object with arbitrary names.
    Map(Box<Kind>),
    /// The record or choice with this name.
    Named(String),
    /// Any JSON value.
    Any,
}

/// A member of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) required: bool,
    /// A boolean that is false if it is absent.
    pub(super) is_flag: bool,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// An object. If `closed` is true, it has only these members.
    Record { name: String, description: String, closed: bool, fields: Vec<Field> },
    /// One of several fixed texts.
    Choice { name: String, values: Vec<String> },
}

/// All types of a plugin; each comes after the types that it uses.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) types: Vec<Type>,
    names: BTreeSet<String>,
}

/// A part of a schema, with the whole schema in which its `$ref` references are resolved.
#[derive(Clone, Copy)]
struct SchemaPart<'a> {
    root: &'a Value,
    schema: &'a Value,
}

impl<'a> SchemaPart<'a> {
    /// A nested schema with its reference resolved.
    fn nested(self, schema: &'a Value) -> Self {
        Self { root: self.root, schema: resolved(self.root, schema) }
    }
}

impl Model {
    pub(super) fn of(actions: &BTreeMap<String, Action>) -> Self {
        let mut model = Self { types: Vec::new(), names: TAKEN.iter().map(|name| (*name).to_owned()).collect() };
        // Actions get their names first, so that argument names cannot take them.
        let names: Vec<String> = actions.keys().map(|action| model.free(&pascal(action))).collect();
        for ((action, asked), name) in actions.iter().zip(names) {
            let description = format!("Arguments of `{action}`. {}", asked.description);
            let root = SchemaPart { root: &asked.args, schema: &asked.args };
            model.record(root.nested(&asked.args), name, description, 0);
        }
        model
    }

    /// Adds a record with this name.
    fn record(&mut self, part: SchemaPart<'_>, name: String, description: String, depth: usize) {
        let schema = part.schema;
        let required = schema.get("required").and_then(Value::as_array);
        let mut fields = Vec::new();
        for (member, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let nested = part.nested(property);
            let property = nested.schema;
            let required = required.is_some_and(|required| required.iter().any(|one| one == member));
            let kind = self.kind(nested, &format!("{name}{}", pascal(member)), depth + 1);
            let is_flag = kind == Kind::Boolean && !required && property.get("default") != Some(&Value::Bool(true));
            let description = property.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
            fields.push(Field { name: member.clone(), description, required, is_flag, kind });
        }
        let closed = schema.get("additionalProperties") == Some(&Value::Bool(false))
            && schema.get("patternProperties").is_none();
        self.types.push(Type::Record { name, description, closed, fields });
    }

    /// The type of a schema; `name` is used for a new type.
    fn kind(&mut self, part: SchemaPart<'_>, name: &str, depth: usize) -> Kind {
        let schema = part.schema;
        if depth > DEEPEST {
            return Kind::Any;
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return self.choice(values, name);
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => Kind::Text,
            Some("boolean") => Kind::Boolean,
            Some("number") => Kind::Number,
            Some("integer") => {
                let natural = schema.get("minimum").and_then(Value::as_f64).is_some_and(|least| least >= 0.0);
                Kind::Integer { natural }
            }
            Some("array") => {
                let items = schema.get("items").filter(|_| schema.get("prefixItems").is_none());
                let items = items.map(|items| self.kind(part.nested(items), &format!("{name}Item"), depth + 1));
                Kind::List(Box::new(items.unwrap_or(Kind::Any)))
            }
            Some("object") => self.object(part, name, depth),
            _ => Kind::Any,
        }
    }

    fn object(&mut self, part: SchemaPart<'_>, name: &str, depth: usize) -> Kind {
        let schema = part.schema;
        if schema.get("properties").is_some() {
            let name = self.free(name);
            self.record(part, name.clone(), String::new(), depth);
            return Kind::Named(name);
        }
        let values = schema
            .get("additionalProperties")
            .filter(|values| values.is_object() && schema.get("patternProperties").is_none());
        let values = values.map(|values| self.kind(part.nested(values), &format!("{name}Value"), depth + 1));
        Kind::Map(Box::new(values.unwrap_or(Kind::Any)))
    }

    /// A choice of texts. Equal choices share one type.
    fn choice(&mut self, values: &[Value], wanted: &str) -> Kind {
        let texts: Option<Vec<String>> = values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
        let distinct = |texts: &Vec<String>| {
            let names: BTreeSet<String> = texts.iter().map(|text| pascal(text)).collect();
            !texts.is_empty() && names.len() == texts.len()
        };
        let Some(texts) = texts.filter(distinct) else {
            let is_text = values.iter().all(Value::is_string);
            return if is_text { Kind::Text } else { Kind::Any };
        };
        let same = |one: &&Type| matches!(one, Type::Choice { values, .. } if *values == texts);
        if let Some(Type::Choice { name, .. }) = self.types.iter().find(same) {
            return Kind::Named(name.clone());
        }
        let name = self.free(wanted);
        self.types.push(Type::Choice { name: name.clone(), values: texts });
        Kind::Named(name)
    }

    /// A name that no other type has: `wanted`, with a number if necessary.
    fn free(&mut self, wanted: &str) -> String {
        let numbered = (2_u32..).map(|number| format!("{wanted}{number}"));
        let mut names = std::iter::once(wanted.to_owned()).chain(numbered);
        let name = names.find(|name| !self.names.contains(name)).unwrap_or_default();
        self.names.insert(name.clone());
        name
    }

    /// Whether any field, or a part of its type, satisfies `is`.
    pub(super) fn uses(&self, is: fn(&Kind) -> bool) -> bool {
        fn uses(kind: &Kind, is: fn(&Kind) -> bool) -> bool {
            let inner = match kind {
                Kind::List(inner) | Kind::Map(inner) => uses(inner, is),
                _ => false,
            };
            is(kind) || inner
        }
        self.types.iter().any(|one| match one {
            Type::Record { fields, .. } => fields.iter().any(|field| uses(&field.kind, is)),
            Type::Choice { .. } => false,
        })
    }
}

/// Resolves a reference.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let mut found = schema;
    for _ in 0..REFERENCES {
        let Some(target) = found.get("$ref").and_then(Value::as_str) else { break };
        let Some(next) = target.strip_prefix('#').and_then(|place| root.pointer(place)) else { break };
        found = next;
    }
    found
}

/// `sync-sessions` as `SyncSessions`.
pub(super) fn pascal(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let word = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    };
    let joined: String = words.map(word).collect();
    if joined.starts_with(|c: char| c.is_ascii_alphabetic()) { joined } else { format!("N{joined}") }
}

//! The types in Rust, as `rustfmt` writes them. They use the `serde` of the SDK, so a plugin needs no dependency for them.

use std::collections::BTreeSet;

use super::model::{Field, Kind, Model, Type, pascal};
use super::words::{MARK, comment};

/// Keywords, which cannot be field names. A field gets the prefix `arg_` and not `r#`, because `r#self` and `r#crate` are
/// not valid.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "Self", "static", "struct", "super", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

pub(super) fn text(model: &Model) -> String {
    let mut out = format!("//! The arguments of the actions, {MARK}. Edits are lost.\n\n");
    let exact = if model.uses(|kind| *kind == Kind::Number) { "" } else { ", Eq" };
    let body: String = model.types.iter().map(|one| item(one, exact)).collect::<Vec<_>>().join("\n");
    if model.uses(|kind| matches!(kind, Kind::Map(_))) {
        out.push_str("use std::collections::BTreeMap;\n\n");
    }
    out.push_str("use baton_plugin_sdk::serde::Deserialize;\n");
    if model.uses(|kind| *kind == Kind::Any) {
        out.push_str("use baton_plugin_sdk::serde_json::Value;\n");
    }
    out + "\n" + &body
}

fn item(one: &Type, exact: &str) -> String {
    match one {
        Type::Record { name, description, closed, fields } => record(name, description, *closed, fields, exact),
        Type::Choice { name, values } => choice(name, values),
    }
}

fn record(name: &str, description: &str, closed: bool, fields: &[Field], exact: &str) -> String {
    let all_optional = fields.iter().all(|field| !field.required);
    let (default, from_default) = if all_optional { ("Default, ", ", default") } else { ("", "") };
    let denied = if closed { ", deny_unknown_fields" } else { "" };
    let description = if description.is_empty() { "A part of the arguments.".to_owned() } else { doc(description) };
    let mut names = BTreeSet::new();
    let members: String = fields.iter().map(|field| member(field, all_optional, &mut names)).collect();
    let members = if members.is_empty() { "{}".to_owned() } else { format!("{{\n{members}}}") };
    format!(
        "/// {description}\n#[derive(Clone, Debug, {default}PartialEq{exact}, Deserialize)]\n\
         #[serde(crate = \"baton_plugin_sdk::serde\"{from_default}{denied})]\npub struct {name} {members}\n"
    )
}

fn member(field: &Field, has_default: bool, names: &mut BTreeSet<String>) -> String {
    let plain = kind(&field.kind);
    let kind = if field.required || field.is_flag { plain } else { format!("Option<{plain}>") };
    let name = identifier(&field.name, names);
    let rename = name != field.name;
    let attributes = [
        rename.then(|| format!("rename = {:?}", field.name)),
        (field.is_flag && !has_default).then(|| "default".to_owned()),
    ];
    let attributes: Vec<String> = attributes.into_iter().flatten().collect();
    let attributes =
        if attributes.is_empty() { String::new() } else { format!("    #[serde({})]\n", attributes.join(", ")) };
    let description = if field.description.trim().is_empty() {
        format!("`{}`.", comment(&field.name))
    } else {
        doc(&field.description)
    };
    format!("    /// {description}\n{attributes}    pub {name}: {kind},\n")
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Text => "String".to_owned(),
        Kind::Integer { natural: true } => "u64".to_owned(),
        Kind::Integer { natural: false } => "i64".to_owned(),
        Kind::Number => "f64".to_owned(),
        Kind::Boolean => "bool".to_owned(),
        Kind::List(items) => format!("Vec<{}>", self::kind(items)),
        Kind::Map(values) => format!("BTreeMap<String, {}>", self::kind(values)),
        Kind::Named(name) => name.clone(),
        Kind::Any => "Value".to_owned(),
    }
}

/// Escapes a description, so that rustdoc reads it as plain text.
fn doc(description: &str) -> String {
    comment(description).replace('[', "\\[").replace('<', "\\<")
}

/// Makes a field name that is not in `names` yet.
fn identifier(name: &str, names: &mut BTreeSet<String>) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let starts = plain.starts_with(|c: char| c.is_ascii_lowercase());
    let mut plain = if starts && !KEYWORDS.contains(&plain.as_str()) { plain } else { format!("arg_{plain}") };
    while !names.insert(plain.clone()) {
        plain.push('_');
    }
    plain
}

fn choice(name: &str, values: &[String]) -> String {
    let variant = |value: &String| {
        let (shown, name) = (comment(value), pascal(value));
        let name = if name == "Self" { "SelfValue" } else { &name };
        format!("    /// `{shown}`.\n    #[serde(rename = {value:?})]\n    {name},\n")
    };
    let variants: String = values.iter().map(variant).collect();
    format!(
        "/// One of the values that the manifest names.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]\n\
         #[serde(crate = \"baton_plugin_sdk::serde\")]\npub enum {name} {{\n{variants}}}\n"
    )
}

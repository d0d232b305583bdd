//! The types for JavaScript: declarations that an editor reads through a comment (`@type`). They contain no code that
//! runs.

use super::model::{Field, Kind, Model, Type};
use super::words::{MARK, comment, literal};

pub(super) fn text(model: &Model) -> String {
    let body: String = model.types.iter().map(item).collect::<Vec<_>>().join("\n");
    format!("// The arguments of the actions, {MARK}. Edits are lost.\n\n{body}")
}

fn item(one: &Type) -> String {
    match one {
        Type::Record { name, description, fields, .. } => {
            let about = about("", description);
            let members: String = fields.iter().map(member).collect();
            format!("{about}export interface {name} {{\n{members}}}\n")
        }
        Type::Choice { name, values } => {
            let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
            format!("export type {name} = {};\n", values.join(" | "))
        }
    }
}

fn about(indent: &str, description: &str) -> String {
    let description = comment(description);
    if description.is_empty() { description } else { format!("{indent}/** {description} */\n") }
}

fn member(field: &Field) -> String {
    let optional = if field.required { "" } else { "?" };
    format!("{}  {}{optional}: {};\n", about("  ", &field.description), literal(&field.name), kind(&field.kind))
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Text => "string".to_owned(),
        Kind::Integer { .. } | Kind::Number => "number".to_owned(),
        Kind::Boolean => "boolean".to_owned(),
        Kind::List(items) => format!("Array<{}>", self::kind(items)),
        Kind::Map(values) => format!("Record<string, {}>", self::kind(values)),
        Kind::Named(name) => name.clone(),
        Kind::Any => "unknown".to_owned(),
    }
}

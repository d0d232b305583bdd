//! The types in Python: `TypedDict`, in the function syntax, which allows any member name.

use super::model::{Field, Kind, Model, Type};
use super::words::{MARK, comment, literal};

/// Names that are imported if a type uses them.
const IMPORTS: [&str; 4] = ["Any", "Literal", "NotRequired", "TypedDict"];

pub(super) fn text(model: &Model) -> String {
    let body: String = model.types.iter().map(item).collect::<Vec<_>>().join("\n");
    let used: Vec<&str> = IMPORTS.into_iter().filter(|name| is_used(&body, name)).collect();
    let imports = if used.is_empty() { String::new() } else { format!("from typing import {}\n\n", used.join(", ")) };
    format!("# The arguments of the actions, {MARK}. Edits are lost.\n\n{imports}{body}")
}

fn is_used(body: &str, name: &str) -> bool {
    let mut code = body.lines().filter(|line| !line.trim_start().starts_with('#'));
    code.any(|line| line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == name))
}

fn item(one: &Type) -> String {
    match one {
        Type::Record { name, description, fields, .. } => {
            let about = if description.is_empty() { String::new() } else { format!("# {}\n", comment(description)) };
            let members: String = fields.iter().map(member).collect();
            let members = if members.is_empty() { "{}".to_owned() } else { format!("{{\n{members}}}") };
            format!("{about}{name} = TypedDict({}, {members})\n", literal(name))
        }
        Type::Choice { name, values } => {
            let values: Vec<String> = values.iter().map(|value| literal(value)).collect();
            format!("{name} = Literal[{}]\n", values.join(", "))
        }
    }
}

fn member(field: &Field) -> String {
    let about = comment(&field.description);
    let about = if about.is_empty() { about } else { format!("    # {about}\n") };
    let plain = kind(&field.kind);
    let kind = if field.required { plain } else { format!("NotRequired[{plain}]") };
    format!("{about}    {}: {kind},\n", literal(&field.name))
}

fn kind(kind: &Kind) -> String {
    match kind {
        Kind::Text => "str".to_owned(),
        Kind::Integer { .. } => "int".to_owned(),
        Kind::Number => "float".to_owned(),
        Kind::Boolean => "bool".to_owned(),
        Kind::List(items) => format!("list[{}]", self::kind(items)),
        Kind::Map(values) => format!("dict[str, {}]", self::kind(values)),
        Kind::Named(name) => name.clone(),
        Kind::Any => "Any".to_owned(),
    }
}

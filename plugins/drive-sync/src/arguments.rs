//! Arguments of a task as text. Unknown arguments are rejected, because a misspelt one would otherwise be ignored.

use baton_plugin_sdk::{Error, Task};
use serde_json::Value;

/// The arguments of each action in the manifest.
const KNOWN: [(&str, &[&str]); 6] = [
    (
        "sync",
        &[
            "database",
            "catalog",
            "direction",
            "mode",
            "overwrite",
            "allow_shrink",
            "shrink_percent",
            "complete_reads",
            "keep",
            "keep_older",
            "place",
            "account_folder",
            "shared_drive",
            "requests",
        ],
    ),
    ("ensure-folder", &["database", "title", "place", "account_folder", "shared_drive"]),
    ("diagnose", &["keep", "place", "account_folder", "shared_drive"]),
    ("repair", &["apply", "keep"]),
    ("approve-deletion", &["database", "property"]),
    ("adopt-column", &["database", "column", "property", "place", "account_folder", "shared_drive"]),
];

/// Rejects arguments that the action does not have.
///
/// # Errors
/// `permanent`; names the first unknown argument and the known ones.
pub fn refuse_others(task: &Task) -> Result<(), Error> {
    let Some((_, known)) = KNOWN.iter().find(|(action, _)| *action == task.action) else { return Ok(()) };
    let Some(other) = task.args()?.into_iter().map(|(name, _)| name).find(|name| !known.contains(&name.as_str()))
    else {
        return Ok(());
    };
    let names = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Err(Error::Permanent(format!("`{}` has no argument `{other}`; it has {names}", task.action)))
}

/// An argument as text. Numbers are accepted for ids, titles and headers, because the command line reads `2024` as a number.
///
/// # Errors
/// `permanent` for other values.
pub fn text(task: &Task, name: &str) -> Result<Option<String>, Error> {
    match task.args()?.remove(name) {
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        _ => task.arg_str(name),
    }
}

/// An argument as a list of texts or numbers, or one of them.
///
/// # Errors
/// `permanent` for other values.
pub fn texts(task: &Task, name: &str) -> Result<Vec<String>, Error> {
    let wrong = |value: &Value| {
        Error::Permanent(format!("the argument `{name}` must be text, a number or a list of them, not {value}"))
    };
    match task.args()?.remove(name) {
        Some(Value::Number(number)) => Ok(vec![number.to_string()]),
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Value::String(text) => Ok(text),
                Value::Number(number) => Ok(number.to_string()),
                other => Err(wrong(&other)),
            })
            .collect(),
        None | Some(Value::Null | Value::String(_)) => task.arg_list(name),
        Some(other) => Err(wrong(&other)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_manifest_has_the_same_arguments() {
        let manifest: Value = serde_json::from_str(include_str!("../manifest.json")).unwrap();
        let sorted = |mut names: Vec<String>| {
            names.sort();
            names
        };
        let said: BTreeMap<String, Vec<String>> = manifest["actions"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(action, said)| {
                assert_eq!(said["args"]["additionalProperties"], Value::Bool(false), "{action}");
                let names = said["args"]["properties"].as_object().unwrap().keys().cloned().collect();
                (action.clone(), sorted(names))
            })
            .collect();
        let known: BTreeMap<String, Vec<String>> = KNOWN
            .iter()
            .map(|(action, names)| {
                ((*action).to_owned(), sorted(names.iter().map(|name| (*name).to_owned()).collect()))
            })
            .collect();
        assert_eq!(known, said);
    }
}

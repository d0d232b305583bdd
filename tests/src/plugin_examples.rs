//! The examples of a bundled plugin: the examples of `baton plugin test`, and the example handoffs.
#![expect(clippy::indexing_slicing, reason = "an index into JSON gives null, not a panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::repository;

fn read(path: &Path) -> Value {
    let bytes = fs::read(path).expect("the file is there");
    serde_json::from_slice(&bytes).expect("it is JSON")
}

/// The handoffs of the examples, with their file names.
fn examples(plugin: &str) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for folder in [repository().join("plugins").join(plugin).join("examples"), repository().join("handoffs/examples")] {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            let content = read(&path);
            let is_for_another =
                content.get("handoff").is_none() && !path.to_string_lossy().ends_with(&format!("__{plugin}.json"));
            if is_for_another {
                continue;
            }
            let handoff = content.get("handoff").cloned().unwrap_or(content);
            found.push((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), handoff));
        }
    }
    found
}

/// Asserts that the plugin's manifest allows the arguments of its examples, and that each action has a test example and an example
/// handoff. An action with `"needs": []` has moved to another plugin and has no examples.
///
/// # Panics
/// When an assertion fails.
pub fn assert_examples_fit(plugin: &str) {
    let manifest = read(&repository().join("plugins").join(plugin).join("manifest.json"));
    let mut seen = BTreeMap::new();
    for (name, handoff) in examples(plugin) {
        let action = handoff["action"].as_str().unwrap_or_default().to_owned();
        let schema = &manifest["actions"][&action]["args"];
        if schema.is_null() {
            continue;
        }
        let validator = jsonschema::validator_for(schema).expect("a schema");
        let args = handoff.get("args").cloned().unwrap_or_else(|| json!({}));
        let wrong: Vec<_> = validator.iter_errors(&args).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
        assert!(!validator.is_valid(&json!({ "nothing": 1 })), "{action}");
        *seen.entry(action).or_insert(0) += 1;
    }
    let actions = manifest["actions"].as_object().expect("actions").iter();
    let mut actions: Vec<_> =
        actions.filter(|(_, declared)| declared["needs"] != json!([])).map(|(name, _)| name.as_str()).collect();
    actions.sort_unstable();
    assert_eq!(seen.keys().map(String::as_str).collect::<Vec<_>>(), actions);
    // The example of an action that needs a secret uses an imitated server, and there is no example handoff for the action.
    let least = |action: &str| {
        let needs = manifest["actions"][action]["needs"].as_array().cloned().unwrap_or_default();
        if needs.iter().any(|need| need.as_str().is_some_and(|need| need.starts_with("secret="))) { 1 } else { 2 }
    };
    let enough = seen.iter().all(|(action, count)| *count >= least(action));
    assert!(enough, "a test example and an example handoff: {seen:?}");
}

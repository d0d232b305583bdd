//! The examples that are shipped ask for what the manifest allows.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Examples of `baton plugin test`, and handoffs for people.
fn examples() -> Vec<(String, Value)> {
    let plugin = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in [plugin.join("examples"), plugin.join("../../handoffs/examples")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            let content = read(&path);
            let other = content.get("handoff").is_none() && !path.to_string_lossy().ends_with("__spotify.json");
            if other {
                continue;
            }
            let handoff = content.get("handoff").cloned().unwrap_or(content);
            found.push((path.file_name().unwrap().to_string_lossy().into_owned(), handoff));
        }
    }
    found
}

#[test]
fn their_arguments_are_as_the_manifest_says() {
    let manifest = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("manifest.json"));
    let mut seen = std::collections::BTreeMap::new();
    for (name, handoff) in examples() {
        let action = handoff["action"].as_str().unwrap_or_default().to_owned();
        let schema = &manifest["actions"][&action]["args"];
        if schema.is_null() {
            continue;
        }
        let validator = jsonschema::validator_for(schema).unwrap();
        let args = handoff.get("args").cloned().unwrap_or_else(|| json!({}));
        let wrong: Vec<_> = validator.iter_errors(&args).map(|error| error.to_string()).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
        assert!(!validator.is_valid(&json!({ "nothing": 1 })), "{action}");
        *seen.entry(action).or_insert(0) += 1;
    }
    let actions = manifest["actions"].as_object().unwrap();
    let mut actions: Vec<_> = actions.keys().map(String::as_str).collect();
    actions.sort_unstable();
    assert_eq!(seen.keys().map(String::as_str).collect::<Vec<_>>(), actions);
    assert!(seen.values().all(|count| *count >= 2), "one to test and one to drop: {seen:?}");
}

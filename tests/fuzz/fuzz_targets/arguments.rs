//! The first line of the input is a JSON Schema, the other lines are arguments in the form of `--arg`. Parsing ends and
//! never panics. Every given name has a value. If the schema requires text, the text is unchanged. If the schema accepts any
//! text, the parsed value is valid.
#![no_main]

use std::collections::BTreeSet;

use baton_core::manifest::Manifest;
use baton_sandbox::{Arguments, TypedArgument, coerce, expected};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

/// A schema for which every input is valid.
fn lenient() -> Value {
    json!({ "type": "object", "additionalProperties": { "$ref": "#/$defs/texts" },
        "properties": { "text": { "type": "string" }, "flag": { "type": ["boolean", "string"] },
            "id": { "type": ["integer", "string"] } },
        "$defs": { "texts": { "type": "array" } } })
}

fn checks(schema: &Value) -> Option<Arguments> {
    let action = json!({ "description": "", "args": schema });
    let declares = json!({ "description": "", "default_action": "a", "actions": { "a": action } });
    let manifest = json!({ "name": "fuzzed", "version": "1", "declares": declares });
    Arguments::of(&Manifest::parse(manifest.to_string().as_bytes()).ok()?).ok()
}

/// The values; `None` if a name with a single value is given twice.
fn read(schema: &Value, typed: &[TypedArgument]) -> Option<Map<String, Value>> {
    let given: BTreeSet<&str> = typed.iter().map(|argument| argument.name.as_str()).collect();
    match coerce(schema, typed) {
        Ok(args) => {
            assert_eq!(args.keys().map(String::as_str).collect::<BTreeSet<_>>(), given);
            Some(args)
        }
        Err(why) => {
            assert!(given.len() < typed.len(), "{why}");
            None
        }
    }
}

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let schema = lines.next().and_then(|line| serde_json::from_str(line).ok()).unwrap_or(Value::Bool(true));
    let typed: Vec<_> = lines.take(40).filter_map(|line| TypedArgument::parse(line).ok()).collect();
    let _ = expected(&schema);
    if let (Some(args), Some(checks)) = (read(&schema, &typed), checks(&schema)) {
        let _ = checks.check("a", &Value::Object(args).to_string());
    }
    let lenient = lenient();
    let Some(args) = read(&lenient, &typed) else { return };
    if let Some(text) = typed.iter().find(|argument| argument.name == "text") {
        assert_eq!(args.get("text"), Some(&Value::String(text.text.clone())));
    }
    let checks = checks(&lenient).expect("the schema can be checked");
    let checked = checks.check("a", &Value::Object(args.clone()).to_string());
    // Large schemas with large arguments are not checked.
    assert!(checked.is_ok() || text.len() > 10_000, "{args:?}: {checked:?}");
});

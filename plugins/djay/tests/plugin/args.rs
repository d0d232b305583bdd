//! The manifest and the plugin have the same arguments.

use std::collections::BTreeSet;

use baton_plugin_sdk::Error;
use djay::args::ActionArguments;
use serde_json::{Map, Value, json};

fn actions() -> Map<String, Value> {
    let manifest: Value = serde_json::from_str(include_str!("../../manifest.json")).unwrap();
    manifest["actions"].as_object().unwrap().clone()
}

fn of(action: &str, name: &str, value: &Value) -> Result<ActionArguments, String> {
    let mut args = Map::new();
    args.insert(name.to_owned(), value.clone());
    ActionArguments::parse(action, &Value::Object(args).to_string()).map_err(|error| match error {
        Error::Permanent(text) => text,
        other => panic!("{other:?}"),
    })
}

/// Valid and invalid values of a property.
fn values(name: &str, property: &Value) -> (Vec<Value>, Vec<Value>) {
    let number = |bound: &str| property[bound].as_u64();
    match property["type"].as_str().unwrap() {
        "boolean" => (vec![json!(true), json!(false)], vec![json!("true"), json!(1)]),
        "integer" => {
            let most = number("maximum").unwrap_or(1_000_000);
            let mut wrong =
                vec![json!("3"), json!(1.5), json!(-1), json!(number("minimum").unwrap().cast_signed() - 1)];
            wrong.extend(number("maximum").map(|most| json!(most + 1)));
            (vec![json!(number("minimum")), json!(most)], wrong)
        }
        "array" => {
            let all = property["items"]["enum"].clone();
            let one = json!([all[0]]);
            assert!(property["minItems"] == 1 && property["uniqueItems"] == true);
            (vec![one.clone(), all.clone()], vec![json!([]), json!(["xml"]), json!([all[0], all[0]]), all[0].clone()])
        }
        "string" if name == "since" || name == "until" => (vec![json!("2026-01-18")], vec![json!("soon"), json!(1)]),
        "string" => {
            let most = usize::try_from(number("maxLength").unwrap()).unwrap();
            assert_eq!(number("minLength"), Some(1));
            (vec![json!("a"), json!("ä".repeat(most))], vec![json!(""), json!("a".repeat(most + 1)), json!(1)])
        }
        other => panic!("{other}"),
    }
}

#[test]
fn only_arguments_of_the_manifest_within_their_limits_are_accepted() {
    for (action, about) in actions() {
        assert_eq!(about["args"]["additionalProperties"], false);
        let properties = about["args"]["properties"].as_object().unwrap();
        for (name, property) in properties {
            let (right, wrong) = values(name, property);
            for value in right {
                assert!(of(&action, name, &value).is_ok(), "{action} {name} {value}");
            }
            for value in wrong {
                let error = of(&action, name, &value).unwrap_err();
                assert!(error.contains(&format!("`{name}`")), "{action} {name} {value}: {error}");
            }
            assert!(of(&action, name, &Value::Null).is_ok(), "{action} {name}");
        }
        for value in [json!(1), Value::Null] {
            let error = of(&action, "dryrun", &value).unwrap_err();
            let (_, allowed) = error.split_once("expected ").unwrap();
            let allowed: BTreeSet<_> = allowed.split('`').skip(1).step_by(2).collect();
            assert_eq!(allowed, properties.keys().map(String::as_str).collect(), "{error}");
            assert!(error.contains("`dryrun`") && error.contains(&action), "{error}");
        }
    }
}

#[test]
fn an_unknown_action_and_arguments_that_are_not_an_object_are_refused() {
    for (action, args, why) in [("exprot", "{}", "the actions are export,"), ("export", "[]", "not a JSON object")] {
        assert!(
            matches!(ActionArguments::parse(action, args), Err(Error::Permanent(text)) if text.contains(why)),
            "{action}"
        );
    }
}

//! The JSON report against its schema: every report is valid, and a wrong one is refused.

use audit::report::Form;
use audit::verify::Status;
use serde_json::{Value, json};

use crate::report_support::{empty, full, hostile, rendered};
use crate::support::Workspace;

fn schema() -> Value {
    serde_json::from_str(include_str!("../../schemas/audit-report.schema.json")).unwrap()
}

fn validator() -> jsonschema::Validator {
    let schema = schema();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn of(report: &audit::report::Report) -> Value {
    serde_json::from_str(&rendered(Form::Json, report)).unwrap()
}

#[test]
fn every_report_keeps_to_the_schema() {
    let validator = validator();
    let whole = Workspace::new().file("plans/a.md", "# A\n\n- [ ] `a.py`\n").report();
    for report in [of(&empty()), of(&full()), of(&hostile()), whole] {
        let errors: Vec<String> =
            validator.iter_errors(&report).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert_eq!(report["schema"], 3);
    }
}

#[test]
fn an_invalid_report_is_refused_by_the_schema() {
    let validator = validator();
    let good = of(&full());
    let wrong = [
        ("/plans/0/deliverables/0/status", json!("DONE")),
        ("/plans/0/deliverables/0/status", json!("present")),
        ("/plans/0/references/0/line", json!(0)),
        ("/schema", json!(1)),
        ("/completion_percent", json!(101)),
        ("/counts", json!({"present": 1})),
        ("/executed_at", json!("yesterday")),
        ("/findings/0/weight", json!("urgent")),
        ("/parts/before/at", json!(7)),
        ("/parts/follow_ups/0/state", json!("LOST")),
        ("/parts/trend/0/percent", json!("71 %")),
    ];
    for (place, value) in wrong {
        let mut report = good.clone();
        *report.pointer_mut(place).unwrap_or_else(|| panic!("{place} is not there")) = value;
        assert!(!validator.is_valid(&report), "{place}");
    }
    for field in good.as_object().unwrap().keys() {
        let mut report = good.clone();
        report.as_object_mut().unwrap().remove(field);
        assert!(!validator.is_valid(&report), "without {field}");
    }
}

#[test]
fn the_schema_knows_every_status_and_no_other() {
    let schema = schema();
    let words = Status::ALL.map(Status::word);
    assert_eq!(schema["$defs"]["status"]["enum"], json!(words), "name a new status in the schema");
    let counted: Vec<&String> = schema["$defs"]["counts"]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(counted, words.map(str::to_lowercase).iter().collect::<Vec<_>>());
}

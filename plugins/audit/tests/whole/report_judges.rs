//! Checks of the reports by other programs: the official SARIF schema, and a reader of `JUnit` files.
//!
//! Both are installed by `.ci/run`.

use std::path::Path;
use std::process::Command;

use audit::report::{Form, Report};
use baton_judges::{or_skip, tools};
use serde_json::Value;

use crate::report_support::{empty, full, hostile, rendered};

/// The schema of SARIF, in the package that `.ci/run` installs.
const SCHEMA: &str = "lib/schemas/sarif-2.1.0-rtm.5.json";

fn sarif(report: &Report) -> Value {
    serde_json::from_str(&rendered(Form::Sarif, report)).unwrap()
}

/// Prints where a file violates the schema.
const VALIDATE: &str = r"
const Ajv = require('ajv');
const folder = '@microsoft/jest-sarif/lib/schemas/';
const schema = require(folder + 'sarif-2.1.0-rtm.5.json');
const ajv = new Ajv({ schemaId: 'auto', allErrors: true });
ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'));
const validate = ajv.compile(schema);
const valid = validate(JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8')));
console.log(valid ? 'valid' : JSON.stringify(validate.errors, null, 1));
";

fn validated(schema: &Path, log: &Value) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("report.sarif");
    std::fs::write(&file, log.to_string()).unwrap();
    let modules = schema.ancestors().find(|folder| folder.ends_with("node_modules")).unwrap();
    let output = Command::new("node").env("NODE_PATH", modules).args(["-e", VALIDATE]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn sarif_keeps_to_the_official_schema() {
    let schema = or_skip!(tools("judges/node_modules/@microsoft/jest-sarif", SCHEMA)).join(SCHEMA);
    for report in [empty(), full(), hostile()] {
        assert_eq!(validated(&schema, &sarif(&report)), "valid");
    }
    let results = sarif(&full());
    let results = results["runs"][0]["results"].as_array().unwrap();
    let located = results.iter().position(|result| result["locations"][0].is_object()).unwrap();
    for (place, value) in [
        ("/runs/0/results/0/level", "bad"),
        (&*format!("/runs/0/results/{located}/locations/0/physicalLocation/artifactLocation/uri"), "a b"),
        ("/runs/0/invocations/0/endTimeUtc", "yesterday"),
    ] {
        let mut wrong = sarif(&full());
        *wrong.pointer_mut(place).unwrap() = value.into();
        assert_ne!(validated(&schema, &wrong), "valid", "{place}");
    }
}

#[test]
fn sarif_results_have_rules_places_and_fingerprints() {
    let report = full();
    let log = sarif(&report);
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), report.findings.len());
    for (result, gap) in results.iter().zip(&report.findings) {
        let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[rule]["id"]);
        assert_eq!(result["partialFingerprints"]["auditFindingId/v1"], gap.id.as_str());
    }
    let of = |rule: &str| results.iter().find(|result| result["ruleId"] == rule).unwrap();
    let place = |result: &Value| {
        let place = &result["locations"][0]["physicalLocation"];
        (place["artifactLocation"]["uri"].as_str().unwrap().to_owned(), place["region"]["startLine"].as_u64().unwrap())
    };
    assert_eq!(place(of("audit/missing")), ("plans/shop.md".into(), 14));
    assert_eq!(of("audit/missing")["level"], "error");
    assert_eq!(place(of("audit/claim-false")), ("reports/a.md".into(), 17));
    let moved = &of("audit/moved")["relatedLocations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!((moved["uri"].as_str(), moved["uriBaseId"].as_str()), (Some("bin/weigh.sh"), Some("AUDITED_FOLDER")));
    assert_eq!(run["originalUriBaseIds"]["AUDITED_FOLDER"]["uri"], "root/");
    assert_eq!(run["invocations"][0]["endTimeUtc"], "2026-01-18T10:15:00Z");
}

/// Prints how the reader parses a file: for each suite its name and counts, and its cases.
const READ: &str = r"
import json, sys
from junitparser import Failure, JUnitXml, Skipped
whole = JUnitXml.fromfile(sys.argv[1])
said = [whole.tests, whole.failures, whole.skipped, whole.errors]
suites = []
for suite in whole:
    cases = list(suite)
    kinds = [[type(result).__name__ for result in case.result] for case in cases]
    counted = [len(cases), kinds.count(['Failure']), kinds.count(['Skipped'])]
    said_here = [suite.tests, suite.failures, suite.skipped]
    whole.update_statistics()
    names = [[case.name, case.classname] for case in cases]
    properties = {found.name: found.value for found in suite.properties()}
    suites.append({'name': suite.name, 'said': said_here, 'counted': counted, 'cases': names, 'properties': properties})
print(json.dumps({'said': said, 'counted': [whole.tests, whole.failures, whole.skipped, whole.errors], 'suites': suites}))
";

fn read(python: &Path, report: &Report) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("report.junit.xml");
    std::fs::write(&file, rendered(Form::JUnit, report)).unwrap();
    let output = Command::new(python).args(["-c", READ]).arg(&file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_reader_of_junit_counts_what_the_report_counts() {
    let python = or_skip!(tools("python", "bin/junitparser")).join("bin/python");
    for report in [empty(), full(), hostile()] {
        let read = read(&python, &report);
        assert_eq!(read["said"], read["counted"]);
        let suites = read["suites"].as_array().unwrap();
        let claims: Vec<_> = report.findings.iter().filter(|gap| gap.id.contains(":claim-")).collect();
        assert_eq!(suites.len(), report.plans.len() + usize::from(!claims.is_empty()));
        let last = suites.last().filter(|_| !claims.is_empty());
        let failed = last.map(|suite| (suite["name"].as_str().unwrap(), suite["counted"][1].as_u64().unwrap()));
        assert_eq!(failed, (!claims.is_empty()).then_some(("false claims", claims.len() as u64)));
        for (suite, plan) in suites.iter().zip(&report.plans) {
            let (done, skipped) = plan.deliverables.iter().fold((0, 0), |(done, skipped), row| {
                let unverifiable = row.status.word() == "UNVERIFIABLE";
                (done + usize::from(row.status.is_done()), skipped + usize::from(unverifiable))
            });
            let listed = plan.deliverables.len();
            assert_eq!(suite["said"], serde_json::json!([listed, listed - done - skipped, skipped]));
            assert_eq!(suite["said"], suite["counted"]);
            assert_eq!(suite["properties"]["missing"], plan.counts.missing.to_string());
        }
    }
    let full = read(&python, &full());
    assert_eq!(full["suites"][0]["cases"][0], serde_json::json!(["shop/till.py", "plans/shop.md"]));
}

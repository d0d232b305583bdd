//! The findings as SARIF 2.1.0, for viewers of code that show a finding at the line that it is about.
//!
//! A result points at the plan's line; the file that was found is a related location. Paths are relative to the workspace, so a
//! report reveals nothing about the machine.

use std::collections::{BTreeMap, HashMap};

use baton_plugin_kit::markdown::visible;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::findings::{self, Gap};
use super::model::{PlanReport, Report, Row, Stamp};
use super::rules::Rule;
use crate::remark::NoteSeverity;
use crate::verify::Status;

/// The address of the schema.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The base id of the folder to which the paths of plans are relative.
const WORKSPACE: &str = "WORKSPACE";

/// The base id of the audited folder.
const ROOT: &str = "AUDITED_FOLDER";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: String,
    rule_index: usize,
    level: &'static str,
    message: Value,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Value>,
    partial_fingerprints: Value,
    properties: Value,
}

pub(super) fn write(report: &Report, stamp: &Stamp) -> Result<Vec<u8>, serde_json::Error> {
    let rules = rules(report);
    let rows = rows(report);
    let results: Vec<Finding> = report.findings.iter().map(|gap| result(gap, &rules, &rows)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver(&rules) },
            "automationDetails": { "id": format!("baton/audit/{}", report.report_id) },
            "invocations": [{ "executionSuccessful": true, "endTimeUtc": stamp.rfc3339() }],
            "originalUriBaseIds": bases(report),
            "columnKind": "unicodeCodePoints",
            "results": results,
            "properties": { "status": report.status, "completionPercent": report.completion_percent },
        }],
    });
    let mut bytes = serde_json::to_vec_pretty(&log)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The rules by id: all rules of deliverables, and the rules of the other findings of this report.
fn rules(report: &Report) -> BTreeMap<String, Rule> {
    let always = Status::ALL.into_iter().filter_map(Rule::of_status);
    let seen = report.findings.iter().map(Rule::of);
    let mut rules = BTreeMap::new();
    for rule in always.chain(seen) {
        rules.entry(id(&rule)).or_insert(rule);
    }
    rules
}

fn id(rule: &Rule) -> String {
    format!("audit/{}", rule.kind)
}

fn driver(rules: &BTreeMap<String, Rule>) -> Value {
    let rules: Vec<Value> = rules
        .iter()
        .map(|(id, rule)| {
            json!({
                "id": id,
                "name": name(&rule.kind),
                "shortDescription": { "text": rule.short },
                "help": { "text": rule.help },
                "defaultConfiguration": { "level": level(rule.weight) },
            })
        })
        .collect();
    let version = env!("CARGO_PKG_VERSION");
    json!({ "name": "baton-audit", "semanticVersion": version, "version": version, "rules": rules })
}

/// `NotUtf8` for `not-utf-8`.
fn name(kind: &str) -> String {
    kind.split('-')
        .map(|word| {
            let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
            format!("{}{rest}", first.to_ascii_uppercase())
        })
        .collect()
}

const fn level(weight: NoteSeverity) -> &'static str {
    match weight {
        NoteSeverity::High => "error",
        NoteSeverity::Medium => "warning",
        NoteSeverity::Low | NoteSeverity::Info => "note",
    }
}

/// Every listed deliverable by its finding's id.
fn rows(report: &Report) -> HashMap<String, (&PlanReport, &Row)> {
    let rows = report.plans.iter().flat_map(|plan| plan.deliverables.iter().map(move |row| (plan, row)));
    rows.filter(|(_, row)| findings::weight(row.status).is_some())
        .map(|(plan, row)| (findings::id(&plan.plan, &row.path, row.status), (plan, row)))
        .collect()
}

fn result(gap: &Gap, rules: &BTreeMap<String, Rule>, rows: &HashMap<String, (&PlanReport, &Row)>) -> Finding {
    let rule = id(&Rule::of(gap));
    let (locations, related) = match rows.get(&gap.id) {
        Some((plan, row)) => (locations(plan, row), related(row)),
        None => (said(gap).into_iter().collect(), Vec::new()),
    };
    let text = if gap.evidence.is_empty() { gap.title.clone() } else { format!("{}: {}", gap.title, gap.evidence) };
    Finding {
        rule_index: rules.keys().position(|known| *known == rule).unwrap_or_default(),
        rule_id: rule,
        level: level(gap.weight),
        message: json!({ "text": sentence(&text) }),
        locations,
        related_locations: related,
        partial_fingerprints: json!({ "auditFindingId/v1": gap.id }),
        properties: json!({ "severity": gap.weight.word() }),
    }
}

/// The text as a sentence without hidden characters. Viewers show `[text](address)` as a link, so such text is broken up.
fn sentence(text: &str) -> String {
    let text = visible(text).replace("](", "] (");
    if text.ends_with(['.', '!', '?', '\u{2026}']) { text } else { format!("{text}.") }
}

/// The places where the plan promises the deliverable.
fn locations(plan: &PlanReport, row: &Row) -> Vec<Value> {
    let line = row.promise().map_or(1, |mention| mention.line);
    vec![location(&plan.plan, Some(line))]
}

/// The place where the deliverable was found.
fn related(row: &Row) -> Vec<Value> {
    let found = row.found.iter().map(|found| {
        json!({
            "id": 1,
            "message": { "text": "What was found." },
            "physicalLocation": { "artifactLocation": { "uri": uri(found), "uriBaseId": ROOT } },
        })
    });
    found.collect()
}

/// The place of a finding that is not about a deliverable.
fn said(gap: &Gap) -> Option<Value> {
    gap.place.as_ref().map(|place| location(&place.path, Some(place.line)))
}

fn location(path: &str, line: Option<usize>) -> Value {
    let mut place = Map::new();
    place.insert("artifactLocation".to_owned(), json!({ "uri": uri(path), "uriBaseId": WORKSPACE }));
    if let Some(line) = line {
        place.insert("region".to_owned(), json!({ "startLine": line }));
    }
    json!({ "physicalLocation": place })
}

/// The folders to which paths are relative. Only the first audited folder is listed, because a found path does not name its
/// folder.
fn bases(report: &Report) -> Value {
    let mut bases = Map::new();
    bases.insert(
        WORKSPACE.to_owned(),
        json!({ "description": { "text": "The folder of the workspace, from which plans are named." } }),
    );
    let mut root = Map::new();
    if let Some(shown) = report.roots.first().filter(|shown| !shown.starts_with(['/', '~'])) {
        root.insert("uri".to_owned(), json!(format!("{}/", uri(shown))));
        root.insert("uriBaseId".to_owned(), json!(WORKSPACE));
    }
    root.insert("description".to_owned(), json!({ "text": "The audited folder." }));
    bases.insert(ROOT.to_owned(), Value::Object(root));
    Value::Object(bases)
}

/// A path as a relative URI reference: every byte is percent-encoded, except unreserved characters and `/`.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.trim_start_matches('/').trim_end_matches('/').bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_percent_encoded_and_relative() {
        assert_eq!(uri("plans/a b#c%.md"), "plans/a%20b%23c%25.md");
        assert_eq!(uri("c:/\u{e9}\n"), "c%3A/%C3%A9%0A");
        assert_eq!(uri("/etc/"), "etc");
    }

    #[test]
    fn a_message_has_no_links_and_no_hidden_characters() {
        assert_eq!(sentence("[here](javascript:x)"), "[here] (javascript:x).");
        assert_eq!(sentence("a\u{1b}[31m\u{202e}b\u{e0101}!"), "a [31m\u{27e8}U+202E\u{27e9}b\u{27e8}U+E0101\u{27e9}!");
    }

    #[test]
    fn names_are_in_pascal_case() {
        assert_eq!(["not-utf-8", "missing", ""].map(name), ["NotUtf8", "Missing", ""]);
    }
}

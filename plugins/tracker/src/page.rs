//! The plan, and the list of gaps and issues: as a table with links, and as JSON for programs.

use baton_plugin_kit::markdown::{cell, code, link};
use serde_json::{Value, json};

use crate::decide::{Action, Row, Step};
use baton_plugin_kit::audit_report::Severity;

/// The version of the shape of `issues.json`.
const SCHEMA: u32 = 1;

/// The plan as Markdown.
#[must_use]
pub fn plan(tracker: &str, report: &str, steps: &[Step]) -> String {
    let mut page = format!("# Plan for {}\n\nReport: {}. Nothing was changed.\n\n", cell(tracker), code(report));
    if steps.is_empty() {
        page.push_str("There is nothing to do.\n");
        return page;
    }
    page.push_str("| step | issue | title | gap |\n|---|---|---|---|\n");
    for step in steps {
        let issue = match &step.action {
            Action::Create(_) => "–".to_owned(),
            Action::Change(issue, _) => link(&issue.name, &issue.url),
        };
        page.push_str(&format!("| {} | {issue} | {} | {} |\n", step.kind.words(), cell(&step.title), code(&step.gap)));
    }
    page
}

/// The list as Markdown.
#[must_use]
pub fn table(tracker: &str, report: &str, rows: &[Row]) -> String {
    let mut page = format!("# Issues of {}\n\nReport: {}.\n\n", cell(tracker), code(report));
    page.push_str("| gap | severity | issue | state | title |\n|---|---|---|---|---|\n");
    for row in rows {
        let issue = row.issue.as_ref().map_or_else(|| "–".to_owned(), |issue| link(&issue.name, &issue.url));
        let severity = row.severity.map_or("–", Severity::word);
        page.push_str(&format!(
            "| {} | {severity} | {issue} | {} | {} |\n",
            code(&row.gap),
            row.state,
            cell(&row.title)
        ));
    }
    page
}

/// The list as JSON: `issues` by the gap's id, which is the id of the finding in the report.
#[must_use]
pub fn json(tracker: &str, report: &str, rows: &[Row]) -> Vec<u8> {
    let entry = |row: &Row| -> Value {
        let issue = row.issue.as_ref();
        json!({ "gap": row.gap, "title": row.title, "severity": row.severity.map(Severity::word), "state": row.state,
            "issue": issue.map(|issue| &issue.name), "url": issue.map(|issue| &issue.url) })
    };
    let entries: Vec<Value> = rows.iter().map(entry).collect();
    let document = json!({ "schema": SCHEMA, "tracker": tracker, "report": report, "issues": entries });
    format!("{document:#}\n").into_bytes()
}

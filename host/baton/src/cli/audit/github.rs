//! Findings as workflow commands of GitHub, which shows them as annotations at the lines of a plan.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use baton_core::text::lines;
use baton_ledger::finding::Finding;
use serde::Deserialize;

/// The file and line of each finding, by the finding's id.
pub(super) type Locations = BTreeMap<String, Location>;

/// A line of a document.
#[derive(Debug, Deserialize)]
pub(super) struct Location {
    path: String,
    line: u64,
}

/// The part of a JSON report that is needed here.
#[derive(Deserialize)]
struct Report {
    findings: Vec<PlacedFinding>,
}

#[derive(Deserialize)]
struct PlacedFinding {
    id: String,
    place: Option<Location>,
}

/// The places of the findings of a JSON report.
///
/// # Errors
/// `report` is not a JSON report.
pub(super) fn places(report: &[u8]) -> anyhow::Result<Locations> {
    let report: Report = serde_json::from_slice(report).context("failed to read the JSON report of the audit")?;
    Ok(report.findings.into_iter().filter_map(|finding| Some((finding.id, finding.place?))).collect())
}

/// One line for each finding. `folder` is the repository: a path inside `folder` is written relative to it.
pub(super) fn annotations<'f>(
    findings: impl IntoIterator<Item = &'f Finding>,
    places: &Locations,
    folder: &Path,
) -> String {
    findings.into_iter().fold(String::new(), |mut text, finding| {
        let _ = writeln!(text, "{}", annotation(finding, places.get(&finding.id), folder));
        text
    })
}

fn annotation(finding: &Finding, place: Option<&Location>, folder: &Path) -> String {
    let level = match finding.severity.as_str() {
        "critical" | "high" => "error",
        "medium" => "warning",
        _ => "notice",
    };
    let place = place.map_or_else(String::new, |Location { path, line }| {
        let path = Path::new(path);
        let path = path.strip_prefix(folder).or_else(|_| path.strip_prefix(".")).unwrap_or(path);
        format!("file={},line={line},", property(&path.to_string_lossy()))
    });
    let message = [finding.title.as_str(), finding.evidence.as_str()].join("\n");
    format!("::{level} {place}title={}::{}", property("Baton audit"), data(message.trim_end()))
}

/// The escaped message of a workflow command. Control characters are escaped too, because the log of the workflow is shown like a
/// terminal.
fn data(text: &str) -> String {
    lines(text).replace('%', "%25").replace('\n', "%0A")
}

/// The escaped value of a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(severity: &str, evidence: &str, place: &str) -> String {
        let [id, title] = ["audit:x", "100 % is\nfalse"].map(str::to_owned);
        let finding = Finding { id, severity: severity.to_owned(), title, evidence: evidence.to_owned() };
        let report = format!(r#"{{"findings": [{{"id": "audit:x", {place} "title": ""}}]}}"#);
        annotations([&finding], &places(report.as_bytes()).unwrap(), Path::new("/repository")).trim_end().to_owned()
    }

    #[test]
    fn an_annotation_is_escaped_and_is_at_the_line_of_the_finding() {
        assert_eq!(
            of("high", "found: x", r#""place": {"path": "/repository/docs/a,b:c.md", "line": 12},"#),
            "::error file=docs/a%2Cb%3Ac.md,line=12,title=Baton audit::100 %25 is%0Afalse%0Afound: x"
        );
        let place = r#""place": {"path": "./PLAN.md", "line": 7},"#;
        assert!(of("medium", "", place).starts_with("::warning file=PLAN.md,line=7,title=Baton audit::"));
        assert_eq!(of("low", "", ""), "::notice title=Baton audit::100 %25 is%0Afalse");
        // Evidence that looks like LINE:COLUMN is not a location.
        assert_eq!(of("low", "14:30: late", ""), "::notice title=Baton audit::100 %25 is%0Afalse%0A14:30: late");
        assert_eq!(
            of("low", "a\r::error::b\u{1b}[2K\u{202e}", ""),
            "::notice title=Baton audit::100 %25 is%0Afalse%0Aa\\r::error::b\\u{1b}[2K\\u{202e}"
        );
        assert!(places(b"[]").is_err());
    }
}

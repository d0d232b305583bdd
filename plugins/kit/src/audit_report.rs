//! Reads the newest report of the audit: its gaps, and whether it would list a certain gap if that gap still
//! existed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use crate::{safe_path, time};
use baton_plugin_sdk::Error;
use serde::Deserialize;

/// The versions of the report's shape that this plugin reads.
const SCHEMA: u32 = 3;

/// The maximum size of a report. The audit limits its reports to 13 MiB.
const MOST_BYTES: u64 = 32 << 20;

/// The id of the finding that a report has if it omits further findings.
const MORE: &str = "audit:more-findings";

/// The kind of findings about a change since the last audit. The report has a separate finding about the gap itself.
const REGRESSION: &str = "regression";

/// The kind of findings about files that could not be checked.
const UNVERIFIABLE: &str = "unverifiable";

/// The kind of findings about files that no plan asks for. An audit of selected plans does not search for such files.
const UNREQUESTED: &str = "unrequested";

/// The kinds of findings about plans that were not read completely.
const NOT_READ: [&str; 3] = ["unreadable", "too-large", "too-many-names"];

/// The severity of a gap. Reports call it `weight`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A remark.
    Info,
    /// A small problem.
    #[default]
    Low,
    /// A problem.
    Medium,
    /// Something promised is missing.
    High,
}

impl Severity {
    /// The word in reports.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A finding of the audit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Gap {
    /// The id of the finding. The same gap has the same id in every audit.
    pub id: String,
    /// The severity of the gap.
    #[serde(rename = "weight")]
    pub severity: Severity,
    /// The title of the finding in one line.
    pub title: String,
    /// The evidence of the gap.
    #[serde(default)]
    pub evidence: String,
    /// The line of the document that the gap is about.
    #[serde(default)]
    pub place: Option<Location>,
    /// The agent that was asked to close the gap.
    #[serde(skip)]
    pub request: Option<String>,
}

/// A line of a document.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Location {
    /// The document.
    pub path: String,
    /// The number of the line. The first line is 1.
    pub line: u64,
}

/// An audit report.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// `PLANS-AUDIT-20260118-101500`.
    pub id: String,
    /// When the audit ran, in milliseconds since 1970 UTC.
    pub executed_at: i64,
    /// The gaps by id.
    pub gaps: BTreeMap<String, Gap>,
    /// The prefixes of the gap ids for which the report is complete: a gap with such an id exists only if the report
    /// lists it.
    complete: Vec<String>,
    /// True if the audit searched for files that no plan asks for.
    has_unrequested: bool,
}

#[derive(Deserialize)]
struct Document {
    schema: u32,
    report_id: String,
    executed_at: String,
    plans: Vec<PlanLine>,
    plans_left_out: usize,
    findings: Vec<Gap>,
    #[serde(default)]
    parts: Parts,
}

#[derive(Deserialize)]
struct PlanLine {
    plan: String,
}

#[derive(Default, Deserialize)]
struct Parts {
    #[serde(default)]
    follow_ups: Vec<FollowUp>,
}

#[derive(Deserialize)]
struct FollowUp {
    finding: String,
    #[serde(default)]
    agent: Option<String>,
    #[serde(default)]
    state: String,
    #[serde(default)]
    reason: String,
}

impl Report {
    /// Reads the report `name` below a folder.
    ///
    /// # Errors
    /// `permanent` if the file is missing or not a report of the audit; `retryable` if it cannot be read.
    pub fn load(folder: &Path, shown: &str, name: &str) -> Result<Self, Error> {
        let path = safe_path(name).ok_or_else(|| Error::Permanent(format!("`{name}` is not a path below {shown}")))?;
        let mut bytes = Vec::new();
        let read = fs::File::open(folder.join(path)).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes));
        match read {
            Ok(_) if bytes.len() as u64 > MOST_BYTES => {
                Err(Error::Permanent(format!("{shown}/{name} is larger than {} MiB", MOST_BYTES >> 20)))
            }
            Ok(_) => Self::parse(&bytes).map_err(|why| Error::Permanent(format!("{shown}/{name} {why}"))),
            Err(error) if error.kind() == ErrorKind::NotFound => Err(Error::Permanent(format!(
                "there is no {shown}/{name}; to audit: baton run audit. Its report is the newest one below reports/"
            ))),
            Err(error) => Err(Error::Retryable(format!("cannot read {shown}/{name}: {error}"))),
        }
    }

    /// Parses a report.
    ///
    /// # Errors
    /// If the bytes are not a report of the audit. The text completes a sentence that begins with the name of the
    /// file.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(bytes)
            .map_err(|error| format!("is not a report of the audit ({error}); to make one: baton run audit"))?;
        if document.schema != SCHEMA {
            return Err(format!("has the schema {}; this plugin reads {SCHEMA}", document.schema));
        }
        let at = document.executed_at.trim_end_matches(" UTC");
        let executed_at = time::parse(at).ok_or_else(|| format!("has no time of the audit (`executed_at`: `{at}`)"))?;
        let is_cut = document.plans_left_out > 0 || document.findings.iter().any(|gap| gap.id == MORE);
        let has_unrequested = document.findings.iter().any(|gap| kind(&gap.id) == UNREQUESTED);
        let plans: Vec<String> = document.plans.iter().map(|line| format!("audit:{}:", line.plan)).collect();
        // A finding that is not about a plan is not a gap, because Baton could never close an issue about it.
        let is_gap =
            |gap: &Gap| kind(&gap.id) != REGRESSION && plans.iter().any(|plan| gap.id.starts_with(plan.as_str()));
        let mut gaps = BTreeMap::new();
        for gap in document.findings.into_iter().filter(is_gap) {
            gaps.entry(gap.id.clone()).or_insert(gap);
        }
        let is_read =
            |plan: &String| !is_cut && !NOT_READ.iter().any(|kind| gaps.contains_key(&format!("{plan}{kind}")));
        let complete = plans.iter().filter(|plan| is_read(plan)).cloned().collect();
        for request in &document.parts.follow_ups {
            add_request(&mut gaps, request);
        }
        Ok(Self { id: document.report_id, executed_at, gaps, complete, has_unrequested })
    }

    /// True if the report would list this gap if it still existed.
    #[must_use]
    pub fn is_complete_for(&self, id: &str) -> bool {
        let beginning = id.strip_suffix(kind(id)).unwrap_or_default();
        let is_verified = !self.gaps.contains_key(&format!("{beginning}{UNVERIFIABLE}"));
        let is_searched = kind(id) != UNREQUESTED || self.has_unrequested;
        is_verified && is_searched && self.complete.iter().any(|beginning| id.starts_with(beginning))
    }
}

/// The last part of the id of a finding, such as `missing`.
fn kind(id: &str) -> &str {
    id.rsplit(':').next().unwrap_or_default()
}

/// Adds the state of a request to the gaps that it is about. The id of the request ends in `gap`. The id of a gap ends in
/// the status of the gap instead.
fn add_request(gaps: &mut BTreeMap<String, Gap>, request: &FollowUp) {
    let Some(beginning) = request.finding.strip_suffix("gap") else { return };
    let text = match (request.state.as_str(), request.agent.as_deref()) {
        ("SENT" | "OPEN", Some(agent)) => format!("requested from {agent}"),
        ("HELD", _) if request.reason.is_empty() => "needs a decision of a person".to_owned(),
        ("HELD", _) => format!("needs a decision of a person: {}", request.reason),
        _ => return,
    };
    let from = gaps.range_mut(beginning.to_owned()..);
    for (_, gap) in from.take_while(|(id, _)| id.starts_with(beginning)) {
        if gap.id.get(beginning.len()..).is_some_and(|status| !status.contains([':', '/'])) {
            gap.request = Some(text.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn document(findings: &Value, left_out: usize) -> Vec<u8> {
        let plans = json!([{ "plan": "plans/a.md" }]);
        json!({ "schema": 3, "report_id": "R", "executed_at": "2026-01-18 10:15:00 UTC", "plans": plans,
            "plans_left_out": left_out, "findings": findings, "parts": { "follow_ups": [
            { "finding": "audit:plans/a.md:x.py:gap", "agent": "Codex-MM1", "state": "SENT", "reason": "" }] } })
        .to_string()
        .into_bytes()
    }

    fn finding(id: &str) -> Value {
        json!({ "id": id, "weight": "high", "title": "x", "evidence": "", "place": { "path": "plans/a.md", "line": 3 } })
    }

    #[test]
    fn a_gap_is_absent_only_if_its_plan_was_audited_completely() {
        let report = Report::parse(&document(&json!([finding("audit:plans/a.md:x.py:missing")]), 0)).unwrap();
        assert_eq!(report.executed_at, 1_768_731_300_000);
        assert!(report.is_complete_for("audit:plans/a.md:y.py:missing"));
        assert!(!report.is_complete_for("audit:plans/a.md.old:y.py:missing"));
        let gap = report.gaps.values().next().unwrap();
        assert_eq!(gap.request.as_deref(), Some("requested from Codex-MM1"));
        for cut in [document(&json!([]), 1), document(&json!([finding(MORE)]), 0)] {
            let report = Report::parse(&cut).unwrap();
            assert!(report.gaps.is_empty() && !report.is_complete_for("audit:plans/a.md:y.py:missing"));
        }
    }

    #[test]
    fn only_gaps_of_listed_plans_are_filed_and_each_one_once() {
        let ids = [
            "audit:plans/a.md:x.py:missing",
            "audit:plans/a.md:x.py:regression",
            "audit:tree:y.py:unrequested",
            "audit:plans/b.md:x.py:missing",
            "audit:docs/c.md:3:claim-file",
            "",
        ];
        let findings: Vec<Value> = ids.map(finding).into();
        let report = Report::parse(&document(&json!(findings), 0)).unwrap();
        assert_eq!(report.gaps.keys().collect::<Vec<_>>(), ["audit:plans/a.md:x.py:missing"]);
    }

    #[test]
    fn a_gap_that_the_audit_could_not_check_is_not_fixed() {
        let report = |ids: &[&str]| {
            let findings: Vec<Value> = ids.iter().copied().map(finding).collect();
            Report::parse(&document(&json!(findings), 0)).unwrap()
        };
        let unverifiable = report(&["audit:plans/a.md:x.py:unverifiable"]);
        assert!(!unverifiable.is_complete_for("audit:plans/a.md:x.py:stub"));
        assert!(unverifiable.is_complete_for("audit:plans/a.md:y.py:stub"));
        for kind in NOT_READ {
            let not_read = report(&[&format!("audit:plans/a.md:{kind}")]);
            assert!(!not_read.is_complete_for("audit:plans/a.md:x.py:stub"), "{kind}");
        }
        let unrequested = "audit:plans/a.md:x.py:unrequested";
        assert!(!report(&[]).is_complete_for(unrequested), "the audit may have covered only some plans");
        assert!(report(&["audit:tree:y.py:unrequested"]).is_complete_for(unrequested));
    }

    #[test]
    fn other_documents_are_refused() {
        for bytes in [&b"{}"[..], b"", b"[1]", b"{\"schema\":2}"] {
            assert!(Report::parse(bytes).is_err());
        }
        let newer = String::from_utf8(document(&json!([]), 0)).unwrap().replace("\"schema\":3", "\"schema\":4");
        assert!(Report::parse(newer.as_bytes()).unwrap_err().contains("schema 4"));
    }

    #[test]
    fn no_report_outside_of_the_folder_is_read() {
        for name in ["../secrets.json", "/etc/passwd", "a/../../b"] {
            let error = Report::load(Path::new("/tmp"), "reports", name).unwrap_err();
            assert!(matches!(error, Error::Permanent(text) if text.contains("is not a path below")), "{name}");
        }
    }
}

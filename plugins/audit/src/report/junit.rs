//! The deliverables as `JUnit` XML, for programs that show tests. Each plan is a suite, and each deliverable is a case. A
//! last suite has the false claims as failures.
//!
//! A done deliverable passes, an unverifiable one is skipped, any other one fails. A plan of which nothing could be verified
//! is a failed case. Readers compare the counts with the listed cases, so the counts include only those; the numbers of the
//! whole audit are properties.

use std::fmt::Write;

use super::escape::markup;
use super::findings::Gap;
use super::model::{PlanReport, Report, Row, Stamp};
use super::rules::{Rule, kind_of_status};
use super::wording::percent;
use crate::count::count;
use crate::remark::NoteSeverity;
use crate::verify::Status;

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    tests: usize,
    failures: usize,
    skipped: usize,
}

/// The case and the failure of a plan of which nothing could be verified.
const NOTHING_VERIFIED: &str = "nothing could be verified";

/// The name of the suite of false claims.
const FALSE_CLAIMS: &str = "false claims";

impl Tally {
    fn of_plan(plan: &PlanReport) -> Self {
        let unverified = usize::from(plan.unverified.is_some());
        Self { tests: unverified, failures: unverified, skipped: 0 }.add(Self::of(&plan.deliverables))
    }

    fn of(rows: &[Row]) -> Self {
        let count = |wanted: fn(Status) -> bool| rows.iter().filter(|row| wanted(row.status)).count();
        let skipped = count(is_skipped);
        let failures = count(|status| !status.is_done() && !is_skipped(status));
        Self { tests: rows.len(), failures, skipped }
    }

    fn add(self, other: Self) -> Self {
        Self {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            skipped: self.skipped + other.skipped,
        }
    }

    fn attributes(self) -> String {
        let Self { tests, failures, skipped } = self;
        format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"0\"")
    }
}

pub(super) fn write(report: &Report, stamp: &Stamp) -> String {
    let claims: Vec<&Gap> = report.findings.iter().filter(|gap| is_false_claim(gap)).collect();
    let counted = Tally { tests: claims.len(), failures: claims.len(), skipped: 0 };
    let all = report.plans.iter().map(Tally::of_plan).fold(counted, Tally::add);
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(out, "<testsuites name=\"{}\" {}>", markup(&report.report_id), all.attributes());
    for plan in &report.plans {
        suite(&mut out, report, plan, stamp);
    }
    if !claims.is_empty() {
        let _ = writeln!(
            out,
            "  <testsuite name=\"{FALSE_CLAIMS}\" {} timestamp=\"{}\">",
            counted.attributes(),
            stamp.local()
        );
        for gap in claims {
            false_claim(&mut out, gap);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn is_false_claim(gap: &Gap) -> bool {
    gap.weight >= NoteSeverity::Medium && Rule::of(gap).is_claim()
}

fn false_claim(out: &mut String, gap: &Gap) {
    let (document, line) = gap.place.as_ref().map_or((FALSE_CLAIMS, 1), |place| (place.path.as_str(), place.line));
    let (document, title) = (markup(document), markup(&gap.title));
    let _ = writeln!(
        out,
        "    <testcase name=\"{title}\" classname=\"{document}\" file=\"{document}\" line=\"{line}\" time=\"0\">\n      \
         <failure message=\"{title}\" type=\"audit/{}\">{}</failure>\n    </testcase>",
        markup(&Rule::of(gap).kind),
        markup(&gap.evidence)
    );
}

fn suite(out: &mut String, report: &Report, plan: &PlanReport, stamp: &Stamp) {
    let (name, counted) = (markup(&plan.plan), Tally::of_plan(plan).attributes());
    let _ = writeln!(out, "  <testsuite name=\"{name}\" {counted} timestamp=\"{}\">", stamp.local());
    out.push_str("    <properties>\n");
    property(out, "report", &report.report_id);
    property(out, "completion", &percent(plan.completion_percent));
    for status in Status::ALL {
        property(out, &kind_of_status(status), &plan.counts.get(status).to_string());
    }
    out.push_str("    </properties>\n");
    for row in &plan.deliverables {
        case(out, plan, row);
    }
    if let Some(seen) = &plan.unverified {
        let said = markup(&format!("{}; {}", seen.boxes_text(), seen.evidence()));
        let _ = writeln!(
            out,
            "    <testcase name=\"{NOTHING_VERIFIED}\" classname=\"{name}\" file=\"{name}\" line=\"1\" time=\"0\">\n      \
             <failure message=\"{NOTHING_VERIFIED}\" type=\"audit/nothing-verified\">{said}</failure>\n    </testcase>"
        );
    }
    out.push_str("  </testsuite>\n");
}

fn property(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "      <property name=\"{}\" value=\"{}\"/>", markup(name), markup(value));
}

fn case(out: &mut String, plan: &PlanReport, row: &Row) {
    let (name, class) = (markup(&row.path), markup(&plan.plan));
    let line = row.promise().map_or(1, |mention| mention.line);
    let _ =
        write!(out, "    <testcase name=\"{name}\" classname=\"{class}\" file=\"{class}\" line=\"{line}\" time=\"0\"");
    let said = said(plan, row, line);
    let (word, said) = (row.status.word(), markup(&said));
    if is_skipped(row.status) {
        let _ = writeln!(out, ">\n      <skipped message=\"{word}: {said}\"/>\n    </testcase>");
    } else if !row.status.is_done() {
        let kind = kind_of_status(row.status);
        let _ = writeln!(
            out,
            ">\n      <failure message=\"{word}: {name}\" type=\"audit/{kind}\">{said}</failure>\n    </testcase>"
        );
    } else if row.remarks.is_empty() {
        out.push_str("/>\n");
    } else {
        let _ = writeln!(out, ">\n      <system-out>{word}: {said}</system-out>\n    </testcase>");
    }
}

/// True for a status that does not count: its case neither passes nor fails.
fn is_skipped(status: Status) -> bool {
    !status.is_counted()
}

fn said(plan: &PlanReport, row: &Row, line: usize) -> String {
    let mut said = vec![format!("{}:{line}", plan.plan)];
    said.extend(row.found.as_ref().map(|found| format!("found: {found}")));
    said.extend(row.bytes.map(|bytes| count(bytes, "byte")));
    said.extend(row.remarks.iter().cloned());
    said.join("; ")
}

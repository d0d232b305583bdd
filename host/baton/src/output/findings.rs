//! Findings as lines, the most severe first. No line is cut, because it ends with the command or edit that fixes the
//! problem.
//!
//! The evidence is shown only by `--json` and in reports.

use std::cmp::Reverse;

use baton_ledger::finding::Finding;

use super::{one_line, shorten};

const LISTED: usize = 20;
/// The maximum length of a finding in characters; bundled plugins write less.
const LONGEST: usize = 1_000;
const SEVERITIES: [&str; 5] = ["info", "low", "medium", "high", "critical"];

/// The number of findings, then one line for each finding. If there are more than 20 findings, only the most severe ones
/// are listed, and `rest` tells the reader where to find the others.
pub(crate) fn findings(findings: &[Finding], rest: &str) -> String {
    let mut gravest: Vec<&Finding> = findings.iter().collect();
    gravest.sort_by_key(|finding| Reverse(SEVERITIES.iter().position(|severity| *severity == finding.severity)));
    let word = if findings.len() == 1 { "finding" } else { "findings" };
    let mut text = format!("{} {word}\n", findings.len());
    for finding in gravest.iter().take(LISTED) {
        let title = shorten(&one_line(&finding.title), LONGEST);
        text.push_str(&format!("{:8}  {title}\n", finding.severity));
    }
    let more = findings.len().saturating_sub(LISTED);
    if more > 0 {
        text.push_str(&format!("and {more} more ({rest})\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(number: usize, severity: &str, title: &str) -> Finding {
        let text = |text: &str| text.to_owned();
        Finding { id: format!("f{number}"), severity: text(severity), title: text(title), evidence: String::new() }
    }

    #[test]
    fn the_most_severe_come_first_and_each_is_complete_and_escaped() {
        let long = format!("{}: baton run x y", "wide ".repeat(100));
        let found = [finding(1, "low", "a\u{1b}[31m\nb"), finding(2, "high", &long), finding(3, "low", "c")];
        assert_eq!(
            findings(&found, ""),
            format!("3 findings\nhigh      {long}\nlow       a\\u{{1b}}[31m\\nb\nlow       c\n")
        );
    }

    #[test]
    fn findings_beyond_the_limit_are_counted() {
        let found: Vec<Finding> = (0..21).map(|number| finding(number, "info", "x")).collect();
        let text = findings(&found, "elsewhere");
        assert_eq!(text.lines().count(), 22);
        assert!(text.ends_with("and 1 more (elsewhere)\n"), "{text}");
        let huge = finding(0, "info", &"x".repeat(3_000_000));
        assert!(findings(&[huge], "").len() < 2_000);
    }
}

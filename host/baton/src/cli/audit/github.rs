//! Findings as workflow commands of GitHub, which shows them as annotations at the lines of a plan.

use std::fmt::Write as _;
use std::path::Path;

use baton_ledger::finding::Finding;

/// One line for each finding; `folder` is the repository, to which absolute paths are made relative.
pub(super) fn annotations<'f>(findings: impl IntoIterator<Item = &'f Finding>, folder: &Path) -> String {
    findings.into_iter().fold(String::new(), |mut text, finding| {
        let _ = writeln!(text, "{}", annotation(finding, folder));
        text
    })
}

fn annotation(finding: &Finding, folder: &Path) -> String {
    let level = match finding.severity.as_str() {
        "critical" | "high" => "error",
        "medium" => "warning",
        _ => "notice",
    };
    let place = place(&finding.evidence).map_or_else(String::new, |(path, line)| {
        let path = Path::new(path);
        let path = path.strip_prefix(folder).or_else(|_| path.strip_prefix(".")).unwrap_or(path);
        format!("file={},line={line},", property(&path.to_string_lossy()))
    });
    let message = [finding.title.as_str(), finding.evidence.as_str()].join("\n");
    format!("::{level} {place}title={}::{}", property("Baton audit"), data(message.trim_end()))
}

/// The document and the line that evidence begins with: `plans/a.md:12; ...`, `plans/a.md:3, 40`, `plans/a.md:7: ...`.
fn place(evidence: &str) -> Option<(&str, u32)> {
    evidence.match_indices(':').find_map(|(at, _)| {
        let (path, rest) = (evidence.get(..at)?, evidence.get(at + 1..)?);
        let end = rest.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, after) = rest.split_at_checked(end)?;
        let line = digits.parse().ok().filter(|line| *line > 0)?;
        let ends = after.is_empty() || after.starts_with([',', ';', ':']);
        (ends && !path.trim().is_empty()).then_some((path, line))
    })
}

/// The escaped message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The escaped value of a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(severity: &str, evidence: &str) -> String {
        let [id, title] = ["audit:x", "100 % is\nfalse"].map(str::to_owned);
        let finding = Finding { id, severity: severity.to_owned(), title, evidence: evidence.to_owned() };
        annotation(&finding, Path::new("/repository"))
    }

    #[test]
    fn an_annotation_is_escaped_and_stands_at_the_line() {
        assert_eq!(
            of("high", "/repository/docs/a,b:c.md:12; found: x"),
            "::error file=docs/a%2Cb%3Ac.md,line=12,title=Baton audit::100 %25 is%0Afalse%0A/repository/docs/a,b:c.md:12; found: x"
        );
        assert!(of("medium", "./PLAN.md:7: a claim").starts_with("::warning file=PLAN.md,line=7,title=Baton audit::"));
        assert_eq!(of("low", ""), "::notice title=Baton audit::100 %25 is%0Afalse");
    }
}

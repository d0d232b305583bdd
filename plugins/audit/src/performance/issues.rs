//! Issues in plans: tables with a column for the issue and one for its severity or status.

use serde::Serialize;

use crate::limits;
use crate::markdown::Inline;
use crate::markdown::{Block, blocks};

/// An issue of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KnownIssue {
    /// The plan.
    pub plan: String,
    /// The line, from 1.
    pub line: usize,
    /// What it is.
    pub issue: String,
    /// `CRITICAL`, `HIGH`, `MEDIUM`, `LOW`, or none.
    pub severity: Option<&'static str>,
    /// Its status, in the plan's words.
    pub status: String,
    /// Whether it is still open by that status.
    pub open: bool,
}

/// Headings of the column for the issue.
const ISSUE: &[&str] = &["issue", "issues", "known issue", "problem", "bug"];

/// The issues of a plan, in the order of its lines.
#[must_use]
pub fn known_issues(plan: &str, text: &str) -> Vec<KnownIssue> {
    // Most plans have no such table; those are not read as Markdown a second time.
    if !text.lines().any(|line| line.trim_start().starts_with('|') && is_head(&line.to_lowercase())) {
        return Vec::new();
    }
    let tables = blocks(text).into_iter().filter_map(|block| match block {
        Block::Table(rows) => Some(rows),
        _ => None,
    });
    tables.flat_map(|rows| table(plan, &rows)).take(limits::ROWS).collect()
}

fn is_head(line: &str) -> bool {
    ISSUE.iter().any(|name| line.contains(name)) && (line.contains("severity") || line.contains("status"))
}

fn table(plan: &str, rows: &[Vec<Inline>]) -> Vec<KnownIssue> {
    let Some((head, body)) = rows.split_first() else { return Vec::new() };
    let names: Vec<String> = head.iter().map(|cell| cell.plain().to_lowercase()).collect();
    let find = |names_of: &[&str]| names.iter().position(|name| names_of.contains(&name.as_str()));
    let (severity, status) = (find(&["severity", "priority"]), find(&["status", "state"]));
    let Some(issue) = find(ISSUE).filter(|_| find(&["severity"]).is_some() || status.is_some()) else {
        return Vec::new();
    };
    let row = |cells: &Vec<Inline>| {
        let text = |at: Option<usize>| at.and_then(|at| cells.get(at)).map(Inline::plain).unwrap_or_default();
        let what = text(Some(issue));
        let status = text(status);
        let line = cells.get(issue)?.line();
        let open = !is_settled(&status);
        (!what.is_empty()).then(|| KnownIssue {
            plan: plan.to_owned(),
            line,
            issue: what,
            severity: severity_of(&text(severity)),
            status,
            open,
        })
    };
    body.iter().filter_map(row).collect()
}

fn severity_of(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    [("critical", "CRITICAL"), ("high", "HIGH"), ("medium", "MEDIUM"), ("low", "LOW")]
        .into_iter()
        .find(|(word, _)| lower.contains(word))
        .map(|(_, severity)| severity)
}

/// Whether a status says that nothing more is to be done: `✅ Fixed`, `Resolved 2026-01-18`, but not `Not fixed yet`.
pub(crate) fn is_settled(status: &str) -> bool {
    let lower = status.to_lowercase();
    let mut words = lower.split(|sign: char| !sign.is_alphanumeric()).filter(|word| !word.is_empty());
    let negated =
        lower.split_whitespace().any(|word| matches!(word, "not" | "un" | "isn't" | "partially" | "partly" | "to"));
    let settled = |word: &str| {
        matches!(
            word,
            "fixed"
                | "resolved"
                | "done"
                | "closed"
                | "complete"
                | "completed"
                | "solved"
                | "mitigated"
                | "implemented"
        )
    };
    !negated && (words.any(settled) || lower.trim() == "\u{2705}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_and_settled_issues_are_told_apart() {
        let text = "# P\n\n| Issue | Severity | Status |\n|---|---|---|\n| Coverage below 80% | 🔴 HIGH | Blocking |\n| Slow | LOW | ✅ Fixed |\n| Odd | Medium | Not fixed |\n|  | LOW | Open |\n\n| Metric | Status |\n|---|---|\n| Issue rate | ok |\n";
        let found: Vec<(String, Option<&str>, bool, usize)> =
            known_issues("p.md", text).into_iter().map(|row| (row.issue, row.severity, row.open, row.line)).collect();
        assert_eq!(
            found,
            [
                ("Coverage below 80%".to_owned(), Some("HIGH"), true, 5),
                ("Slow".to_owned(), Some("LOW"), false, 6),
                ("Odd".to_owned(), Some("MEDIUM"), true, 7),
            ]
        );
    }

    #[test]
    fn other_tables_and_prose_are_none() {
        assert!(known_issues("p.md", "| File | Status |\n|---|---|\n| `issues.py` | open |\n").is_empty());
        assert!(known_issues("p.md", "The issue has a status: open.\n").is_empty());
        assert!(
            is_settled("\u{2705}")
                && is_settled("Resolved 2026-01-18")
                && !is_settled("Unresolved")
                && !is_settled("\u{2705} Uses fallback")
        );
    }
}

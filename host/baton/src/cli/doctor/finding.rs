//! The findings of the checks. Each finding is one line with the command or edit that fixes the problem.

use serde_json::{Value, json};

use crate::output;

/// The maximum number of printed findings for one check and status. The other findings are only counted.
const PRINTED: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    /// No problem.
    Ok,
    /// The checked part works, but needs attention.
    Warn,
    /// The checked part does not work, or will stop working soon.
    Fail,
}

impl Status {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    fn colour(self) -> u8 {
        match self {
            Self::Ok => 32,
            Self::Warn => 33,
            Self::Fail => 31,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    check: &'static str,
    pub(super) status: Status,
    place: String,
    pub(super) what: String,
    pub(super) fix: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { check, status: Status::Ok, place: place.into(), what: what.into(), fix: None }
    }

    /// A warning; `fix` is the command or edit that fixes it.
    pub(super) fn warn(
        check: &'static str,
        place: impl Into<String>,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { check, status: Status::Warn, place: place.into(), what: what.into(), fix: Some(fix.into()) }
    }

    /// A failure; `fix` is the command or edit that fixes it.
    pub(super) fn fail(
        check: &'static str,
        place: impl Into<String>,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { status: Status::Fail, ..Self::warn(check, place, what, fix) }
    }

    pub(super) fn with(self, status: Status) -> Self {
        Self { status, ..self }
    }

    pub(super) fn as_json(&self) -> Value {
        json!({
            "check": self.check,
            "status": self.status.as_str(),
            "what": self.what,
            "where": self.place,
            "fix": self.fix,
        })
    }

    /// One line. Untrusted text is escaped.
    fn line(&self) -> String {
        let status = output::in_colour(self.status.colour(), &format!("{:4}", self.status.as_str()));
        let place = if self.place.is_empty() { String::new() } else { format!("{}: ", self.place) };
        let fix = self.fix.as_ref().map(|fix| format!("  → {fix}")).unwrap_or_default();
        let rest = output::one_line(&format!("{place}{}{fix}", self.what));
        format!("{status}  {:13}  {rest}\n", self.check)
    }
}

/// The findings as lines. Of the findings with the same check and status, only the first [`PRINTED`] are listed.
pub(super) fn as_text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for alike in findings.chunk_by(|a, b| (a.check, a.status) == (b.check, b.status)) {
        text.extend(alike.iter().take(PRINTED).map(Finding::line));
        if let (Some(first), more @ 1..) = (alike.first(), alike.len().saturating_sub(PRINTED)) {
            let what = format!("and {more} more; --json shows them all");
            let rest = Finding { place: String::new(), what, fix: None, ..first.clone() };
            text.push_str(&rest.line());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_status_check_what_and_fix() {
        let findings = [
            Finding::ok("disk", "", "12 GiB free"),
            Finding::fail("configuration", "baton.toml", "does not\nparse\u{1b}[31m", "fix line 3"),
        ];
        let expected = "ok    disk           12 GiB free\n\
                        fail  configuration  baton.toml: does not\\nparse\\u{1b}[31m  → fix line 3\n";
        assert_eq!(as_text(&findings), expected);
    }

    #[test]
    fn the_first_of_many_similar_findings_are_shown_and_the_rest_counted() {
        let many = vec![Finding::warn("orphans", "x", "is a link", "rm x"); 13];
        let text = as_text(&many);
        assert_eq!(text.lines().count(), 11);
        assert!(text.ends_with("warn  orphans        and 3 more; --json shows them all\n"), "{text}");
        assert_eq!(as_text(&many[..10]).lines().count(), 10);
    }
}

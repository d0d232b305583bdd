//! Distinguishes reports about completed work from plans, by their title and their status.

use super::verbs::{FileAction, verb};
use super::{lexer, words};
use crate::plan::reports_done;

/// Number of lines at the beginning of a document in which its status is searched.
pub(super) const HEADER_LINES: usize = 30;

/// Last words of titles of reports.
const REPORT: &[&str] = &["bericht", "completion", "progress", "report", "results", "status", "summary"];
const DONE: &[&str] = &["complete", "completed", "done", "finished", "implemented"];
/// Words that make a title the title of a plan, even if it also has a word of [`REPORT`].
const PLAN: &[&str] = &["design", "draft", "plan", "proposal", "roadmap", "spec", "specification", "tasks", "todo"];

/// True if the title, or the status in the first lines, says that the document reports completed work.
pub(super) fn tells_what_was_done<'a>(title: Option<&str>, mut header: impl Iterator<Item = &'a str>) -> bool {
    let status = |line: &str| {
        let plain = lexer::plain(line);
        let said = plain.split_once(':').filter(|(key, _)| key.trim().eq_ignore_ascii_case("status"));
        said.is_some_and(|(_, value)| reports_done(value.trim()))
    };
    title.is_some_and(is_report) || header.any(status)
}

/// True for "Till: Implementation Summary" and "Till plan – completed", but not for "Add a status command" or
/// "Plan for the summary".
fn is_report(title: &str) -> bool {
    let planned = words::words(title).any(|word| PLAN.contains(&word.as_str()));
    let parts = title.split([':', '(', '|', '\u{2013}', '\u{2014}']).flat_map(|part| part.split(" - "));
    parts.into_iter().any(|part| {
        let said: Vec<String> =
            words::words(part).filter(|word| !word.contains(|sign: char| sign.is_ascii_digit())).collect();
        let is_done = |word: &String| DONE.contains(&word.as_str());
        // "Add the export report" is a plan.
        let adds = said.len() > 1 && said.first().is_some_and(|word| is_adding(word)) && !said.iter().any(is_done);
        match said.as_slice() {
            [.., of, last] if is_done(last) => of != "of",
            [.., last] => !adds && (is_done(last) || !planned && REPORT.contains(&last.as_str())),
            [] => false,
        }
    })
}

fn is_adding(word: &str) -> bool {
    verb(word).is_some_and(|verb| verb.action == FileAction::Add && !verb.past)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_distinguished_from_plans_by_their_title() {
        for title in [
            "Till: Implementation Summary",
            "\u{1f389} TILL COMPLETE \u{2705}",
            "Status Report 2026-01-18",
            "Till plan \u{2013} completed",
            "Progress: till",
        ] {
            assert!(is_report(title), "{title}");
        }
        for title in [
            "Add a status command",
            "Report generator",
            "Add the export report",
            "Implementation Plan: Summary",
            "Definition of done",
            "Summary tasks",
        ] {
            assert!(!is_report(title), "{title}");
        }
    }
}

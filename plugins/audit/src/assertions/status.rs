//! States that a document contradicts itself: done here and not tested there, fixed without a commit, a tracker that lists
//! what is done as open.
//!
//! Only what the document says is weighed. Two sections are about the same thing when their headings are the same words.

use std::collections::BTreeMap;

use super::claim::{Assertion, Kind, Outcome};
use super::text::{Form, Passage, Text};
use super::words::{labelled, stems};
use crate::remark::NoteSeverity;

/// Words that say that something is not done.
const UNDONE: &[&str] =
    &["not tested", "untested", "not yet", "pending", "not executed", "not started", "not implemented", "not verified"];

/// Words that say that it is.
const DONE: &[&str] = &[
    "complete",
    "completed",
    "done",
    "verified",
    "fixed",
    "resolved",
    "implemented",
    "approved",
    "successful",
    "operational",
    "functional",
];

/// The contradictions of a document.
pub(super) fn read(text: &Text, claims: &mut Vec<Assertion>) {
    let states = states(text);
    same_heading(text, &states, claims);
    overall(text, claims);
    without_commit(text, &states, claims);
    trackers(text, claims);
}

/// How a section says that its matter stands, and where.
#[derive(Clone, Default)]
struct State {
    done: Option<usize>,
    undone: Option<(usize, String)>,
}

fn states(text: &Text) -> Vec<State> {
    let mut states = vec![State::default(); text.sections.len()];
    for passage in &text.passages {
        let Some(state) = states.get_mut(passage.at.section) else { continue };
        let heading = passage.form == Form::Heading;
        let value = match labelled(&passage.text) {
            _ if heading => passage.text.as_str(),
            Some((label, value))
                if passage.form == Form::Text && stems(label).last().is_some_and(|word| word == "statu") =>
            {
                value
            }
            _ => continue,
        };
        if is_undone(value) {
            state.undone.get_or_insert_with(|| (passage.line, value.to_owned()));
        } else if is_done(value, heading) {
            state.done.get_or_insert(passage.line);
        }
    }
    states
}

fn is_undone(value: &str) -> bool {
    let lower = value.to_lowercase();
    UNDONE.iter().any(|words| lower.contains(words))
}

fn is_done(value: &str, heading: bool) -> bool {
    let signed = value.contains('\u{2705}');
    signed || !heading && stems(value).iter().any(|word| DONE.contains(&word.as_str()))
}

/// A heading's words without numbers, glyphs and what stands in brackets.
fn name(title: &str) -> String {
    let outside = title.split('(').next().unwrap_or_default();
    stems(outside)
        .into_iter()
        .filter(|word| !word.chars().all(|sign| sign.is_ascii_digit()))
        .collect::<Vec<_>>()
        .join(" ")
}

fn same_heading(text: &Text, states: &[State], claims: &mut Vec<Assertion>) {
    let mut named: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, section) in text.sections.iter().enumerate() {
        let name = name(&section.title);
        if name.contains(' ') {
            named.entry(name).or_default().push(at);
        }
    }
    for sections in named.values().filter(|sections| sections.len() > 1) {
        let of = |at: &usize| states.get(*at).map(|state| (*at, state));
        let done = sections.iter().filter_map(of).find(|(_, state)| state.done.is_some() && state.undone.is_none());
        let undone = sections.iter().filter_map(of).find(|(_, state)| state.undone.is_some());
        let (Some((at, State { done: Some(line), .. })), Some((_, State { undone: Some((other, words)), .. }))) =
            (done, undone)
        else {
            continue;
        };
        let title = text.sections.get(at).map_or("", |section| section.title.as_str());
        let evidence = format!("line {line} says that it is done, line {other} says \u{201c}{words}\u{201d}");
        claims.push(Assertion::worked(*line, Kind::Status, title, Outcome::fails(NoteSeverity::Low, evidence)));
    }
}

/// `Overall status: complete, all objectives achieved` above something that is not.
fn overall(text: &Text, claims: &mut Vec<Assertion>) {
    let all = text.passages.iter().find(|passage| {
        labelled(&passage.text).is_some_and(|(label, value)| {
            let (label, words) = (stems(label), stems(value));
            let status = label.last().is_some_and(|word| word == "statu");
            status && words.contains(&"all".to_owned()) && is_done(value, false) && !is_undone(value)
        })
    });
    let Some(all) = all else { return };
    let open = text.passages.iter().find_map(|passage| {
        let (label, value) = labelled(&passage.text).filter(|_| passage.form == Form::Text)?;
        let status = stems(label).last().is_some_and(|word| word == "statu");
        (status && is_undone(value)).then_some((passage.line, label, value))
    });
    if let Some((line, label, value)) = open {
        let evidence = format!("line {line} says \u{201c}{label}: {value}\u{201d}");
        claims.push(Assertion::worked(all.line, Kind::Status, &all.text, Outcome::fails(NoteSeverity::Low, evidence)));
    }
}

/// A fix that a section says is done, and of which it says that there is no commit.
fn without_commit(text: &Text, states: &[State], claims: &mut Vec<Assertion>) {
    for passage in text.passages.iter().filter(|passage| passage.form != Form::Heading && says_no_commit(passage)) {
        let (Some(section), Some(state)) = (text.section(&passage.at), states.get(passage.at.section)) else {
            continue;
        };
        if let Some(line) = state.done {
            let evidence =
                format!("line {line} says that it is done, line {} says that no commit of it was found", passage.line);
            claims.push(Assertion::worked(
                line,
                Kind::Status,
                &section.title,
                Outcome::fails(NoteSeverity::Medium, evidence),
            ));
        }
    }
}

fn says_no_commit(passage: &Passage) -> bool {
    passage.text.split(". ").any(|sentence| {
        let words = stems(sentence);
        let at = |wanted: &str| words.iter().position(|word| word == wanted);
        let (Some(no), Some(commit)) = (at("no").or_else(|| at("without")), at("commit")) else { return false };
        let found = words
            .iter()
            .skip(commit)
            .any(|word| matches!(word.as_str(), "found" | "identified" | "exist" | "exists" | "located"));
        no < commit && commit - no <= 6 && found
    })
}

/// `x.json lists DS-001 as unresolved, but the code shows that it is implemented`.
fn trackers(text: &Text, claims: &mut Vec<Assertion>) {
    let mut said: Vec<String> = Vec::new();
    for passage in text.passages.iter().filter(|passage| passage.form != Form::Fence) {
        let words = stems(&passage.text);
        let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
        let turns = has(&["but", "however", "although", "though", "yet", "while"]);
        let lists = has(&["list", "listed", "show", "shown", "track", "tracked", "marked"])
            && has(&["unresolved", "open", "critical", "todo", "missing"]);
        let done = has(&["implemented", "fixed", "resolved", "done", "closed"]);
        let Some(issue) = issue(&passage.text).filter(|_| turns && lists && done) else { continue };
        if !said.contains(&issue) && said.len() < crate::limits::CLAIM_PAIRS {
            let evidence = format!("line {} says itself that {issue} is done and listed as open", passage.line);
            claims.push(Assertion::worked(
                passage.line,
                Kind::Tracker,
                &passage.text,
                Outcome::fails(NoteSeverity::Medium, evidence),
            ));
            said.push(issue);
        }
    }
}

/// The first id of an issue: `DS-001`, `BATON-12`.
fn issue(text: &str) -> Option<String> {
    let mut words = text.split(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '-'));
    let is_issue = |word: &&str| {
        word.split_once('-').is_some_and(|(project, number)| {
            project.len() >= 2
                && project.bytes().all(|byte| byte.is_ascii_uppercase())
                && !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    words
        .find(is_issue)
        .filter(|word| !matches!(word.split('-').next(), Some("UTF" | "SHA" | "ISO" | "MD" | "RFC")))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::claim::AssertionKind;
    use super::*;

    fn found(markdown: &str) -> Vec<(Kind, String)> {
        let mut claims = Vec::new();
        read(&Text::of(markdown), &mut claims);
        let says = claims.into_iter().filter_map(|claim| match claim.says {
            AssertionKind::Worked(outcome) => Some((claim.kind, outcome.evidence)),
            _ => None,
        });
        says.collect()
    }

    #[test]
    fn the_same_heading_done_and_not_tested_is_a_contradiction() {
        let text = "## 1.1 Lock Order Fix \u{2705}\n\n**Status:** done\n\n## 4.2 Lock Order Fix\n\n**Testing Status:** NOT TESTED\n";
        assert_eq!(
            found(text),
            [(Kind::Status, "line 1 says that it is done, line 7 says \u{201c}NOT TESTED\u{201d}".into())]
        );
        assert_eq!(found(&text.replace("4.2 Lock", "4.2 Door")), []);
        assert_eq!(found("## Fix of it\n\n**Status:** Implementation Complete - Testing Pending\n"), []);
    }

    #[test]
    fn all_done_above_something_open_is_one_too() {
        let text = "**Overall Status:** \u{2705} COMPLETE - all aims reached\n\n## A\n\n**Test status:** pending\n";
        assert_eq!(found(text), [(Kind::Status, "line 5 says \u{201c}Test status: pending\u{201d}".into())]);
        assert_eq!(found(&text.replace("all aims", "most aims")), []);
    }

    #[test]
    fn a_fix_without_a_commit_is_one() {
        let text = "### Query Fix \u{2705}\n\nNo \"query\" commit was found, but it works.\n";
        assert_eq!(found(text)[0].1, "line 1 says that it is done, line 3 says that no commit of it was found");
        assert_eq!(found("### Query Fix\n\nNo commit was found.\n"), []);
        assert_eq!(found("### Query Fix \u{2705}\n\nNo secrets in the commit.\n"), []);
    }

    #[test]
    fn a_tracker_that_lags_is_named() {
        assert_eq!(found("`x.json` lists AB-7 as unresolved, but it is implemented.")[0].0, Kind::Tracker);
        assert_eq!(found("AB-7 is open and lists two doors."), []);
    }
}

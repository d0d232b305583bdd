//! The checked assertions as rows for the JSON, findings, and blocks for the report page.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::assertion::{CheckedDocument, Kind, Outcome, Verdict};
use crate::count::{count, is};
use crate::ids::{bounded, hashed};
use crate::limits;
use crate::page::{Block, Cell, Table};
use crate::remark::NoteSeverity;
use crate::report::{Gap, Gravest, escape};
use crate::scrub::scrub_keys;

/// An assertion with its outcome.
#[derive(Debug, Clone)]
pub(super) struct JudgedAssertion {
    /// The index of the document.
    pub document: usize,
    /// The line; 0 for a field.
    pub line: usize,
    /// The field of a RETURN.
    pub field: Option<String>,
    pub kind: Kind,
    /// The subject of the assertion, identical in every run: a path, a commit, or the words of the assertion.
    pub subject: String,
    pub words: String,
    pub outcome: Outcome,
}

/// An assertion with its verdict, as reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AssertionRow {
    /// The document that contains it.
    pub document: String,
    /// The line, from 1; 0 for a field of a RETURN.
    pub line: usize,
    /// The field of a RETURN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The subject.
    pub kind: Kind,
    /// The quoted words of the document.
    pub words: String,
    /// The result of the check.
    pub verdict: Verdict,
    /// The value that was computed or found.
    pub evidence: String,
}

/// Number of assertions per verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// True assertions.
    pub holds: usize,
    /// False assertions.
    pub fails: usize,
    /// Assertions that cannot be checked.
    pub unverifiable: usize,
}

/// All assertions of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AssertionReport {
    /// Number per verdict, including omitted rows.
    pub tally: Tally,
    /// The assertions in the order of the documents and their lines; at most [`limits::ASSERTION_ROWS`].
    pub rows: Vec<AssertionRow>,
    /// Number of omitted rows.
    pub left_out: usize,
    /// Documents with an assertion that the tree or the repository confirmed or refuted.
    #[serde(skip)]
    pub looked_up: BTreeSet<String>,
    /// Missing files that assertions name.
    #[serde(skip)]
    pub missing: BTreeSet<String>,
    /// A finding for each false assertion.
    #[serde(skip)]
    pub gaps: Vec<Gap>,
    /// Number of omitted findings.
    #[serde(skip)]
    pub gaps_left_out: usize,
}

impl AssertionReport {
    /// Sorts outcomes into a report.
    pub(super) fn of(mut judged: Vec<JudgedAssertion>, documents: &[&CheckedDocument]) -> Self {
        judged.sort_by(|one, other| {
            (one.document, one.line, one.kind, &one.field).cmp(&(other.document, other.line, other.kind, &other.field))
        });
        judged.dedup_by(|later, earlier| {
            later.document == earlier.document
                && later.line == earlier.line
                && later.field == earlier.field
                && later.kind == earlier.kind
                && later.outcome == earlier.outcome
        });
        let (mut checked, mut gaps) = (Self::default(), Gravest::default());
        let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for one in judged {
            let slot = match one.outcome.verdict {
                Verdict::True => &mut checked.tally.holds,
                Verdict::False => &mut checked.tally.fails,
                Verdict::Unverifiable => &mut checked.tally.unverifiable,
            };
            *slot += 1;
            let document = documents.get(one.document).map_or("", |document| document.shown.as_str());
            if one.outcome.verdict != Verdict::Unverifiable && one.kind.is_looked_up() {
                checked.looked_up.insert(document.to_owned());
            }
            if matches!(one.kind, Kind::File | Kind::Deliverable) && one.outcome.weight == Some(NoteSeverity::High) {
                checked.missing.insert(one.subject.clone());
            }
            if let Some(weight) = one.outcome.weight
                && let Some(id) = id(document, &one, &mut known)
            {
                gaps.add(gap(id, document, &one, weight));
            }
            if checked.rows.len() < limits::ASSERTION_ROWS {
                checked.rows.push(row(document, one));
            } else {
                checked.left_out += 1;
            }
        }
        (checked.gaps, checked.gaps_left_out) = gaps.finish(limits::FINDINGS);
        checked
    }

    /// The report blocks: the tally, then false and true assertions.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block> {
        let Tally { holds, fails, unverifiable } = self.tally;
        let all = holds + fails + unverifiable;
        let mut blocks = vec![Block::Text(format!(
            "{} {} checked: {holds} true, {fails} false, {unverifiable} unverifiable.",
            count(all, "claim"),
            if all == 1 { "was" } else { "were" }
        ))];
        for (verdict, title) in [
            (Verdict::False, "False claims"),
            (Verdict::Unverifiable, "Claims that cannot be verified"),
            (Verdict::True, "True claims"),
        ] {
            let mut table = Table::new(&["Where", "Kind", "Claim", "Evidence"]);
            for row in self.rows.iter().filter(|row| row.verdict == verdict) {
                let at = row.field.clone().unwrap_or_else(|| row.line.to_string());
                table.row([
                    Cell::code(format!("{}:{at}", row.document)),
                    Cell::text(row.kind.word()),
                    Cell::text(row.words.clone()),
                    Cell::text(row.evidence.clone()),
                ]);
            }
            if !table.rows.is_empty() {
                blocks.push(Block::Heading(title.to_owned()));
                blocks.push(Block::Table(table));
            }
        }
        if self.left_out > 0 {
            blocks.push(Block::Text(format!(
                "{} {} counted and not shown.",
                count(self.left_out, "more claim"),
                is(self.left_out)
            )));
        }
        blocks
    }
}

fn row(document: &str, one: JudgedAssertion) -> AssertionRow {
    AssertionRow {
        document: document.to_owned(),
        line: one.line,
        field: one.field,
        kind: one.kind,
        words: scrub_keys(&one.words),
        verdict: one.outcome.verdict,
        evidence: escape::line(&scrub_keys(&one.outcome.evidence), limits::EVIDENCE_BYTES),
    }
}

/// The id of a finding, identical in every run. If the words of the assertion differ from its subject, the id contains a
/// hash of the words, so that two statements about one subject have different ids. A later assertion with the same words
/// gets a counter in its id. The function returns `None` if an earlier assertion has the same words and the same evidence.
fn id(document: &str, one: &JudgedAssertion, known: &mut BTreeMap<String, Vec<String>>) -> Option<String> {
    let [subject, words] =
        [&one.subject, &one.words].map(|text| scrub_keys(text).split_whitespace().collect::<Vec<_>>().join(" "));
    let kind = one.kind.word();
    let id = if words == subject {
        format!("audit:{document}:{subject}:claim-{kind}")
    } else {
        format!("audit:{document}:{subject}:{}:claim-{kind}", hashed(&words))
    };
    let seen = known.entry(id.clone()).or_default();
    let said = format!("{}\n{}", one.words, one.outcome.evidence);
    if seen.contains(&said) {
        return None;
    }
    seen.push(said);
    Some(bounded(&if seen.len() == 1 { id } else { format!("{id}-{}", seen.len()) }))
}

fn gap(id: String, document: &str, one: &JudgedAssertion, weight: NoteSeverity) -> Gap {
    let at = one.field.clone().unwrap_or_else(|| one.line.to_string());
    let what = if one.kind == Kind::Deliverable { "is claimed, but missing" } else { "does not hold" };
    let title = format!("{}: \u{201c}{}\u{201d} {what}", one.kind.word(), scrub_keys(&one.words));
    let evidence = scrub_keys(&format!("{document}:{at}: {}", one.outcome.evidence));
    let [title, evidence] = [title, evidence].map(|text| escape::line(&text, limits::EVIDENCE_BYTES));
    let line = if one.field.is_some() { 0 } else { one.line };
    Gap { id, weight, title, evidence, place: None }.at(document, line)
}

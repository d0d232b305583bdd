//! The kinds of findings, each with a description and a fix, for report forms that contain a list of rules.
//!
//! A finding's id ends in its kind. The kinds of findings about deliverables are the statuses. Other kinds have a sentence here;
//! a kind without one is described by its name, so a new kind is never missing.

use super::findings::{self, Gap};
use crate::remark::NoteSeverity;
use crate::verify::Status;

/// A kind of finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    /// `missing`.
    pub(super) kind: String,
    /// One sentence.
    pub(super) short: String,
    /// What to do.
    pub(super) help: String,
    /// The usual severity of such a finding.
    pub(super) weight: NoteSeverity,
}

/// The kind of notes whose ids do not end in a kind.
const NOTE: &str = "note";

/// The kind of findings about deliverables that were done at the last audit and are not done any more.
pub(super) const REGRESSION: &str = "regression";

/// The prefix of the kinds of findings about claims.
const CLAIM: &str = "claim-";

/// Kinds that are not statuses: kind, sentence, help.
const KNOWN: [(&str, &str, &str); 11] = [
    (
        REGRESSION,
        "A deliverable that was done is not done any more.",
        "Restore the deliverable, or remove it from the plan.",
    ),
    ("none", "There is no plan to audit.", "Put a plan (.md or .txt) into the plans folder, or name the right folder."),
    ("no-deliverables", "A plan names no deliverable.", "Name the files that the plan delivers, if it delivers any."),
    (
        "nothing-verified",
        "No statement of a plan could be verified.",
        "Name the file that each task makes, in backquotes: - [x] Parser in `src/parser.rs`.",
    ),
    ("too-many-names", "A plan names more files than the audit checks.", "Split the plan into several."),
    ("too-many", "There are more plans than one audit checks.", "Name the plans to audit."),
    ("too-large", "A plan is too large to be read completely.", "Split the plan into several."),
    ("not-utf-8", "A plan has bytes that are not text.", "Save the plan as UTF-8."),
    (
        "unreadable",
        "A plan or a folder could not be read.",
        "Read the reason in the finding: allow the daemon to read the file or folder, or replace it by a copy.",
    ),
    ("not-walked", "A folder of plans was not read.", "Move the plans to a folder that is less deep."),
    ("more-findings", "There are more findings than the report lists.", "Close the listed findings and audit again."),
];

impl Rule {
    /// The rule of a deliverable's status; `None` for a status without a finding.
    pub(super) fn of_status(status: Status) -> Option<Self> {
        let weight = findings::weight(status)?;
        let word = status.word();
        Some(Self {
            kind: kind_of_status(status),
            short: format!("A deliverable of a plan is {word}."),
            help: match (status, weight) {
                (Status::Open, _) => "Delete the file, or remove its deletion from the plan.",
                (Status::Removed, _) => "Restore the file, or remove it from the plan.",
                (_, NoteSeverity::High) => "Make the missing deliverable, or remove it from the plan.",
                (_, NoteSeverity::Medium) => {
                    "Finish the file, move it to the place that the plan names, or correct the plan."
                }
                (_, NoteSeverity::Low) => "Correct the numbers in the plan.",
                (_, NoteSeverity::Info) => {
                    "Check this deliverable yourself, or name a file below the audited folder in the plan."
                }
            }
            .to_owned(),
            weight,
        })
    }

    /// True for findings about a claim of a document.
    pub(super) fn is_claim(&self) -> bool {
        self.kind.starts_with(CLAIM)
    }

    /// The rule of a finding.
    pub(super) fn of(gap: &Gap) -> Self {
        let kind = kind(&gap.id);
        let status = Status::ALL.into_iter().find(|status| kind_of_status(*status) == kind);
        if let Some(rule) = status.and_then(Self::of_status) {
            return rule;
        }
        let claim = kind.starts_with(CLAIM).then_some((
            "",
            "A claim of a document does not hold.",
            "Correct the claim, or make it true.",
        ));
        let known = KNOWN.into_iter().find(|(known, _, _)| *known == kind).or(claim);
        let words = kind.replace('-', " ");
        let (short, help) = known.map_or_else(
            || (format!("The audit found: {words}."), "Read the title and the evidence of the finding.".to_owned()),
            |(_, short, help)| (short.to_owned(), help.to_owned()),
        );
        Self { kind, short, help, weight: gap.weight }
    }
}

/// `missing`, `claim-false`.
pub(super) fn kind_of_status(status: Status) -> String {
    status.word().to_lowercase().replace(['_', ' '], "-")
}

/// The last part of an id, if it is a word.
fn kind(id: &str) -> String {
    let last = id.rsplit(':').next().unwrap_or_default().replace('_', "-");
    let short = (1..=40).contains(&last.len());
    let plain = last.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let word = last.starts_with(|sign: char| sign.is_ascii_lowercase());
    if short && plain && word { last } else { NOTE.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: &str) -> Rule {
        let [title, evidence] = [String::new(), String::new()];
        Rule::of(&Gap { id: id.into(), weight: NoteSeverity::Low, title, evidence, place: None })
    }

    #[test]
    fn the_kind_is_the_last_word_of_an_id() {
        assert_eq!(of("audit:plans/a.md:x.py:missing").weight, NoteSeverity::High);
        assert_eq!(of("audit:plans/a.md:not-utf-8").short, "A plan has bytes that are not text.");
        assert_eq!(of("audit:a:claim-new").kind, "claim-new");
        assert_eq!(
            ["audit:index:the folder x was skipped", "audit:", "audit:a~00ff", ""].map(|id| of(id).kind),
            ["note"; 4]
        );
    }
}

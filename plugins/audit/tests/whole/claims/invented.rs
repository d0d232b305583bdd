//! The invented documents of `tests/corpus/claims`: every assertion in them has a label, and no other assertion is found.
//!
//! `labels.tsv` has a row for each assertion: its position, its verdict, the source that decides it (`-` for the documents
//! themselves, `tree`, `git`), the severity of its finding, and the evidence word for word.

use std::fs;

use audit::assertions::{self, AssertionReport, CheckedDocument, Kind, Verdict};
use audit::index::Index;
use audit::remark::NoteSeverity;
use baton_judges::synthetic;

use super::setup::{check, expect_gap, one};
use crate::support::listed_files;
use crate::test_services::{Repository, Tree};

/// The documents in the order in which an audit reads them.
const DOCUMENTS: [&str; 6] = [
    "BELL_MAINTENANCE_PLAN.md",
    "FERRY_ARCHIVE_PLAN.md",
    "archive-review.md",
    "lamp-session-review.md",
    "pier-follow-up.md",
    "pier-report.md",
];

struct Label {
    document: String,
    line: String,
    kind: String,
    verdict: String,
    needs: String,
    severity: String,
    evidence: String,
}

impl Label {
    /// The assertion in the form of [`rows`].
    fn row(&self) -> String {
        format!("{}:{} {} {} {}", self.document, self.line, self.kind, self.verdict, self.evidence)
    }

    /// The finding in the form of [`findings`]; `None` if the assertion has no finding.
    fn finding(&self) -> Option<String> {
        let is_finding = self.severity != "-";
        is_finding.then(|| format!("{} {}:{}: {}", self.severity, self.document, self.line, self.evidence))
    }
}

fn labels() -> Vec<Label> {
    let list = fs::read_to_string(synthetic("claims").join("labels.tsv")).unwrap();
    let label = |row: &str| {
        let mut cells = row.split('\t').map(str::to_owned);
        let mut cell = || cells.next().unwrap();
        Label {
            document: cell(),
            line: cell(),
            kind: cell(),
            verdict: cell(),
            needs: cell(),
            severity: cell(),
            evidence: cell(),
        }
    };
    let labels: Vec<Label> = list.lines().skip(1).map(label).collect();
    assert!(labels.len() > 40, "only {} labels were read", labels.len());
    labels
}

fn documents() -> Vec<CheckedDocument> {
    let read = |name: &str| fs::read_to_string(synthetic("claims").join(name)).unwrap();
    DOCUMENTS.map(|name| CheckedDocument { shown: name.to_owned(), text: read(name) }).into()
}

fn tree() -> Tree {
    let tree = Tree::of(&[]);
    for (path, text) in listed_files(&synthetic("claims")) {
        tree.write(&path, &text);
    }
    tree.write(".gitignore", format!("{}keys/pilots/*.json\n", "scratch/\n".repeat(11)));
    let functions = ["crossings_of_pilot", "berths_of_pilot"].map(|name| format!("def {name}(page):\n    return []\n"));
    tree.write("tools/pilot_names.py", format!("{}{}", "#\n".repeat(8), functions.join("\n\n")));
    tree
}

fn sorted(rows: impl Iterator<Item = String>) -> Vec<String> {
    let mut rows: Vec<String> = rows.collect();
    rows.sort();
    rows
}

fn rows(checked: &AssertionReport, wanted: impl Fn(Kind, Verdict) -> bool) -> Vec<String> {
    let rows = checked.rows.iter().filter(|row| wanted(row.kind, row.verdict));
    sorted(rows.map(|row| {
        let (kind, verdict) = (row.kind.word(), row.verdict.word());
        format!("{}:{} {kind} {verdict} {}", row.document, row.line, row.evidence)
    }))
}

fn findings(checked: &AssertionReport) -> Vec<String> {
    sorted(checked.gaps.iter().map(|gap| format!("{} {}", gap.weight.word().to_lowercase(), gap.evidence)))
}

#[test]
fn every_assertion_comes_out_as_labelled_and_no_other_does() {
    let other = Tree::of(&[]);
    let repository = Repository::of(&other);
    repository.commit("first", "1760000000 +0000");
    let checked = check(documents(), &tree().index(), Some(&repository));
    assert_eq!(rows(&checked, |_, _| true), sorted(labels().iter().map(Label::row)));
    assert_eq!(findings(&checked), sorted(labels().iter().filter_map(Label::finding)));
}

#[test]
fn without_files_and_a_repository_only_the_documents_are_compared() {
    let checked = check(documents(), &Index::build(Vec::new()), None);
    let of_documents: Vec<Label> = labels().into_iter().filter(|label| label.needs == "-").collect();
    let is_checked = |_, verdict: Verdict| verdict != Verdict::Unverifiable;
    assert_eq!(rows(&checked, is_checked), sorted(of_documents.iter().map(Label::row)));
    assert_eq!(findings(&checked), sorted(of_documents.iter().filter_map(Label::finding)));
    let unchecked = rows(&checked, |kind, verdict| !is_checked(kind, verdict));
    // If a document does not say that a symbol was made, the symbol is listed only if code defines it.
    for label in
        labels().iter().filter(|label| label.needs != "-" && !(label.kind == "symbol" && label.verdict == "TRUE"))
    {
        let place = format!("{}:{} {} UNVERIFIABLE ", label.document, label.line, label.kind);
        assert!(unchecked.iter().any(|row| row.starts_with(&place)), "{place}: {unchecked:#?}");
    }
}

#[test]
fn an_invented_return_is_checked_field_by_field() {
    let raw = fs::read_to_string(synthetic("claims").join("pier-return.json")).unwrap();
    let raw: serde_json::Value = serde_json::from_str(&raw).unwrap();
    let document = CheckedDocument { shown: "return".into(), text: String::new() };
    let checked = assertions::check(&[(document, assertions::read_return(&raw, ""))], &tree().index(), None, None);
    let rows = checked.rows.iter();
    let found = rows.map(|row| (row.field.clone().unwrap_or_default(), row.kind.word(), row.verdict.word()));
    let found: Vec<String> = sorted(found.map(|(field, kind, verdict)| format!("{field} {kind} {verdict}")));
    assert_eq!(
        found,
        [
            "commits[0] commit UNVERIFIABLE",
            "execution_summary.deliverables[0] deliverable FALSE",
            "execution_summary.deliverables[1] deliverable TRUE",
            "execution_summary.deliverables[2] deliverable FALSE",
            "execution_summary.work_completed[0] file FALSE",
            "execution_summary.work_completed[1] ratio TRUE",
            "execution_summary.work_completed[2] ratio FALSE",
            "files_created[0] deliverable UNVERIFIABLE",
            "files_created[1] deliverable TRUE",
        ]
    );
    expect_gap(&checked, NoteSeverity::High, "audit:return:reports/pier.md:claim-deliverable");
}

/// The first commit's abbreviated id has letters, the second one's has digits only.
#[test]
fn a_commit_that_is_there_is_compared_with_its_title() {
    for (seconds, short) in [(1_760_000_000, "50a098e2"), (1_760_000_103, "50972091")] {
        let tree = Tree::of(&[]);
        let repository = Repository::of(&tree);
        let id = repository.commit("fix: mend the 7 locks", &format!("{seconds} +0000"));
        assert!(id.starts_with(short), "{id}");
        let text = format!("Done in commit `{short}` (\"Fix: mend the 7 locks\").\n\n");
        let nothing = Index::build(Vec::new());
        for (text, verdict) in [(text.clone(), Verdict::True), (text.replace("locks", "doors"), Verdict::False)] {
            let checked = one(&text, &nothing, Some(&repository));
            let [row] = checked.rows.as_slice() else { panic!("{checked:?}") };
            assert_eq!((row.line, row.kind, row.verdict), (1, Kind::Commit, verdict));
            assert!(row.evidence.contains("\u{201c}fix: mend the 7 locks\u{201d}"), "{row:?}");
        }
    }
}

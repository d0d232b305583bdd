//! Checks the assertions of a run against the tree, the repository and each other.

use std::collections::BTreeMap;

use baton_plugin_kit::host::{Commit, CommitRange, Git, ServiceError};

use super::assertion::{Assertion, CheckedDocument, Condition, Outcome};
use super::lookup::Lookup;
use super::rows::{AssertionReport, JudgedAssertion};
use super::symbol::Symbols;
use super::words::stems;
use crate::index::Index;
use crate::limits;
use crate::plan::Place;
use crate::reader::SymbolKind;
use crate::remark::NoteSeverity;

/// Checks the assertions of all documents of one run. `below` is the audited folder relative to the repository. It is `None` if
/// the documents cannot be older than the tree. Otherwise a file that a commit removed does not make an assertion false.
#[must_use]
pub fn check(
    documents: &[(CheckedDocument, Vec<Assertion>)],
    index: &Index,
    git: Option<&dyn Git>,
    below: Option<&str>,
) -> AssertionReport {
    let lookup = Lookup::new(index);
    let stated_names = |package: bool| {
        let stated = documents.iter().flat_map(|(_, assertions)| assertions);
        stated.filter_map(move |assertion| match &assertion.stated {
            Condition::Symbol(stated) if (stated.kind == SymbolKind::Package) == package => Some(stated.name.as_str()),
            _ => None,
        })
    };
    let mut symbols = Symbols::find(stated_names(false), index);
    symbols.find_packages(stated_names(true), index);
    let mut commits = Commits { git, known: BTreeMap::new(), histories: 0 };
    let mut judged = Vec::new();
    let names: Vec<&str> = documents.iter().map(|(document, _)| document.shown.as_str()).collect();
    for (number, (_, assertions)) in documents.iter().enumerate() {
        for assertion in assertions {
            let (subject, outcome) = match &assertion.stated {
                Condition::Decided(outcome) => (assertion.words.clone(), outcome.clone()),
                Condition::Commit { id, title } => (id.clone(), commits.judge(id, title.as_deref())),
                Condition::File(stated) => {
                    let outcome = audited_document(&stated.path, &names).unwrap_or_else(|| lookup.file(stated));
                    let gone = below.filter(|_| outcome.is_absence());
                    let gone = gone.and_then(|below| commits.removed(below, &stated.path));
                    let outcome = gone.map_or(outcome, Outcome::unknown);
                    (stated.path.clone(), outcome)
                }
                Condition::Absent(path) => match lookup.absence(path) {
                    Some(outcome) => (path.clone(), outcome),
                    None => continue,
                },
                Condition::Line(stated) => (format!("{}:{}", stated.path, stated.first), lookup.line(stated)),
                Condition::Symbol(stated) => match symbols.judge(stated) {
                    Some(outcome) => (stated.name.clone(), outcome),
                    None => continue,
                },
            };
            judged.push(JudgedAssertion {
                document: number,
                line: assertion.line,
                field: assertion.field.clone(),
                kind: assertion.kind,
                subject,
                words: assertion.words.clone(),
                outcome,
            });
        }
    }
    let sources: Vec<&CheckedDocument> = documents.iter().map(|(document, _)| document).collect();
    AssertionReport::of(judged, &sources)
}

/// The outcome for a path that is one of the audited documents.
fn audited_document(path: &str, names: &[&str]) -> Option<Outcome> {
    let same = |name: &&&str| **name == path || name.strip_suffix(path).is_some_and(|folder| folder.ends_with('/'));
    names.iter().find(same).map(|name| Outcome::holds(format!("{name} is a document of this audit")))
}

/// Looks up commits of the repository, each of them once.
struct Commits<'a> {
    git: Option<&'a dyn Git>,
    known: BTreeMap<String, Result<Option<Commit>, ServiceError>>,
    /// Number of files whose history was read.
    histories: usize,
}

impl Commits<'_> {
    /// A sentence about the last commit of a file that exists neither in the tree nor in the newest commit.
    fn removed(&mut self, below: &str, path: &str) -> Option<String> {
        let git = self.git.filter(|_| self.histories < limits::ASSERTION_COMMITS)?;
        self.histories += 1;
        let Place::Inside { path, .. } = Place::of(path) else { return None };
        let path = if below.is_empty() { path } else { format!("{}/{path}", below.trim_end_matches('/')) };
        let range = CommitRange { to: "HEAD".to_owned(), after: None, path: Some(path.clone()), most: 1 };
        let commit = git.log(&range).ok()?.into_iter().next()?;
        if !matches!(git.file("HEAD", &path), Ok(None)) {
            return None;
        }
        let short = commit.id.get(..12).unwrap_or(&commit.id);
        Some(format!("the file was removed; its last commit is {short} \u{201c}{}\u{201d}", commit.title()))
    }

    fn judge(&mut self, id: &str, title: Option<&str>) -> Outcome {
        let Some(git) = self.git else {
            return Outcome::unknown(format!("no repository was granted, so the commit {id} was not searched"));
        };
        if !self.known.contains_key(id) && self.known.len() >= limits::ASSERTION_COMMITS {
            return Outcome::unknown(format!(
                "the limit of {} commits to check was reached",
                limits::ASSERTION_COMMITS
            ));
        }
        match self.known.entry(id.to_owned()).or_insert_with(|| git.commit(id)) {
            Err(refused) => Outcome::unknown(refused.text()),
            Ok(None) => Outcome::fails(NoteSeverity::High, format!("the repository has no commit {id}")),
            Ok(Some(commit)) => titled(commit, title),
        }
    }
}

fn titled(commit: &Commit, title: Option<&str>) -> Outcome {
    let short = commit.id.get(..12).unwrap_or(&commit.id);
    let evidence = format!("commit {short} \u{201c}{}\u{201d}", commit.title());
    let Some(title) = title else { return Outcome::holds(evidence) };
    let (said, real) = (stems(title).join(" "), stems(commit.title()).join(" "));
    Outcome::of(real.contains(&said) || said.contains(&real), evidence)
}

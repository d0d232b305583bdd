//! Holds the claims of a run against the tree, the repository and each other.

use std::collections::BTreeMap;

use baton_plugin_kit::host::{Commit, Git, ServiceError};

use super::claim::{Assertion, AssertionKind, CheckedDocument, Outcome};
use super::lookup::Lookup;
use super::rows::{AssertionReport, JudgedAssertion};
use super::symbol::Symbols;
use super::words::stems;
use crate::index::Index;
use crate::limits;
use crate::remark::NoteSeverity;

/// Checks the claims of all documents of one run.
#[must_use]
pub fn check(documents: &[(CheckedDocument, Vec<Assertion>)], index: &Index, git: Option<&dyn Git>) -> AssertionReport {
    let lookup = Lookup::new(index);
    let names = documents.iter().flat_map(|(_, claims)| claims).filter_map(|claim| match &claim.says {
        AssertionKind::Symbol(says) => Some(says.name.as_str()),
        _ => None,
    });
    let symbols = Symbols::find(names, index);
    let mut commits = Commits { git, known: BTreeMap::new() };
    let mut judged = Vec::new();
    let names: Vec<&str> = documents.iter().map(|(document, _)| document.shown.as_str()).collect();
    for (number, (_, claims)) in documents.iter().enumerate() {
        for claim in claims {
            let (subject, outcome) = match &claim.says {
                AssertionKind::Worked(outcome) => (claim.words.clone(), outcome.clone()),
                AssertionKind::Commit { id, title } => (id.clone(), commits.judge(id, title.as_deref())),
                AssertionKind::File(says) => {
                    (says.path.clone(), of_the_run(&says.path, &names).unwrap_or_else(|| lookup.file(says)))
                }
                AssertionKind::Absent(path) => match lookup.absence(path) {
                    Some(outcome) => (path.clone(), outcome),
                    None => continue,
                },
                AssertionKind::Line(says) => (format!("{}:{}", says.path, says.first), lookup.line(says)),
                AssertionKind::Symbol(says) => match symbols.judge(says) {
                    Some(outcome) => (says.name.clone(), outcome),
                    None => continue,
                },
            };
            judged.push(JudgedAssertion {
                document: number,
                line: claim.line,
                field: claim.field.clone(),
                kind: claim.kind,
                subject,
                words: claim.words.clone(),
                outcome,
            });
        }
    }
    let sources: Vec<&CheckedDocument> = documents.iter().map(|(document, _)| document).collect();
    AssertionReport::of(judged, &sources)
}

/// A name that is one of the documents themselves.
fn of_the_run(path: &str, names: &[&str]) -> Option<Outcome> {
    let same = |name: &&&str| **name == path || name.strip_suffix(path).is_some_and(|folder| folder.ends_with('/'));
    names.iter().find(same).map(|name| Outcome::holds(format!("{name} is a document of this audit")))
}

/// The repository, asked once for each commit.
struct Commits<'a> {
    git: Option<&'a dyn Git>,
    known: BTreeMap<String, Result<Option<Commit>, ServiceError>>,
}

impl Commits<'_> {
    fn judge(&mut self, id: &str, title: Option<&str>) -> Outcome {
        let Some(git) = self.git else {
            return Outcome::unknown(format!("no repository was lent to look for commit {id}"));
        };
        if !self.known.contains_key(id) && self.known.len() >= limits::CLAIM_COMMITS {
            return Outcome::unknown(format!("the repository was already asked for {} commits", limits::CLAIM_COMMITS));
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

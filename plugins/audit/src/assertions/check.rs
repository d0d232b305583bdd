//! Holds the claims of a run against the tree, the repository and each other.

use std::collections::BTreeMap;

use baton_plugin_kit::host::{Commit, Git, ServiceError};

use super::claim::{Assertion, AssertionKind, CheckedDocument, Kind, Outcome};
use super::disagree;
use super::lookup::Lookup;
use super::rows::{AssertionReport, JudgedAssertion};
use super::sample::wilson;
use super::symbol::Symbols;
use super::words::stems;
use crate::index::Index;
use crate::limits;
use crate::remark::NoteSeverity;

/// How many words two lines must share to speak of the same percentage.
const SHARED: usize = 3;

/// Samples of one percentage that are weighed.
const SAMPLES: usize = 32;

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
                AssertionKind::Line(says) => (format!("{}:{}", says.path, says.first), lookup.line(says)),
                AssertionKind::Symbol(says) => match symbols.judge(says) {
                    Some(outcome) => (says.name.clone(), outcome),
                    None => continue,
                },
                AssertionKind::Quantity(_)
                | AssertionKind::Name(_)
                | AssertionKind::Sample(_)
                | AssertionKind::Share(_) => continue,
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
    disagree::quantities(documents, &mut judged);
    disagree::names(documents, &lookup, &mut judged);
    samples(documents, &mut judged);
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

/// Percentages without cases that come from a few cases elsewhere.
fn samples(documents: &[(CheckedDocument, Vec<Assertion>)], judged: &mut Vec<JudgedAssertion>) {
    let mut known: BTreeMap<&str, Vec<(&CheckedDocument, &Assertion, &super::claim::Sample)>> = BTreeMap::new();
    for (document, claims) in documents {
        for claim in claims {
            if let AssertionKind::Sample(sample) = &claim.says {
                let list = known.entry(&sample.percent).or_default();
                if list.len() < SAMPLES {
                    list.push((document, claim, sample));
                }
            }
        }
    }
    for (number, (_, claims)) in documents.iter().enumerate() {
        for claim in claims {
            let AssertionKind::Share(share) = &claim.says else { continue };
            let from =
                known.get(share.percent.as_str()).into_iter().flatten().find(|(_, _, sample)| {
                    share.about.iter().filter(|word| sample.about.contains(word)).count() >= SHARED
                });
            let Some((source, origin, sample)) = from else { continue };
            let (least, most) = wilson(sample.part, sample.whole);
            let evidence = format!(
                "{} % are {} of {} at {}:{}; with so few, the true share lies between {least} and {most} % (Wilson, 95 %)",
                share.percent,
                sample.part,
                sample.whole,
                source.shown,
                origin.place()
            );
            let outcome = Outcome { weight: Some(NoteSeverity::Low), ..Outcome::unknown(evidence) };
            judged.push(JudgedAssertion {
                document: number,
                line: claim.line,
                field: claim.field.clone(),
                kind: Kind::Sample,
                subject: claim.words.clone(),
                words: claim.words.clone(),
                outcome,
            });
        }
    }
}

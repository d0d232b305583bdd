//! The commit that touched a file last, as evidence.
//!
//! Each question is a process on the host. So only rows that are new or changed are asked for, at most
//! [`limits::COMMITS`] a run; the others keep the commit that the last audit knew. A row whose file is not committed yet is
//! asked for again as soon as there is another commit.

use baton_plugin_kit::host::{CommitRange, Git, ServiceError};

use super::before::PreviousVerdicts;
use super::evidence::{CommitLine, Verdict};
use super::judge::JudgedPlan;
use crate::limits;
use crate::plan::Plan;

/// Asks for commits.
pub struct Commits<'a> {
    git: Option<&'a dyn Git>,
    /// The audited folder below the repository's, with a `/` at its end; empty for the same.
    prefix: String,
    head: Option<String>,
    /// Whether there are other commits than at the last audit.
    moved_on: bool,
    left: usize,
    skipped: usize,
    refused: Option<ServiceError>,
}

impl<'a> Commits<'a> {
    /// Asks the repository for its newest commit. `below` is the audited folder inside the folder of the repository,
    /// empty for the same; `head_before` is what [`Commits::head`] gave at the last audit.
    #[must_use]
    pub fn new(git: Option<&'a dyn Git>, below: &str, head_before: Option<&str>) -> Self {
        let (head, refused) = match git.map(|git| git.commit("HEAD")) {
            None => (None, None),
            Some(Ok(commit)) => (commit.map(|commit| commit.id), None),
            Some(Err(refused)) => (None, Some(refused)),
        };
        let moved_on = head.as_deref() != head_before;
        let prefix = if below.is_empty() { String::new() } else { format!("{}/", below.trim_end_matches('/')) };
        let git = git.filter(|_| head.is_some());
        Self { git, prefix, head, moved_on, left: limits::COMMITS, skipped: 0, refused }
    }

    /// The newest commit.
    #[must_use]
    pub fn head(&self) -> Option<&str> {
        self.head.as_deref()
    }

    /// Why the repository did not answer.
    #[must_use]
    pub fn refused(&self) -> Option<&ServiceError> {
        self.refused.as_ref()
    }

    /// For how many rows nobody was asked because the bound was reached; the next audits continue with them.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// Adds commits to the verdicts on a plan. Gives for each deliverable whether its commit is still to be asked for.
    pub fn add(&mut self, plan: &Plan, judged: &mut JudgedPlan, before: &PreviousVerdicts) -> Vec<bool> {
        let rows = plan.deliverables.iter().zip(&mut judged.deliverables);
        rows.map(|(item, verdict)| self.one(&item.path, verdict, before)).collect()
    }

    fn one(&mut self, path: &str, verdict: &mut Verdict, before: &PreviousVerdicts) -> bool {
        // The repository is that of the first root; a row without a digest is no file.
        let (Some(found), Some(0), Some(_)) = (&verdict.found, verdict.root, &verdict.sha256) else { return false };
        let kept = before.row(path);
        let known = kept.and_then(|kept| kept.commit.clone());
        let same = kept.is_some_and(|kept| kept.sha256 == verdict.sha256 && kept.found == verdict.found);
        let open = kept.is_some_and(|kept| kept.commit_open);
        let Some(git) = self.git else {
            verdict.commit = known.filter(|_| same);
            return !same || open;
        };
        if same && !(open && self.moved_on) {
            verdict.commit = known;
            return open;
        }
        if self.left == 0 {
            self.skipped += 1;
            verdict.commit = known.filter(|_| same);
            return true;
        }
        self.left -= 1;
        let path = Some(format!("{}{found}", self.prefix));
        match git.log(&CommitRange { to: "HEAD".to_owned(), after: None, path, most: 1 }) {
            Ok(commits) => {
                verdict.commit = commits.into_iter().next().map(|commit| CommitLine {
                    title: commit.title().to_owned(),
                    id: commit.id,
                    at: commit.committed_at,
                });
            }
            Err(refused) => {
                // One refusal is enough: all other rows would get the same.
                (self.git, self.refused) = (None, Some(refused));
                return true;
            }
        }
        let stale = !same && known.is_some() && verdict.commit == known;
        verdict.commit.is_none() || stale
    }
}

//! Adds the last commit of a file as evidence; for a missing file, the commits that added and removed it.
//!
//! Each look-up starts a host process. Therefore only new or changed rows are looked up, at most [`limits::COMMITS`]
//! per run; the others keep the commit of the last audit. A row whose file is not committed yet, or is missing, is
//! looked up again as soon as there is a new commit.

use baton_plugin_kit::host::{Commit, CommitRange, Git, ServiceError};

use super::before::PreviousVerdicts;
use super::evidence::{CommitLine, Verdict, short};
use super::judge::JudgedPlan;
use super::status::Status;
use crate::limits;
use crate::plan::{Place, Plan};

/// Maximum number of commits read for a missing file; the newest one removed the file.
const REMOVAL_COMMITS: u32 = 100;

/// Looks up commits.
pub struct Commits<'a> {
    git: Option<&'a dyn Git>,
    /// The audited folder relative to the repository, with a trailing `/`; empty for the repository itself.
    prefix: String,
    head: Option<String>,
    /// True if there are new commits since the last audit.
    has_new_commits: bool,
    left: usize,
    skipped: usize,
    refused: Option<ServiceError>,
}

impl<'a> Commits<'a> {
    /// Reads the newest commit of the repository. `below` is the audited folder relative to the repository, empty for
    /// the repository itself; `head_before` is the value of [`Commits::head`] at the last audit.
    #[must_use]
    pub fn new(git: Option<&'a dyn Git>, below: &str, head_before: Option<&str>) -> Self {
        let (head, refused) = match git.map(|git| git.commit("HEAD")) {
            None => (None, None),
            Some(Ok(commit)) => (commit.map(|commit| commit.id), None),
            Some(Err(refused)) => (None, Some(refused)),
        };
        let has_new_commits = head.as_deref() != head_before;
        let prefix = if below.is_empty() { String::new() } else { format!("{}/", below.trim_end_matches('/')) };
        let git = git.filter(|_| head.is_some());
        Self { git, prefix, head, has_new_commits, left: limits::COMMITS, skipped: 0, refused }
    }

    /// The newest commit.
    #[must_use]
    pub fn head(&self) -> Option<&str> {
        self.head.as_deref()
    }

    /// The error of the repository, if it did not answer.
    #[must_use]
    pub fn refused(&self) -> Option<&ServiceError> {
        self.refused.as_ref()
    }

    /// Number of rows that were not looked up because of the limit; the next audits continue with them.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// Adds commits to the verdicts on a plan. Returns for each deliverable whether its commit must be looked up again.
    pub fn add(&mut self, plan: &Plan, judged: &mut JudgedPlan, before: &PreviousVerdicts) -> Vec<bool> {
        let rows = plan.deliverables.iter().zip(&mut judged.deliverables);
        rows.map(|(item, verdict)| match &item.place {
            Place::Inside { path, .. } if is_absent(verdict) => self.absent(&item.path, path, verdict, before),
            _ => self.one(&item.path, verdict, before),
        })
        .collect()
    }

    /// Checks whether the history contains a missing file. Returns true if the repository answered, now or at an earlier
    /// audit without newer commits.
    fn absent(&mut self, key: &str, path: &str, verdict: &mut Verdict, before: &PreviousVerdicts) -> bool {
        let kept = before.row(key).filter(|kept| kept.found.is_none());
        let asked = kept.is_some_and(|kept| kept.commit_open);
        let known = kept.and_then(|kept| kept.removal.clone());
        let same = asked && !self.has_new_commits;
        let Some(git) = self.git.filter(|_| !same && self.left > 0) else {
            self.skipped += usize::from(self.git.is_some() && !same);
            removed(verdict, known);
            return same;
        };
        self.left -= 1;
        match self.removal(git, path) {
            Ok(removal) => removed(verdict, removal),
            Err(refused) => {
                (self.git, self.refused) = (None, Some(refused));
                return false;
            }
        }
        true
    }

    /// The commits that added and removed a file, in words; `None` if the newest commit contains the file, or no commit
    /// names it.
    fn removal(&self, git: &dyn Git, path: &str) -> Result<Option<String>, ServiceError> {
        let path = format!("{}{path}", self.prefix);
        let range = CommitRange { to: "HEAD".to_owned(), after: None, path: Some(path.clone()), most: REMOVAL_COMMITS };
        let commits = git.log(&range)?;
        let Some(newest) = commits.first() else { return Ok(None) };
        if !matches!(git.file("HEAD", &path), Ok(None)) {
            return Ok(None);
        }
        let said = |commit: &Commit| format!("{} \u{201c}{}\u{201d}", short(&commit.id), commit.title());
        let oldest = commits.last().filter(|oldest| {
            // In a shallow clone the oldest known commit may have changed the file instead of adding it.
            let before = oldest.parents.first().map(|parent| git.file(parent, &path));
            oldest.id != newest.id && matches!(before, None | Some(Ok(None)))
        });
        let added = oldest.map(|oldest| format!("added in {}, ", said(oldest))).unwrap_or_default();
        Ok(Some(format!("{added}removed in {}", said(newest))))
    }

    fn one(&mut self, path: &str, verdict: &mut Verdict, before: &PreviousVerdicts) -> bool {
        // Only files have a commit here, and only below the first root, which contains the repository. A row without a
        // digest is not a file.
        let (Some(found), Some(0), Some(_)) = (&verdict.found, verdict.root, &verdict.sha256) else { return false };
        let kept = before.row(path);
        let known = kept.and_then(|kept| kept.commit.clone());
        let same = kept.is_some_and(|kept| kept.sha256 == verdict.sha256 && kept.found == verdict.found);
        let open = kept.is_some_and(|kept| kept.commit_open);
        let Some(git) = self.git else {
            verdict.commit = known.filter(|_| same);
            return !same || open;
        };
        if same && !(open && self.has_new_commits) {
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
                // The repository is not asked again: it would refuse all other rows too.
                (self.git, self.refused) = (None, Some(refused));
                return true;
            }
        }
        let stale = !same && known.is_some() && verdict.commit == known;
        verdict.commit.is_none() || stale
    }
}

/// True if a promised file is missing.
fn is_absent(verdict: &Verdict) -> bool {
    matches!(verdict.status, Status::Missing | Status::Phantom) && verdict.found.is_none()
}

/// Judges a file that a commit removed.
fn removed(verdict: &mut Verdict, removal: Option<String>) {
    if let Some(said) = &removal {
        verdict.status = Status::Removed;
        verdict.remarks.insert(0, said.clone());
    }
    verdict.removal = removal;
}

//! The documents, and the files and commits that their claims are held against; what a test asks of the result.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use audit::assertions::{self, AssertionReport, AssertionRow, CheckedDocument, Kind, Verdict};
use audit::index::{Index, Root};
use audit::remark::NoteSeverity;
use baton_judges::Skipped;
use baton_plugin_kit::host::{Commit, CommitRange, Git, ServiceError};

use crate::support::corpus;

pub(super) const REPORT: &str = "plans-directory-audit-report.md";
pub(super) const ACTIONS: &str = "audit-follow-up-actions.md";
pub(super) const SESSION: &str = "session-review-gap-analysis.md";
pub(super) const LIBRARY: &str = "music-library-progress-review.md";
pub(super) const ALIGNMENT: &str = "alignment-audit-phase-3.md";
pub(super) const PLAN: &str = "DJAY_PRO_NOTION_INTEGRATION_PLAN.md";
pub(super) const MAINTENANCE: &str = "MONOLITHIC_MAINTENANCE_PLAN.md";

/// The real documents with their folder.
pub(super) fn documents(names: &[&str]) -> Result<Vec<CheckedDocument>, Skipped> {
    let corpus = corpus()?;
    let seeds = corpus.join("../../seeds");
    let read = |name: &&str| {
        let path = [&seeds, &corpus].map(|folder| folder.join(name)).into_iter().find(|path| path.is_file()).unwrap();
        CheckedDocument { shown: (*name).to_owned(), text: fs::read_to_string(path).unwrap() }
    };
    Ok(names.iter().map(read).collect())
}

/// Files of `(path, bytes, lines)` in a folder, with this text at the start of each.
pub(super) struct Tree(tempfile::TempDir);

impl Tree {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// The tree that the real list describes.
    pub(super) fn listed(corpus: &Path) -> Self {
        let tree = Self::new();
        for row in fs::read_to_string(corpus.join("tree.tsv")).unwrap().lines().skip(1) {
            let cells: Vec<&str> = row.split('\t').collect();
            tree.sized(cells[0], cells[1].parse().unwrap(), cells[2].parse().unwrap());
        }
        tree
    }

    fn path(&self) -> PathBuf {
        self.0.path().to_owned()
    }

    pub(super) fn text(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(super) fn sized(&self, path: &str, bytes: usize, lines: usize) {
        let mut text = "\n".repeat(lines.saturating_sub(1).min(bytes));
        if text.len() + 1 < bytes {
            let fill = bytes - text.len() - 2;
            let _ = writeln!(text, "#{}", "x".repeat(fill));
        }
        self.text(path, &text);
    }

    pub(super) fn index(&self) -> Index {
        Index::build(vec![Root { path: self.path(), shown: "root".into() }])
    }
}

/// A real repository, asked by `git`.
pub(super) struct Repository(PathBuf);

impl Repository {
    /// A repository with one commit of this title, the same on every day; gives its short id.
    pub(super) fn new(path: PathBuf, title: &str) -> (Self, String) {
        Self::at(path, title, 1_760_000_000)
    }

    /// The same with a commit of this time, on which the id depends.
    pub(super) fn at(path: PathBuf, title: &str, seconds: u64) -> (Self, String) {
        let repository = Self(path);
        repository.git(&["init", "--quiet"]);
        let date = format!("{seconds} +0000");
        let commit = Command::new("git")
            .arg("-C")
            .arg(&repository.0)
            .args(["-c", "user.name=Tester", "-c", "user.email=tester@example.org"])
            .args(["commit", "--quiet", "--allow-empty", "-m", title])
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .status();
        assert!(commit.unwrap().success());
        let id = repository.git(&["rev-parse", "--short=8", "HEAD"]).unwrap();
        (repository, id)
    }

    fn git(&self, arguments: &[&str]) -> Option<String> {
        let output = Command::new("git").arg("-C").arg(&self.0).args(arguments).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
    }
}

impl Git for Repository {
    fn commit(&self, revision: &str) -> Result<Option<Commit>, ServiceError> {
        let revision = format!("{revision}^{{commit}}");
        Ok(self.git(&["log", "-1", "--format=%H%n%an%n%ct%n%s", &revision, "--"]).map(|shown| {
            let lines: Vec<&str> = shown.lines().collect();
            Commit {
                id: lines[0].to_owned(),
                parents: Vec::new(),
                author: lines[1].to_owned(),
                email: String::new(),
                authored_at: lines[2].parse().unwrap(),
                committed_at: lines[2].parse().unwrap(),
                message: lines[3].to_owned(),
            }
        }))
    }

    fn log(&self, _: &CommitRange) -> Result<Vec<Commit>, ServiceError> {
        Err(ServiceError::Unavailable("claims ask for single commits only".into()))
    }

    fn file(&self, _: &str, _: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        Err(ServiceError::Unavailable("claims ask for single commits only".into()))
    }
}

pub(super) fn check(documents: Vec<CheckedDocument>, index: &Index, git: Option<&dyn Git>) -> AssertionReport {
    let read: Vec<_> = documents
        .into_iter()
        .map(|document| {
            let found = assertions::read(&document);
            (document, found)
        })
        .collect();
    assertions::check(&read, index, git)
}

/// Checks real documents against nothing but themselves.
pub(super) fn alone(names: &[&str]) -> Result<AssertionReport, Skipped> {
    Ok(check(documents(names)?, &Index::build(Vec::new()), None))
}

pub(super) fn one(text: &str, index: &Index) -> AssertionReport {
    check(vec![CheckedDocument { shown: "d".into(), text: text.into() }], index, None)
}

/// The rows of a kind at a line of a document.
pub(super) fn at<'a>(checked: &'a AssertionReport, document: &str, line: usize, kind: Kind) -> Vec<&'a AssertionRow> {
    checked.rows.iter().filter(|row| row.document == document && row.line == line && row.kind == kind).collect()
}

/// Asserts that there is such a row.
pub(super) fn expect(checked: &AssertionReport, place: (&str, usize), kind: Kind, verdict: Verdict, evidence: &str) {
    let rows = at(checked, place.0, place.1, kind);
    assert!(rows.iter().any(|row| row.verdict == verdict && row.evidence.contains(evidence)), "{place:?}: {rows:#?}");
}

/// Asserts that a finding of a weight holds these words.
pub(super) fn expect_gap(checked: &AssertionReport, weight: NoteSeverity, words: &str) {
    let found =
        checked.gaps.iter().any(|gap| gap.weight == weight && (gap.evidence.contains(words) || gap.id.contains(words)));
    assert!(found, "{words}: {:#?}", checked.gaps);
}

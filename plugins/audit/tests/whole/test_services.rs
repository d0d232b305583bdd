//! Host services for tests: a real `git`, a ledger from a list; and trees of files.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use audit::index::{Index, Root};
use baton_plugin_kit::host::{Commit, CommitRange, Entry, Git, Ledger, ServiceError, TaskRange};

/// A folder of files.
pub(crate) struct Tree(pub(crate) tempfile::TempDir);

impl Tree {
    /// A folder with these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    /// Writes a file with the folders above it.
    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Writes a file with these numbers of bytes and lines.
    pub(crate) fn sized(&self, path: &str, bytes: usize, lines: usize) {
        let mut text = "\n".repeat(lines.saturating_sub(1).min(bytes));
        if text.len() + 1 < bytes {
            text = format!("{text}#{}\n", "x".repeat(bytes - text.len() - 2));
        }
        self.write(path, text);
    }

    /// Indexes the current files.
    pub(crate) fn index(&self) -> Index {
        Index::build(vec![Root { path: self.0.path().to_owned(), shown: "root".into() }])
    }
}

/// `2026-01-18T10:15:00Z` in milliseconds.
pub(crate) fn at(text: &str) -> i64 {
    audit::time::read(text).unwrap()
}

/// A ledger from a list.
#[derive(Default)]
pub(crate) struct LedgerList {
    pub(crate) tasks: Vec<Entry>,
    pub(crate) open: Vec<Entry>,
    pub(crate) inputs: BTreeMap<String, Vec<u8>>,
    pub(crate) refuses: bool,
}

impl LedgerList {
    fn check(&self) -> Result<(), ServiceError> {
        if self.refuses { Err(ServiceError::NotGranted("grant `ledger`".into())) } else { Ok(()) }
    }
}

impl Ledger for LedgerList {
    fn tasks(&self, range: &TaskRange) -> Result<Vec<Entry>, ServiceError> {
        self.check()?;
        let (since, until) = (range.since.as_deref(), range.until.as_deref());
        let moment = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        let within = |task: &&Entry| {
            let at = moment(&task.created_at);
            since.is_none_or(|since| at >= moment(since)) && until.is_none_or(|until| at < moment(until))
        };
        let mut tasks: Vec<Entry> = self.tasks.iter().filter(within).cloned().collect();
        tasks.sort_by(|left, right| right.created_at.cmp(&left.created_at));
        tasks.truncate(range.most as usize);
        Ok(tasks)
    }

    fn open_requests(&self, most: u32) -> Result<Vec<Entry>, ServiceError> {
        self.check()?;
        Ok(self.open.iter().take(most as usize).cloned().collect())
    }

    fn disputed(&self, most: u32) -> Result<Vec<Entry>, ServiceError> {
        self.check()?;
        Ok(self
            .tasks
            .iter()
            .filter(|task| task.evidence.as_deref() == Some("refuted"))
            .take(most as usize)
            .cloned()
            .collect())
    }

    fn input(&self, task: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        self.check()?;
        Ok(self.inputs.get(task).cloned())
    }
}

pub(crate) fn task(id: &str, agent: &str, state: &str, created_at: &str) -> Entry {
    Entry {
        id: id.into(),
        agent: agent.into(),
        state: state.into(),
        created_at: created_at.into(),
        title: format!("Task {id}"),
        kind: "HANDOFF".into(),
        origin: "handoff".into(),
        attempts: 1,
        ..Entry::default()
    }
}

/// The repository of a folder, queried with the `git` program.
pub(crate) struct Repository(pub(crate) PathBuf);

impl Repository {
    /// Creates a repository from a tree.
    pub(crate) fn of(tree: &Tree) -> Self {
        let repository = Self(tree.0.path().to_owned());
        repository.git(&["init", "-q", "-b", "main"], "0");
        repository
    }

    /// Commits everything; returns the id.
    pub(crate) fn commit(&self, message: &str, at: &str) -> String {
        self.git(&["add", "-A"], at);
        self.git(&["commit", "-q", "--allow-empty", "-m", message], at);
        self.git(&["rev-parse", "HEAD"], at).trim().to_owned()
    }

    fn git(&self, args: &[&str], at: &str) -> String {
        self.try_git(args, at).unwrap()
    }

    fn try_git(&self, args: &[&str], at: &str) -> Result<String, String> {
        let output = Command::new("git")
            .args(["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "-c", "commit.gpgsign=false"])
            .args(args)
            .current_dir(&self.0)
            .env("GIT_AUTHOR_DATE", at)
            .env("GIT_COMMITTER_DATE", at)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    fn commits(&self, args: &[&str]) -> Option<Vec<Commit>> {
        let format = ["log", "--format=%H%x1f%B%x1f%an%x1f%ct%x1e"];
        let text = self.try_git(&[&format[..], args].concat(), "0").ok()?;
        let commit = |record: &str| {
            let fields: Vec<&str> = record.trim_start().split('\u{1f}').collect();
            let [id, message, author, at] = fields.as_slice() else { return None };
            Some(Commit {
                id: (*id).into(),
                parents: Vec::new(),
                author: (*author).into(),
                email: String::new(),
                authored_at: at.trim().parse().unwrap(),
                committed_at: at.trim().parse().unwrap(),
                message: message.trim_end().into(),
            })
        };
        Some(text.split('\u{1e}').filter_map(commit).collect())
    }
}

impl Git for Repository {
    fn commit(&self, revision: &str) -> Result<Option<Commit>, ServiceError> {
        Ok(self.commits(&["-1", revision, "--"]).and_then(|commits| commits.into_iter().next()))
    }

    fn log(&self, range: &CommitRange) -> Result<Vec<Commit>, ServiceError> {
        let (most, after) = (format!("-{}", range.most), range.after.as_ref().map(|after| format!("^{after}")));
        let mut args = vec![most.as_str(), &range.to];
        args.extend(after.as_deref());
        args.push("--");
        args.extend(range.path.as_deref());
        self.commits(&args).ok_or_else(|| ServiceError::Unavailable("git log failed".into()))
    }

    fn file(&self, revision: &str, path: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        Ok(self.try_git(&["show", &format!("{revision}:{path}")], "0").ok().map(String::into_bytes))
    }
}

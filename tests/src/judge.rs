//! Checks a workspace whose daemon was killed: compares the dropped files with the files after all work has ended.
//!
//! A test records in [`Expectations`] what it drops. The check does not depend on how the daemon works: every file is in one place
//! with unchanged bytes, every request has exactly its RETURNs, no temporary file is left, and the chain of events is intact.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::{Output, Task, Workspace, files_below, sha256};

/// How often [`Workspace::settle`] retries tasks that were interrupted too often.
const RETRIES: usize = 5;

/// The files that a test has put into a workspace.
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    /// The number of files with the same bytes, by the SHA-256 of the bytes.
    files: BTreeMap<String, usize>,
    /// The sender of each request and the number of its RETURNs, by handoff id.
    asked: BTreeMap<String, (String, usize)>,
    /// The number of RETURNs for requests whose ids are not known beforehand.
    others: usize,
}

/// The counts of the check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Counts {
    pub tasks: usize,
    pub files: usize,
    pub returns: usize,
    pub duplicates: usize,
}

impl Expectations {
    /// Records that a file was dropped. In the end, its bytes must be in `places` places.
    pub fn file(&mut self, bytes: &[u8], places: usize) {
        *self.files.entry(sha256(bytes)).or_default() += places;
    }

    /// Records that the owner of a file has removed or overwritten it.
    pub fn gone(&mut self, bytes: &[u8]) {
        self.files.remove(&sha256(bytes));
    }

    /// Records that the request of `sender` with this id gets this number of RETURNs, in addition to those recorded before.
    pub fn asks(&mut self, sender: &str, id: &str, returns: usize) {
        self.asked.entry(id.to_owned()).or_insert_with(|| (sender.to_owned(), 0)).1 += returns;
    }

    /// Records the number of RETURNs that plugins send each other.
    pub fn asks_among_plugins(&mut self, returns: usize) {
        self.others += returns;
    }

    /// Asserts that the workspace, in which nothing is running, is as recorded.
    ///
    /// # Panics
    /// When something is lost, changed, duplicated or left over.
    #[track_caller]
    pub fn judge(&self, workspace: &Workspace, when: &str) -> Counts {
        let tasks = workspace.status();
        let files = visible_below(&workspace.root().join("handoffs"));
        each_task_is_at_its_end(&tasks, workspace, when);
        self.each_file_is_where_it_belongs(&files, &tasks, when);
        let returns = self.each_request_is_answered(&files, workspace, when);
        nothing_half_done_is_left(workspace, when);
        workspace.baton(&["ledger", "verify"]).ended(0);
        workspace.baton(&["doctor"]).ended(0);
        let duplicates = tasks.iter().filter(|task| task.state == "duplicate").count();
        Counts { tasks: tasks.len(), files: self.files.values().sum(), returns, duplicates }
    }

    fn each_file_is_where_it_belongs(&self, files: &[PathBuf], tasks: &[Task], when: &str) {
        let mut places: BTreeMap<String, Vec<&PathBuf>> = BTreeMap::new();
        for file in files {
            places.entry(sha256(&fs::read(file).expect("the file can be read"))).or_default().push(file);
        }
        for (hash, count) in &self.files {
            let found = places.get(hash).map_or(&[][..], Vec::as_slice);
            assert_eq!(found.len(), *count, "{when}: a file is lost, changed or duplicated: {found:#?}\n{tasks:#?}");
        }
    }

    /// Returns the number of RETURNs.
    fn each_request_is_answered(&self, files: &[PathBuf], workspace: &Workspace, when: &str) -> usize {
        let mut answers: BTreeMap<String, Vec<&Path>> = BTreeMap::new();
        let mut repeats = BTreeSet::new();
        for file in files {
            let value: Option<Value> = fs::read(file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
            if let Some(repeat) = value.as_ref().and_then(repeated) {
                assert!(repeats.insert(repeat), "{when}: a repetition is answered twice: {}", file.display());
                continue;
            }
            let id = value.as_ref().and_then(|value| value.pointer("/original_handoff/handoff_id")?.as_str());
            if let Some(id) = id {
                answers.entry(id.to_owned()).or_default().push(file);
            }
        }
        for (id, (sender, count)) in &self.asked {
            let found = answers.get(id).map_or(&[][..], Vec::as_slice);
            assert_eq!(found.len(), *count, "{when}: RETURNs for {id}: {found:#?}\n{:#?}", workspace.status());
            let inbox = workspace.inbox_of(sender);
            assert!(found.iter().all(|file| file.parent() == Some(&inbox)), "{when}: {id} of {sender}: {found:#?}");
        }
        let others: usize = answers.iter().filter(|(id, _)| !self.asked.contains_key(*id)).map(|(_, a)| a.len()).sum();
        assert_eq!(others, self.others, "{when}: RETURNs that nobody waits for: {answers:#?}");
        answers.values().map(Vec::len).sum()
    }
}

/// The task of a repeated request, if a RETURN answers it with the outcome of the original request.
fn repeated(value: &Value) -> Option<String> {
    value.get("duplicate_of")?;
    value.pointer("/baton/task")?.as_str().map(str::to_owned)
}

fn each_task_is_at_its_end(tasks: &[Task], workspace: &Workspace, when: &str) {
    let mut places = BTreeSet::new();
    for task in tasks {
        let same = tasks.iter().filter(|other| other.handoff_id == task.handoff_id);
        let why = || same.map(|task| workspace.baton(&["why", &task.id]).stdout).collect::<String>();
        assert!(task.is_final() || task.state == "delivered", "{when}: not at its end: {task:#?}\n{}", why());
        let Some(file) = task.file.as_deref() else { continue };
        assert!(places.insert(file), "{when}: two tasks have {file}\n{tasks:#?}");
        let there = workspace.root().join(file).is_file();
        let in_inbox = file.contains("/01_inbox/");
        // A request or RETURN to an external agent stays in the agent's inbox until it is archived.
        assert!(!there || in_inbox != task.archived_at.is_some(), "{when}: in the wrong place: {task:#?}");
        assert!(there || task.state == "cancelled", "{when}: the file is missing: {task:#?}");
    }
}

fn nothing_half_done_is_left(workspace: &Workspace, when: &str) {
    let is_temporary = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(".baton-") && name != ".baton-owner" && name != ".baton-ledger"
    };
    let left: Vec<PathBuf> = files_below(workspace.root()).into_iter().filter(is_temporary).collect();
    assert!(left.is_empty(), "{when}: left over: {left:#?}");
}

fn visible_below(folder: &Path) -> Vec<PathBuf> {
    let visible = |path: &PathBuf| !path.file_name().unwrap_or_default().to_string_lossy().starts_with('.');
    files_below(folder).into_iter().filter(visible).collect()
}

impl Workspace {
    /// Runs `up --once` with these failpoints until no task waits. Retries tasks that were interrupted too often, as an operator does.
    ///
    /// # Panics
    /// When a task still waits.
    pub fn settle(&self, failpoints: &str) {
        for _ in 0..RETRIES {
            let once = ["up", "--once"];
            Output::of(self.command().env("FAILPOINTS", failpoints).arg("-w").arg(self.root()).args(once)).ended(0);
            let asked: Vec<Task> =
                self.status().into_iter().filter(|task| task.reason.contains("attempts were interrupted")).collect();
            let stuck: Vec<&Task> = asked.iter().filter(|task| task.state == "needs_human").collect();
            if stuck.is_empty() {
                return;
            }
            for task in stuck {
                self.baton(&["retry", &task.id]).ended(0);
            }
        }
        panic!("a task still waits: {:#?}", self.status());
    }
}

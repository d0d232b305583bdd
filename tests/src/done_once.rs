//! Asserts what must be true after any fault: each handoff is done once, answered once and archived unchanged.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Task, Workspace, sha256};

/// The bytes of the dropped handoffs, by title.
pub type DroppedHandoffs = BTreeMap<String, Vec<u8>>;

impl Workspace {
    /// Drops handoffs with these titles for `agent`.
    #[must_use]
    pub fn drop_all<S: AsRef<str>>(&self, agent: &str, titles: &[S]) -> DroppedHandoffs {
        titles.iter().map(|title| (title.as_ref().to_owned(), self.drop_handoff(agent, title.as_ref()))).collect()
    }

    /// Waits until `count` tasks are archived.
    #[track_caller]
    pub fn wait_for_archived(&self, count: usize) {
        self.wait_for(&format!("{count} tasks to be archived"), |workspace| {
            let archived = workspace.status().into_iter().filter(|task| task.archived_at.is_some()).count();
            (archived >= count).then_some(())
        });
    }

    /// Asserts that exactly these handoffs of `Claude-MM1` to `agent` succeeded, that each was answered once, that their bytes are in
    /// the archive, that no temporary file is left, and that the ledger's chain is intact.
    ///
    /// # Panics
    /// When an assertion fails.
    #[track_caller]
    pub fn all_done_once(&self, agent: &str, dropped: &DroppedHandoffs) {
        let tasks: Vec<Task> = self.tasks_of(agent);
        assert_eq!(tasks.len(), dropped.len(), "one task per handoff: {tasks:#?}");
        let mut answers = self.answers();
        for task in &tasks {
            assert_eq!(task.state, "succeeded", "{task:#?}");
            assert!(task.archived_at.is_some() && task.returned_at.is_some(), "{task:#?}");
            let Some(bytes) = dropped.get(&task.title) else { panic!("nobody dropped {task:#?}") };
            let archived = self.read_bytes(task.file.as_deref().unwrap_or_default());
            assert_eq!(sha256(&archived), sha256(bytes), "{task:#?}");
            let count = answers.remove(task.handoff_id.as_deref().unwrap_or_default());
            assert_eq!(count, Some(1), "RETURNs for {task:#?}");
        }
        assert!(answers.is_empty(), "answers that nobody asked for: {answers:?}");
        assert!(self.inbox(agent).is_empty(), "{:?}", self.inbox(agent));
        self.nothing_left_over("Claude-MM1");
        self.baton(&["ledger", "verify"]).ended(0);
    }

    /// The number of RETURNs that `Claude-MM1` has for each handoff id.
    #[must_use]
    pub fn answers(&self) -> BTreeMap<String, usize> {
        let mut answers = BTreeMap::new();
        for answer in self.returns("Claude-MM1") {
            let id = answer.pointer("/original_handoff/handoff_id").and_then(Value::as_str).unwrap_or_default();
            *answers.entry(id.to_owned()).or_default() += 1;
        }
        answers
    }

    /// Asserts that no temporary file is left in an agent's inbox.
    #[track_caller]
    fn nothing_left_over(&self, agent: &str) {
        let hidden = std::fs::read_dir(self.inbox_of(agent)).into_iter().flatten().filter_map(Result::ok);
        let hidden = hidden.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let left: Vec<_> = hidden.filter(|name| name.starts_with('.') && !name.starts_with(".baton-")).collect();
        assert!(left.is_empty(), "left over: {left:?}");
    }
}

//! Repeats a real storm of duplicates: 242 tasks that were dropped 1,662 times with different names and times. One task was
//! dropped 360 times, another one 169 times. Each task must be done once, and every other copy must be archived with the id
//! of the first.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use baton_tests::{Task, Workspace, sha256};
use serde_json::{Map, Value, json};

const TASKS: usize = 242;
const FILES: usize = 1_662;

/// The numbers of copies of the two tasks that have the most.
const LOUDEST: [usize; 2] = [360, 169];

/// The number of copies of each task: the two known numbers, and a long tail for the others.
fn copies() -> Vec<usize> {
    let mut copies: Vec<usize> = LOUDEST.into_iter().chain((3..=TASKS).map(|rank| 1 + 150 / rank)).collect();
    let left = FILES - copies.iter().sum::<usize>();
    for number in 0..left {
        copies[LOUDEST.len() + number % (TASKS - LOUDEST.len())] += 1;
    }
    copies
}

/// A task of the storm: even ones go to the plugin, odd ones to an external agent.
struct StormTask {
    number: usize,
}

impl StormTask {
    fn is_for_plugin(&self) -> bool {
        self.number.is_multiple_of(2)
    }

    fn title(&self) -> String {
        format!("Fix Trigger Duplication {}", self.number)
    }

    /// The id of the task in its files: a `handoff_id` for a third of the tasks, a task id for a third, and none for the rest.
    fn identity(&self) -> Option<(&'static str, String)> {
        match self.number / 2 % 3 {
            0 => Some(("handoff_id", format!("storm-{}", self.number))),
            // The task ids have the same first digits, like the real ones.
            1 => Some(("task_id", format!("2e4e7361-6c27-8011-8000-{:012x}", self.number))),
            _ => None,
        }
    }

    /// The bytes of the copy with this number. Copies differ in the order of their keys. If the task has an id, they also differ
    /// in their time.
    fn bytes(&self, copy: usize) -> Vec<u8> {
        let to = if self.is_for_plugin() { "noop" } else { "Cursor-MM1" };
        let mut fields = vec![
            // Without an id, a copy with another time would be another request.
            ("timestamp", json!(time(if self.identity().is_some() { copy } else { 0 }))),
            ("source_agent", json!("Claude-MM1")),
            ("target_agent", json!(to)),
            ("title", json!(self.title())),
            ("body", json!(format!("Task {} of the storm.", self.number))),
        ];
        fields.extend(self.identity().map(|(key, id)| (key, json!(id))));
        let by = copy % fields.len();
        fields.rotate_left(by);
        // The JSON is written line by line, because a map would sort the keys.
        let lines: Vec<String> = fields.iter().map(|(key, value)| format!("  \"{key}\": {value}")).collect();
        format!("{{\n{}\n}}\n", lines.join(",\n")).into_bytes()
    }

    fn name(&self, copy: usize) -> String {
        let stamp = time(copy).replace([':', '-'], "");
        let title = self.title().replace(' ', "-");
        let nested = if copy % 5 == 4 { format!("{stamp}__HANDOFF__") } else { String::new() };
        format!("{nested}{stamp}__HANDOFF__{title}__2e4e7361-{copy}.json")
    }

    /// The agent's inbox, a folder with another spelling of its name, or the drop box.
    fn folder(&self, copy: usize) -> &'static str {
        match (copy % 7, self.is_for_plugin()) {
            (3, _) => "handoffs/01_inbox",
            (5, true) => "handoffs/No-op-Agent/01_inbox",
            (5, false) => "handoffs/Cursor-MM1-Agent/01_inbox",
            (_, true) => "handoffs/noop/01_inbox",
            (_, false) => "handoffs/Cursor-MM1/01_inbox",
        }
    }
}

fn time(copy: usize) -> String {
    format!("2026-01-{:02}T{:02}:{:02}:00Z", 1 + copy / 60 % 28, copy / 60 % 24, copy % 60)
}

/// Drops everything; returns the bytes by file name.
fn drop_storm(workspace: &Workspace) -> BTreeMap<String, Vec<u8>> {
    let mut dropped = BTreeMap::new();
    for (number, copies) in copies().into_iter().enumerate() {
        let storm = StormTask { number };
        for copy in 0..copies {
            let (name, bytes) = (storm.name(copy), storm.bytes(copy));
            fs::write(workspace.root().join(storm.folder(copy)).join(&name), &bytes).unwrap();
            dropped.insert(name, bytes);
        }
    }
    dropped
}

/// Answers each file in the external agent's inboxes by the file's name; returns their number.
fn answer_by_hand(workspace: &Workspace) -> usize {
    let mut answered = 0;
    for folder in ["Cursor-MM1", "Cursor-MM1-Agent"] {
        for name in workspace.inbox(folder) {
            let asked = workspace.read(&format!("handoffs/{folder}/01_inbox/{name}"));
            let asked: Map<String, Value> = serde_json::from_str(&asked).unwrap();
            let mut original = json!({ "handoff_file": name });
            for key in ["handoff_id", "task_id"] {
                asked.get(key).into_iter().for_each(|id| original[key] = id.clone());
            }
            let answer = json!({
                "type": "RETURN_HANDOFF",
                "timestamp": "2026-01-29T12:00:00Z",
                "executing_agent": "Cursor-MM1",
                "originating_agent": "Claude-MM1",
                "original_handoff": original,
                "execution_summary": { "work_completed": [format!("{} is done.", asked["title"])] },
            });
            workspace.drop_file("Claude-MM1", &format!("answer-{answered}.json"), answer.to_string());
            answered += 1;
        }
    }
    answered
}

/// Asserts that each file is a separate task with the dropped bytes; returns the tasks by title.
fn by_title(workspace: &Workspace, dropped: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<Task>> {
    let mut tasks = BTreeMap::<String, Vec<Task>>::new();
    let mut left: BTreeSet<&String> = dropped.keys().collect();
    for task in workspace.status().into_iter().filter(|task| task.title.starts_with("Fix Trigger")) {
        assert!(left.remove(&task.file_name().to_owned()), "known twice, or renamed: {task:#?}");
        let archived = workspace.read_bytes(task.file.as_deref().unwrap());
        assert_eq!(sha256(&archived), sha256(&dropped[task.file_name()]), "{task:#?}");
        assert!(task.archived_at.is_some(), "{task:#?}");
        tasks.entry(task.title.clone()).or_default().push(task);
    }
    assert!(left.is_empty(), "not in the ledger: {left:?}");
    tasks
}

#[test]
fn the_number_of_copies_is_that_of_the_real_storm() {
    let copies = copies();
    assert_eq!((copies.len(), copies.iter().sum::<usize>()), (TASKS, FILES));
    assert!(copies.iter().all(|copies| (1..=360).contains(copies)));
}

#[test]
fn each_task_in_a_storm_of_duplicates_is_done_and_answered_once() {
    let workspace = Workspace::with_noop();
    let config = workspace.read("baton.toml") + "\n[agents.noop]\naliases = [\"No-op-Agent\"]\n";
    workspace.write("baton.toml", config);
    for folder in ["No-op-Agent", "Cursor-MM1-Agent"] {
        fs::create_dir_all(workspace.inbox_of(folder)).unwrap();
    }
    let dropped = drop_storm(&workspace);
    assert_eq!(dropped.len(), FILES);
    workspace.up_once();
    assert_eq!(answer_by_hand(&workspace), TASKS / 2, "the agent's inbox has each of its tasks once");
    workspace.up_once();

    let tasks = by_title(&workspace, &dropped);
    assert_eq!(tasks.len(), TASKS);
    for (title, copies) in &tasks {
        let done: Vec<&Task> = copies.iter().filter(|task| task.state == "succeeded").collect();
        let [first] = done.as_slice() else { panic!("{title}: {copies:#?}") };
        assert_eq!(first.attempts, u32::from(first.agent == "noop"), "{first:#?}");
        assert!(first.returned_at.is_some(), "{first:#?}");
        for copy in copies.iter().filter(|task| task.id != first.id) {
            assert_eq!((copy.state.as_str(), copy.attempts), ("duplicate", 0), "{copy:#?}");
            assert!(copy.reason.contains(&first.id), "{copy:#?}");
        }
    }
    let (repeats, returns): (Vec<Value>, Vec<Value>) =
        workspace.returns("Claude-MM1").into_iter().partition(|answer| answer.get("duplicate_of").is_some());
    assert_eq!(returns.len(), TASKS / 2, "one RETURN of the plugin for each of its tasks");
    assert_eq!(repeats.len(), FILES - TASKS, "and one of Baton for each repetition");
    for folder in
        ["01_inbox", "No-op-Agent/01_inbox", "noop/01_inbox", "Cursor-MM1/01_inbox", "Cursor-MM1-Agent/01_inbox"]
    {
        assert!(workspace.list(&format!("handoffs/{folder}")).is_empty(), "{folder}");
    }
    workspace.baton(&["ledger", "verify"]).ended(0);
}

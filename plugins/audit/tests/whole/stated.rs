//! Deliverables that a plan states as data replace everything that was read from its text.

use crate::support::Workspace;

const STATED: &str = "---\ndeliverables:\n  - src/till.py\n  - path: src/drawer.py\n    action: create\n    owner: me\n---\n\
                      # Plan\n\n- [ ] Create `src/never.py`\n- [x] Create `src/drawer.py`\n";

#[test]
fn the_list_of_the_front_matter_replaces_the_deliverables_of_the_text() {
    let workspace = Workspace::new().file("plans/p.md", STATED).file("root/src/till.py", "def open():\n    return 1\n");
    let report = workspace.report();
    assert_eq!(crate::support::rows(&report["plans"][0]), ["src/till.py PRESENT", "src/drawer.py PHANTOM"]);
    let references = report["plans"][0]["references"].as_array().unwrap();
    assert_eq!(references[0]["path"], "src/never.py", "{references:?}");
    let note =
        report["notes"].as_array().unwrap().iter().find(|note| note["key"] == "plans/p.md:deliverables").unwrap();
    assert!(note["evidence"].as_str().unwrap().contains("line 6: unknown key `owner`"), "{note}");
}

#[test]
fn a_reviewed_lock_decides_and_an_outdated_one_is_a_finding() {
    let text = "# Plan\n\n- [ ] Create `src/till.py`\n- [ ] Create `src/never.py`\n";
    let workspace = Workspace::new().file("plans/p.md", text).file("root/src/till.py", "def open():\n    return 1\n");
    let outcome = workspace.run(r#"{"propose_lock": true}"#).unwrap();
    let lock = outcome.artifacts.iter().find(|artifact| artifact.name == "p.md.lock").unwrap();
    let lock = String::from_utf8(lock.bytes.clone()).unwrap();
    assert!(lock.contains("\"src/never.py\"") && lock.contains("\"reviewed\": false"), "{lock}");
    let workspace = workspace.file("plans/p.md.lock", &lock);
    assert_eq!(workspace.statuses().len(), 2, "a lock applies after its review");
    let reviewed = lock.replace("\"reviewed\": false", "\"reviewed\": true").replace("src/never.py", "src/till.py");
    let workspace = workspace.file("plans/p.md.lock", &reviewed);
    assert_eq!(workspace.statuses(), ["src/till.py PRESENT"]);
    let ticked = workspace.file("plans/p.md", text.replacen("[ ]", "[x]", 1));
    assert_eq!(ticked.report()["status"], "COMPLETE - SUCCESS");
    let report = ticked.file("plans/p.md", format!("{text}- [ ] Create `src/more.py`\n")).report();
    assert_eq!(report["status"], "AUDIT COMPLETE - PARTIAL");
    let notes = report["notes"].as_array().unwrap();
    let note = notes.iter().find(|note| note["key"] == "plans/p.md:lock-outdated").unwrap();
    assert!(note["title"].as_str().unwrap().contains("`baton audit --propose-lock plans/p.md`"), "{note}");
}

#[test]
fn tasks_are_ticked_open_or_stale() {
    let text = "---\ntodos:\n  - id: a\n    content: Weigh\n    status: completed\n---\n# Plan\n\n- [x] Create `src/till.py`\n\
                - [x] Create `src/never.py`\n- [ ] Talk to the baker\n";
    let workspace = Workspace::new().file("plans/p.md", text).file("root/src/till.py", "def open():\n    return 1\n");
    let tasks = workspace.report()["plans"][0]["tasks"].clone();
    let wanted = serde_json::json!({"ticked": 3, "open": 1, "stale": 1, "stale_lines": [10]});
    assert_eq!(tasks, wanted);
}

#[test]
fn kiro_and_spec_kit_tasks_promise_their_files() {
    let kiro = "# Implementation Plan\n\n- [ ] 1. Build the till\n  - Create `src/till.py` with the drawer\n  - _Requirements: 1.1, 2.3_\n";
    let spec_kit = "# Tasks: Till\n\n## Phase 1: Setup\n\n- [ ] T001 [P] [US1] Create drawer model in src/models/drawer.py\n\
                    - [x] T002 [US1] Implement service in src/services/till.py\n";
    let workspace = Workspace::new().file("plans/kiro.md", kiro).file("plans/tasks.md", spec_kit);
    let report = workspace.report();
    let rows: Vec<String> = (0..2).flat_map(|at| crate::support::rows(&report["plans"][at])).collect();
    assert_eq!(rows, ["src/till.py MISSING", "src/models/drawer.py MISSING", "src/services/till.py PHANTOM"]);
}

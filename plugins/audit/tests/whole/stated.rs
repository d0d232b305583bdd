//! Deliverables that a plan states as data win over everything read from its text.

use crate::support::Workspace;

const STATED: &str = "---\ndeliverables:\n  - src/till.py\n  - path: src/drawer.py\n    action: create\n    owner: me\n---\n\
                      # Plan\n\n- [ ] Create `src/never.py`\n- [x] Create `src/drawer.py`\n";

#[test]
fn the_front_matter_wins_over_all_reading() {
    let workspace = Workspace::new().file("plans/p.md", STATED).file("root/src/till.py", "def open():\n    return 1\n");
    let report = workspace.report();
    assert_eq!(crate::support::rows(&report["plans"][0]), ["src/till.py PRESENT", "src/drawer.py PHANTOM"]);
    let references = report["plans"][0]["references"].as_array().unwrap();
    assert_eq!(references[0]["path"], "src/never.py", "{references:?}");
    let note =
        report["notes"].as_array().unwrap().iter().find(|note| note["key"] == "plans/p.md:deliverables").unwrap();
    assert!(note["evidence"].as_str().unwrap().contains("line 6: unknown key `owner`"), "{note}");
}

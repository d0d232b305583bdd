//! The assertions of RETURN handoffs.

use audit::assertions::{self, CheckedDocument, Kind, Verdict};
use audit::remark::NoteSeverity;
use serde_json::json;

use super::setup::expect_gap;
use crate::test_services::Tree;

#[test]
fn the_claims_of_a_return_are_checked() {
    let tree = Tree::of(&[]);
    tree.write("reports/a.md", "# A\n");
    tree.sized("lib/b.py", 100, 5);
    let raw = json!({
        "type": "RETURN_HANDOFF",
        "execution_summary": {
            "work_completed": ["Created `lib/c.py` (10 bytes)", "Coverage is now 50% (3/4)"],
            "deliverables": [
                {"type": "report", "path": "reports/a.md", "description": "what was seen"},
                {"type": "code", "path": "lib/b.py", "bytes": 500},
                {"type": "code", "path": "lib/d.py"}
            ]
        },
        "files_created": ["/etc/hosts.conf", "lib/b.py"],
        "commits": ["0a1b2c3 fix: it"]
    });
    let document = CheckedDocument { shown: "return".into(), text: String::new() };
    let found = assertions::read_return(&raw, "**Pages:** 9 of 10 (95%)");
    let checked = assertions::check(&[(document, found)], &tree.index(), None, None);
    let verdict = |field: &str| {
        let row = checked.rows.iter().find(|row| row.field.as_deref() == Some(field)).unwrap();
        (row.kind, row.verdict)
    };
    assert_eq!(verdict("execution_summary.deliverables[0]"), (Kind::Deliverable, Verdict::True));
    assert_eq!(verdict("execution_summary.deliverables[1]"), (Kind::Deliverable, Verdict::False));
    assert_eq!(verdict("execution_summary.deliverables[2]"), (Kind::Deliverable, Verdict::False));
    assert_eq!(verdict("execution_summary.work_completed[0]"), (Kind::File, Verdict::False));
    assert_eq!(verdict("execution_summary.work_completed[1]"), (Kind::Ratio, Verdict::False));
    assert_eq!(verdict("files_created[0]"), (Kind::Deliverable, Verdict::Unverifiable));
    assert_eq!(verdict("files_created[1]"), (Kind::Deliverable, Verdict::True));
    assert_eq!(verdict("commits[0]"), (Kind::Commit, Verdict::Unverifiable));
    assert!(checked.rows.iter().any(|row| row.line == 1 && row.evidence == "9 of 10 are 90 %, written 95 %"));
    expect_gap(&checked, NoteSeverity::High, "audit:return:lib/d.py:claim-deliverable");
}

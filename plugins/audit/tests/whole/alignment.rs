//! Phase 4 on real files.

use audit::alignment::{self, Alignment, FileEvidence, Health, Punctuality, Sources, assess, trackers};
use audit::performance::{agents, logs};
use audit::remark::NoteSeverity;
use baton_plugin_kit::host::Ledger;

use crate::lending::{Book, Tree, at, options, task};

const TRACKER: &str = r#"{"issues": [
  {"id": "DS-001", "title": "Concurrency guard missing", "severity": "Critical"},
  {"id": "DS-002", "title": "Deletions", "status": "RESOLVED"},
  {"id": "DS-003", "title": "Drift", "status": "open"}
]}"#;

const CODE: &str = "function run() {\n  const lock = LockService.getScriptLock();\n  if (!lock.tryLock(8000)) return;\n  try { sync(); } finally { lock.releaseLock(); }\n}\n";

const EVIDENCE: &str = r#"{"evidence": {
  "DS-001": {"file": "gas-scripts/**/Code.js", "all": ["tryLock(", "releaseLock("]},
  "DS-002": {"file": "gas-scripts/**/Code.js", "all": ["ALLOW_SCHEMA_DELETIONS"]}}}"#;

fn run(tree: &Tree, ledger: Option<&dyn Ledger>, args: &str, now: &str) -> Alignment {
    let (index, options) = (tree.index(), options(args));
    let (logs, agents, trackers) = (logs(&index, &options), agents(ledger), trackers(&index, &options));
    let sources = Sources { index: &index, logs: &logs, agents: &agents, ledger, trackers: &trackers, task: "own" };
    assess(sources, &options, at(now))
}

fn found(alignment: &Alignment) -> Vec<(&str, NoteSeverity)> {
    alignment.findings.iter().map(|gap| (gap.id.as_str(), gap.weight)).collect()
}

#[test]
fn a_fixed_issue_that_is_listed_as_open_is_found_and_the_other_way_round() {
    let tree = Tree::of(&[("agents/drive_issues_for_board.json", TRACKER), ("gas-scripts/sync/Code.js", CODE)]);
    let alignment = run(&tree, None, EVIDENCE, "2026-01-18T00:00:00Z");
    assert_eq!(
        found(&alignment),
        [
            ("audit:agents/drive_issues_for_board.json:DS-001:listed-open", NoteSeverity::Medium),
            ("audit:agents/drive_issues_for_board.json:DS-002:listed-resolved", NoteSeverity::High),
        ]
    );
    assert!(alignment.findings[0].title.contains("gas-scripts/sync/Code.js:3, gas-scripts/sync/Code.js:4"));
    assert_eq!(alignment.trackers.issues[2].evidence, FileEvidence::Unasked);
    // Once the tracker says so, nothing is left to say of it.
    tree.write(
        "agents/drive_issues_for_board.json",
        TRACKER.replace("\"severity\": \"Critical\"", "\"status\": \"Resolved\"").replace("RESOLVED", "open"),
    );
    assert_eq!(found(&run(&tree, None, EVIDENCE, "2026-01-18T00:00:00Z")), []);
}

#[test]
fn without_evidence_patterns_nothing_is_judged() {
    let tree = Tree::of(&[("issues.json", TRACKER), ("gas-scripts/sync/Code.js", CODE)]);
    assert_eq!(found(&run(&tree, None, "{}", "2026-01-18T00:00:00Z")), []);
}

#[test]
fn late_failing_and_unanswered_are_found() {
    let tree = Tree::of(&[
        (
            "logs/sync.jsonl",
            &"{\"time\":\"2026-01-18T08:00:00Z\",\"status\":\"failed\",\"error\":\"no route\"}\n".repeat(4),
        ),
        ("out/export.csv", "x"),
    ]);
    let mut tasks: Vec<_> = (0..5)
        .map(|day| task(&format!("n{day}"), "nightly", "succeeded", &format!("2026-01-0{}T03:00:00Z", day + 1)))
        .collect();
    for entry in &mut tasks {
        entry.action = Some("run".into());
    }
    let mut due = task("w2", "reviewer", "delivered", "2026-01-17T12:00:00Z");
    due.deadline = Some("2026-01-17T18:00:00Z".into());
    let book = Book {
        tasks,
        open: vec![
            task("w1", "writer", "delivered", "2026-01-10T00:00:00Z"),
            due,
            task("w3", "writer", "delivered", "2026-01-17T23:00:00Z"),
        ],
        ..Book::default()
    };
    let args = r#"{"processes": [{"name": "Sync", "every": 3600, "log": "sync"}, {"name": "Export", "every": 60, "file": "out/*.csv"}, {"name": "Backup", "every": "daily", "file": "backup/*"}]}"#;
    let alignment = run(&tree, Some(&book), args, "2026-01-18T09:00:00Z");
    let states: Vec<(&str, Punctuality)> =
        alignment.processes.iter().map(|row| (row.name.as_str(), row.punctuality)).collect();
    assert_eq!(
        states,
        [
            ("Sync", Punctuality::OnTime),
            ("Export", Punctuality::OnTime),
            ("Backup", Punctuality::Never),
            ("nightly / run", Punctuality::Late),
        ]
    );
    assert_eq!(
        found(&alignment),
        [
            ("audit:process:Backup:never", NoteSeverity::Medium),
            ("audit:process:nightly / run:late", NoteSeverity::Info),
            ("audit:logs:sync:failing", NoteSeverity::Medium),
            ("audit:ledger:w1:unanswered", NoteSeverity::High),
            ("audit:ledger:w2:unanswered", NoteSeverity::High),
        ]
    );
    let health: Vec<Health> = alignment.integrations.iter().map(|row| row.health).collect();
    assert_eq!(health, [Health::Failing, Health::Healthy]);
    assert_eq!(
        alignment::blocks(&alignment),
        alignment::blocks(&run(&tree, Some(&book), args, "2026-01-18T09:00:00Z"))
    );
}

#[test]
fn the_audit_does_not_judge_its_own_health() {
    let mut tasks: Vec<_> = (0..6)
        .map(|day| task(&format!("a{day}"), "auditor", "failed", &format!("2026-01-0{}T03:00:00Z", day + 1)))
        .collect();
    tasks.push(task("own", "auditor", "running", "2026-01-08T03:00:00Z"));
    tasks.extend(
        (0..3).map(|day| task(&format!("b{day}"), "audit", "failed", &format!("2026-01-0{}T04:00:00Z", day + 1))),
    );
    let book = Book { tasks, ..Book::default() };
    let alignment = run(&Tree::of(&[]), Some(&book), "{}", "2026-01-08T03:00:00Z");
    let names: Vec<&str> = alignment.integrations.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["audit"], "it is known by its task, whatever it is called");
    assert!(!found(&alignment).iter().any(|(id, _)| *id == "audit:ledger:auditor:failing"));
}

#[test]
fn hostile_trackers_cost_little_and_stop_nothing() {
    let many: Vec<String> = (0..6_000)
        .map(|at| {
            format!(r#"{{"id": "X-{at}", "status": "open", "evidence": {{"file": "**/*{at}*", "all": ["zz"]}}}}"#)
        })
        .collect();
    let tree = Tree::of(&[
        ("a_issues.json", &format!("[{}]", many.join(","))),
        ("b_issues.json", "{\"issues\": [{\"id\": \"B-1\", \"evidence\": {\"file\": \"a[\", \"all\": [\"x\"]}}]}"),
        ("c_issues.json", "\u{0}\u{1}"),
    ]);
    let alignment = run(&tree, None, "{}", "2026-01-18T00:00:00Z");
    assert_eq!((alignment.trackers.issues.len(), alignment.trackers.left_out), (5_000, 1_001));
    let unusable =
        alignment.trackers.issues.iter().filter(|issue| matches!(issue.evidence, FileEvidence::Unusable(_))).count();
    assert_eq!(unusable, 4_800);
    let blocks = format!("{:?}", alignment::blocks(&alignment));
    assert!(blocks.contains("4500 more rows are left out"));
}

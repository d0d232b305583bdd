//! The action `health`: inputs that an audit of plans does not read.

use std::collections::BTreeSet;

use audit::health::{self, Health, Options, Punctuality, Sources};
use audit::page::Block;
use audit::remark::NoteSeverity;
use audit::services::HostServices;
use baton_judges::synthetic;
use baton_plugin_kit::host::{Ledger, NoProgress};
use baton_plugin_sdk::{Error, Outcome, Severity};

use crate::support::{Workspace, has_finding, markdown};
use crate::test_services::{LedgerList, Tree, at, task};

fn workspace() -> Workspace {
    Workspace::new()
        .file("plans/a.md", "# A\n\n- [x] `till.py`\n")
        .file("root/till.py", "TILL = 1\n")
        .file("root/.env.example", "TOKEN=\nPORT=\n")
        .file("root/.env", "TOKEN=hunter2\n")
        .file("root/README.md", "[gone](gone.md)\n")
        .file("root/logs/sync.jsonl", "{\"name\":\"sync\",\"status\":\"failed\",\"error\":\"no route\"}\n".repeat(4))
}

fn outcome(args: &str) -> Result<Outcome, Error> {
    let workspace = workspace();
    let mut task = workspace.task(args);
    task.action = "health".into();
    audit::run(&task, &HostServices::nothing(&NoProgress))
}

struct Check<'a> {
    ledger: Option<&'a dyn Ledger>,
    args: &'a str,
    plans: &'a [&'a str],
    now: &'a str,
}

const CHECK: Check<'static> = Check { ledger: None, args: "{}", plans: &[], now: "2026-01-18T09:00:00Z" };

impl Check<'_> {
    fn of(&self, tree: &Tree) -> Health {
        let options = Options::of(&serde_json::from_str(self.args).unwrap()).unwrap();
        let plans: BTreeSet<String> = self.plans.iter().map(|plan| (*plan).to_owned()).collect();
        let (index, now_ms) = (tree.index(), at(self.now));
        let sources = Sources { index: &index, ledger: self.ledger, task: "own", plans: &plans, now_ms };
        health::check(sources, &options)
    }
}

fn found(health: &Health) -> Vec<(&str, NoteSeverity)> {
    health.findings.iter().map(|gap| (gap.id.as_str(), gap.weight)).collect()
}

fn texts(health: &Health) -> Vec<String> {
    let blocks = health::sections(health).into_iter().flat_map(|section| section.blocks);
    blocks.filter_map(|block| if let Block::Text(text) = block { Some(text) } else { None }).collect()
}

#[test]
fn health_reports_problems_outside_the_plans() {
    let outcome = outcome("{}").unwrap();
    for (id, severity) in [
        ("audit:.env:variables:missing", Severity::Medium),
        ("audit:README.md:gone.md:broken-link", Severity::Medium),
        ("audit:logs:sync:failing", Severity::Medium),
    ] {
        assert!(has_finding(&outcome, id, severity), "{id}: {:?}", outcome.findings);
    }
    let names: Vec<&str> = outcome.artifacts.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["md", "html", "json"].map(|ending| format!("SYSTEM_HEALTH_20260118_101500.{ending}")));
    let page = markdown(&outcome);
    assert!(page.contains("NEEDS ATTENTION") && page.contains("## Configuration") && !page.contains("hunter2"));
    let data: serde_json::Value = serde_json::from_slice(&outcome.artifacts[2].bytes).unwrap();
    assert_eq!((&data["runs"][0]["failed"], &data["schema"]), (&4.into(), &1.into()));
}

#[test]
fn an_audit_of_plans_does_not_read_the_inputs_of_health() {
    let outcome = workspace().run("{}").unwrap();
    assert_eq!(outcome.findings, []);
    assert!(!markdown(&outcome).contains("sync"));
}

#[test]
fn arguments_are_checked() {
    for (args, words) in [
        (r#"{"plans": "a.md"}"#, "there is no argument `plans`; `health` knows: root, logs"),
        (r#"{"processes": [{"name": "x", "every": 5}]}"#, "where its runs are visible"),
    ] {
        assert!(matches!(outcome(args), Err(Error::Permanent(text)) if text.contains(words)), "{args}");
    }
}

#[test]
fn secrets_of_configurations_and_logs_are_never_shown() {
    let secrets = [
        "hunter2-is-secret",
        "c2VjcmV0LWtleQ",
        "BEGINPRIVATE",
        "p@ssw0rd,with;signs",
        "sk-live-0123456789abcdef",
        "xoxb-12345-abcdef",
    ];
    let env = format!(
        "TOKEN={}\n{}==\nKEY=\"-----{}\nMIIabc=\n-----\"\nexport PASS='{}'\nSTRIPE={}\n garbage {} \n",
        secrets[0], secrets[1], secrets[2], secrets[3], secrets[4], secrets[5]
    );
    let config = format!(
        r#"{{"notion": {{"token": "{}", "extra": "{}"}}, "list": ["{}"]}}"#,
        secrets[0], secrets[4], secrets[5]
    );
    let tree = Tree::of(&[
        (".env.example", "TOKEN=\nKEY=\nPASS=\nSTRIPE=\nGONE=\n"),
        (".env", &env),
        ("config.example.json", r#"{"notion": {"token": ""}, "list": [], "more": 1}"#),
        ("config.json", &config),
        ("app/.env.sample", "A=\n"),
        ("app/.env", "\u{0}\u{1} A=hunter2-is-secret\n\u{ff}"),
        (
            "logs/a.jsonl",
            &format!(
                "{{\"name\":\"x\",\"status\":\"failed\",\"error\":\"PASS='{}' Bearer {}\"}}\n",
                secrets[3], secrets[1]
            ),
        ),
    ]);
    let health = CHECK.of(&tree);
    let json = serde_json::to_string(&health).unwrap();
    let all = format!("{json}{:?}{:?}", health::sections(&health), health.findings);
    for secret in secrets.into_iter().chain(["MIIabc", "hunter2"]) {
        assert!(!all.contains(secret), "{secret}");
    }
    let missing: Vec<&str> =
        found(&health).into_iter().map(|(id, _)| id).filter(|id| id.contains("variables")).collect();
    assert_eq!(
        missing,
        ["audit:.env:variables:missing", "audit:app/.env:variables:missing", "audit:config.json:variables:missing"]
    );
}

#[test]
fn logs_and_ledger_are_added_up() {
    let long = format!(
        "{{\"name\":\"old\",\"success\":false}}\n{}",
        format!("{{\"name\":\"big\",\"success\":true,\"pad\":\"{}\"}}\n", "x".repeat(1_000)).repeat(9_000)
    );
    let tree = Tree::of(&[
        (
            "logs/deep/sync.jsonl",
            "{\"timestamp\":\"2026-01-18T10:00:00Z\",\"status\":\"success\",\"duration\":2}\nnot json\n{\"timestamp\":\"2026-01-18T11:00:00Z\",\"status\":\"failed\",\"error\":\"timed out\"}\n",
        ),
        ("x/execution_log_1.jsonl", &long),
        ("other/events.jsonl", "{\"name\":\"never\",\"success\":true}\n"),
    ]);
    let mut moved = task("1", "mover", "succeeded", "2026-01-18T10:00:00Z");
    moved.ended_at = Some("2026-01-18T10:02:00Z".into());
    let tasks = vec![
        moved,
        task("2", "mover", "failed", "2026-01-18T11:00:00Z"),
        task("3", "mover", "duplicate", "2026-01-18T12:00:00Z"),
    ];
    let book = LedgerList { tasks, ..LedgerList::default() };
    let health = Check { ledger: Some(&book), ..CHECK }.of(&tree);
    let runs: Vec<(&str, usize, usize)> =
        health.runs.iter().map(|run| (run.name.as_str(), run.runs, run.failed)).collect();
    assert_eq!((runs[0].0, runs[0].2, runs[1], runs[2]), ("big", 0, ("sync", 2, 1), ("mover", 2, 1)));
    assert!(runs[0].1 > 7_000 && runs[0].1 < 9_000, "only the end is read");
    let sync = &health.runs[1];
    assert_eq!((sync.p50_ms, sync.errors[0].seen_at.as_str()), (Some(2_000), "logs/deep/sync.jsonl:3"));
    assert_eq!(health.runs[2].p50_ms, Some(120_000));
    assert_eq!(health.findings.len(), 2);
    assert!(health.findings.iter().any(|gap| gap.title.contains("1 line of the log logs/deep/sync.jsonl")));
    assert_eq!(health, Check { ledger: Some(&book), ..CHECK }.of(&tree));
}

#[test]
fn what_is_not_granted_or_not_there_is_reported() {
    let book = LedgerList { refuses: true, ..LedgerList::default() };
    let refused = Check { ledger: Some(&book), ..CHECK }.of(&Tree::of(&[]));
    assert!(texts(&refused).contains(&"The ledger was not read: grant `ledger`".to_owned()));
    let nothing = CHECK.of(&Tree::of(&[]));
    assert!(nothing.findings.is_empty());
    let texts = texts(&nothing);
    assert!(texts.iter().any(|text| text.contains("`baton plugin grant audit ledger`")), "{texts:?}");
    assert_eq!(texts.len(), 6, "each part has a text");
}

#[test]
fn late_and_failing_runs_are_found() {
    let line = "{\"time\":\"2026-01-18T08:00:00Z\",\"status\":\"failed\",\"error\":\"no route\"}\n";
    let tree = Tree::of(&[("logs/sync.jsonl", &line.repeat(4)), ("out/export.csv", "x")]);
    let tasks: Vec<_> = (1..5)
        .map(|day| task(&format!("n{day}"), "nightly", "succeeded", &format!("2026-01-0{day}T03:00:00Z")))
        .collect();
    let book = LedgerList { tasks, ..LedgerList::default() };
    let args = r#"{"processes": [
        {"name": "Sync", "every": 1800, "log": "sync"}, {"name": "Often", "every": 1799, "log": "sync"},
        {"name": "Export", "every": 60, "file": "out/*.csv"}, {"name": "Backup", "every": 60, "file": "backup/*"},
        {"name": "Nightly", "every": 86400, "agent": "nightly"}]}"#;
    let health = Check { ledger: Some(&book), args, ..CHECK }.of(&tree);
    let states: Vec<(&str, Punctuality)> =
        health.processes.iter().map(|row| (row.name.as_str(), row.punctuality)).collect();
    assert_eq!(
        states,
        [
            ("Sync", Punctuality::OnTime),
            ("Often", Punctuality::Late),
            ("Export", Punctuality::OnTime),
            ("Backup", Punctuality::Never),
            ("Nightly", Punctuality::Late),
        ]
    );
    let ids = ["logs:sync:failing", "process:Often:late", "process:Backup:never", "process:Nightly:late"];
    let wanted: Vec<String> = ids.iter().map(|id| format!("audit:{id}")).collect();
    assert_eq!(found(&health), wanted.iter().map(|id| (id.as_str(), NoteSeverity::Medium)).collect::<Vec<_>>());
}

#[test]
fn the_audit_does_not_judge_its_own_health() {
    let runs = |agent: &str| {
        let id = format!("{agent}-");
        (1..7)
            .map(move |day| {
                task(&format!("{id}{day}"), id.trim_end_matches('-'), "failed", &format!("2026-01-0{day}T03:00:00Z"))
            })
            .collect::<Vec<_>>()
    };
    let own = task("own", "auditor", "running", "2026-01-08T03:00:00Z");
    let book = LedgerList { tasks: [runs("auditor"), runs("audit"), vec![own]].concat(), ..LedgerList::default() };
    let health = Check { ledger: Some(&book), ..CHECK }.of(&Tree::of(&[]));
    let names: Vec<&str> = health.runs.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["audit"], "the runs of the task's own agent are left out");
    assert_eq!(found(&health), [("audit:ledger:audit:failing", NoteSeverity::Medium)]);
}

const MATRIX: &str = "# Matrix\n\n| Feature / Component | Exists? (Y/N) | Matches Design? (Y, N, Y (partial), Y (Deferred)) | Priority | Notes |\n|---|---|---|---|---|\n| Till | Y | Y | High | `src/till.py` |\n| Queue | Y | Y | High | `src/queue.py` |\n";

#[test]
fn code_that_a_matrix_marks_as_existing_must_exist() {
    let tree = Tree::of(&[("README.md", "[m](MATRIX.md)"), ("MATRIX.md", MATRIX), ("src/till.py", "x = 1\n")]);
    assert_eq!(
        found(&CHECK.of(&tree)),
        [
            ("audit:MATRIX.md:Queue:matrix-code-missing", NoteSeverity::High),
            ("audit:MATRIX.md:src/queue.py:names-missing", NoteSeverity::Low),
        ]
    );
    tree.write("src/queue.py", "x = 1\n");
    let health = CHECK.of(&tree);
    assert_eq!((found(&health), health.documents.read), (vec![], 2));
}

#[test]
fn plans_reports_and_the_past_may_name_what_is_not_there() {
    let missing = "# X\n\n- `src/gone.py`\n- [gone](gone.md)\n";
    let tree = Tree::of(&[
        ("plans/a.md", missing),
        ("work/b.plan.md", missing),
        ("reports/PLANS_AUDIT_REPORT_20260118_101500.md", missing),
        ("CHANGELOG.md", missing),
        ("docs/archive/old.md", missing),
        ("agents/x/02_processed/a.md", missing),
        ("history/x.md", missing),
        ("src/a.py", "1"),
    ]);
    let health =
        Check { args: r#"{"past_documents": ["history/**"]}"#, plans: &["root/plans/a.md"], ..CHECK }.of(&tree);
    assert_eq!((found(&health), health.documents.read), (vec![], 0));
}

fn broken(text: &str, files: &[&str]) -> Vec<String> {
    let tree = Tree::of(&[("api/docs/REVIEW.md", text)]);
    for file in files {
        tree.write(file, "x");
    }
    CHECK.of(&tree).documents.broken.into_iter().map(|row| row.path).collect()
}

#[test]
fn references_of_a_document_are_compared_with_its_tree() {
    let text = std::fs::read_to_string(synthetic("claims").join("harbour-alignment.md")).unwrap();
    let harbour = [
        "api/src/harbour/services/keys.py",
        "api/src/harbour/ledger/store.py",
        "api/tests/test_queue.py",
        "scripts/harbour.sh",
        "docs/plan/roadmap.md",
    ];
    assert_eq!(broken(&text, &harbour), ["api/src/harbour/services/queue_db.py", "docs/plan/locks.md"]);
}

#[test]
fn hostile_documents_do_not_stop_the_check() {
    let tree = Tree::of(&[
        ("d/long.md", &"[a](gone.md) `src/gone.py` ".repeat(60_000)),
        ("e/deep.md", &"> ".repeat(10_000)),
        ("f/table.md", &format!("{}{}", MATRIX, "| x | Y | Y | | `src/gone.py` |\n".repeat(30_000))),
        ("src/a.py", "1"),
    ]);
    tree.write("g/bytes.md", [0xff, 0xfe, b'[', b'a', b']', b'(', 0xff, b')']);
    let health = CHECK.of(&tree);
    assert!(health.documents.matrix.len() <= 20_000 && health.documents.matrix.len() > 10_000);
    assert!(health.findings.iter().any(|gap| gap.id == "audit:d/long.md:d/gone.md:broken-link"));
    assert!(health.findings.len() < 100, "one finding for each path of a document");
    assert!(health::sections(&health).len() < 10);
}

#[cfg(unix)]
#[test]
fn nothing_outside_the_root_is_looked_up() {
    let outside = Tree::of(&[("secret.md", "# S\n")]);
    let links = "[x](../../secret.md) [y](/etc/passwd) [z](link/secret.md) `../../secret.md` `/etc/hosts.conf`\n";
    let tree = Tree::of(&[("README.md", "[a](docs/a.md)"), ("docs/a.md", links)]);
    std::os::unix::fs::symlink(outside.0.path(), tree.0.path().join("docs/link")).unwrap();
    let health = CHECK.of(&tree);
    assert_eq!(health.documents.outside, 2);
    assert_eq!(found(&health), [("audit:docs/a.md:docs/link/secret.md:broken-link", NoteSeverity::Medium)]);
}

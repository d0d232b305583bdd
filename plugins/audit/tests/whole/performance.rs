//! Phase 3 on real files and a real catalog.

use audit::page::Block;
use audit::performance::{self, KnownIssues, Performance, Sources, agents, analyse, known_issues, logs};
use baton_judges::{or_skip, synthetic};
use baton_plugin_kit::host::{Ledger, Tables};

use crate::lending::{Book, Tree, options, seed, task};
use crate::sqlite::Sqlite;

fn run(tree: &Tree, catalog: Option<&dyn Tables>, ledger: Option<&dyn Ledger>, args: &str) -> Performance {
    let (index, options) = (tree.index(), options(args));
    let (logs, agents) = (logs(&index, &options), agents(ledger));
    let mut issues = KnownIssues::default();
    for path in ["plans/a.md", "plans/b.md"] {
        if let Some(found) = index.find(path) {
            let text = index.read(&found).unwrap().text;
            issues.add(path, &text);
        }
    }
    let sources = Sources { index: &index, logs: &logs, agents: &agents, catalog, issues: &issues };
    analyse(sources, &options)
}

fn everything(performance: &Performance) -> String {
    let json = serde_json::to_string(performance).unwrap();
    format!("{json}{:?}{:?}", performance::blocks(performance), performance.findings)
}

fn texts(performance: &Performance) -> Vec<String> {
    let blocks = performance::blocks(performance).into_iter();
    blocks.filter_map(|block| if let Block::Text(text) = block { Some(text) } else { None }).collect()
}

#[test]
fn secrets_of_configurations_never_get_out() {
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
    let performance = run(&tree, None, None, "{}");
    let all = everything(&performance);
    for secret in secrets {
        assert!(!all.contains(secret), "{secret}");
    }
    assert!(!all.contains("MIIabc") && !all.contains("hunter2"));
    let missing: Vec<&str> =
        performance.findings.iter().map(|gap| gap.id.as_str()).filter(|id| id.contains("variables")).collect();
    assert_eq!(
        missing,
        ["audit:.env:variables:missing", "audit:app/.env:variables:missing", "audit:config.json:variables:missing"]
    );
}

#[test]
fn the_gate_is_reckoned_from_the_catalog() {
    let catalog = Sqlite::catalog();
    let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2113)
        INSERT INTO put_file (source, path, missing) SELECT 's', 'f' || i, i > 2112 FROM n;
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 424)
        INSERT INTO put_fingerprint (source, path, algorithm, data) SELECT 's', 'f' || i, 'chromaprint', x'00' FROM n;
        INSERT INTO put_fingerprint (source, path, algorithm, data) VALUES ('s', 'f1', 'sha256', x'00'), ('s', 'f2113', 'sha256', x'00');";
    catalog.execute(fill);
    let performance = run(&Tree::of(&[]), Some(&catalog), None, "{}");
    let gate = performance.gate.as_ref().unwrap();
    assert_eq!((gate.done, gate.total, gate.needed, gate.tenths(), gate.source), (424, 2112, 1266, 201, "catalog"));
    assert_eq!(performance.findings[0].id, "audit:catalog:fingerprints:below-gate");
    let reached = run(&Tree::of(&[]), Some(&catalog), None, r#"{"gate_percent": 20}"#);
    assert!(reached.findings.is_empty() && reached.gate.unwrap().needed == 0);
}

#[test]
fn a_file_that_waits_to_be_read_again_has_no_fingerprint_for_the_gate() {
    let catalog = Sqlite::catalog();
    let fill = "INSERT INTO library_sources (path, kind, added_at) VALUES ('/m', 'folder', 0);
        INSERT INTO put_file (source, path) VALUES ('library', '/m/a'), ('library', '/m/b');
        INSERT INTO put_fingerprint (source, path, algorithm, data)
            VALUES ('library', '/m/a', 'chromaprint-2', x'00'), ('library', '/m/b', 'chromaprint-2', x'00');
        INSERT INTO library_items (source, key, file, path, name, size, mtime_ns, inode, state, scan, seen_at)
            SELECT 1, path, id, path, path, 1, 1, 1, iif(path = '/m/a', 'pending', 'fingerprinted'), 1, 0 FROM files;";
    catalog.execute(fill);
    let gate = run(&Tree::of(&[]), Some(&catalog), None, "{}").gate.unwrap();
    assert_eq!((gate.done, gate.total, gate.needed), (1, 2, 1));
}

#[test]
fn without_a_catalog_the_command_is_told_that_grants_it() {
    assert_eq!(performance::gate(Some(&Sqlite::catalog()), &options("{}")), (None, None));
    for catalog in [None, Some(&Sqlite::catalog() as &dyn Tables)] {
        let performance = run(&Tree::of(&[]), catalog, None, "{}");
        let texts = texts(&performance);
        assert!(texts.iter().any(|text| text.contains("`baton plugin grant audit sql=catalog:ro`")), "{texts:?}");
    }
}

#[test]
fn a_database_that_is_no_catalog_is_said_and_not_fatal() {
    let other = Sqlite::new();
    let performance = run(&Tree::of(&[]), Some(&other), None, "{}");
    assert!(performance.gate.is_none() && performance.catalog_refused.as_ref().unwrap().contains("no such table"));
    assert!(texts(&performance).iter().any(|text| text.starts_with("The catalog was not read")));
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
    let book = Book {
        tasks: vec![
            task("1", "mover", "succeeded", "2026-01-18T10:00:00Z"),
            task("2", "mover", "failed", "2026-01-18T11:00:00Z"),
        ],
        ..Book::default()
    };
    let performance = run(&tree, None, Some(&book), "{}");
    let names: Vec<(&str, usize, usize)> =
        performance.logs.runs.iter().map(|run| (run.name.as_str(), run.succeeded, run.failed)).collect();
    assert_eq!((names[0].0, names[0].2, names[1]), ("big", 0, ("sync", 1, 1)));
    assert!(names[0].1 > 7_000 && names[0].1 < 9_000, "only the end is read");
    let sync = &performance.logs.runs[1];
    assert_eq!((sync.p50_ms, sync.errors[0].seen_at.as_str()), (Some(2_000), "logs/deep/sync.jsonl:3"));
    assert_eq!(performance.agents[0].success_percent, Some(50));
    let notes: Vec<&str> = performance.findings.iter().map(|gap| gap.title.as_str()).collect();
    assert_eq!(notes.len(), 2);
    assert!(notes.iter().any(|note| note.contains("1 line of the log logs/deep/sync.jsonl")));
    assert_eq!(performance, run(&tree, None, Some(&book), "{}"));
}

#[test]
fn a_ledger_that_refuses_is_said() {
    let book = Book { refuses: true, ..Book::default() };
    let performance = run(&Tree::of(&[]), None, Some(&book), "{}");
    assert!(texts(&performance).contains(&"The ledger was not read: grant `ledger`".to_owned()));
}

#[test]
fn nothing_at_all_says_so_in_every_part() {
    let performance = run(&Tree::of(&[]), None, None, "{}");
    assert!(performance.findings.is_empty());
    assert_eq!(texts(&performance).len(), 5);
}

#[test]
fn known_issues_of_an_invented_report_are_found() {
    let text = std::fs::read_to_string(synthetic("claims").join("pier-report.md")).unwrap();
    let found: Vec<(Option<&str>, bool)> =
        known_issues("r.md", &text).into_iter().map(|issue| (issue.severity, issue.open)).collect();
    assert_eq!(found, [(Some("HIGH"), true), (Some("LOW"), true)]);
}

#[test]
fn known_issues_of_a_real_report_are_found() {
    let text = or_skip!(seed("plans-directory-audit-report.md"));
    let found: Vec<(Option<&str>, bool)> =
        known_issues("r.md", &text).into_iter().map(|issue| (issue.severity, issue.open)).collect();
    assert_eq!(found, [(Some("HIGH"), true), (Some("LOW"), true), (Some("LOW"), true)]);
}

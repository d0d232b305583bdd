//! Traceability of whole trees.

use std::collections::BTreeSet;

use audit::remark::NoteSeverity;
use audit::traceability::{self, Traceability, Verdict, trace};
use baton_judges::{or_skip, synthetic};

use crate::lending::{Tree, options, seed};

fn run(tree: &Tree, args: &str, plans: &[&str]) -> Traceability {
    let plans: BTreeSet<String> = plans.iter().map(|plan| (*plan).to_owned()).collect();
    trace(&tree.index(), &options(args), &plans)
}

fn found(trace: &Traceability) -> Vec<(String, NoteSeverity)> {
    trace.findings.iter().map(|gap| (gap.id.clone(), gap.weight)).collect()
}

const MATRIX: &str = "# Matrix\n\n| Feature / Component | Exists? (Y/N) | Matches Design? (Y, N, Y (partial), Y (Deferred)) | Priority | Notes |\n|---|---|---|---|---|\n| Till | Y | Y | High | `src/till.py` |\n| Queue | Y | Y | High | `src/queue.py` |\n";

#[test]
fn a_tree_that_is_in_order_passes() {
    let tree = Tree::of(&[
        ("README.md", "See [the till](docs/till.md) and [the matrix](docs/MATRIX.md).\n"),
        ("docs/till.md", "<!-- ID: DOC-001 -->\n# Till\n\n`src/till.py` opens; [back](../README.md).\n"),
        ("docs/MATRIX.md", &format!("<!-- ID: DOC-002 -->\n{}", MATRIX.replace("queue", "till"))),
        ("src/till.py", "x = 1\n"),
        ("docs/ALIGNMENT_MATRIX.yml", "- id: R-1\n  linked_docs: [DOC-001]\n  code_paths: [src/till.py]\n"),
    ]);
    let trace = run(&tree, r#"{"source_globs": ["src/**/*.py"]}"#, &[]);
    assert_eq!(found(&trace), []);
    assert_eq!((trace.verdict, trace.verdict.exit_code(), trace.documents), (Verdict::Pass, 0, 3));
    assert_eq!(trace.coverage.as_ref().map(|coverage| (coverage.named, coverage.files)), Some((1, 1)));
}

#[test]
fn code_that_is_said_to_be_there_and_is_not_fails() {
    let tree = Tree::of(&[("README.md", "[m](MATRIX.md)"), ("MATRIX.md", MATRIX), ("src/till.py", "x = 1\n")]);
    let trace = run(&tree, "{}", &[]);
    assert_eq!(
        found(&trace),
        [
            ("audit:MATRIX.md:Queue:matrix-code-missing".to_owned(), NoteSeverity::High),
            ("audit:MATRIX.md:src/queue.py:names-missing".to_owned(), NoteSeverity::Low),
        ]
    );
    assert_eq!((trace.verdict, trace.verdict.exit_code()), (Verdict::Fail, 2));
}

#[test]
fn thresholds_are_held() {
    let files: Vec<(String, String)> =
        (0..40).map(|at| (format!("docs/{at}.md"), format!("<!-- ID: DOC-{at:03} -->\n"))).collect();
    let links: String = (0..38).map(|at| format!("- [{at}](docs/{at}.md)\n")).collect();
    let tree = Tree::of(&[("README.md", &format!("{links}\n`src/a.py`\n")), ("src/a.py", "1"), ("src/b.py", "1")]);
    for (path, text) in &files {
        tree.write(path, text);
    }
    let trace = run(&tree, r#"{"source_globs": ["src/*.py"]}"#, &[]);
    assert_eq!((trace.orphans.count, trace.orphans.documents), (2, 40));
    assert!(trace.has_too_many_orphans() && trace.is_uncovered() && trace.verdict == Verdict::Fail);
    let looser = run(&tree, r#"{"source_globs": ["src/*.py"], "coverage_percent": 50, "orphans_percent": 5}"#, &[]);
    assert!(looser.findings.is_empty() && looser.verdict == Verdict::Pass, "{:?}", looser.findings);
}

#[test]
fn where_nobody_keeps_track_nothing_is_asked_for() {
    let tree = Tree::of(&[("README.md", "# A\n"), ("notes/a.md", "# A\n"), ("notes/b.md", "# B\n"), ("src/a.py", "1")]);
    let trace = run(&tree, "{}", &[]);
    assert_eq!((trace.verdict, trace.orphans.count, found(&trace)), (Verdict::Pass, 2, vec![]));
    let nothing = run(&Tree::of(&[("src/a.py", "1")]), "{}", &[]);
    assert_eq!((nothing.verdict, traceability::blocks(&nothing).len()), (Verdict::None, 2));
    let text = format!("{:?}", traceability::blocks(&trace));
    assert_eq!(text.matches("None found.").count(), 4);
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
    let trace = run(&tree, r#"{"past_documents": ["history/**"]}"#, &["root/plans/a.md"]);
    assert_eq!((found(&trace), trace.documents), (vec![], 2));
}

#[test]
fn an_invented_report_is_held_against_its_tree() {
    let text = std::fs::read_to_string(synthetic("claims").join("harbour-alignment.md")).unwrap();
    let tree = Tree::of(&[
        ("api/docs/REVIEW.md", &text),
        ("api/src/harbour/services/keys.py", "x"),
        ("api/src/harbour/ledger/store.py", "x"),
        ("api/tests/test_queue.py", "x"),
        ("scripts/harbour.sh", "x"),
        ("docs/plan/roadmap.md", "x"),
    ]);
    let trace = run(&tree, "{}", &[]);
    let broken: Vec<&str> = trace.broken.iter().map(|row| row.path.as_str()).collect();
    assert_eq!(broken, ["api/src/harbour/services/queue_db.py", "docs/plan/locks.md"]);
}

#[test]
fn a_real_report_is_held_against_its_tree() {
    let text = or_skip!(seed("alignment-audit-phase-3.md"));
    let tree = Tree::of(&[
        ("api/docs/AUDIT-phase-3.md", &text),
        ("api/src/zotify_api/services/auth.py", "x"),
        ("api/src/zotify_api/database/crud.py", "x"),
        ("api/src/zotify_api/services/download_service.py", "x"),
        ("api/tests/test_download.py", "x"),
        ("scripts/start.sh", "x"),
        ("docs/projectplan/LOW_LEVEL_DESIGN.md", "x"),
    ]);
    let trace = run(&tree, "{}", &[]);
    let broken: Vec<&str> = trace.broken.iter().map(|row| row.path.as_str()).collect();
    assert_eq!(broken, ["api/src/zotify_api/services/downloads_db.py", "docs/projectplan/security.md"]);
}

#[test]
fn bad_input_is_a_finding_and_never_the_end() {
    let bomb = format!("- id: A-1\n  x: &a [{}]\n{}", "y,".repeat(100), "- *a\n".repeat(1_000));
    let tree = Tree::of(&[
        ("a/ALIGNMENT_MATRIX.yml", &bomb),
        ("b/ALIGNMENT_MATRIX.yaml", &" x".repeat(1_000_000)),
        ("c/ALIGNMENT_MATRIX.yml", &"[".repeat(10_000)),
        ("d/long.md", &"[a](gone.md) `src/gone.py` ".repeat(60_000)),
        ("e/deep.md", &"> ".repeat(10_000)),
        ("f/table.md", &format!("{}{}", MATRIX, "| x | Y | Y | | `src/gone.py` |\n".repeat(30_000))),
        ("src/a.py", "1"),
    ]);
    tree.write("g/bytes.md", [0xff, 0xfe, b'[', b'a', b']', b'(', 0xff, b')']);
    let trace = run(&tree, "{}", &[]);
    let unreadable = trace.findings.iter().filter(|gap| gap.id.ends_with(":alignment:unreadable")).count();
    assert_eq!(unreadable, 3);
    assert!(trace.matrix.len() <= 20_000 && trace.matrix.len() > 10_000);
    assert!(trace.findings.iter().any(|gap| gap.id == "audit:d/long.md:d/gone.md:broken-link"));
    assert!(trace.findings.len() < 100, "one finding for each path of a document");
    assert!(traceability::blocks(&trace).len() < 50);
}

#[cfg(unix)]
#[test]
fn nothing_outside_the_root_is_looked_up() {
    let outside = Tree::of(&[("secret.md", "# S\n")]);
    let tree = Tree::of(&[
        ("README.md", "[a](docs/a.md)"),
        (
            "docs/a.md",
            "[x](../../secret.md) [y](/etc/passwd) [z](link/secret.md) `../../secret.md` `/etc/hosts.conf`\n",
        ),
        (
            "docs/ALIGNMENT_MATRIX.yml",
            "- id: R-1\n  linked_docs: [../secret.md, /etc/passwd]\n  code_paths: [link/secret.md]\n",
        ),
    ]);
    std::os::unix::fs::symlink(outside.0.path(), tree.0.path().join("docs/link")).unwrap();
    let trace = run(&tree, "{}", &[]);
    assert_eq!(trace.outside, 2);
    let ids: Vec<String> = found(&trace).into_iter().map(|(id, _)| id).collect();
    assert_eq!(
        ids,
        [
            "audit:docs/ALIGNMENT_MATRIX.yml:R-1:link/secret.md:missing",
            "audit:docs/a.md:docs/link/secret.md:broken-link"
        ]
    );
}

//! Unexpected input gives a finding or a clear note. It does not stop the run, and nothing outside of the granted folders is
//! read.

use std::fmt::Write;
use std::fs::{self, File};
use std::io::Write as _;

use audit::discover::{self, PlanFile};
use audit::index::{Index, Root};
use audit::reader;
use audit::verify::{Facts, IgnoredNames, Judge, PreviousVerdicts, Status, Verdict};
use baton_judges::{or_skip, skip};
use baton_plugin_sdk::{Outcome, Severity};

use crate::support::{Workspace, has_finding, json, markdown, rows};

/// All text of an outcome.
fn all_words(outcome: &Outcome) -> String {
    let findings =
        outcome.findings.iter().map(|finding| format!("{}{}{}", finding.id, finding.title, finding.evidence));
    markdown(outcome) + &json(outcome).to_string() + &findings.collect::<String>()
}

/// Verdicts of a plan's text on a tree that was indexed before.
fn judged(index: &Index, text: &str) -> Vec<Verdict> {
    Judge::new(index, &mut Facts::new(None, 0), &mut IgnoredNames::default())
        .plan(&reader::plan(text), &PreviousVerdicts::default())
        .deliverables
}

#[test]
fn bytes_that_are_not_utf_8_are_replaced_and_reported() {
    let outcome = Workspace::new()
        .file("plans/p.md", b"# \xff\n\n- [ ] `lib/a.py`\n- [ ] `lib/\xfe.py`\n".as_slice())
        .file("root/lib/a.py", b"\xff\xfe\x00class A:\n\x80\n".as_slice())
        .run("{}")
        .unwrap();
    assert!(has_finding(&outcome, "audit:plans/p.md:not-utf-8", Severity::Low));
    let row = &json(&outcome)["plans"][0]["deliverables"][0];
    assert_eq!((row["status"].as_str(), row["bytes"].as_u64()), (Some("PRESENT"), Some(14)));
    assert!(row["lines"].is_null() && row["sha256"].is_string(), "a file that is not text has no lines: {row}");
}

#[test]
fn a_plan_of_50_megabytes_is_read_in_part() {
    let workspace = Workspace::new().file("root/lib/a.py", "x = 1\n");
    let mut plan = File::create(workspace.path("plans/large.md")).unwrap();
    plan.write_all(b"# Large\n\n- [ ] `lib/a.py`\n\n").unwrap();
    let filler = format!("{}\n\n", "word ".repeat(20_000));
    for _ in 0..500 {
        plan.write_all(filler.as_bytes()).unwrap();
    }
    plan.write_all(b"\n- [ ] `lib/beyond.py`\n").unwrap();
    assert!(plan.metadata().unwrap().len() > 50_000_000);
    let outcome = workspace.run("{}").unwrap();
    assert!(has_finding(&outcome, "audit:plans/large.md:too-large", Severity::Medium));
    assert_eq!(rows(&json(&outcome)["plans"][0]), ["lib/a.py PRESENT"]);
}

#[test]
fn a_table_of_100_000_rows_stays_within_every_bound() {
    let mut table = "# T\n\n| File | Lines |\n|---|---|\n".to_owned();
    for nth in 0..100_000 {
        let _ = writeln!(table, "| `d{nth}/f.py` | {nth} |");
    }
    let outcome = Workspace::new().file("plans/table.md", table).run("{}").unwrap();
    let report = json(&outcome);
    let notes = report["notes"].as_array().unwrap();
    assert!(notes.iter().any(|note| note["key"] == "plans/table.md:too-many-names"), "graver findings displace it");
    assert_eq!(outcome.findings.len(), 1_000);
    assert!(has_finding(&outcome, "audit:more-findings", Severity::Medium));
    assert!(outcome.findings[999].title.contains("more findings"));
    assert!(outcome.findings.iter().all(|finding| finding.id.len() <= 200));
    assert!(outcome.artifacts.iter().map(|artifact| artifact.bytes.len()).sum::<usize>() < 14 * 1024 * 1024);
    assert!(report["rows_left_out"].as_u64().unwrap() > 0);
    assert_eq!(report["plans"][0]["counts"]["missing"], 50_000);
}

#[test]
fn trees_of_a_thousand_levels_are_walked_to_the_bound_and_looked_up_beyond_it() {
    let deep = "d/".repeat(1_000);
    let mut tree = "# D\n\n```\n".to_owned();
    for depth in 0..1_000 {
        let _ = writeln!(tree, "{}└── d/", " ".repeat(depth));
    }
    tree.push_str("```\n");
    let outcome = Workspace::new()
        .file("plans/paths.md", format!("## Deliverables\n\n- `{deep}there.py`\n- `{deep}gone.py`\n"))
        .file("plans/tree.md", tree)
        .file(&format!("root/{deep}there.py"), "x = 1\n")
        .run("{}")
        .unwrap();
    let report = json(&outcome);
    assert_eq!(rows(&report["plans"][0]), [format!("{deep}there.py PRESENT"), format!("{deep}gone.py MISSING")]);
    assert_eq!(report["plans"][1]["counts"]["present"], 1, "its only leaf is an existing folder");
    assert!(outcome.findings.iter().any(|finding| finding.title.contains("deeper than 64 folders")));
}

#[cfg(unix)]
#[test]
fn links_that_run_in_circles_are_not_followed() {
    let workspace = Workspace::new()
        .file("plans/p.md", "## Deliverables\n\n- `lib/a.py`\n- `lib/up/other/z.py`\n- `self/self/b.py`\n")
        .file("root/lib/a.py", "x = 1\n")
        .file("root/other/z.py", "x = 1\n");
    std::os::unix::fs::symlink("..", workspace.path("root/lib/up")).unwrap();
    std::os::unix::fs::symlink("self", workspace.path("root/self")).unwrap();
    std::os::unix::fs::symlink(".", workspace.path("plans/again")).unwrap();
    std::os::unix::fs::symlink("a.md", workspace.path("plans/b.md")).unwrap();
    std::os::unix::fs::symlink("b.md", workspace.path("plans/a.md")).unwrap();
    let report = json(&workspace.run("{}").unwrap());
    assert_eq!(report["plans"].as_array().unwrap().len(), 1);
    let expected = ["lib/a.py PRESENT", "lib/up/other/z.py MOVED", "self/self/b.py MISSING"];
    assert_eq!(rows(&report["plans"][0]), expected);
    assert_eq!(report["root_entries"], 6);
}

#[test]
fn paths_that_lead_outside_are_never_looked_up() {
    let workspace = Workspace::new().file("secret.py", "class TopSecret:\n    pass\n").file("root/a.py", "x = 1\n");
    let absolute = workspace.path("secret.py").to_str().unwrap().to_owned();
    let plan = format!(
        "## Deliverables\n\n- `../secret.py` with `TopSecret`\n- `a/../../secret.py`\n- `{absolute}`\n- `/etc/passwd`\n- \
         `/etc/hosts.conf`\n- `~/secret.py`\n- [a](../../../../../../etc/hostname.txt)\n- `a.py/../../secret.py`\n\n\
         ```\n../\n├── secret.py\n└── etc/\n    └── passwd\n```\n"
    );
    let workspace = workspace.file("plans/p.md", plan);
    let outcome = workspace.run("{}").unwrap();
    let plan = &json(&outcome)["plans"][0];
    for row in plan["deliverables"].as_array().unwrap() {
        assert!(row["found"].is_null() && row["bytes"].is_null() && row["sha256"].is_null(), "{row}");
    }
    let unverifiable = plan["counts"]["unverifiable"].as_u64().unwrap();
    assert!(unverifiable >= 5, "{plan}");
    let words = all_words(&outcome);
    assert!(!words.contains("root:x:0") && !words.contains("class TopSecret"), "{words}");
}

#[test]
fn a_file_that_disappears_during_the_audit_is_reported() {
    let workspace = Workspace::new().file("root/lib/a.py", "x = 1\n").file("root/lib/b.py", "x = 1\n");
    let index = Index::build(vec![Root { path: workspace.path("root"), shown: "root".into() }]);
    fs::remove_file(workspace.path("root/lib/a.py")).unwrap();
    fs::remove_file(workspace.path("root/lib/b.py")).unwrap();
    fs::create_dir(workspace.path("root/lib/b.py")).unwrap();
    let verdicts = judged(&index, "## Deliverables\n\n- `lib/a.py`\n- `lib/b.py`\n");
    for verdict in &verdicts {
        assert_eq!(verdict.status, Status::Unverifiable, "{verdict:?}");
        assert!(verdict.remarks[0].contains("could not be read"), "{verdict:?}");
    }
    let gone = PlanFile { path: workspace.path("plans/gone.md"), shown: "plans/gone.md".into(), bytes: 1 };
    let text = discover::read(&gone);
    assert_eq!((text.text.as_str(), text.notes[0].key.as_str()), ("", "plans/gone.md:unreadable"));
}

/// If the user `root` runs the test, permissions have no effect, so the test expects the results of readable files.
#[cfg(unix)]
#[test]
fn unreadable_files_and_folders_are_reported() {
    use std::os::unix::fs::PermissionsExt;
    let workspace = Workspace::new()
        .file("plans/p.md", "## Deliverables\n\n- `closed/a.py`\n- `lib/locked.py`\n")
        .file("plans/locked.md", "## Deliverables\n\n- `x.py`\n")
        .file("root/closed/a.py", "x = 1\n")
        .file("root/lib/locked.py", "x = 1\n");
    let set = |relative: &str, mode: u32| {
        fs::set_permissions(workspace.path(relative), fs::Permissions::from_mode(mode)).unwrap();
    };
    for (relative, mode) in [("plans/locked.md", 0o000), ("root/closed", 0o000), ("root/lib/locked.py", 0o000)] {
        set(relative, mode);
    }
    let almighty = File::open(workspace.path("root/lib/locked.py")).is_ok();
    let outcome = workspace.run("{}").unwrap();
    set("root/closed", 0o755);
    let report = json(&outcome);
    let statuses = rows(&report["plans"][1]);
    if almighty {
        assert_eq!(statuses, ["closed/a.py PRESENT", "lib/locked.py PRESENT"]);
    }
    or_skip!(if almighty { Err(skip("this user may read everything")) } else { Ok(()) });
    assert_eq!(statuses, ["closed/a.py UNVERIFIABLE", "lib/locked.py UNVERIFIABLE"]);
    assert!(has_finding(&outcome, "audit:plans/locked.md:unreadable", Severity::Medium));
    assert!(outcome.findings.iter().any(|finding| finding.title.contains("root/closed could not be read")));
}

#[test]
fn odd_names_are_shown_without_breaking_a_line() {
    let outcome = Workspace::new()
        .file("plans/a|b`c.md", "## Deliverables\n\n- `lib/x|y.py`\n")
        .file("root/lib/x|y.py", "x = 1\n")
        .run("{}")
        .unwrap();
    assert_eq!(json(&outcome)["plans"][0]["plan"], "plans/a|b`c.md");
    let table: Vec<String> =
        markdown(&outcome).lines().filter(|line| line.contains("a|b")).map(str::to_owned).collect();
    assert!(table.is_empty(), "a bar in a cell is escaped: {table:?}");
}

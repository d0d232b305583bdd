//! Selection of plans: patterns, several folders, broken folders.

use std::fs;

use audit::discover::{self, PlanFile, Priority};
use baton_plugin_sdk::{Error, Mount, Severity, Task};

use crate::support::{Workspace, has_finding, json};

const PLAN: &str = "# P\n\n## Deliverables\n\n- `a.py`\n";

fn names(workspace: &Workspace, args: &str) -> Vec<String> {
    let report = json(&workspace.run(args).unwrap());
    report["plans"].as_array().unwrap().iter().map(|plan| plan["plan"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn plans_are_chosen_by_patterns() {
    let workspace = Workspace::new()
        .file("plans/SHOP_PLAN.md", PLAN)
        .file("plans/sub/TILL_PLAN_2.md", PLAN)
        .file("plans/sub/notes.md", PLAN)
        .file("plans/x.plan.md", PLAN)
        .file("plans/.hidden/A_PLAN.md", PLAN);
    assert_eq!(names(&workspace, r#"{"plans": ["**/*PLAN*.md"]}"#), ["plans/SHOP_PLAN.md", "plans/sub/TILL_PLAN_2.md"]);
    assert_eq!(names(&workspace, r#"{"plans": ["plans/*.md"]}"#), ["plans/SHOP_PLAN.md", "plans/x.plan.md"]);
    assert_eq!(names(&workspace, r#"{"plans": ["*.plan.md", "sub"]}"#).len(), 3);
    let none = workspace.run(r#"{"plans": ["x.plan.md", "**/*NONE*"]}"#).unwrap();
    assert!(has_finding(&none, "audit:plans:**/*NONE*:no-match", Severity::Medium));
    let wrong = workspace.run(r#"{"plans": ["a[*"]}"#).unwrap_err();
    assert!(matches!(&wrong, Error::Permanent(text) if text.contains("`a[*` is not a valid pattern")), "{wrong:?}");
}

#[cfg(unix)]
#[test]
fn patterns_never_leave_the_folder_and_never_follow_links() {
    let workspace = Workspace::new().file("plans/a.md", PLAN).file("secret/b.md", PLAN);
    std::os::unix::fs::symlink(workspace.path("secret"), workspace.path("plans/link")).unwrap();
    for pattern in ["**/*.md", "../**/*.md", "/**/*.md", "link/*.md"] {
        let outcome = workspace.run(&format!(r#"{{"plans": ["a.md", "{pattern}"]}}"#)).unwrap();
        assert_eq!(json(&outcome)["plans"].as_array().unwrap().len(), 1, "{pattern}");
    }
}

fn with_folder(workspace: &Workspace, name: &str) -> Task {
    let mut task = workspace.task("{}");
    let path = workspace.path(name).to_str().unwrap().to_owned();
    let (shown_as, host_path) = (name.to_owned(), path.clone());
    task.mounts.push(Mount { name: "plans".into(), path, shown_as, host_path, writable: false });
    task
}

#[test]
fn folders_that_are_missing_or_empty_are_findings() {
    let workspace = Workspace::new().file("plans/a.md", PLAN).file("empty/a.json", "{}");
    let run = |name: &str| {
        audit::run(
            &with_folder(&workspace, name),
            &audit::services::HostServices::nothing(&baton_plugin_kit::host::NoProgress),
        )
        .unwrap()
    };
    assert!(has_finding(&run("gone"), "audit:gone:missing", Severity::Medium));
    assert!(has_finding(&run("empty"), "audit:empty:empty", Severity::Low));
    assert!(!run("gone").findings.iter().any(|finding| finding.id.ends_with(":empty")));
}

#[test]
fn details_are_ranked_by_priority_and_age() {
    let dir = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for (at, (name, head)) in [
        ("old.md", "# Old\n\n**Assigned To:** Agent A\n"),
        ("new.plan.md", "---\nname: New\ntodos:\n  - id: t\n    content: Build `a.py`\n    status: pending\n---\n"),
        ("low.md", "# Low\n\n**Priority:** Low\n**Status:** Draft\n"),
    ]
    .iter()
    .enumerate()
    {
        let path = dir.path().join(name);
        fs::write(&path, head).unwrap();
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_768_700_000 + at as u64 * 60);
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        let file = PlanFile { path, shown: (*name).to_owned(), bytes: head.len() as u64 };
        let (details, notes) = discover::details(&file, head, &audit::reader::plan(head));
        assert!(notes.is_empty());
        all.push(details);
    }
    discover::rank(&mut all);
    let shown: Vec<(&str, Priority, Option<&str>)> =
        all.iter().map(|plan| (plan.plan.as_str(), plan.priority, plan.responsible.as_deref())).collect();
    assert_eq!(
        shown,
        [
            ("new.plan.md", Priority::Medium, None),
            ("low.md", Priority::Low, None),
            ("old.md", Priority::Low, Some("Agent A"))
        ]
    );
    assert_eq!((all[0].title.as_deref(), all[0].todos.len()), (Some("New"), 1));
    assert_eq!((all[1].status.as_deref(), all[1].modified), (Some("Draft"), Some(1_768_700_120_000)));
}

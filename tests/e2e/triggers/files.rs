//! Triggers of files: a new or changed plan is audited automatically, once for each change of its content.

use std::fs::File;
use std::time::SystemTime;

use baton_tests::{Task, Workspace};

const PLAN: &str = "# Plan\n\n## Deliverables\n\n- `src/a.py`\n- `src/b.py`\n";

/// The finished audits.
fn audits(workspace: &Workspace) -> Vec<Task> {
    workspace.tasks_of("audit").into_iter().filter(Task::is_final).collect()
}

fn wait_for_audits(workspace: &Workspace, count: usize) -> Vec<Task> {
    workspace.wait_for(&format!("{count} audits"), |workspace| Some(audits(workspace)).filter(|a| a.len() == count))
}

fn reports(workspace: &Workspace, ending: &str) -> Vec<String> {
    let is_report = |name: &String| name.starts_with("PLANS_AUDIT_REPORT_") && name.ends_with(ending);
    workspace.list("reports").into_iter().filter(is_report).collect()
}

#[test]
fn a_new_plan_is_audited_automatically_and_its_report_appears() {
    let workspace = Workspace::init();
    let daemon = workspace.up_and_serving();
    workspace.write("plans/NEW_PLAN.md", PLAN);
    let done = wait_for_audits(&workspace, 1).remove(0);
    assert_eq!((done.state.as_str(), done.from.as_deref(), done.file.as_deref()), ("succeeded", Some("baton"), None));
    assert!(done.title.contains("NEW_PLAN.md"), "{}", done.title);
    workspace.wait_for("the reports", |workspace| (reports(workspace, "").len() == 3).then_some(()));
    let report = workspace.read(&format!("reports/{}", reports(&workspace, ".md")[0]));
    assert!(report.contains("NEW_PLAN") && report.contains("src/b.py"), "{report}");
    let json = workspace.read(&format!("reports/{}", reports(&workspace, ".json")[0]));
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
    for agent in ["Claude-MM1", "Codex-MM1", "Cursor-MM1", "audit"] {
        assert!(workspace.inbox(agent).is_empty(), "an unrequested RETURN has no recipient: {agent}");
    }
    assert!(done.returned_at.is_none());
    assert!(daemon.stop().success());
}

#[test]
fn a_plan_that_did_not_change_is_not_audited_again_after_a_restart() {
    let workspace = Workspace::init();
    workspace.write("plans/PLAN.md", PLAN);
    workspace.up_once();
    workspace.up_once();
    assert_eq!(audits(&workspace).len(), 1);
}

#[test]
fn a_touched_plan_with_the_same_content_is_not_audited_again() {
    let workspace = Workspace::init();
    workspace.write("plans/PLAN.md", PLAN);
    workspace.up_once();
    File::options()
        .append(true)
        .open(workspace.root().join("plans/PLAN.md"))
        .unwrap()
        .set_modified(SystemTime::now())
        .unwrap();
    workspace.write("plans/PLAN.md", PLAN);
    workspace.up_once();
    assert_eq!(audits(&workspace).len(), 1);
}

#[test]
fn a_changed_plan_is_audited_once_also_if_it_changed_while_no_daemon_ran() {
    let workspace = Workspace::init();
    workspace.write("plans/PLAN.md", PLAN);
    workspace.up_once();
    workspace.write("plans/PLAN.md", format!("{PLAN}- `src/c.py`\n"));
    workspace.up_once();
    workspace.up_once();
    let audits = audits(&workspace);
    assert_eq!(audits.len(), 2);
    assert!(audits.iter().all(|task| task.state == "succeeded"));
}

#[test]
fn several_plans_that_change_at_once_are_one_audit() {
    let workspace = Workspace::init();
    for name in ["A_PLAN", "B_PLAN", "sub/C_PLAN"] {
        workspace.write(&format!("plans/{name}.md"), PLAN);
    }
    workspace.up_once();
    let done = audits(&workspace);
    assert_eq!(done.len(), 1, "{done:#?}");
    assert!(done[0].reason.contains("3 plans"), "{}", done[0].reason);
}

#[test]
fn a_burst_of_writes_while_the_daemon_runs_ends_in_the_last_content() {
    let workspace = Workspace::init();
    let daemon = workspace.up_and_serving();
    for number in 0..10 {
        workspace.write("plans/PLAN.md", format!("{PLAN}- `src/last-{number}.py`\n"));
    }
    workspace.wait_for("the audit of the last content", |workspace| {
        let newest = reports(workspace, ".md").pop()?;
        workspace.read(&format!("reports/{newest}")).contains("last-9").then_some(())
    });
    assert!(audits(&workspace).len() <= 3, "a burst is a few audits, not ten: {:#?}", audits(&workspace));
    assert!(daemon.stop().success());
}

#[test]
fn a_file_without_the_name_of_a_plan_fires_nothing() {
    let workspace = Workspace::init();
    for name in ["picture.png", ".hidden.md", "draft.md.tmp", ".git/PLAN.md"] {
        workspace.write(&format!("plans/{name}"), PLAN);
    }
    workspace.up_once();
    assert!(workspace.status().is_empty(), "{:#?}", workspace.status());
}

#[test]
fn a_removed_plan_fires_nothing_and_fires_again_when_it_is_restored() {
    let workspace = Workspace::init();
    workspace.write("plans/PLAN.md", PLAN);
    workspace.up_once();
    std::fs::remove_file(workspace.root().join("plans/PLAN.md")).unwrap();
    workspace.up_once();
    assert_eq!(audits(&workspace).len(), 1);
    workspace.write("plans/PLAN.md", PLAN);
    workspace.up_once();
    assert_eq!(audits(&workspace).len(), 2);
}

#[test]
fn a_report_among_the_plans_does_not_fire_the_next_audit() {
    let workspace = Workspace::init();
    workspace.write("baton.toml", "[plans]\ndirs = [\".\"]\n");
    workspace.write("PLAN.md", PLAN);
    workspace.up_once();
    workspace.up_once();
    assert_eq!(audits(&workspace).len(), 1);
}

#[test]
fn two_folders_of_plans_are_both_watched() {
    let workspace = Workspace::init();
    workspace.write("baton.toml", "[plans]\ndirs = [\"plans\", \"more\"]\n");
    workspace.write("plans/A_PLAN.md", PLAN);
    workspace.write("more/B_PLAN.md", PLAN);
    workspace.up_once();
    let done = audits(&workspace);
    assert_eq!((done.len(), done[0].reason.contains("2 plans")), (1, true), "{done:#?}");
}

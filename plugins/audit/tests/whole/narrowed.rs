//! Audits for a changed deliverable. Such an audit checks the affected plans, or all plans if the affected ones are not
//! certain. Also tests the watched files.

use std::cell::{Cell, RefCell};
use std::fs;

use audit::services::HostServices;
use baton_plugin_kit::host::{FileWatch, NoProgress, SeenFile, ServiceError};
use baton_plugin_sdk::{Cause, Outcome};
use serde_json::{Value, json};

use crate::sqlite::Sqlite;
use crate::support::{Workspace, json as report_of};

/// Accepts watched files, except for plans with `refused` in their names.
#[derive(Default)]
struct Files {
    set: RefCell<Vec<(String, usize)>>,
    tasks: Cell<usize>,
}

impl FileWatch for Files {
    fn set(&self, key: &str, files: Vec<SeenFile>) -> Result<(), ServiceError> {
        if key.contains("refused") {
            return Err(ServiceError::Unavailable("too many".to_owned()));
        }
        self.set.borrow_mut().push((key.to_owned(), files.len()));
        Ok(())
    }
}

/// Audits with this cause, each time as another task.
fn audit(workspace: &Workspace, memory: &Sqlite, files: &Files, cause: Cause) -> Outcome {
    files.set.borrow_mut().clear();
    let mut task = workspace.task("{}");
    task.cause = cause;
    files.tasks.set(files.tasks.get() + 1);
    task.id = format!("t-{}", files.tasks.get());
    let services = HostServices { memory: Some(memory), files: Some(files), ..HostServices::nothing(&NoProgress) };
    audit::run(&task, &services).unwrap()
}

fn changed(workspace: &Workspace, paths: &[&str]) -> Cause {
    Cause::Files(paths.iter().map(|path| workspace.path(path).to_str().unwrap().to_owned()).collect())
}

fn plans(report: &Value) -> Vec<&str> {
    report["plans"].as_array().unwrap().iter().map(|plan| plan["plan"].as_str().unwrap()).collect()
}

fn workspace() -> Workspace {
    let plan = |files: &str| format!("# P\n\n## Deliverables\n\n{files}");
    Workspace::new()
        .file("plans/a.md", plan("- `a.py`\n- `./both.py`\n"))
        .file("plans/b.md", plan("- `old/lamp.py`\n- `both.py`\n"))
        .file("plans/refused.md", plan("- `c.py`\n"))
        .file("plans/z.md", plan("- `z.py`\n"))
        .file("root/a.py", "x = 1\n")
        .file("root/new/lamp.py", "x = 2\n")
        .file("root/loose.js", "// Generated from plan deliverable.\n")
}

#[test]
fn if_the_files_of_a_plan_cannot_be_watched_the_other_plans_are_watched_and_one_finding_says_so() {
    let (workspace, memory, files) = (workspace(), Sqlite::new(), Files::default());
    let outcome = audit(&workspace, &memory, &files, Cause::Call);
    let set = [("plans/a.md", 2), ("plans/b.md", 2), ("plans/z.md", 1)].map(|(key, count)| (key.to_owned(), count));
    assert_eq!(*files.set.borrow(), set);
    let said: Vec<&str> =
        outcome.findings.iter().filter(|found| found.id == "audit:watch").map(|found| found.title.as_str()).collect();
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("1 of 4 plans") && said[0].ends_with("too many"), "{said:?}");
}

#[test]
fn a_changed_deliverable_causes_an_audit_of_the_plans_that_name_it() {
    let (workspace, memory, files) = (workspace(), Sqlite::new(), Files::default());
    audit(&workspace, &memory, &files, Cause::Call);
    fs::write(workspace.path("root/both.py"), "x = 3\n").unwrap();
    let report = report_of(&audit(&workspace, &memory, &files, changed(&workspace, &["root/both.py"])));
    assert_eq!(plans(&report), ["plans/a.md", "plans/b.md"]);
    let rows = &report["parts"]["history"]["rows"];
    assert_eq!(rows["others_count"], json!(2));
    assert_eq!(rows["others"][0], json!({"plan": "plans/refused.md", "standing": rows["others"][0]["standing"]}));
    assert_eq!(files.set.borrow().len(), 2, "only the audited plans are watched again");
    assert!(!report.to_string().contains("loose.js"), "a narrowed audit does not search unrequested files");
    // A change at the path where a deliverable was found also selects its plan.
    fs::write(workspace.path("root/new/lamp.py"), "x = 44\n").unwrap();
    let report = report_of(&audit(&workspace, &memory, &files, changed(&workspace, &["root/new/lamp.py"])));
    assert_eq!(plans(&report), ["plans/b.md"]);
    // A plan that changed at the same time is audited too.
    fs::write(workspace.path("root/z.py"), "x = 5\n").unwrap();
    let both = changed(&workspace, &["root/z.py", "plans/a.md"]);
    assert_eq!(plans(&report_of(&audit(&workspace, &memory, &files, both))), ["plans/a.md", "plans/z.md"]);
}

#[test]
fn if_the_affected_plans_are_not_certain_all_plans_are_audited() {
    let (workspace, memory, files) = (workspace(), Sqlite::new(), Files::default());
    let all = ["plans/a.md", "plans/b.md", "plans/refused.md", "plans/z.md"];
    let first = audit(&workspace, &memory, &files, changed(&workspace, &["root/a.py"]));
    assert_eq!(plans(&report_of(&first)), all, "nothing is remembered yet");
    fs::write(workspace.path("root/a.py"), "x = 11\n").unwrap();
    let unknown = changed(&workspace, &["root/a.py", "root/nobody.py"]);
    assert_eq!(plans(&report_of(&audit(&workspace, &memory, &files, unknown))), all, "no plan is known to name it");
    fs::write(workspace.path("root/a.py"), "x = 111\n").unwrap();
    fs::remove_file(workspace.path("plans/z.md")).unwrap();
    let gone = audit(&workspace, &memory, &files, changed(&workspace, &["root/a.py"]));
    assert_eq!(plans(&report_of(&gone)), all[..3], "a plan is gone");
}

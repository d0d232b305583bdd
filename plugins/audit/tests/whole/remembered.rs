//! Consecutive audits with one memory: comparisons, files that are read again, and data of a broken run.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use audit::history::{AuditSummary, Comparison, History};
use audit::index::{Index, Root};
use audit::memory::Memory;
use audit::page::Block;
use audit::plan::Tasks;
use audit::remark::NoteSeverity;
use audit::verify::{Enumerations, Facts, IgnoredNames, Judge, RequestedEntries, Status, unrequested};
use audit::{discover, reader};
use baton_plugin_kit::host::ServiceError;

use crate::sqlite::Sqlite;
use crate::support::Workspace;

const PLAN: &str = "# P\n\n## Deliverables\n\n- `a.py`\n- `b.py`\n- `c.py`\n";

/// The result of one audit.
struct Run {
    history: History,
    refused: Option<ServiceError>,
    reads: usize,
    remarks: Vec<String>,
}

/// Audits every plan of the workspace, or only one, as the plugin does, with one memory.
fn audit(workspace: &Workspace, database: &Sqlite, at: &str, only: Option<&str>) -> Run {
    let memory = Memory::open(database, "root").unwrap();
    let now_ns = u64::try_from(SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos()).unwrap();
    let index = Index::build(vec![Root { path: workspace.path("root"), shown: "root".into() }]);
    let plans = discover::all(&[discover::PlansFolder { path: workspace.path("plans"), shown: "plans".into() }]);
    let mut facts = Facts::new(Some(&memory), now_ns);
    let mut comparison = Comparison::new(Some(&memory));
    let mut remarks = Vec::new();
    let (mut asked, mut enumerations) = (RequestedEntries::new(&index), Enumerations::default());
    for file in plans.plans.iter().filter(|file| only.is_none_or(|only| file.shown == only)) {
        let plan = reader::plan(&discover::read(file).text);
        let before = comparison.before(&file.shown);
        let judged = Judge::new(&index, &mut facts, &mut IgnoredNames::default()).plan(&plan, &before);
        remarks.extend(judged.deliverables.iter().flat_map(|verdict| verdict.remarks.clone()));
        asked.add(&index, &judged);
        enumerations.add(&index, &file.shown, &plan);
        comparison.plan(&file.shown, &plan, &Tasks::default(), &judged, &[], &before);
    }
    let folders = memory.folders().unwrap();
    let (_, folders) = unrequested(&index, &asked, &enumerations, &folders, now_ns);
    let reads = facts.reads();
    let closing = AuditSummary { at, whole: only.is_none(), head: None, inputs: Some("1") };
    let (history, refused) = comparison.finish(&closing, &facts, &folders);
    Run { history, refused, reads, remarks }
}

fn workspace() -> Workspace {
    let workspace = Workspace::new()
        .file("plans/p.md", PLAN)
        .file("root/a.py", "x = 1\n")
        .file("root/b.py", "x = 2\n")
        .file("root/junk.js", "// Generated from plan deliverable.\n");
    age(&workspace, &["a.py", "b.py", "junk.js", ""]);
    workspace
}

/// Makes files older than the two seconds in which their timestamp is not trusted.
fn age(workspace: &Workspace, names: &[&str]) {
    for name in names {
        let file = File::open(workspace.path(&format!("root/{name}"))).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_mins(1)).unwrap();
    }
}

#[test]
fn a_second_audit_reads_no_file_and_says_that_nothing_changed() {
    let (workspace, database) = (workspace(), Sqlite::new());
    let first = audit(&workspace, &database, "t1", None);
    assert_eq!((first.history.last_at, first.history.unchanged, first.reads), (None, false, 2));
    assert_eq!(first.history.trend.len(), 1);
    let second = audit(&workspace, &database, "t2", None);
    assert_eq!((second.history.last_at.as_deref(), second.history.unchanged, second.reads), (Some("t1"), true, 0));
    assert_eq!(second.history.before, Some(second.history.after));
    assert_eq!(second.history.after.percent, Some(67));
    assert_eq!((second.history.plans.len(), second.history.trend.len()), (0, 1));
    assert_eq!(audit(&workspace, &database, "t3", None).history.last_at.as_deref(), Some("t2"));
    assert_eq!(database.number("SELECT count(*) FROM audits"), 1, "an audit without changes writes no row");
}

#[test]
fn regressions_progress_and_other_changes_are_named() {
    let (workspace, database) = (workspace(), Sqlite::new());
    audit(&workspace, &database, "t1", None);
    fs::remove_file(workspace.path("root/a.py")).unwrap();
    let workspace = workspace.file("root/b.py", "x = 22\n").file("root/c.py", "x = 3\n");
    let history = audit(&workspace, &database, "t2", None).history;
    let of = |changes: &[audit::history::Change]| {
        changes.iter().map(|change| (change.path.clone(), change.before, change.after)).collect::<Vec<_>>()
    };
    assert_eq!(of(&history.regressions), [("a.py".into(), Some(Status::Present), Some(Status::Missing))]);
    assert_eq!(of(&history.progress), [("c.py".into(), Some(Status::Missing), Some(Status::Present))]);
    assert_eq!(of(&history.changed), [("b.py".into(), Some(Status::Present), Some(Status::Present))]);
    assert_eq!(history.changed[0].detail, "other content: 6 bytes before, 7 now");
    assert!(!history.unchanged && history.trend.len() == 2);
    let gap = &history.gaps()[0];
    assert_eq!((gap.id.as_str(), gap.weight), ("audit:plans/p.md:a.py:regression", NoteSeverity::High));
    assert_eq!(gap.evidence, "plans/p.md:5; PRESENT on t1");
    assert_eq!(history.summary().unwrap(), "Since the last audit: 67 % \u{2192} 67 %; 1 regression; 1 step forward.");
    assert!(history.blocks().contains(&Block::Heading("Regressions".into())));
    let workspace = workspace.file("plans/p.md", PLAN.replace("- `c.py`\n", "- `d.py`\n"));
    let history = audit(&workspace, &database, "t3", None).history;
    assert_eq!((of(&history.new).len(), of(&history.gone).len()), (1, 1));
    assert_eq!((history.new[0].path.as_str(), history.gone[0].path.as_str()), ("d.py", "c.py"));
}

#[test]
fn a_moved_file_is_recognised_even_if_it_was_missing_in_between() {
    let (workspace, database) = (workspace(), Sqlite::new());
    let workspace =
        workspace.file("plans/p.md", "## Deliverables\n\n- `old/lamp.py`\n").file("root/old/lamp.py", "x = 9\n");
    audit(&workspace, &database, "t1", None);
    fs::remove_file(workspace.path("root/old/lamp.py")).unwrap();
    assert_eq!(audit(&workspace, &database, "t2", None).history.regressions.len(), 1);
    let workspace = workspace.file("root/new/lamp.py", "x = 9\n");
    let run = audit(&workspace, &database, "t3", None);
    assert_eq!(run.history.changed[0].after, Some(Status::Moved));
    assert!(run.remarks[1].ends_with("so it is the same file"), "{:?}", run.remarks);
}

#[test]
fn an_audit_of_one_plan_keeps_the_recorded_data_of_the_other_plans() {
    let (workspace, database) = (workspace(), Sqlite::new());
    let workspace = workspace.file("plans/q.md", "## Deliverables\n\n- `a.py`\n");
    audit(&workspace, &database, "t1", None);
    let one = audit(&workspace, &database, "t2", Some("plans/q.md")).history;
    assert!(one.unchanged);
    assert_eq!((one.after.counts.done(), one.after.counts.expected()), (3, 4));
    fs::remove_file(workspace.path("plans/q.md")).unwrap();
    let all = audit(&workspace, &database, "t3", None).history;
    assert_eq!((all.plans.len(), all.plans[0].after), (1, None));
    assert!(!all.unchanged);
    assert!(audit(&workspace, &database, "t4", None).history.unchanged);
    assert_eq!(database.number("SELECT count(*) FROM plans"), 1);
    assert_eq!(database.number("SELECT count(*) FROM plan_rows"), 3);
}

#[test]
fn a_file_that_changes_within_its_time_stamp_is_not_trusted() {
    let (workspace, database) = (workspace(), Sqlite::new());
    let stamp = SystemTime::now();
    let set = |text: &str| {
        fs::write(workspace.path("root/a.py"), text).unwrap();
        File::open(workspace.path("root/a.py")).unwrap().set_modified(stamp).unwrap();
    };
    set("x = 1\n");
    audit(&workspace, &database, "t1", None);
    set("y = 1\n");
    let second = audit(&workspace, &database, "t2", None);
    assert_eq!((second.reads, second.history.changed.len()), (1, 1));
}

#[test]
fn facts_of_files_that_no_plan_names_are_deleted() {
    let (workspace, database) = (workspace(), Sqlite::new());
    audit(&workspace, &database, "t1", None);
    assert_eq!(database.number("SELECT count(*) FROM facts"), 2);
    let workspace = workspace.file("plans/p.md", "## Deliverables\n\n- `a.py`\n");
    audit(&workspace, &database, "t2", Some("plans/p.md"));
    assert_eq!(database.number("SELECT count(*) FROM facts"), 2, "an audit of a part changes no other facts");
    audit(&workspace, &database, "t3", None);
    assert_eq!(database.number("SELECT count(*) FROM facts"), 1);
}

#[test]
fn an_interrupted_run_keeps_the_old_state() {
    let (workspace, database) = (workspace(), Sqlite::new());
    audit(&workspace, &database, "t1", None);
    fs::remove_file(workspace.path("root/a.py")).unwrap();
    for writes in 0..5 {
        database.breaks_after.set(Some(writes));
        assert!(Memory::open(&database, "root").is_err(), "settling the last audit needs more than {writes} writes");
        database.breaks_after.set(None);
    }
    for writes in 0..4 {
        Memory::open(&database, "root").unwrap();
        database.breaks_after.set(Some(writes));
        let run = audit(&workspace, &database, "t2", None);
        database.breaks_after.set(None);
        assert_eq!(run.history.regressions.len(), 1, "after {writes} writes");
        if run.refused.is_none() || database.number("SELECT count(*) FROM audits") > 1 {
            assert!(writes >= 2, "the audit is written last");
            break;
        }
    }
    let later = audit(&workspace, &database, "t3", None);
    assert!(later.refused.is_none());
    assert!(audit(&workspace, &database, "t4", None).history.unchanged);
    assert_eq!(database.number("SELECT count(*) FROM plan_rows"), 3);
}

#[test]
fn a_memory_of_a_newer_version_is_refused() {
    let database = Sqlite::new();
    Memory::open(&database, "root").unwrap();
    database.execute("UPDATE memory_version SET version = 99");
    let refused = Memory::open(&database, "root").err().unwrap();
    assert!(refused.text().contains("update the plugin"), "{refused:?}");
}

#[test]
fn scopes_do_not_see_the_data_of_other_scopes() {
    let (workspace, database) = (workspace(), Sqlite::new());
    audit(&workspace, &database, "t1", None);
    let other = Memory::open(&database, "root/sub").unwrap();
    assert!(other.last().is_none() && other.plans().count() == 0);
}

#[test]
fn large_plans_are_remembered_page_by_page() {
    let rows: String = (0..3_000).map(|nth| format!("- `{}/f{nth}.py`\n", "d".repeat(60))).collect();
    let (workspace, database) = (workspace(), Sqlite::new());
    let workspace = workspace.file("plans/p.md", format!("# P\n\n## Deliverables\n\n{rows}"));
    audit(&workspace, &database, "t1", None);
    let run = audit(&workspace, &database, "t2", None);
    assert!(run.history.unchanged && run.refused.is_none());
    assert_eq!(database.number("SELECT count(*) FROM plan_rows"), 3_000);
}

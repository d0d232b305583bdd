//! Many plans: each is watched, and a change causes an audit of only the plans that name the changed file.

use std::time::Duration;

use baton_tests::Workspace;
use serde_json::{Value, json};

use super::{REAL, REPORTS, audits, last_report, last_summary, report_names};

/// The names of the plans that a report covers.
fn plans(report: &Value) -> Vec<String> {
    let plans = report["plans"].as_array().expect("a report has plans").iter();
    plans.map(|plan| plan["plan"].as_str().unwrap_or_default().to_owned()).collect()
}

/// The plans whose results a report takes from an earlier audit: name and per cent.
fn remembered(report: &Value) -> Vec<(String, Value)> {
    let others = report["parts"]["history"]["rows"]["others"].as_array().cloned().unwrap_or_default();
    let one =
        |other: &Value| (other["plan"].as_str().unwrap_or_default().to_owned(), other["standing"]["percent"].clone());
    others.iter().map(one).collect()
}

fn plan(workspace: &Workspace, name: &str, files: &[&str]) {
    let list: String = files.iter().map(|file| format!("- [ ] `{file}`\n")).collect();
    workspace.write(&format!("plans/{name}.md"), format!("# {name}\n\n## Deliverables\n\n{list}"));
}

#[test]
fn a_change_audits_only_the_plans_that_name_the_file() {
    let workspace = Workspace::init();
    plan(&workspace, "A", &["src/till.py", "src/both.py"]);
    plan(&workspace, "B", &["src/lamp.py", "src/both.py"]);
    plan(&workspace, "C", &["src/lamp.py"]);
    workspace.write("src/lamp.py", REAL);
    workspace.up_once();
    assert_eq!(plans(&last_report(&workspace).unwrap()), ["plans/A.md", "plans/B.md", "plans/C.md"]);
    let changed = |file: &str| {
        workspace.write(file, REAL.repeat(2));
        workspace.up_once();
        last_report(&workspace).unwrap()
    };
    let one = changed("src/till.py");
    assert_eq!(plans(&one), ["plans/A.md"]);
    assert_eq!(remembered(&one), [("plans/B.md".to_owned(), json!(50)), ("plans/C.md".to_owned(), json!(100))]);
    assert!(last_summary(&workspace).contains("40 % \u{2192} 60 %"), "of all: {}", last_summary(&workspace));
    assert_eq!(plans(&changed("src/both.py")), ["plans/A.md", "plans/B.md"]);
    assert_eq!(plans(&changed("src/lamp.py")), ["plans/B.md", "plans/C.md"]);
    // The audit after this change covers only two plans. It does not notice the deleted plan; only an audit of all plans does.
    std::fs::remove_file(workspace.root().join("plans/C.md")).unwrap();
    assert_eq!(plans(&changed("src/till.py")).len(), 2);
    assert!(last_summary(&workspace).contains("4 of 4 deliverables present"), "{}", last_summary(&workspace));
}

#[test]
fn every_plan_of_more_than_a_thousand_is_watched() {
    const PLANS: usize = 1_100;
    let workspace = Workspace::init();
    for nth in 0..PLANS {
        plan(&workspace, &format!("P{nth:04}"), &[&format!("src/{nth:04}.py")]);
    }
    workspace.up_once();
    let report = last_report(&workspace).unwrap();
    assert_eq!(plans(&report).len(), PLANS);
    assert!(!report.to_string().contains("audit:watch"), "a plan without a watch would be reported");
    let before = report_names(&workspace, REPORTS).len();
    let last = PLANS - 1;
    workspace.write(&format!("src/{last:04}.py"), REAL);
    workspace.up_once();
    assert_eq!(report_names(&workspace, REPORTS).len(), before + 1, "{:#?}", audits(&workspace));
    let report = last_report(&workspace).unwrap();
    assert_eq!(plans(&report), [format!("plans/P{last:04}.md")]);
    let rows = &report["parts"]["history"]["rows"];
    assert_eq!((&rows["others_count"], remembered(&report).len()), (&json!(last), 500), "the table has a bound");

    // While the daemon runs, it notices a change at once, and the audit of one plan takes a moment.
    let daemon = workspace.up_and_serving();
    let (count, begun) = (audits(&workspace).len(), std::time::Instant::now());
    workspace.write(&format!("src/{:04}.py", last - 1), REAL);
    workspace.wait_for("the audit", |workspace| (audits(workspace).len() > count).then_some(()));
    assert!(begun.elapsed() < Duration::from_secs(50), "the scan of every minute found it, not the watch");
    assert!(daemon.stop().success());
}

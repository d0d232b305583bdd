//! Two invented plans against a tree, compared with labels that were made by hand.

use std::fs;

use crate::support::{Workspace, json, listed_files, rows};
use baton_judges::synthetic;

/// The invented plans of `tests/corpus/claims`.
const INVENTED: [&str; 2] = ["BELL_MAINTENANCE_PLAN.md", "FERRY_ARCHIVE_PLAN.md"];

/// The tree that the `tree.tsv` of the corpus describes, with the plans beside it.
fn workspace() -> Workspace {
    let corpus = synthetic("claims");
    let mut workspace = Workspace::new();
    for plan in INVENTED {
        workspace = workspace.file(&format!("plans/{plan}"), fs::read(corpus.join(plan)).unwrap());
    }
    for (path, text) in listed_files(&corpus) {
        workspace = workspace.file(&format!("root/{path}"), text);
    }
    workspace
}

#[test]
fn the_invented_plans_come_out_as_labelled() {
    let outcome = workspace().run("{}").unwrap();
    let report = json(&outcome);
    let [bells, ferry] = [&report["plans"][0], &report["plans"][1]];
    assert_eq!(
        rows(bells),
        ["bells/night_bell.py DRIFTED", "bells/.env.example MISSING", "var/bell_index.json MISSING"]
    );
    assert_eq!(
        rows(ferry),
        [
            "ferry_archive/core/reader.py PRESENT",
            "ferry_archive/core/stamper.py PRESENT",
            "ferry_archive/ports/north.py PRESENT",
            "ferry_archive/ports/south.py STUB",
            "ferry_archive/ports/west.py MISSING",
        ]
    );
    let percents = [bells, ferry].map(|plan| plan["completion_percent"].as_u64());
    assert_eq!(percents, [Some(33), Some(60)]);
    let summary = "Audited 2 plans: 4 of 8 deliverables present (50 %); 3 missing, 1 stub, 1 drifted.";
    assert_eq!(outcome.summary, summary);
}

#[test]
fn a_promised_class_that_is_missing_makes_an_invented_deliverable_a_phantom() {
    let workspace = workspace().file("root/ferry_archive/core/reader.py", "class Other:\n    total = 0\n");
    let report = workspace.report();
    let phantoms: Vec<String> = rows(&report["plans"][1]).into_iter().filter(|row| row.ends_with(" PHANTOM")).collect();
    assert_eq!(phantoms, ["ferry_archive/core/reader.py PHANTOM"]);
}

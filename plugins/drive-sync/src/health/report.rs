//! Reports of `diagnose` and `repair`: JSON for programs, Markdown for people. Names from the Drive are shown as code on one
//! line.

use baton_plugin_kit::markdown::{code, escape};
use serde_json::{Value, json};

use super::{Health, Kind, Plan, RepairResult, Step};

/// Maximum number of lines of one kind in a page; the JSON has all.
const MOST_LINES: usize = 200;

/// The report of an inspection as JSON.
#[must_use]
pub fn health_json(health: &Health, now: &str) -> Value {
    let counts: serde_json::Map<String, Value> =
        Kind::ALL.iter().map(|kind| (kind.name().to_owned(), health.count(*kind).into())).collect();
    json!({
        "schema": 1,
        "looked_at": now,
        "databases": health.databases,
        "folders": health.folders,
        "superfluous_folders": health.superfluous_folders,
        "backups": health.backups,
        "counts": counts,
        "troubles": health.troubles,
    })
}

/// The report of an inspection as a page.
#[must_use]
pub fn health_markdown(health: &Health, shown: &str, now: &str) -> String {
    let mut page = format!(
        "# The Drive {}\n\nChecked at {now}: {} databases in {} folders, {} of them superfluous; {} backups.\n\n| what | how many |\n|---|---|\n",
        code(shown),
        health.databases,
        health.folders,
        health.superfluous_folders,
        health.backups
    );
    for kind in Kind::ALL {
        page.push_str(&format!("| {} | {} |\n", kind.name(), health.count(kind)));
    }
    for kind in Kind::ALL {
        let troubles: Vec<_> = health.troubles.iter().filter(|trouble| trouble.kind == kind).collect();
        if troubles.is_empty() {
            continue;
        }
        page.push_str(&format!("\n## {}\n\n", kind.name()));
        for trouble in troubles.iter().take(MOST_LINES) {
            page.push_str(&format!("- {}: {}\n", code(&trouble.path), escape(&trouble.seen)));
        }
        if troubles.len() > MOST_LINES {
            page.push_str(&format!("- {} more in the JSON\n", troubles.len() - MOST_LINES));
        }
    }
    page
}

/// A plan as JSON.
#[must_use]
pub fn plan_json(plan: &Plan, now: &str) -> Value {
    json!({ "schema": 1, "planned_at": now, "plan": plan.id, "steps": plan.steps, "left_to_a_person": plan.left })
}

/// A plan as a page.
#[must_use]
pub fn plan_markdown(plan: &Plan, shown: &str) -> String {
    let mut page = format!(
        "# Repair of {}: plan {}\n\n{} steps; {} problems are left to a person.\n\n",
        code(shown),
        plan.id,
        plan.steps.len(),
        plan.left
    );
    for step in plan.steps.iter().take(MOST_LINES * 5) {
        page.push_str(&format!("- {}\n", describe(step)));
    }
    page.push_str(&format!("\nTo apply the plan: `{}`\n", plan.command()));
    page
}

fn describe(step: &Step) -> String {
    match step {
        Step::Merge { title, id, folders } => {
            let folders = folders.iter().map(|name| code(name)).collect::<Vec<_>>().join(", ");
            format!("make one folder {} from {folders}", code(&crate::drive::base_name(title, id)))
        }
        Step::MoveIn { path, folder, .. } => format!("move {} into {}", code(path), code(folder)),
        Step::MakeArchive { folder, .. } => format!("make {}", code(&format!("{folder}/.archive"))),
        Step::Retain { folder, keep, backups, .. } => {
            format!("delete {} backups of {} and keep the newest {keep}", backups.len(), code(folder))
        }
    }
}

/// The changes as JSON. A person undoes them from the last to the first.
#[must_use]
pub fn applied_json(plan: &Plan, applied: &RepairResult, now: &str) -> Value {
    let not_done: Vec<_> = applied.not_done.iter().map(|(step, why)| json!({ "step": step, "why": why })).collect();
    json!({
        "schema": 1,
        "applied_at": now,
        "plan": plan.id,
        "done": applied.done,
        "not_done": not_done,
        "undo": applied.undo.changes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Problem;

    #[test]
    fn names_stay_on_one_line_and_every_kind_is_counted() {
        let trouble = Problem { kind: Kind::OrphanCsv, id: None, path: "a`\n# b.csv".into(), seen: "x\ny".into() };
        let health = Health { databases: 1, folders: 2, troubles: vec![trouble], ..Health::default() };
        let page = health_markdown(&health, "drive", "now");
        assert!(page.contains("- a\\` \\# b.csv: x y\n") && page.contains("| orphan-csv | 1 |"), "{page}");
        assert_eq!(health_json(&health, "now")["counts"]["duplicate-folder"], 0);
    }
}

//! Two plans against a tree, checked with labels that were made by reading the plans: invented ones always, and real ones where
//! this machine has them. The labels of the real plans are paths only.

use std::fs;
use std::path::Path;

use crate::support::{Workspace, corpus, json, listed_files, rows};
use baton_judges::{or_skip, synthetic};
use serde_json::Value;

/// The invented plans of `tests/corpus/claims`.
const INVENTED: [&str; 2] = ["BELL_MAINTENANCE_PLAN.md", "FERRY_ARCHIVE_PLAN.md"];

const REAL: [&str; 2] = ["DJAY_PRO_NOTION_INTEGRATION_PLAN.md", "MONOLITHIC_MAINTENANCE_PLAN.md"];

const INTEGRATION_PRESENT: &[&str] = &[
    "music_workflow/core/downloader.py",
    "music_workflow/core/organizer.py",
    "music_workflow/core/processor.py",
    "music_workflow/core/workflow.py",
    "music_workflow/deduplication/fingerprint.py",
    "music_workflow/deduplication/matcher.py",
    "music_workflow/deduplication/notion_dedup.py",
    "music_workflow/integrations/djay_pro/__init__.py",
    "music_workflow/integrations/djay_pro/activity_tracker.py",
    "music_workflow/integrations/djay_pro/export_loader.py",
    "music_workflow/integrations/djay_pro/id_sync.py",
    "music_workflow/integrations/djay_pro/matcher.py",
    "music_workflow/integrations/djay_pro/models.py",
    "music_workflow/integrations/djay_pro/session_sync.py",
    "music_workflow/integrations/eagle/client.py",
    "music_workflow/integrations/notion/playlists_db.py",
    "music_workflow/integrations/notion/tracks_db.py",
    "music_workflow/integrations/soundcloud/client.py",
    "music_workflow/integrations/spotify/client.py",
    "music_workflow/metadata/embedding.py",
    "music_workflow/metadata/enrichment.py",
    "music_workflow/metadata/extraction.py",
    "scripts/djay_pro_unified_export.py",
];

/// Missing deliverables of the integration plan: five planned modules, and an export that it says was generated.
const INTEGRATION_MISSING: &[&str] = &[
    "djay_session_tracks_20260118_020328.csv",
    "music_workflow/cli/commands/djay_sync.py",
    "music_workflow/integrations/djay_pro/exporter.py",
    "music_workflow/integrations/djay_pro/track_matcher.py",
    "music_workflow/integrations/notion/calendar_db.py",
    "music_workflow/processing/streaming_processor.py",
];

const MAINTENANCE: &[&str] = &[
    ".env.example MISSING",
    "monolithic-scripts/soundcloud_download_prod_merge-2.py DRIFTED",
    "var/music_volume_index.json MISSING",
];

/// The tree that the list describes, with the plans beside it.
fn workspace(corpus: &Path, plans: [&str; 2]) -> Workspace {
    let mut workspace = Workspace::new();
    for plan in plans {
        workspace = workspace.file(&format!("plans/{plan}"), fs::read(corpus.join(plan)).unwrap());
    }
    for (path, text) in listed_files(corpus) {
        workspace = workspace.file(&format!("root/{path}"), text);
    }
    workspace
}

fn with_status(plan: &Value, wanted: &str) -> Vec<String> {
    let mut paths: Vec<String> =
        rows(plan).iter().filter_map(|row| row.strip_suffix(&format!(" {wanted}")).map(str::to_owned)).collect();
    paths.sort();
    paths
}

#[test]
fn the_invented_plans_come_out_as_labelled() {
    let outcome = workspace(&synthetic("claims"), INVENTED).run("{}").unwrap();
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
    let workspace = workspace(&synthetic("claims"), INVENTED)
        .file("root/ferry_archive/core/reader.py", "class Other:\n    total = 0\n");
    let report = workspace.report();
    assert_eq!(with_status(&report["plans"][1], "PHANTOM"), ["ferry_archive/core/reader.py"]);
}

#[test]
fn the_real_plans_come_out_as_labelled() {
    let corpus = or_skip!(corpus());
    let outcome = workspace(&corpus, REAL).run("{}").unwrap();
    let report = json(&outcome);
    let [integration, maintenance] = [&report["plans"][0], &report["plans"][1]];
    assert_eq!(with_status(integration, "PRESENT"), INTEGRATION_PRESENT);
    assert_eq!(with_status(integration, "MISSING"), INTEGRATION_MISSING);
    assert_eq!(rows(integration).len(), INTEGRATION_PRESENT.len() + INTEGRATION_MISSING.len());
    let mut all = rows(maintenance);
    all.sort();
    assert_eq!(all, MAINTENANCE);
    assert_eq!(
        (integration["completion_percent"].as_u64(), maintenance["completion_percent"].as_u64()),
        (Some(79), Some(33))
    );
    assert_eq!(outcome.summary, "Audited 2 plans: 24 of 32 deliverables present (75 %); 8 missing, 1 drifted.");
}

#[test]
fn classes_that_the_plan_promises_are_looked_for() {
    let corpus = or_skip!(corpus());
    let workspace = workspace(&corpus, REAL)
        .file("root/music_workflow/integrations/djay_pro/id_sync.py", "class SyncStats:\n    total = 0\n");
    let report = workspace.report();
    // The plan calls it done, and the one class that it promises is not there.
    assert_eq!(with_status(&report["plans"][0], "PHANTOM"), ["music_workflow/integrations/djay_pro/id_sync.py"]);
}

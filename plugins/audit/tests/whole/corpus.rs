//! The two real plans against the real tree, held to labels that were made by reading the plans.
//!
//! The labels are paths only. Where the corpus is absent the tests say so and pass; under `CI=true` they fail.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use crate::support::{Workspace, corpus, json, rows};
use baton_judges::or_skip;
use serde_json::Value;

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

/// A file of about these bytes and lines that defines these names.
fn content(bytes: usize, lines: usize, symbols: &str, python: bool) -> String {
    let mut text = String::new();
    if python {
        for symbol in symbols.split(',').filter(|symbol| !symbol.is_empty()) {
            let class = symbol.starts_with(char::is_uppercase);
            let _ = if class {
                writeln!(text, "class {symbol}:\n    pass")
            } else {
                writeln!(text, "def {symbol}():\n    return 1")
            };
        }
    }
    let written = text.lines().count();
    text.push_str(&"\n".repeat(lines.saturating_sub(written + 1)));
    if text.len() + 1 < bytes {
        let fill = bytes - text.len() - 2;
        let _ = writeln!(text, "#{}", "x".repeat(fill));
    }
    text
}

/// The tree that the list describes, with the plans beside it.
fn workspace(corpus: &Path) -> Workspace {
    let mut workspace = Workspace::new();
    for plan in ["DJAY_PRO_NOTION_INTEGRATION_PLAN.md", "MONOLITHIC_MAINTENANCE_PLAN.md"] {
        workspace = workspace.file(&format!("plans/{plan}"), fs::read(corpus.join(plan)).unwrap());
    }
    let list = fs::read_to_string(corpus.join("tree.tsv")).unwrap();
    for row in list.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let (bytes, lines) = (cells[1].parse().unwrap(), cells[2].parse().unwrap());
        let text = content(
            bytes,
            lines,
            cells.get(3).copied().unwrap_or_default(),
            Path::new(cells[0]).extension().is_some_and(|ending| ending == "py"),
        );
        workspace = workspace.file(&format!("root/{}", cells[0]), text);
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
fn the_real_plans_come_out_as_labelled() {
    let corpus = or_skip!(corpus());
    let outcome = workspace(&corpus).run("{}").unwrap();
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
    let workspace = workspace(&corpus)
        .file("root/music_workflow/integrations/djay_pro/id_sync.py", "class SyncStats:\n    total = 0\n");
    let report = workspace.report();
    // The plan calls it done, and the one class that it promises is not there.
    assert_eq!(with_status(&report["plans"][0], "PHANTOM"), ["music_workflow/integrations/djay_pro/id_sync.py"]);
}

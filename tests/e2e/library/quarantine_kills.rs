//! A quarantine is killed (SIGKILL) between any two of its steps. The next run, `--resume` and `--undo` must each give the same result
//! as without the kill, and no file is lost or duplicated. The same holds when the journal cannot be written or the kept file is moved
//! as well.

use std::path::{Path, PathBuf};

use baton_tests::{Output, Skipped, Workspace, contents_below, files_below, or_skip};
use serde_json::json;

use super::quarantine::{plan, quarantine};
use super::quarantine_keeps::copies;
use super::{coverage, duplicates, scan};

/// The failpoints of a run with tags and a file, and of its undo. Those of Eagle are in `quarantine_eagle`.
pub(crate) const STEPS: [&str; 12] = [
    "quarantine.tags_noted",
    "quarantine.tags_saved",
    "quarantine.tags_written",
    "quarantine.tags_told",
    "quarantine.noted",
    "quarantine.moved",
    "quarantine.told",
    "quarantine.undo_moved",
    "quarantine.undo_tags",
    "quarantine.eagle_noted",
    "quarantine.eagle_asked",
    "quarantine.eagle_seen",
];

/// Failpoints that cause an error instead of a kill.
pub(crate) const WAYS: [&str; 2] = ["quarantine.journal_fails", "quarantine.kept_moves_along"];

/// Runs the command with these failpoints.
fn armed(workspace: &Workspace, failpoints: &str, args: &[&str]) -> Output {
    let mut command = workspace.command();
    command.env("FAILPOINTS", failpoints).arg("-w").arg(workspace.root()).args(["library", "quarantine"]).args(args);
    Output::of(&mut command)
}

fn dies_at(workspace: &Workspace, point: &str, args: &[&str]) {
    let output = armed(workspace, &format!("{point}=panic"), args);
    assert_eq!(output.code, -1, "{point}: it lives: {output:?}");
}

fn workspace_with_plan() -> Result<(Workspace, [PathBuf; 2], PathBuf), Skipped> {
    let workspace = Workspace::init();
    let files = copies(&workspace, "better.flac", &["-c:a", "flac"])?;
    let plan = plan(&workspace, "plan.json");
    Ok((workspace, files, plan))
}

/// The contents of all files below a folder, in an order that does not depend on names.
fn bytes(folder: &Path) -> Vec<Vec<u8>> {
    let mut bytes: Vec<_> = contents_below(folder).into_values().collect();
    bytes.sort();
    bytes
}

fn missing(workspace: &Workspace) -> u64 {
    coverage(workspace)["total"]["missing"].as_u64().unwrap()
}

/// Asserts that the catalog agrees with the files: a scan reads and changes nothing.
fn agrees(workspace: &Workspace, music: &Path, when: &str) {
    let before = missing(workspace);
    let scanned = scan(workspace, music, &["--verify"], 0);
    assert_eq!(scanned["read"]["differ"], json!(0), "{when}: {scanned:#}");
    assert_eq!(missing(workspace), before, "{when}");
}

#[test]
fn the_next_run_finishes_a_killed_run_with_the_same_result() {
    let (whole, files, plan) = or_skip!(workspace_with_plan());
    let music = files[0].parent().unwrap();
    quarantine(&whole, &[plan.to_str().unwrap()], 0);
    let expected = bytes(music);
    for point in &STEPS[..7] {
        let (workspace, [better, poorer], plan) = or_skip!(workspace_with_plan());
        let music = better.parent().unwrap();
        dies_at(&workspace, point, &[plan.to_str().unwrap()]);
        // The next run of the same plan refuses the moved files, because they are missing.
        let output = workspace.baton(&["library", "quarantine", "--json", plan.to_str().unwrap()]);
        assert!([0, 1].contains(&output.code), "{point}: {output:?}");
        assert!(!poorer.exists() && bytes(music) == expected, "{point}: {output:?}");
        assert_eq!((missing(&workspace), duplicates(&workspace, &[])["groups"].clone()), (1, json!([])), "{point}");
        agrees(&workspace, music, point);
    }
}

#[test]
fn a_killed_run_is_finished_by_resume_and_reverted_by_undo() {
    for point in &STEPS[..7] {
        for resume_first in [true, false] {
            let (workspace, [better, _], plan) = or_skip!(workspace_with_plan());
            let (music, when) = (better.parent().unwrap(), format!("{point}, resumed: {resume_first}"));
            let before = contents_below(music);
            dies_at(&workspace, point, &[plan.to_str().unwrap()]);
            if resume_first {
                let resumed = quarantine(&workspace, &["--resume"], 0);
                let number = resumed["resumed"][0].as_str().unwrap().to_owned();
                agrees(&workspace, music, &when);
                assert_eq!(quarantine(&workspace, &["--resume"], 0)["resumed"], json!([]), "{when}");
                quarantine(&workspace, &["--undo", &number], 0);
            } else {
                let told = workspace.baton(&["library", "quarantine", "--undo", "none"]).ended(2).stderr;
                let number = told.rsplit(' ').next().unwrap().trim().to_owned();
                quarantine(&workspace, &["--undo", &number], 0);
            }
            assert!(contents_below(music) == before, "{when}: {:?}", files_below(music));
            assert_eq!(missing(&workspace), 0, "{when}");
            agrees(&workspace, music, &when);
        }
    }
}

#[test]
fn a_killed_undo_can_be_repeated() {
    for point in ["quarantine.undo_moved", "quarantine.undo_tags"] {
        let (workspace, [better, _], plan) = or_skip!(workspace_with_plan());
        let music = better.parent().unwrap();
        let before = contents_below(music);
        let done = quarantine(&workspace, &[plan.to_str().unwrap()], 0);
        let number = done["undo"].as_str().unwrap();
        dies_at(&workspace, point, &["--undo", number]);
        quarantine(&workspace, &["--undo", number], 0);
        assert!(contents_below(music) == before, "{point}: {:?}", files_below(music));
        assert_eq!(missing(&workspace), 0, "{point}");
        agrees(&workspace, music, point);
    }
}

#[test]
fn a_kept_file_that_moves_too_is_restored() {
    let (workspace, [better, _], plan) = or_skip!(workspace_with_plan());
    let music = better.parent().unwrap();
    let before = contents_below(music);
    let args = ["--without-tags", "--json", plan.to_str().unwrap()];
    let done = armed(&workspace, "quarantine.kept_moves_along=return", &args).ended(1).json();
    assert!(done["refused"].to_string().contains("under another path"), "{done:#}");
    assert!(contents_below(music) == before && missing(&workspace) == 0, "{:?}", files_below(music));
}

#[test]
fn a_run_that_fails_in_between_updates_the_catalog() {
    let (workspace, [better, _], plan) = or_skip!(workspace_with_plan());
    let music = better.parent().unwrap();
    // The journal has the move but not the end of the run.
    let args = ["--without-tags", plan.to_str().unwrap()];
    let failed = armed(&workspace, "quarantine.journal_fails=1*off->return", &args).ended(2).stderr;
    assert!(failed.contains("quarantine --undo "), "{failed}");
    assert_eq!(missing(&workspace), 1);
    agrees(&workspace, music, "failed");
}

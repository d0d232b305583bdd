//! A scan that is killed (SIGKILL) several times ends with the same result as one without kills.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use baton_tests::{PATIENCE, Workspace};
use serde_json::json;

use super::database::{fingerprinted, rows};
use super::{beside, coverage, fill, scan};

/// The number of files; the requirement is at least 2,000.
const FILES: u64 = 2_200;

/// The number of files that are read in parallel.
const JOBS: &str = "2";

/// Starts a scan and kills it when `files` files have a fingerprint. Returns how many have one afterwards.
fn kill_at(workspace: &Workspace, folder: &std::path::Path, files: u64) -> u64 {
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["library", "scan", "--jobs", JOBS]).arg(folder);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&mut child, || fingerprinted(workspace) >= files);
    child.kill().unwrap();
    child.wait().unwrap();
    fingerprinted(workspace)
}

fn wait_for(child: &mut Child, mut seen: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !seen() {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "the scan ended ({ended:?}) before it was killed");
        assert!(begun.elapsed() < 2 * PATIENCE, "the scan makes no progress");
        sleep(Duration::from_millis(3));
    }
}

#[test]
fn a_killed_scan_resumes_and_its_database_is_the_same_as_without_kills() {
    let (killed, whole) = (Workspace::init(), Workspace::init());
    let music = beside(&killed, "music");
    fill(&music, FILES);
    let (mut before, mut kept) = (0, Vec::new());
    for files in [1, 300, 900, 1_500] {
        let now = kill_at(&killed, &music, before.max(files));
        assert!(now >= before, "a kill lost committed data: {before} files, then {now}");
        kept.push(now);
        before = now;
    }
    assert!(before < FILES, "the kills came too late: {kept:?}");
    // The last scan reads only the files that are not yet committed.
    let last = scan(&killed, &music, &["--jobs", JOBS], 0);
    assert_eq!(last["read"]["files"], json!(FILES - before), "{last}");
    assert_eq!(last["sources"][0]["unchanged"], json!(before));
    let undisturbed = scan(&whole, &music, &["--jobs", JOBS], 0);
    assert_eq!(undisturbed["read"]["fingerprinted"], json!(FILES));
    assert_eq!(coverage(&killed)["total"]["fingerprinted"], json!(FILES));
    let (killed, whole) = (rows(&killed), rows(&whole));
    assert_eq!(killed.len(), whole.len());
    for (killed, whole) in killed.iter().zip(&whole) {
        assert_eq!(killed, whole);
    }
}

#[test]
fn an_interrupted_scan_reports_it_and_the_next_one_finishes_it() {
    let workspace = Workspace::init();
    let music = beside(&workspace, "music");
    fill(&music, 300);
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["library", "scan", "--jobs", "1", "--json"]).arg(&music);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&mut child, || fingerprinted(&workspace) >= 5);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let first: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &first["stopped"]), (Some(1), &json!(true)));
    let read = first["read"]["fingerprinted"].as_u64().unwrap();
    let rest = scan(&workspace, &music, &[], 0);
    assert_eq!((rest["read"]["fingerprinted"].as_u64().unwrap() + read, &rest["stopped"]), (300, &json!(false)));
}

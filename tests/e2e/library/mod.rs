//! `baton library`: scans of folders and Eagle libraries, kills, coverage, and duplicates.

mod bad_input;
mod catalog_kills;
mod damaged;
mod database;
mod duplicates;
mod eagle;
mod edits;
mod exact;
mod file_tags;
mod kills;
mod links;
mod quarantine;
mod quarantine_eagle;
mod quarantine_keeps;
pub(crate) mod quarantine_kills;
mod quarantine_safety;
mod scan;
mod undecoded;
mod volumes;

use std::path::{Path, PathBuf};
use std::process::Command;

use baton_tests::music::{tune, write_wav};
use baton_tests::{Output, PATIENCE, Workspace};
use serde_json::Value;

/// Seconds of a piece: a little more than a fingerprint needs.
const SECONDS: u32 = 4;

/// A folder beside the workspace.
fn beside(workspace: &Workspace, name: &str) -> PathBuf {
    let folder = workspace.outside().canonicalize().unwrap().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Fills a folder with different pieces: `0000.wav`, `0001.wav`, …, in folders of a hundred.
fn fill(folder: &Path, files: u64) {
    for number in 0..files {
        let file = folder.join(format!("{:02}/{number:04}.wav", number / 100));
        write_wav(&file, &tune(number, SECONDS));
    }
}

/// Encodes a file with ffmpeg.
#[track_caller]
fn encode(from: &Path, to: &Path, args: &[&str]) -> PathBuf {
    let encoded =
        Command::new("ffmpeg").args(["-v", "error", "-nostdin", "-y", "-i"]).arg(from).args(args).arg(to).output();
    let encoded = encoded.unwrap();
    assert!(encoded.status.success(), "{}", String::from_utf8_lossy(&encoded.stderr));
    to.to_owned()
}

/// Runs `baton library scan FOLDER --json …`, which must end with `code`.
#[track_caller]
fn scan(workspace: &Workspace, folder: &Path, args: &[&str], code: i32) -> Value {
    let folder = folder.to_str().unwrap();
    workspace.baton(&[&["library", "scan", folder, "--json"], args].concat()).ended(code).json()
}

/// As `scan`, for folders in which files may have no fingerprint. Asserts that the exit code agrees with the report.
#[track_caller]
fn scan_mixed(workspace: &Workspace, folder: &Path, args: &[&str]) -> Value {
    let folder = folder.to_str().unwrap();
    let mut command = workspace.command();
    command.arg("-w").arg(workspace.root()).args(["library", "scan", folder, "--json"]).args(args);
    let output = Output::within(&mut command, 5 * PATIENCE);
    let failed = !output.json()["read"]["failed"].as_object().unwrap().is_empty();
    output.ended(i32::from(failed)).json()
}

/// The number of files that were read and have no fingerprint.
fn without(report: &Value) -> u64 {
    let ends = ["skipped", "failed"].into_iter().flat_map(|end| report["read"][end].as_object().unwrap().values());
    ends.map(|files| files.as_u64().unwrap()).sum()
}

/// Runs `baton library coverage --json`.
#[track_caller]
fn coverage(workspace: &Workspace) -> Value {
    let shown = workspace.baton(&["library", "coverage", "--json"]);
    assert!([0, 1].contains(&shown.code), "{}", shown.stderr);
    shown.json()
}

/// Runs `baton library duplicates --json …`.
#[track_caller]
fn duplicates(workspace: &Workspace, args: &[&str]) -> Value {
    workspace.baton(&[&["library", "duplicates", "--json"], args].concat()).ended(0).json()
}

/// Runs a command without `--json`.
#[track_caller]
fn said(workspace: &Workspace, args: &[&str], code: i32) -> Output {
    workspace.baton(&[&["library"], args].concat()).ended(code)
}

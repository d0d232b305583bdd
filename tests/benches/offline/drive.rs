//! A sync of 241 databases without changes: the whole `baton run drive-sync sync`, compared with a Python script that does the same
//! check with `csv` and `hashlib` (`peer_drive.py`).
//!
//! Before the measurement, one sync repairs the Drive. The numbers of duplicate folders, of CSVs beside their folders and of backups
//! are those of a real one. The script is timed in two ways: reading every file and comparing digests, as such scripts do, and
//! comparing only sizes and times, as Baton does.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use baton_tests::Workspace;
use baton_tests::drive_folder::{self, REAL};
use serde_json::{Value, json};

const SEED: u64 = 7;
const ROUNDS: usize = 11;
/// The aim for the whole command.
const AIM_MS: f64 = 300.0;

/// Measures, and returns the figures as JSON.
///
/// # Errors
/// When a run does not end as expected, or writes something although nothing changed.
pub(crate) fn run() -> anyhow::Result<Value> {
    let workspace = Workspace::init();
    let place = workspace.outside().canonicalize()?;
    let folder = |name: &str| place.join(name);
    for name in ["drive", "databases"] {
        std::fs::create_dir_all(folder(name))?;
    }
    drive_folder::databases(&folder("databases"), REAL, SEED);
    drive_folder::drive(&folder("drive"), REAL, SEED);
    let files = [("rw", "drive"), ("ro", "databases")];
    let grants = files.map(|(mode, name)| format!("files:{mode}={name}={}", folder(name).display()));
    let [drive, databases] = &grants;
    workspace.baton(&["plugin", "grant", "drive-sync", drive, databases, "sql=own:rw", "locks"]).ended(0);
    let first = sync(&workspace);
    let mut walls = Vec::new();
    for _ in 0..ROUNDS {
        let (wall, said) = sync(&workspace);
        ensure!(said.contains("241 unchanged, 0 written"), "something was done although nothing changed: {said}");
        walls.push(wall);
    }
    walls.sort_by(f64::total_cmp);
    let peer = peer(&folder("databases"), &folder("drive"), &folder("peer.json"))?;
    Ok(json!({
        "databases": REAL.databases,
        "first_ms": first.0,
        "unchanged_ms": { "median": walls.get(ROUNDS / 2), "least": walls.first(), "most": walls.last(), "aim": AIM_MS },
        "python": peer,
    }))
}

fn sync(workspace: &Workspace) -> (f64, String) {
    let begun = Instant::now();
    let ended = workspace.baton(&["run", "drive-sync", "sync"]).ended(0);
    let wall = begun.elapsed().as_secs_f64() * 1_000.0;
    (wall, ended.stdout + &ended.stderr)
}

/// Runs the script: once so that it writes its state, and then as often as Baton runs.
fn peer(databases: &Path, drive: &Path, state: &Path) -> anyhow::Result<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/offline/peer_drive.py");
    let mut measured = serde_json::Map::new();
    for way in ["digests", "times"] {
        let mut walls = Vec::new();
        for round in 0..=ROUNDS {
            let begun = Instant::now();
            let ended = Command::new("python3").arg(script).arg(way).args([databases, drive, state]).output();
            let ended = ended.context("there is no python3")?;
            ensure!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
            let said: Value = serde_json::from_slice(&ended.stdout)?;
            ensure!(
                said.get("databases") == Some(&json!(REAL.databases)),
                "the script read another number of databases: {said}"
            );
            ensure!(round == 0 || said.get("changed") == Some(&json!(0)), "the script saw a change: {said}");
            if round > 0 {
                walls.push(begun.elapsed().as_secs_f64() * 1_000.0);
            }
        }
        walls.sort_by(f64::total_cmp);
        measured.insert(format!("{way}_ms"), json!(walls.get(ROUNDS / 2)));
        std::fs::remove_file(state)?;
    }
    Ok(measured.into())
}

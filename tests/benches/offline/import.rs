//! Import of 132 playlists with 25,000 rows: the whole `baton run spotify import`, the first time and again, beside a Python script
//! that reads the same files with `csv` into `sqlite3` (`peer_import.py`).
//!
//! The script keeps what a script would: tracks, playlists and entries in three tables, without sources, ranks, search, history or a
//! sandbox. Both write to the same disk, each to a database of its own.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use baton_tests::{Workspace, spotify_exports};
use serde_json::{Value, json};

/// What a library of this size has.
const FILES: usize = 132;
const ROWS: usize = 25_000;
const SEED: u64 = 7;

/// What a person has to run before this, once in the workspace.
const GRANTS: [&str; 3] = ["sql=catalog:rw", "sql=own:rw", "files:ro=spotify="];

/// Measures; the figures as JSON.
///
/// # Errors
/// When a run ends otherwise than it should, or the two do not count the same.
pub(crate) fn run() -> anyhow::Result<Value> {
    let workspace = Workspace::init();
    let exports = workspace.outside().join("spotify");
    let written = spotify_exports::write(&exports, FILES, ROWS, SEED)?;
    let [catalog, own, folder] = GRANTS;
    let folder = format!("{folder}{}", exports.display());
    workspace.baton(&["plugin", "grant", "spotify", catalog, own, &folder]).ended(0);
    // The first run of a plugin compiles it, once for all workspaces; it reads nothing in.
    workspace.baton(&["run", "spotify", "import", "--arg", "playlists=[\"none is called so\"]"]).ended(1);
    let mut measured = Vec::new();
    for name in ["first", "again"] {
        let begun = Instant::now();
        let ended = workspace.baton(&["run", "spotify", "import"]).ended(0);
        let wall = begun.elapsed();
        measured.push(json!({ "step": name, "wall_ms": wall.as_secs_f64() * 1_000.0, "said": ended.stdout.trim() }));
    }
    let stats = workspace.baton(&["catalog", "stats", "--json"]).ended(0).json();
    ensure!(stats.pointer("/counts/tracks") == Some(&json!(written.tracks)), "the catalog has other tracks: {stats}");
    let peer = peer(&workspace, &exports.to_string_lossy())?;
    ensure!(peer.get("tracks") == Some(&json!(written.tracks)), "the script has other tracks: {peer}");
    Ok(
        json!({ "files": written.files, "rows": written.rows, "tracks": written.tracks, "baton": measured, "python": peer }),
    )
}

/// The script, first and again, in one database.
fn peer(workspace: &Workspace, exports: &str) -> anyhow::Result<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/offline/peer_import.py");
    let database = workspace.outside().join("peer.db");
    let mut walls = Vec::new();
    let mut last = Value::Null;
    for _ in 0..2 {
        let begun = Instant::now();
        let ended =
            Command::new("python3").arg(script).arg(exports).arg(&database).output().context("there is no python3")?;
        walls.push(begun.elapsed().as_secs_f64() * 1_000.0);
        ensure!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        last = serde_json::from_slice(&ended.stdout)?;
    }
    let tracks = last.get("tracks").cloned().unwrap_or_default();
    Ok(json!({ "first_ms": walls.first(), "again_ms": walls.last(), "tracks": tracks }))
}

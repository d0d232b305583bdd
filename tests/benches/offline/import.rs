//! Imports 132 playlists with 25,000 rows in three dialects: the whole `baton run spotify import`, twice, compared with a Python
//! script that reads the same files with `csv` into `sqlite3` (`peer_import.py`).
//!
//! The script writes tracks, playlists and entries to three tables, without sources, ranks, search, history or a sandbox. Both write
//! to the same disk, each to a separate database, and the data of every track and entry must be equal. The aim is a first import in at
//! most 1.5 times the script's time. The fastest of several rounds is used, each with a new catalog.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use baton_tests::{Workspace, spotify_exports};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};

/// The size of the generated exports.
const FILES: usize = 132;
const ROWS: usize = 25_000;
const SEED: u64 = 7;

const ROUNDS: usize = 3;
/// The highest allowed ratio of the first import to the script.
const AIM: f64 = 1.5;

/// The grants that the import needs.
const GRANTS: [&str; 3] = ["sql=catalog:rw", "sql=own:rw", "files:ro=spotify="];

/// Queries for all tracks and all entries, in the same order in both databases.
const OF_CATALOG: [&str; 2] = [
    "SELECT e.external_id, t.title, json(t.artists), t.album, t.released, t.duration_ms, t.isrc, printf('%.3f', t.bpm), t.label
        FROM external_ids AS e JOIN tracks AS t ON t.id = e.item
        WHERE e.kind = 'track' AND e.service = 'spotify' ORDER BY e.external_id",
    "SELECT p.name, i.position, e.external_id, i.added_at, i.added_by FROM playlist_items AS i
        JOIN playlists AS p ON p.id = i.playlist
        JOIN external_ids AS e ON e.kind = 'track' AND e.service = 'spotify' AND e.item = i.track
        ORDER BY p.name, i.position",
];
const OF_SCRIPT: [&str; 2] = [
    "SELECT id, title, json(artists), album, released, duration_ms, isrc, printf('%.3f', tempo), label FROM tracks ORDER BY id",
    "SELECT playlist, position, track, added_at, added_by FROM items ORDER BY playlist, position",
];

/// Runs the bench and returns the figures as JSON.
///
/// # Errors
/// When a run does not end as expected, or the data in the two databases differ.
pub(crate) fn run() -> anyhow::Result<Value> {
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(round()?);
    }
    let least = |figure: &str| {
        let walls = rounds.iter().filter_map(|round| round.get(figure).and_then(Value::as_f64));
        walls.min_by(f64::total_cmp).with_context(|| format!("there is no {figure}"))
    };
    let ratio = least("first_ms")? / least("python_first_ms")?;
    Ok(json!({
        "files": FILES,
        "rows": ROWS,
        "first_ms": least("first_ms")?,
        "again_ms": least("again_ms")?,
        "python_first_ms": least("python_first_ms")?,
        "python_again_ms": least("python_again_ms")?,
        "ratio": ratio,
        "aim": AIM,
        "reached": ratio <= AIM,
    }))
}

/// Runs each import twice, in a new workspace and a new database.
fn round() -> anyhow::Result<Value> {
    let workspace = Workspace::init();
    let exports = workspace.outside().join("spotify");
    let written = spotify_exports::write(&exports, FILES, ROWS, SEED)?;
    into_dialects(&exports)?;
    let [catalog, own, folder] = GRANTS;
    let folder = format!("{folder}{}", exports.display());
    workspace.baton(&["plugin", "grant", "spotify", catalog, own, &folder]).ended(0);
    // The first run of a plugin compiles it, once for all workspaces. This run imports nothing.
    workspace.baton(&["run", "spotify", "import", "--arg", "playlists=[\"no such playlist\"]"]).ended(1);
    let import = || {
        let begun = Instant::now();
        workspace.baton(&["run", "spotify", "import"]).ended(0);
        begun.elapsed().as_secs_f64() * 1_000.0
    };
    let (first, again) = (import(), import());
    let database = workspace.outside().join("peer.db");
    let (python_first, python_again) = (peer(&exports, &database)?, peer(&exports, &database)?);
    let [our_tracks, our_items] = tables(&catalog_of(&workspace)?, OF_CATALOG)?;
    let [their_tracks, their_items] = tables(&database, OF_SCRIPT)?;
    ensure!(our_tracks.len() == written.tracks && our_items.len() == written.rows, "not all was imported");
    for (ours, theirs) in [(our_tracks, their_tracks), (our_items, their_items)] {
        let other = ours.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs);
        ensure!(other.is_none() && ours.len() == theirs.len(), "the databases differ: {other:?}");
    }
    Ok(json!({
        "first_ms": first,
        "again_ms": again,
        "python_first_ms": python_first,
        "python_again_ms": python_again,
    }))
}

/// Rewrites two of each three exports in other dialects: one with underscores, one with columns for the artists' URIs and the ISRC.
fn into_dialects(exports: &Path) -> anyhow::Result<()> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(exports)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.sort();
    for (number, file) in files.iter().enumerate() {
        let text = fs::read_to_string(file)?;
        let (header, rows) = text.split_once('\n').context("an export has a header")?;
        let written = match number % 3 {
            1 => format!("{}\n{rows}", header.to_lowercase().replace(' ', "_")),
            2 => {
                let isrc = |row: &str| -> Option<String> {
                    let id = row.strip_prefix("spotify:track:")?.split_once(',')?.0;
                    Some(format!("{row},,DEBX1{}\n", id.get(15..)?))
                };
                let rows: Option<String> = rows.lines().map(isrc).collect();
                format!("{header},Artist URI(s),ISRC\n{}", rows.context("a row begins with a URI")?)
            }
            _ => continue,
        };
        fs::write(file, written)?;
    }
    Ok(())
}

/// The catalog of a workspace.
fn catalog_of(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let states = fs::read_dir(workspace.outside().join("state/baton"))?;
    let found = states.filter_map(Result::ok).map(|entry| entry.path().join("catalog.db")).find(|path| path.is_file());
    found.context("the workspace has a catalog")
}

/// The rows of both tables, each as one text.
fn tables(database: &Path, statements: [&str; 2]) -> anyhow::Result<[Vec<String>; 2]> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let read = |statement: &str| -> rusqlite::Result<Vec<String>> {
        let mut prepared = connection.prepare(statement)?;
        let columns = prepared.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let cells = (0..columns).map(|place| row.get::<_, rusqlite::types::Value>(place));
            Ok(format!("{:?}", cells.collect::<rusqlite::Result<Vec<_>>>()?))
        };
        prepared.query_map([], row)?.collect()
    };
    let [tracks, items] = statements;
    Ok([read(tracks)?, read(items)?])
}

/// Runs the script and returns its wall time in milliseconds.
fn peer(exports: &Path, database: &Path) -> anyhow::Result<f64> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/offline/peer_import.py");
    let begun = Instant::now();
    let ended =
        Command::new("python3").arg(script).arg(exports).arg(database).output().context("there is no python3")?;
    let wall = begun.elapsed().as_secs_f64() * 1_000.0;
    ensure!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    Ok(wall)
}

//! Imports 132 playlists with 25,000 rows in three dialects: the whole `baton run spotify import`, twice. The first import is compared
//! with a plain Python script (`peer_import.py`) that reads the same files with `csv` into the same tables with `sqlite3`.
//!
//! The script gets an empty catalog without triggers and views, and has no sandbox. Both write to the same disk, and afterwards
//! all tables that the import fills must be equal, the search index included. The aim is a first import in at most 1.5 times the
//! script's time. The fastest of several rounds is used, each with a new catalog.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use baton_tests::{Workspace, spotify_exports};
use rusqlite::Connection;
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

/// Queries for all rows that an import writes, in an order that does not depend on the numbers of the rows.
const TABLES: [&str; 8] = [
    "SELECT name, rank FROM sources ORDER BY name",
    "SELECT title, artist FROM albums ORDER BY title, artist",
    "SELECT e.external_id, e.url, e.said_at, t.title, json(t.artists), t.artist, t.album, t.album_artist, a.title, t.duration_ms,
            t.isrc, t.bpm, t.musical_key, t.genre, t.released, t.label, t.rating, t.added_at, t.refreshed
        FROM external_ids AS e JOIN tracks AS t ON t.id = e.item LEFT JOIN albums AS a ON a.id = t.album_id
        WHERE e.kind = 'track' AND e.service = 'spotify' ORDER BY e.external_id",
    "SELECT e.external_id, f.field, f.value, f.said_at, s.name FROM facts AS f
        JOIN external_ids AS e ON e.kind = 'track' AND e.item = f.track JOIN sources AS s ON s.id = f.source
        ORDER BY e.external_id, f.field",
    "SELECT e.external_id, c.position, lower(a.name) FROM track_artists AS c JOIN artists AS a ON a.id = c.artist
        JOIN external_ids AS e ON e.kind = 'track' AND e.item = c.track ORDER BY e.external_id, c.position",
    "SELECT e.service, e.external_id, e.said_at, p.name, p.owner, p.snapshot, p.said_at FROM external_ids AS e
        JOIN playlists AS p ON p.id = e.item WHERE e.kind = 'playlist' ORDER BY e.external_id",
    "SELECT p.name, i.position, e.external_id, i.added_at, i.added_by, i.said_at FROM playlist_items AS i
        JOIN playlists AS p ON p.id = i.playlist JOIN external_ids AS e ON e.kind = 'track' AND e.item = i.track
        ORDER BY p.name, i.position",
    "SELECT w.term, e.external_id, w.col, w.\"offset\" FROM temp.words AS w
        JOIN external_ids AS e ON e.kind = 'track' AND e.item = w.doc ORDER BY w.term, e.external_id, w.col, w.\"offset\"",
];
/// The indexes of the queries for tracks and for entries in [`TABLES`].
const TRACKS: usize = 2;
const ENTRIES: usize = 6;
/// The words of the search index, as a table.
const WORDS: &str = "CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'search', 'instance')";

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
    let ratio = least("first_ms")? / least("python_ms")?;
    Ok(json!({
        "files": FILES,
        "rows": ROWS,
        "first_ms": least("first_ms")?,
        "again_ms": least("again_ms")?,
        "python_ms": least("python_ms")?,
        "ratio": ratio,
        "aim": AIM,
        "reached": ratio <= AIM,
    }))
}

/// Runs the import twice in a new workspace, and the script with a copy of the empty catalog.
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
    let database = workspace.outside().join("peer.db");
    copy_without_triggers(&catalog_of(&workspace)?, &database)?;
    let import = || {
        let begun = Instant::now();
        workspace.baton(&["run", "spotify", "import"]).ended(0);
        begun.elapsed().as_secs_f64() * 1_000.0
    };
    let (first, again) = (import(), import());
    let python = peer(&exports, &database)?;
    let ours = tables(&catalog_of(&workspace)?)?;
    let lines = |at: usize| ours.get(at).map(Vec::len);
    ensure!(lines(TRACKS) == Some(written.tracks) && lines(ENTRIES) == Some(written.rows), "not all was imported");
    for (ours, theirs) in ours.into_iter().zip(tables(&database)?) {
        let other = ours.iter().zip(&theirs).find(|(ours, theirs)| ours != theirs);
        ensure!(other.is_none() && ours.len() == theirs.len(), "the tables differ: {other:?}");
    }
    Ok(json!({ "first_ms": first, "again_ms": again, "python_ms": python }))
}

/// Copies the empty catalog for the script, with its tables and indexes only.
fn copy_without_triggers(catalog: &Path, copy: &Path) -> anyhow::Result<()> {
    Connection::open(catalog)?.execute("VACUUM INTO ?1", [copy.to_str().context("the path is text")?])?;
    let connection = Connection::open(copy)?;
    let mut select = connection.prepare("SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view')")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (kind, name) in rows.collect::<rusqlite::Result<Vec<(String, String)>>>()? {
        connection.execute_batch(&format!("DROP {kind} IF EXISTS \"{name}\""))?;
    }
    Ok(())
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

/// The rows of each of [`TABLES`], each as one text.
fn tables(database: &Path) -> anyhow::Result<Vec<Vec<String>>> {
    let connection = Connection::open(database)?;
    connection.execute_batch(WORDS)?;
    let read = |statement: &&str| -> rusqlite::Result<Vec<String>> {
        let mut prepared = connection.prepare(statement)?;
        let columns = prepared.column_count();
        let row = |row: &rusqlite::Row<'_>| {
            let cells = (0..columns).map(|place| row.get::<_, rusqlite::types::Value>(place));
            Ok(format!("{:?}", cells.collect::<rusqlite::Result<Vec<_>>>()?))
        };
        prepared.query_map([], row)?.collect()
    };
    Ok(TABLES.iter().map(read).collect::<Result<_, _>>()?)
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

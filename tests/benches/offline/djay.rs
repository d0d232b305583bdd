//! djay: the export of a standard library (15,540 tracks, 2,027 plays), and its tracks looked up among 25,000 of another service.
//!
//! The export is compared with `peer_djay.py`, which reads the same objects and writes the same five tables with Python's modules;
//! both tables of tracks must have the same bytes. The look-up is compared with the script of the bench `matching` with rapidfuzz: the
//! script starts with prepared lists, while `baton run` also starts, takes the snapshot, reads library and catalog, and
//! writes its report.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, ensure};
use baton_plugin_kit::host::Writable as _;
use baton_plugin_sdk::sql::Row;
use baton_tests::djay_library::{LibraryContent, LibrarySpec, Style, Track, write};
use baton_tests::host_services::HostDatabase;
use baton_tests::{Workspace, repository};
use serde_json::{Value, json};

const EXPORT_AIM_MS: f64 = 1_500.0;
const MATCH_AIM_MS: f64 = 5_000.0;
/// The number of runs of each program, after one run that warms the caches.
const ROUNDS: u32 = 5;
/// Tracks of the other service, and how many of them the library has.
const CANDIDATES: usize = 25_000;
const SHARED: usize = 12_000;

/// Measures, and returns the figures as JSON.
///
/// # Errors
/// When a run does not end as expected, or the results differ.
pub(crate) fn run() -> anyhow::Result<Value> {
    let workspace = Workspace::init();
    let (music, exports) = (workspace.outside().join("music"), workspace.outside().join("exports"));
    fs::create_dir_all(&music)?;
    fs::create_dir_all(&exports)?;
    let library = music.join("MediaLibrary.db");
    let written = write(&library, &LibrarySpec::standard(Style::Mac));
    let folders = [format!("files:ro=djay={}", music.display()), format!("files:rw=exports={}", exports.display())];
    let [djay, made] = folders.each_ref().map(String::as_str);
    workspace.baton(&["plugin", "grant", "djay", "sql=files:ro", "sql=catalog:rw", djay, made]).ended(0);
    let export = export(&workspace, &library, &exports)?;
    let matching = matching(&workspace, &written)?;
    Ok(json!({ "tracks": written.tracks.len(), "plays": written.plays.len(), "export": export, "match_ids": matching }))
}

/// The wall times of a step. The first run of the step does not count.
fn times(mut step: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Value> {
    step()?;
    let mut walls = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        step()?;
        walls.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    walls.sort_by(f64::total_cmp);
    let median = walls.get(walls.len() / 2).copied();
    Ok(json!({ "median_ms": median, "min_ms": walls.first(), "max_ms": walls.last() }))
}

fn reached(times: &Value, aim_ms: f64) -> bool {
    times.get("median_ms").and_then(Value::as_f64).is_some_and(|median| median < aim_ms)
}

fn export(workspace: &Workspace, library: &Path, exports: &Path) -> anyhow::Result<Value> {
    let baton = times(|| {
        workspace.baton(&["run", "djay", "export"]).ended(0);
        Ok(())
    })?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/offline/peer_djay.py");
    let peers = workspace.outside().join("peer");
    fs::create_dir_all(&peers)?;
    let python = times(|| {
        let ended =
            Command::new("python3").arg(script).arg(library).arg(&peers).output().context("there is no python3")?;
        ensure!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        Ok(())
    })?;
    for table in ["djay_library_tracks.csv", "djay_session_tracks.csv", "djay_playlists.csv"] {
        let same = fs::read(exports.join(table))? == fs::read(peers.join(table))?;
        ensure!(same, "{table} of the two is not the same");
    }
    let reached = reached(&baton, EXPORT_AIM_MS);
    Ok(json!({ "baton": baton, "aim_ms": EXPORT_AIM_MS, "reached": reached, "python": python }))
}

fn matching(workspace: &Workspace, written: &LibraryContent) -> anyhow::Result<Value> {
    let candidates = candidates(workspace, written)?;
    let catalog = HostDatabase::catalog(&state(workspace)?);
    let put = "INSERT INTO put_track (source, service, id, title, artists, duration_ms) VALUES ('spotify', 'spotify', ?1, ?2, ?3, ?4)";
    let rows = candidates.iter().enumerate().map(|(number, (title, artist, length))| -> Row {
        let artists = json!([artist]).to_string();
        vec![number.to_string().into(), title.as_str().into(), artists.into(), (*length).into()]
    });
    catalog.batch(put, &mut rows.into_iter())?;
    drop(catalog);
    let mut said = String::new();
    let baton = times(|| {
        let ended = workspace.baton(&["run", "djay", "match-ids", "--arg", "dry_run=true"]).ended(0);
        said = format!("{}{}", ended.stdout, ended.stderr);
        Ok(())
    })?;
    let reached = reached(&baton, MATCH_AIM_MS);
    let python = peer(workspace, written, &candidates)?;
    Ok(
        json!({ "candidates": candidates.len(), "shared": SHARED, "baton": baton, "aim_ms": MATCH_AIM_MS, "reached": reached,
        "said": said.trim(), "python": python }),
    )
}

type Candidate = (String, String, i64);

/// The folder of the workspace's databases.
fn state(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    let states = fs::read_dir(workspace.outside().join("state/baton"))?;
    let found = states.filter_map(Result::ok).map(|entry| entry.path()).find(|path| path.join("ledger.db").is_file());
    found.context("the workspace has a state")
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of a track")]
fn milliseconds(track: &Track) -> i64 {
    (track.seconds * 1_000.0) as i64
}

/// Tracks of the library as another service writes them, and as many tracks that the library does not have.
fn candidates(workspace: &Workspace, written: &LibraryContent) -> anyhow::Result<Vec<Candidate>> {
    let shared = written.tracks.iter().filter(|track| track.artist.is_some()).take(SHARED).enumerate();
    let respelt = shared.map(|(number, track)| {
        let title =
            if number.is_multiple_of(3) { track.title.to_uppercase() } else { track.title.replace('\'', "’") };
        let length = milliseconds(track) + i64::try_from(number % 1_500).unwrap_or_default();
        (title, track.artist.clone().unwrap_or_default(), length)
    });
    let other = workspace.outside().join("other.db");
    let wanted = LibrarySpec { seed: 99, ..LibrarySpec::standard(Style::Windows) };
    let others = write(&other, &wanted);
    fs::remove_file(other)?;
    let strangers = others
        .tracks
        .iter()
        .map(|track| (format!("{} again", track.title), track.artist.clone().unwrap_or_default(), milliseconds(track)));
    let all: Vec<_> = respelt.chain(strangers).take(CANDIDATES).collect();
    ensure!(all.len() == CANDIDATES, "there are {} candidates", all.len());
    Ok(all)
}

/// The script with rapidfuzz, or the reason why it was not run.
fn peer(workspace: &Workspace, written: &LibraryContent, candidates: &[Candidate]) -> anyhow::Result<Value> {
    let tools = repository().join("target/tools/rapidfuzz/bin/python");
    let has = |python: &PathBuf| {
        let run = Command::new(python).args(["-c", "import rapidfuzz, numpy"]).output();
        run.is_ok_and(|run| run.status.success())
    };
    let Some(python) = [tools, PathBuf::from("python3")].into_iter().find(has) else {
        return Ok(json!(
            "not run: python3 -m venv target/tools/rapidfuzz && target/tools/rapidfuzz/bin/pip install rapidfuzz==3.14.6 numpy"
        ));
    };
    let folder = workspace.outside().join("lists");
    fs::create_dir_all(&folder)?;
    let line = |title: &str, artist: &str, length: i64| format!("{title}\t{artist}\t{length}\n");
    let wanted = written
        .tracks
        .iter()
        .map(|track| line(&track.title, track.artist.as_deref().unwrap_or_default(), milliseconds(track)));
    fs::write(folder.join("wanted.tsv"), wanted.collect::<String>())?;
    let known = candidates.iter().map(|(title, artist, length)| line(title, artist, *length));
    fs::write(folder.join("candidates.tsv"), known.collect::<String>())?;
    let script = repository().join("tests/benches/matching/peer.py");
    let ended = Command::new(python).arg(script).arg(&folder).output().context("Python does not start")?;
    ensure!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let ways: Vec<Value> = serde_json::from_slice(&ended.stdout)?;
    let figures = ways.iter().map(|way| {
        let accepted =
            way.get("accepted").and_then(Value::as_array).map(|list| list.iter().filter(|at| !at.is_null()).count());
        json!({ "way": way.get("way"), "seconds": way.get("seconds"), "accepted": accepted })
    });
    Ok(Value::Array(figures.collect()))
}

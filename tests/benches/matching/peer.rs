//! Measures the tool that people use today: a Python script with rapidfuzz, over the same tracks, in the same run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use baton_track_match::Track;
use serde::Deserialize;

use crate::library::Library;

/// The result of one mode of the script.
#[derive(Debug, Deserialize)]
pub(crate) struct Run {
    pub(crate) way: String,
    /// The seconds from the moment when the lists have been read until all decisions are made.
    pub(crate) seconds: f64,
    /// The candidate accepted for each track.
    pub(crate) accepted: Vec<Option<usize>>,
}

/// The command that installs rapidfuzz.
pub(crate) const HOW: &str =
    "python3 -m venv target/tools/rapidfuzz && target/tools/rapidfuzz/bin/pip install rapidfuzz==3.14.6 numpy";

/// The Python interpreter that has rapidfuzz: from the project's tools, else from `PATH`.
pub(crate) fn python(target: &Path) -> Option<PathBuf> {
    let has = |python: &PathBuf| {
        let run = Command::new(python).args(["-c", "import rapidfuzz, numpy"]).output();
        run.is_ok_and(|run| run.status.success())
    };
    [target.join("tools/rapidfuzz/bin/python"), PathBuf::from("python3")].into_iter().find(has)
}

/// Runs the script.
///
/// # Errors
/// When the lists cannot be written or the script fails.
pub(crate) fn run(python: &Path, library: &Library, folder: &Path) -> anyhow::Result<Vec<Run>> {
    let lists = [
        ("wanted.tsv", library.wanted.iter().map(|wanted| &wanted.track).collect()),
        ("candidates.tsv", library.candidates.iter().collect::<Vec<_>>()),
    ];
    for (name, tracks) in lists {
        std::fs::write(folder.join(name), list(&tracks)?)?;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/benches/matching/peer.py");
    let run = Command::new(python).arg(script).arg(folder).output().context("failed to start Python")?;
    ensure!(run.status.success(), "the peer failed: {}", String::from_utf8_lossy(&run.stderr));
    Ok(serde_json::from_slice(&run.stdout)?)
}

fn list(tracks: &[&Track]) -> anyhow::Result<String> {
    let mut text = String::new();
    for track in tracks {
        let length = track.duration_ms.unwrap_or_default();
        writeln!(text, "{}\t{}\t{length}", track.title, track.artists.join(", "))?;
    }
    Ok(text)
}

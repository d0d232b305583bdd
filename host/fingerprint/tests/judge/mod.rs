//! What the judges are given: real music, re-encoded by `ffmpeg` into a folder that is thrown away.

pub(crate) mod wav;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian's `wesnoth-1.16-music` puts its pieces.
const MUSIC: &str = "/usr/share/games/wesnoth/1.16/data/core/music";

/// Pieces of music, every `step`th; none, and said aloud, where the judge or the music is missing. With `CI=true` that is a failure.
pub(crate) fn music(step: usize) -> Vec<PathBuf> {
    let runs =
        |program: &str| Command::new(program).arg("-version").output().is_ok_and(|output| output.status.success());
    let missing: Vec<_> = ["fpcalc", "ffmpeg"].into_iter().filter(|program| !runs(program)).collect();
    let mut pieces: Vec<PathBuf> =
        std::fs::read_dir(MUSIC).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect();
    pieces.retain(|piece| piece.extension().is_some_and(|extension| extension == "ogg"));
    pieces.sort();
    if missing.is_empty() && !pieces.is_empty() {
        return pieces.into_iter().step_by(step).collect();
    }
    let what = format!("not judged: {missing:?} missing, {} pieces in {MUSIC}", pieces.len());
    assert!(std::env::var("CI").is_ok_and(|ci| ci == "true").eq(&false), "{what}");
    eprintln!("SKIPPED: {what}");
    Vec::new()
}

/// Writes a piece as WAV.
pub(crate) fn encode(piece: &Path, arguments: &[&str], to: &Path) {
    let output = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-i"])
        .arg(piece)
        .args(["-map_metadata", "-1"])
        .args(arguments)
        .arg(to)
        .output()
        .expect("ffmpeg starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

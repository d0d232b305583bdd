//! Programs that judge results of Baton, and the music for them.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::{Skipped, missing, repository};

/// Folders in which Debian puts the music of Wesnoth 1.16.
const MUSIC: &str = "/usr/share/games/wesnoth/1.16/data/core/music";

/// Checks that `program` starts; `install` is the command that installs it.
///
/// # Errors
/// When it does not start.
///
/// # Panics
/// When it is missing with `CI=true` on Linux.
#[track_caller]
pub fn tool(program: &str, install: &str) -> Result<(), Skipped> {
    let status = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.map(drop).map_err(|_| missing(program, install))
}

/// The tools of a language (`python`, `node`), as `.ci/run` installs them: a folder for `PATH`, below `BATON_TOOLS` or in
/// `target/tools`.
///
/// # Errors
/// When `tool` is not in it.
///
/// # Panics
/// When it is missing with `CI=true` on Linux.
#[track_caller]
pub fn tools(folder: &str, tool: &str) -> Result<PathBuf, Skipped> {
    let tools = std::env::var_os("BATON_TOOLS").map_or_else(|| repository().join("target/tools"), PathBuf::from);
    let place = tools.join(folder);
    let found = place.join(tool);
    if found.is_file() { Ok(place) } else { Err(missing(&found.display().to_string(), ".ci/run shows how")) }
}

/// Real pieces of music that may be redistributed, as Ogg files in the order of their names: at least one.
///
/// # Errors
/// When they are missing.
///
/// # Panics
/// When they are missing with `CI=true` on Linux.
#[track_caller]
pub fn recordings() -> Result<Vec<PathBuf>, Skipped> {
    let entries = std::fs::read_dir(MUSIC).into_iter().flatten().filter_map(Result::ok);
    let mut pieces: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    pieces.retain(|piece| piece.extension().is_some_and(|ending| ending == "ogg"));
    pieces.sort();
    if pieces.is_empty() { Err(missing(MUSIC, "apt-get install wesnoth-1.16-music")) } else { Ok(pieces) }
}

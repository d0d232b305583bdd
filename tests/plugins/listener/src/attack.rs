//! Attempts to leave the granted folder, by names and by links.

use baton_plugin_sdk::fingerprint::{self, FingerprintResult};
use baton_plugin_sdk::{Outcome, Task};

/// Names of files outside. `.` is the granted folder in the plugin's file system, and `^` is its parent. `outside.wav` is next to
/// the folder; the test creates it.
const PATHS: [&str; 14] = [
    "./../outside.wav",
    "././../outside.wav",
    "./a/../../outside.wav",
    "^/../outside.wav",
    "/etc/passwd",
    "../outside.wav",
    "outside.wav",
    "",
    "/",
    "^",
    ".",
    "./",
    ".//outside.wav",
    "^/1/outside.wav",
];

pub(super) fn paths(task: &Task) -> Outcome {
    let root = root(task);
    let above = root.rsplit_once('/').map(|(above, _)| above).unwrap_or_default();
    let long = format!("{root}/{}", "a/".repeat(4_000));
    let nul = format!("{root}/\0/../../outside.wav");
    let named = PATHS.map(|path| match path.split_at_checked(1) {
        Some(("^", rest)) => format!("{above}{rest}"),
        Some((".", rest)) if !rest.starts_with('.') => format!("{root}{rest}"),
        _ => path.to_owned(),
    });
    report(named.into_iter().chain([long, nul]).collect())
}

/// Links that the test creates in the folder.
pub(super) fn links(task: &Task) -> Outcome {
    let links = ["out.wav", "up/outside.wav", "absolute.wav", "hard.wav", "pipe.wav", "folder.wav"];
    report(links.map(|link| format!("{}/{link}", root(task))).to_vec())
}

fn root(task: &Task) -> &str {
    task.mounts("root").next().map(|mount| mount.path.as_str()).unwrap_or_default()
}

fn report(paths: Vec<String>) -> Outcome {
    let line = |path: String| {
        let shown: String = path.escape_debug().take(60).collect();
        match fingerprint::compute(&path) {
            Ok(FingerprintResult::Skipped(lack) | FingerprintResult::Failed(lack)) => {
                format!("nothing: {shown}: {}\n", lack.reason)
            }
            Ok(heard) => format!("OPEN: {shown}: {heard:?}\n"),
            Err(error) => format!("refused: {shown}: {error:?}\n"),
        }
    };
    let lines: String = paths.into_iter().map(line).collect();
    Outcome::new("Tried.".to_owned()).with_artifact("break-out.txt", "text/plain", lines)
}

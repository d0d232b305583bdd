//! Ways out of the granted folder, by names and by links.

use baton_plugin_sdk::Outcome;
use baton_plugin_sdk::fingerprint::{self, Heard};

/// Names of what lies outside. `outside.wav` is beside the folder; the test puts it there.
const PATHS: [&str; 14] = [
    "/root/0/../outside.wav",
    "/root/0/./../outside.wav",
    "/root/0/a/../../outside.wav",
    "/root/../outside.wav",
    "/etc/passwd",
    "../outside.wav",
    "outside.wav",
    "",
    "/",
    "/root",
    "/root/0",
    "/root/0/",
    "/root/0//outside.wav",
    "/root/1/outside.wav",
];

pub(super) fn paths() -> Outcome {
    let long = format!("/root/0/{}", "a/".repeat(4_000));
    let nul = "/root/0/\0/../../outside.wav".to_owned();
    let paths = PATHS.map(str::to_owned).into_iter().chain([long, nul]);
    report(paths.collect())
}

/// Links that the test has put into the folder.
pub(super) fn links() -> Outcome {
    let links = ["out.wav", "up/outside.wav", "absolute.wav", "hard.wav", "pipe.wav", "folder.wav"];
    report(links.map(|link| format!("/root/0/{link}")).to_vec())
}

fn report(paths: Vec<String>) -> Outcome {
    let line = |path: String| {
        let shown: String = path.escape_debug().take(60).collect();
        match fingerprint::compute(&path) {
            Ok(Heard::Skipped(lack) | Heard::Failed(lack)) => format!("nothing: {shown}: {}\n", lack.reason),
            Ok(heard) => format!("OPEN: {shown}: {heard:?}\n"),
            Err(error) => format!("refused: {shown}: {error:?}\n"),
        }
    };
    let lines: String = paths.into_iter().map(line).collect();
    Outcome::new("Tried.".to_owned()).with_artifact("break-out.txt", "text/plain", lines)
}

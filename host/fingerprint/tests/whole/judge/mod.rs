//! The input for the comparison with `fpcalc`: real music that `ffmpeg` encodes into a temporary folder.

pub(crate) mod agreement;
pub(crate) mod form;
pub(crate) mod fpcalc;
pub(crate) mod test_folder;
pub(crate) mod wav;

use std::path::{Path, PathBuf};
use std::process::Command;

use baton_judges::{Skipped, recordings, tool};

/// Every `step`th piece of music. The test is skipped if a tool is not installed.
pub(crate) fn music(step: usize) -> Result<Vec<PathBuf>, Skipped> {
    tool("fpcalc", "apt-get install libchromaprint-tools")?;
    tool("ffmpeg", "apt-get install ffmpeg")?;
    Ok(recordings()?.into_iter().step_by(step).collect())
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

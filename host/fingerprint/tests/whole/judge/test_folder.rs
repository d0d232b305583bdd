//! A folder in which `ffmpeg` encodes a piece of real music to files of all kinds.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use baton_judges::Skipped;
use tempfile::TempDir;

use super::{encode, music};

/// One piece, of which eight seconds are used, and a temporary folder.
pub(crate) struct TestFolder {
    folder: TempDir,
    piece: PathBuf,
}

impl TestFolder {
    /// Makes the folder. Each call uses the same piece.
    pub(crate) fn new() -> Result<Self, Skipped> {
        let piece = music(usize::MAX)?.swap_remove(0);
        Ok(Self { folder: tempfile::tempdir().expect("a folder"), piece })
    }

    /// The path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Encodes the piece to a file with this name.
    pub(crate) fn encoded(&self, name: &str, arguments: &[&str]) -> PathBuf {
        let path = self.path(name);
        encode(&self.piece, &[arguments, &["-t", "8"]].concat(), &path);
        path
    }

    /// Copies the packets to another file, without decoding. The `-i` inputs among the arguments must come first.
    pub(crate) fn copied(&self, from: &Path, name: &str, arguments: &[&str]) -> PathBuf {
        let path = self.path(name);
        let inputs = arguments.iter().rposition(|argument| *argument == "-i").map_or(0, |last| last + 2);
        let (inputs, arguments) = arguments.split_at(inputs);
        let output = Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-i"])
            .arg(from)
            .args(inputs)
            .args(["-c", "copy"])
            .args(arguments)
            .arg(&path)
            .output()
            .expect("ffmpeg starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        path
    }

    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a file");
        path
    }
}

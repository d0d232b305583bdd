//! Pieces mixed of real music: what `wesnoth-1.16-music` has, decoded by ffmpeg, cut, played faster or slower, two at a time.
//!
//! There are 41 pieces and more than that are needed. Two excerpts together, each at a speed of its own, sound like music and
//! like nothing else; which they are is drawn from the piece's number.

use std::path::PathBuf;
use std::process::Command;

use super::scatter;
use super::wav::RATE_HZ;
use crate::Missing;
use crate::tool;

/// Where Debian puts the music.
const FOLDER: &str = "/usr/share/games/wesnoth/1.16/data/core/music";

/// Speeds that excerpts are played at, 3 % apart: from 0.62 to 1.6 of the original.
const SPEEDS: usize = 33;

/// Real music, decoded.
#[derive(Debug)]
pub struct RealMusic {
    pieces: Vec<Vec<i16>>,
}

impl RealMusic {
    /// Decodes what is there.
    ///
    /// # Errors
    /// When ffmpeg or the music is not there; that was said on stderr.
    ///
    /// # Panics
    /// When ffmpeg cannot decode it, or something is missing under `CI=true`.
    pub fn decode() -> Result<Self, Missing> {
        tool("ffmpeg", "apt-get install ffmpeg")?;
        let pieces: Vec<Vec<i16>> = files().into_iter().map(|file| decode(&file)).collect();
        if pieces.is_empty() { Err(missing()) } else { Ok(Self { pieces }) }
    }

    pub(super) fn piece(&self, number: u64, seconds: u32) -> Vec<i16> {
        let mut mixed = vec![0_i16; (seconds * RATE_HZ) as usize];
        for (layer, loudness) in [(1, 10), (2, 7)] {
            self.excerpt(scatter(number * 2 + layer), loudness, &mut mixed);
        }
        mixed
    }

    /// Adds an excerpt, at so many tenths of 0.6 of its loudness.
    fn excerpt(&self, chance: u64, loudness: i32, mixed: &mut [i16]) {
        let piece = usize::try_from(chance % 1_000_003).unwrap_or(0) % self.pieces.len();
        let Some(piece) = self.pieces.get(piece) else { return };
        let speed = 620 + 30 * usize::try_from(chance >> 20 & 0xffff).unwrap_or(0) % SPEEDS;
        let needed = mixed.len() * speed / 1_000 + 1;
        let start = usize::try_from(chance >> 40).unwrap_or(0) % piece.len().saturating_sub(needed).max(1);
        for (at, sample) in mixed.iter_mut().enumerate() {
            let heard = piece.get(start + at * speed / 1_000).copied().unwrap_or(0);
            *sample = sample.saturating_add(i16::try_from(i32::from(heard) * 6 * loudness / 100).unwrap_or(0));
        }
    }
}

fn files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(FOLDER).into_iter().flatten().filter_map(Result::ok);
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "ogg"));
    files.sort();
    files
}

fn decode(file: &PathBuf) -> Vec<i16> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-threads", "1", "-i"]).arg(file);
    command.args(["-t", "300", "-ac", "1", "-ar", &RATE_HZ.to_string(), "-f", "s16le", "-"]);
    let decoded = command.output().expect("ffmpeg starts");
    assert!(decoded.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&decoded.stderr));
    decoded.stdout.as_chunks().0.iter().copied().map(i16::from_le_bytes).collect()
}

#[expect(clippy::print_stderr, reason = "a skipped test has to say so")]
fn missing() -> Missing {
    assert!(std::env::var("CI").is_err(), "{FOLDER} must be there under CI: apt-get install wesnoth-1.16-music");
    eprintln!("SKIPPED: {FOLDER} is not there (apt-get install wesnoth-1.16-music)");
    Missing
}

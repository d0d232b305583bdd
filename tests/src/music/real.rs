//! Makes many pieces from the real music of the Debian package `wesnoth-1.16-music`, which has only 41 pieces. ffmpeg decodes
//! them, and they are cut into excerpts that do not overlap. Each excerpt is played at many speeds, forwards and backwards, and
//! mixed with another, quieter excerpt.
//!
//! The results sound like music. They sound different from each other if the excerpts or the speeds differ; speeds are 3 % apart.
//! The quieter excerpt distinguishes excerpts of a piece that repeats itself.

use std::path::Path;
use std::process::Command;

use super::wav::RATE_HZ;
use crate::{Skipped, missing, recordings, tool};

/// The speeds of excerpts in thousandths of the original. They are 3 % apart.
const SPEEDS: std::ops::RangeInclusive<usize> = 620..=1_600;

/// The distance between the indexes of an excerpt and of the quieter one that is mixed with it.
const BEHIND: usize = 5_003;

/// Real music, decoded and cut.
#[derive(Debug)]
pub struct RealMusic {
    pieces: Vec<Vec<i16>>,
    excerpts: Vec<Excerpt>,
    seconds: u32,
}

/// A part of a piece, its speed and its direction.
#[derive(Clone, Copy, Debug)]
struct Excerpt {
    piece: usize,
    start: usize,
    speed: usize,
    backwards: bool,
}

impl RealMusic {
    /// Decodes the installed music and cuts it into excerpts of this length.
    ///
    /// # Errors
    /// When ffmpeg or the music is missing.
    ///
    /// # Panics
    /// When ffmpeg cannot decode it.
    pub fn decode(seconds: u32) -> Result<Self, Skipped> {
        tool("ffmpeg", "apt-get install ffmpeg")?;
        let pieces: Vec<Vec<i16>> = recordings()?.iter().map(|file| decode(file)).collect();
        let excerpts = cut(&pieces, (seconds * RATE_HZ) as usize);
        if excerpts.is_empty() {
            Err(missing("longer music", "apt-get install wesnoth-1.16-music"))
        } else {
            Ok(Self { pieces, excerpts, seconds })
        }
    }

    /// The number of pieces that sound different from each other.
    #[must_use]
    pub fn count(&self) -> usize {
        self.excerpts.len()
    }

    /// Whether two pieces contain parts of the same recording at the same speed, loud or quiet. They may sound alike where the
    /// recording repeats itself.
    pub(super) fn are_akin(&self, one: u64, other: u64) -> bool {
        let [one, other] = [one, other].map(|number| usize::try_from(number).unwrap_or(0));
        let heard = |number: usize| {
            let both = [number, number + BEHIND].map(|number| self.excerpts.get(number % self.excerpts.len()));
            both.into_iter().flatten().map(|part| (part.piece, part.speed, part.backwards))
        };
        heard(one).any(|part| heard(other).any(|there| there == part))
    }

    /// A piece. If the length differs from that of the excerpts, the piece is cut off or ends in silence.
    pub(super) fn piece(&self, number: u64, seconds: u32) -> Vec<i16> {
        let mut mixed = vec![0_i16; (seconds * RATE_HZ) as usize];
        let number = usize::try_from(number).unwrap_or(0);
        let until = mixed.len().min((self.seconds * RATE_HZ) as usize);
        for (number, percent) in [(number, 70), (number + BEHIND, 25)] {
            if let Some(excerpt) = self.excerpts.get(number % self.excerpts.len())
                && let Some(mixed) = mixed.get_mut(..until)
            {
                self.play(*excerpt, percent, mixed);
            }
        }
        mixed
    }

    fn play(&self, excerpt: Excerpt, percent: i32, mixed: &mut [i16]) {
        let Some(piece) = self.pieces.get(excerpt.piece) else { return };
        let length = mixed.len();
        for (at, sample) in mixed.iter_mut().enumerate() {
            let at = if excerpt.backwards { length - at } else { at };
            let heard = piece.get(excerpt.start + at * excerpt.speed / 1_000).copied().unwrap_or(0);
            *sample = sample.saturating_add(i16::try_from(i32::from(heard) * percent / 100).unwrap_or(0));
        }
    }
}

/// All excerpts of this length, sorted by speed.
fn cut(pieces: &[Vec<i16>], samples: usize) -> Vec<Excerpt> {
    let mut excerpts = Vec::new();
    for (speed, backwards) in SPEEDS.step_by(30).flat_map(|speed| [(speed, false), (speed, true)]) {
        for (number, piece) in pieces.iter().enumerate() {
            let length = samples * speed / 1_000 + 1;
            let starts = (0..piece.len() / length).map(|window| window * length);
            excerpts.extend(starts.map(|start| Excerpt { piece: number, start, speed, backwards }));
        }
    }
    excerpts
}

fn decode(file: &Path) -> Vec<i16> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-threads", "1", "-i"]).arg(file);
    command.args(["-ac", "1", "-ar", &RATE_HZ.to_string(), "-f", "s16le", "-"]);
    let decoded = command.output().expect("ffmpeg starts");
    assert!(decoded.status.success(), "{}: {}", file.display(), String::from_utf8_lossy(&decoded.stderr));
    decoded.stdout.as_chunks().0.iter().copied().map(i16::from_le_bytes).collect()
}

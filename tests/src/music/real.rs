//! Pieces of real music: what `wesnoth-1.16-music` has, decoded by ffmpeg, cut into excerpts that do not overlap, each played at
//! many speeds, forwards and backwards, with another excerpt quietly behind it.
//!
//! There are 41 pieces and more than that are needed. Excerpts that share no sound, or share it at speeds 3 % apart, sound like
//! music and not like each other; a repetition within a piece differs by the excerpt behind it.

use std::path::Path;
use std::process::Command;

use super::wav::RATE_HZ;
use crate::{Skipped, missing, recordings, tool};

/// Speeds that excerpts are played at, in thousandths of the original: 3 % apart.
const SPEEDS: std::ops::RangeInclusive<usize> = 620..=1_600;

/// The distance between an excerpt and the one behind it.
const BEHIND: usize = 5_003;

/// Real music, decoded and cut.
#[derive(Debug)]
pub struct RealMusic {
    pieces: Vec<Vec<i16>>,
    excerpts: Vec<Excerpt>,
    seconds: u32,
}

/// A part of a piece, and how it is played.
#[derive(Clone, Copy, Debug)]
struct Excerpt {
    piece: usize,
    start: usize,
    speed: usize,
    backwards: bool,
}

impl RealMusic {
    /// Decodes what is there and cuts it into excerpts that play so many seconds.
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

    /// How many pieces there are that do not sound like each other.
    #[must_use]
    pub fn count(&self) -> usize {
        self.excerpts.len()
    }

    /// Whether two pieces share some music, in front or behind: parts of one recording at one speed. A recording that repeats
    /// itself then sounds in both.
    pub(super) fn are_akin(&self, one: u64, other: u64) -> bool {
        let [one, other] = [one, other].map(|number| usize::try_from(number).unwrap_or(0));
        let heard = |number: usize| {
            let both = [number, number + BEHIND].map(|number| self.excerpts.get(number % self.excerpts.len()));
            both.into_iter().flatten().map(|part| (part.piece, part.speed, part.backwards))
        };
        heard(one).any(|part| heard(other).any(|there| there == part))
    }

    /// A piece; of another length than was cut, it is cut off or ends in silence.
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

/// All excerpts of so many samples: those of one speed after those of another.
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

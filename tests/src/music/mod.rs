//! Music for tests: pieces that sound different from each other, as files or in an Eagle library.
//!
//! A piece has a number, and the same number gives the same piece on every machine. Pieces are synthesised (four voices on a random
//! scale) or, for representative measurements, mixed from real music.

mod eagle;
mod real;
mod tune;
mod wav;

pub use eagle::{EagleItem, EagleLibrary};
pub use real::RealMusic;
pub use tune::tune;
pub use wav::{RATE_HZ, wav, wav_8_bit, write_wav};

/// The source of the pieces.
#[derive(Debug)]
pub enum Music {
    /// Synthesis.
    Made,
    /// Real music, mixed.
    Real(RealMusic),
}

impl Music {
    /// The number of pieces that sound different from each other; `None` when it is unlimited.
    #[must_use]
    pub fn count(&self) -> Option<usize> {
        match self {
            Self::Made => None,
            Self::Real(real) => Some(real.count()),
        }
    }

    /// True if two pieces contain parts of the same recording. Such pieces may sound alike if the recording repeats itself.
    #[must_use]
    pub fn are_akin(&self, one: u64, other: u64) -> bool {
        match self {
            Self::Made => false,
            Self::Real(real) => real.are_akin(one, other),
        }
    }

    /// A piece of this length at [`RATE_HZ`], with 16 bits and one channel.
    #[must_use]
    pub fn piece(&self, number: u64, seconds: u32) -> Vec<i16> {
        match self {
            Self::Made => tune(number, seconds),
            Self::Real(real) => real.piece(number, seconds),
        }
    }
}

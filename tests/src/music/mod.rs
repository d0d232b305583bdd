//! Music for tests: pieces that no other piece sounds like, as files, and a library of Eagle full of them.
//!
//! A piece has a number; the same number is the same piece on every machine. Pieces are synthesised (four voices on a random
//! scale) or, for figures that should mean something, mixed of real music.

mod eagle;
mod real;
mod tune;
mod wav;

pub use eagle::{EagleItem, EagleLibrary};
pub use real::RealMusic;
pub use tune::tune;
pub use wav::{RATE_HZ, wav, wav_8_bit, write_wav};

/// Where pieces come from.
#[derive(Debug)]
pub enum Music {
    /// They are synthesised.
    Made,
    /// They are mixed of real music.
    Real(RealMusic),
}

impl Music {
    /// How many pieces there are that do not sound like each other; none where they are unlimited.
    #[must_use]
    pub fn count(&self) -> Option<usize> {
        match self {
            Self::Made => None,
            Self::Real(real) => Some(real.count()),
        }
    }

    /// Whether two pieces have parts of one recording, which may sound alike where it repeats itself.
    #[must_use]
    pub fn are_akin(&self, one: u64, other: u64) -> bool {
        match self {
            Self::Made => false,
            Self::Real(real) => real.are_akin(one, other),
        }
    }

    /// A piece of so many seconds at [`RATE_HZ`], 16 bit, one channel.
    #[must_use]
    pub fn piece(&self, number: u64, seconds: u32) -> Vec<i16> {
        match self {
            Self::Made => tune(number, seconds),
            Self::Real(real) => real.piece(number, seconds),
        }
    }
}

//! Chromaprint's five algorithms (`-algorithm` of `fpcalc`): where their ways from samples to words differ, as its
//! `fingerprinter_configuration.cpp` says. `AcoustID` and the library know the second alone.

use super::classify::{self, Classifier};

/// One of Chromaprint's algorithms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// The first: other classifiers.
    One,
    /// The one of `AcoustID`, and of all that Baton keeps.
    #[default]
    Two,
    /// The second with frames that do not overlap.
    Three,
    /// The second without the silence at the beginning.
    Four,
    /// The second with frames of half the length.
    Five,
}

impl Algorithm {
    /// By its number, from 1 to 5.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::One),
            2 => Some(Self::Two),
            3 => Some(Self::Three),
            4 => Some(Self::Four),
            5 => Some(Self::Five),
            _ => None,
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
            Self::Three => 3,
            Self::Four => 4,
            Self::Five => 5,
        }
    }

    /// Samples of a frame.
    pub(super) const fn frame(self) -> usize {
        match self {
            Self::Five => 2048,
            _ => 4096,
        }
    }

    /// Samples from one frame to the next.
    pub(super) const fn hop(self) -> usize {
        match self {
            Self::Three => 4096,
            Self::Five => 1024,
            Self::One | Self::Two | Self::Four => 4096 / 3,
        }
    }

    /// The average loudness of 5 ms, of 32,767, at which the beginning ends that is left out.
    pub(super) const fn silence(self) -> Option<i32> {
        match self {
            Self::Four => Some(50),
            _ => None,
        }
    }

    pub(super) const fn classifiers(self) -> &'static [Classifier; 16] {
        match self {
            Self::One => &classify::FIRST,
            _ => &classify::SECOND,
        }
    }

    /// Samples that the last word of some samples looks at beyond where the next word would begin: what chunks of `fpcalc -overlap`
    /// have in common. Five rows are weighed into one, and a word looks at sixteen.
    pub(super) const fn delay(self) -> u64 {
        ((4 + 15) * self.hop() + self.frame() - self.hop()) as u64
    }
}

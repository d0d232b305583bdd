//! The differences between Chromaprint's five algorithms (`-algorithm` of `fpcalc`), from its
//! `fingerprinter_configuration.cpp`. `AcoustID` and the library use only algorithm 2.

use super::classify::{self, Classifier};

/// One of Chromaprint's algorithms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// Algorithm 2 with other classifiers.
    One,
    /// The algorithm of `AcoustID` and of the catalog.
    #[default]
    Two,
    /// Algorithm 2 with frames that do not overlap.
    Three,
    /// Algorithm 2 without the silence at the start.
    Four,
    /// Algorithm 2 with frames of half the length.
    Five,
}

impl Algorithm {
    /// The algorithm with this number, 1 to 5.
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

    /// The number of the algorithm, 1 to 5.
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

    /// The number of samples in a frame.
    pub(super) const fn frame(self) -> usize {
        match self {
            Self::Five => 2048,
            _ => 4096,
        }
    }

    /// The number of samples between the starts of two frames.
    pub(super) const fn hop(self) -> usize {
        match self {
            Self::Three => 4096,
            Self::Five => 1024,
            Self::One | Self::Two | Self::Four => 4096 / 3,
        }
    }

    /// The threshold for silence at the start: samples are silent while their average amplitude over 5 ms is below this
    /// value (full scale is 32,767). `None` if the algorithm keeps the silence.
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

    /// The number of samples that two neighbouring chunks of `fpcalc -overlap` share. It is one hop less than the length of
    /// a word: a word covers sixteen rows, and each of these rows is smoothed from five rows.
    pub(super) const fn delay(self) -> u64 {
        ((4 + 15) * self.hop() + self.frame() - self.hop()) as u64
    }
}

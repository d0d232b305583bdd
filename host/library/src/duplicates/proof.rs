//! What says that two files are one recording.

/// Why two items are thought to be one recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Proof {
    /// Their audio packets are the same, byte for byte.
    SameAudio,
    /// They sound alike.
    Sounds {
        /// The share of the words' bits that differ, 0 to 1; 0.5 is chance.
        bit_error_rate: f32,
        /// How sure that is, in per cent.
        score: u8,
        /// How much of the shorter fingerprint lies over the other, 0 to 1.
        overlap: f32,
        /// How much faster the second goes, as a share; 0 when both go alike.
        drift: f32,
    },
}

impl Proof {
    /// How sure it is, in per cent.
    #[must_use]
    pub const fn score(&self) -> u8 {
        match self {
            Self::SameAudio => 100,
            Self::Sounds { score, .. } => *score,
        }
    }
}

/// Two items, by their places in a list, the first place smaller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) one: usize,
    pub(super) other: usize,
    pub(super) proof: Proof,
}

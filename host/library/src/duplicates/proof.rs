//! What says that two files are one recording.

use baton_fingerprint::index::Windows;

/// Why two items are thought to be one recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Proof {
    /// Their audio packets are the same, byte for byte.
    SameAudio,
    /// They sound alike.
    Sounds(Similarity),
}

/// How two items sound alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    /// The share of the words' bits that differ, 0 to 1; 0.5 is chance.
    pub bit_error_rate: f32,
    /// How sure it is, in per cent.
    pub score: u8,
    /// How much of the shorter fingerprint lies over the other, 0 to 1.
    pub overlap: f32,
    /// How much faster the second goes, as a share: 0.02 for 2 %; 0 when both go alike.
    pub drift: f32,
    /// The place in the second of what is at the start of the first, in frames of 0.1238 s.
    pub offset_frames: i32,
    /// How much they differ ten seconds at a time.
    pub windows: Windows,
    /// Whether `windows` are those of the whole files; else of what the catalog has of them, the first two minutes.
    pub whole: bool,
}

#[cfg(test)]
impl Similarity {
    /// Two that hardly differ.
    pub(crate) fn test() -> Self {
        let windows = Windows::default();
        let (bit_error_rate, score, overlap, drift) = (0.02, 95, 1.0, 0.0);
        Self { bit_error_rate, score, overlap, drift, offset_frames: 0, windows, whole: false }
    }
}

impl Proof {
    /// How sure it is, in per cent.
    #[must_use]
    pub const fn score(&self) -> u8 {
        match self {
            Self::SameAudio => 100,
            Self::Sounds(alike) => alike.score,
        }
    }
}

/// Two items that sound alike, by their places in a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// One.
    pub one: usize,
    /// The other; its place is the greater.
    pub other: usize,
    /// How.
    pub alike: Similarity,
}

//! The proof that two files are the same recording.

use baton_fingerprint::index::Windows;

/// Why two items are considered the same recording.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Proof {
    /// The audio packets are equal, byte for byte.
    SameAudio,
    /// The fingerprints are similar.
    Sounds(Similarity),
}

/// How similar two fingerprints are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Similarity {
    /// The share of the words' bits that differ, 0 to 1; 0.5 is chance.
    pub bit_error_rate: f32,
    /// The similarity score, in per cent.
    pub score: u8,
    /// The share of the shorter fingerprint that overlaps the other, 0 to 1.
    pub overlap: f32,
    /// How much slower the second fingerprint plays than the first, as a share: 0.02 for 2 %; 0 for the same speed.
    pub drift: f32,
    /// The position in the second fingerprint that matches the start of the first, in frames of 0.1238 s.
    pub offset_frames: i32,
    /// The differences of each ten seconds.
    pub windows: Windows,
    /// `windows` covers the whole files, not only the fingerprinted two minutes.
    pub whole: bool,
}

#[cfg(test)]
impl Similarity {
    /// Two fingerprints that hardly differ.
    pub(crate) fn test() -> Self {
        let windows = Windows::default();
        let (bit_error_rate, score, overlap, drift) = (0.02, 95, 1.0, 0.0);
        Self { bit_error_rate, score, overlap, drift, offset_frames: 0, windows, whole: false }
    }
}

impl Proof {
    /// The similarity score, in per cent; 100 for equal audio packets.
    #[must_use]
    pub const fn score(&self) -> u8 {
        match self {
            Self::SameAudio => 100,
            Self::Sounds(similarity) => similarity.score,
        }
    }
}

/// Two similar items, by their positions in a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The lower position.
    pub one: usize,
    /// The higher position.
    pub other: usize,
    /// How similar they are.
    pub similarity: Similarity,
}

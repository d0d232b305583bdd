//! A fingerprint: one word of 32 bits for each 0.1238 s (1365 / 11,025 s) of audio.

/// The words of Chromaprint's algorithm 2, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprint(Vec<u32>);

impl Fingerprint {
    /// The name of this algorithm in the catalog.
    pub const ALGORITHM: &'static str = "chromaprint-2";

    /// A fingerprint with these words, as `fpcalc -raw` prints them.
    #[must_use]
    pub fn new(words: Vec<u32>) -> Self {
        Self(words)
    }

    /// The words of the fingerprint.
    #[must_use]
    pub fn words(&self) -> &[u32] {
        &self.0
    }

    /// The form for storage: each word in 4 bytes, little-endian.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// Parses the form for storage; `None` if the length is not a multiple of four.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (words, rest) = bytes.as_chunks();
        rest.is_empty().then(|| Self(words.iter().copied().map(u32::from_le_bytes).collect()))
    }
}

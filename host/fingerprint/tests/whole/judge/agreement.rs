//! Counts how many words of two lists agree, over many pieces.

/// The agreement of our words with those of the judge.
#[derive(Default)]
pub(crate) struct Agreement {
    pub(crate) pieces: usize,
    pub(crate) identical: usize,
    words: usize,
    equal: usize,
    bits: u32,
}

impl Agreement {
    /// Adds a piece. A missing word counts as different in all bits.
    pub(crate) fn add(&mut self, ours: &[u32], theirs: &[u32]) {
        let longer = ours.len().max(theirs.len());
        let missing = longer - ours.len().min(theirs.len());
        self.pieces += 1;
        self.identical += usize::from(ours == theirs);
        self.words += longer;
        self.equal += ours.iter().zip(theirs).filter(|(a, b)| a == b).count();
        self.bits += ours.iter().zip(theirs).map(|(a, b)| (a ^ b).count_ones()).sum::<u32>();
        self.bits += 16 * u32::try_from(missing).unwrap_or(u32::MAX);
    }

    /// Adds the counts of another agreement.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.pieces += other.pieces;
        self.identical += other.identical;
        self.words += other.words;
        self.equal += other.equal;
        self.bits += other.bits;
    }

    /// The share of words that are equal.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(crate) fn equal_share(&self) -> f64 {
        self.equal as f64 / self.words as f64
    }

    /// The share of pieces whose words are all equal.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(crate) fn identical_share(&self) -> f64 {
        self.identical as f64 / self.pieces as f64
    }

    /// Prints the figures.
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    pub(crate) fn report(&self, name: &str) {
        eprintln!(
            "{name:34} {:3} of {:3} files identical, {:8.4} % of {:6} words equal, bit-error rate {:.1e}",
            self.identical,
            self.pieces,
            100.0 * self.equal_share(),
            self.words,
            f64::from(self.bits) / (32.0 * self.words as f64),
        );
    }
}

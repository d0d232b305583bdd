//! What an index can be asked, and which fingerprint a place belongs to.

/// Places of one entry of the table of hints, as a power of two: about one fingerprint of 120 s.
const HINT: u32 = 10;

/// An index over words that are numbered through.
pub(crate) trait Places {
    /// No fewer than the places of a key, and not many more.
    fn room(&self, key: u32) -> usize;

    /// Gives the places of the words with this key, in ascending order, until `found` says false.
    fn each(&self, key: u32, found: impl FnMut(u32) -> bool);

    /// Which fingerprint a place belongs to.
    fn which(&self) -> &Which;
}

/// Where each fingerprint begins in the numbering.
pub(crate) struct Which {
    /// The first place of each; the last number is the end of the last.
    firsts: Vec<u32>,
    /// The fingerprint of every 1024th place, so that looking one up takes a step or two.
    hints: Vec<u32>,
}

impl Default for Which {
    fn default() -> Self {
        Self { firsts: vec![0], hints: Vec::new() }
    }
}

impl Which {
    /// Adds a fingerprint of so many words.
    pub(crate) fn push(&mut self, words: usize) {
        let at = self.count();
        let end = self.words().saturating_add(u32::try_from(words).unwrap_or(u32::MAX));
        while u32::try_from(self.hints.len()).is_ok_and(|hints| u64::from(hints) << HINT < u64::from(end)) {
            self.hints.push(at);
        }
        self.firsts.push(end);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.firsts.len() - 1).unwrap_or(u32::MAX)
    }

    /// How many words they have.
    pub(crate) fn words(&self) -> u32 {
        self.firsts.last().copied().unwrap_or_default()
    }

    /// The first place of one.
    pub(crate) fn first(&self, at: u32) -> u32 {
        self.firsts.get(at as usize).copied().unwrap_or(u32::MAX)
    }

    /// The fingerprint that a place belongs to, and its first place.
    pub(crate) fn of(&self, place: u32) -> (u32, u32) {
        let hint = |entry: u32| self.hints.get(entry as usize).copied();
        let from = hint(place >> HINT).unwrap_or_default();
        let to = hint((place >> HINT) + 1).map_or(self.firsts.len(), |last| last as usize + 2);
        let among = self.firsts.get(from as usize..to.min(self.firsts.len())).unwrap_or_default();
        let before = u32::try_from(among.partition_point(|first| *first <= place)).unwrap_or_default();
        let at = (from + before).saturating_sub(1);
        (at, self.first(at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_place_belongs_to_the_one_that_covers_it(lengths in prop::collection::vec(0_usize..3000, 1..40)) {
            let mut which = Which::default();
            lengths.iter().for_each(|length| which.push(*length));
            let mut place = 0;
            for (at, length) in lengths.iter().enumerate() {
                let first = place;
                for _ in 0..*length {
                    prop_assert_eq!(which.of(place), (u32::try_from(at).unwrap(), first));
                    place += 1;
                }
            }
            prop_assert_eq!(which.words(), place);
        }
    }
}

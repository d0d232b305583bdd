//! Maps positions of an index to fingerprints.

/// The number of positions for one hint, as a power of two: about one fingerprint of 120 s.
const HINT: u32 = 10;

/// Each fingerprint starts at a multiple of this number. So the lowest bits of a position in the index are also the lowest
/// bits of the position in its fingerprint.
pub(crate) const ALIGNED: u32 = 256;

/// Finds the fingerprint of a position.
pub(crate) struct Numbering {
    /// The first position of each fingerprint. The last element is the end of the last fingerprint.
    firsts: Vec<u32>,
    /// The fingerprint of every 1024th position, so that a look-up takes one or two steps.
    hints: Vec<u32>,
}

impl Default for Numbering {
    fn default() -> Self {
        Self { firsts: vec![0], hints: Vec::new() }
    }
}

impl Numbering {
    /// Adds a fingerprint with this number of words.
    pub(crate) fn push(&mut self, words: usize) {
        let at = self.count();
        let places = u32::try_from(words).unwrap_or(u32::MAX).saturating_add(ALIGNED - 1) & !(ALIGNED - 1);
        let end = self.positions().saturating_add(places);
        while u32::try_from(self.hints.len()).is_ok_and(|hints| u64::from(hints) << HINT < u64::from(end)) {
            self.hints.push(at);
        }
        self.firsts.push(end);
    }

    /// True if another fingerprint with this number of words fits.
    pub(crate) fn has_room(&self, words: usize) -> bool {
        u64::from(self.positions()) + words as u64 + u64::from(ALIGNED) < u64::from(u32::MAX)
    }

    /// The number of fingerprints.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.firsts.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn positions(&self) -> u32 {
        self.firsts.last().copied().unwrap_or_default()
    }

    pub(crate) fn first(&self, at: u32) -> u32 {
        self.firsts.get(at as usize).copied().unwrap_or(u32::MAX)
    }

    /// The fingerprint that contains a position, and the first position of this fingerprint.
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
        fn every_position_maps_to_its_fingerprint(lengths in prop::collection::vec(0_usize..3000, 1..40)) {
            let mut which = Numbering::default();
            for length in &lengths {
                which.push(*length);
            }
            let mut place = 0;
            for (at, length) in lengths.iter().enumerate() {
                let first = place;
                for _ in 0..*length {
                    prop_assert_eq!(which.of(place), (u32::try_from(at).unwrap(), first));
                    place += 1;
                }
                place = place.next_multiple_of(ALIGNED);
            }
            prop_assert_eq!(which.positions(), place);
        }
    }
}

//! Numbers that look random and are the same on every machine: `SplitMix64` (Steele, Lea, Flood: "Fast splittable
//! pseudorandom number generators", 2014).

/// The state.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or_default()
    }

    /// True with this probability in per cent.
    pub(crate) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// An item of the list; the first ones are much more frequent than the last, as with words.
    pub(crate) fn common<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let at = self.below(list.len()).min(self.below(list.len()));
        &list[at.min(self.below(list.len()))]
    }

    /// An item of the list, all equally frequent.
    pub(crate) fn any<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

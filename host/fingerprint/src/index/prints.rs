//! Where the words of many fingerprints come from: memory, or a store that reads one after the other.

use crate::Fingerprint;

/// Many fingerprints, by their place in the order.
///
/// The search reads each a few times, in ascending order but for the check of the pairs that it suspects. A store need not hold
/// them in memory: 21,125 fingerprints of 120 s are 80 MB, a million are 3.8 GB.
pub trait Prints: Sync {
    /// How many there are.
    fn count(&self) -> u32;

    /// Puts the words of fingerprint `at` into `words`, which is empty. What cannot be read is left empty: no words are no
    /// duplicate of anything. Several threads ask at once, and asking again must give the same.
    fn read(&self, at: u32, words: &mut Vec<u32>);
}

impl Prints for [Fingerprint] {
    fn count(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }

    fn read(&self, at: u32, words: &mut Vec<u32>) {
        let print = self.get(at as usize).map(Fingerprint::words);
        words.extend_from_slice(print.unwrap_or_default());
    }
}

impl Prints for [Vec<u32>] {
    fn count(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }

    fn read(&self, at: u32, words: &mut Vec<u32>) {
        words.extend_from_slice(self.get(at as usize).map(Vec::as_slice).unwrap_or_default());
    }
}

/// Reads one fingerprint into a buffer that is used again and again.
pub(crate) fn read<'a, P: Prints + ?Sized>(prints: &P, at: u32, words: &'a mut Vec<u32>) -> &'a [u32] {
    words.clear();
    prints.read(at, words);
    words
}

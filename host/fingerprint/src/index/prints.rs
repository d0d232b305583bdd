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

    /// The words of fingerprint `at` where they are in memory anyway, which saves copying them.
    fn borrow(&self, _at: u32) -> Option<&[u32]> {
        None
    }

    /// How many words fingerprint `at` has, where that is known without reading it.
    fn length(&self, at: u32) -> Option<usize> {
        self.borrow(at).map(<[u32]>::len)
    }
}

impl Prints for [Fingerprint] {
    fn count(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }

    fn read(&self, at: u32, words: &mut Vec<u32>) {
        words.extend_from_slice(self.borrow(at).unwrap_or_default());
    }

    fn borrow(&self, at: u32) -> Option<&[u32]> {
        self.get(at as usize).map(Fingerprint::words)
    }
}

impl Prints for [Vec<u32>] {
    fn count(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }

    fn read(&self, at: u32, words: &mut Vec<u32>) {
        words.extend_from_slice(self.borrow(at).unwrap_or_default());
    }

    fn borrow(&self, at: u32) -> Option<&[u32]> {
        self.get(at as usize).map(Vec::as_slice)
    }
}

/// One fingerprint, where it is or read into a buffer that is used again and again.
pub(crate) fn read<'a, P: Prints + ?Sized>(prints: &'a P, at: u32, words: &'a mut Vec<u32>) -> &'a [u32] {
    if let Some(borrowed) = prints.borrow(at) {
        return borrowed;
    }
    words.clear();
    prints.read(at, words);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_in_memory_are_read_and_borrowed_alike() {
        let prints = [Fingerprint::new(vec![1, 2]), Fingerprint::new(vec![3])];
        let mut words = Vec::new();
        prints[..].read(1, &mut words);
        assert_eq!((prints[..].count(), words.as_slice(), prints[..].borrow(1)), (2, &[3][..], Some(&[3][..])));
        assert_eq!(read(&prints[..], 7, &mut words), []);
    }
}

//! The source of the words of many fingerprints: memory, or a store that reads one fingerprint at a time.

use crate::Fingerprint;

/// Many fingerprints, addressed by their position in an order.
///
/// The search reads each fingerprint a few times, in ascending order except for the check of candidates. A store need not
/// keep the fingerprints in memory: 21,125 fingerprints of 120 s are 80 MB, a million are 3.8 GB.
pub trait Prints: Sync {
    /// The number of fingerprints.
    fn count(&self) -> u32;

    /// Appends the words of fingerprint `at` to the empty vector `words`. If the fingerprint cannot be read, `words` stays
    /// empty, and the fingerprint has no duplicates. Several threads call this function, and each call must return the same
    /// words.
    fn read(&self, at: u32, words: &mut Vec<u32>);

    /// The words of fingerprint `at`, without a copy; `None` if they are not in memory.
    fn borrow(&self, _at: u32) -> Option<&[u32]> {
        None
    }

    /// The number of words of fingerprint `at`; `None` if the fingerprint must be read to find it.
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

/// Reads a fingerprint: borrows its words, or copies them into the reused buffer `words`.
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
    fn reading_and_borrowing_give_the_same_words() {
        let prints = [Fingerprint::new(vec![1, 2]), Fingerprint::new(vec![3])];
        let mut words = Vec::new();
        prints[..].read(1, &mut words);
        assert_eq!((prints[..].count(), words.as_slice(), prints[..].borrow(1)), (2, &[3][..], Some(&[3][..])));
        assert_eq!(read(&prints[..], 7, &mut words), []);
    }
}

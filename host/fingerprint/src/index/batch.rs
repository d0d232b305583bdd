//! A batch: some fingerprints in memory, with their keys in the order of an index.
//!
//! An index of many fingerprints is larger than any cache, and the keys of a fingerprint are spread over the whole index. If
//! the keys were processed in the order of the fingerprints, each access would wait for memory. So the keys of a batch are
//! first sorted into partitions. A partition has the keys of some neighbouring buckets, which fit into the cache. Within a
//! partition, the keys stay in the order of the fingerprints.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::key::{KEY_BITS, LONGEST, keys, used_words};
use super::prints::{Prints, read};

/// The number of words in a batch: about 2,200 fingerprints of 120 s; 8 MB of words and 16 MB of sorted keys.
pub(crate) const WORDS: usize = 1 << 21;

/// The maximum number of fingerprints in a batch. The number of a fingerprint and a position in it must fit into an
/// [`Entry`].
const PRINTS: usize = 1 << 16;

/// The number of bits for the position of a word in its fingerprint.
const PLACE_BITS: u32 = LONGEST.trailing_zeros();

/// The maximum number of partitions, as a power of two. The end positions of all partitions must fit into the cache.
const MAX_PARTITION_BITS: u32 = 12;

/// The operation on the keys of a batch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    /// Insert the keys into the index.
    Insert,
    /// Look up the keys.
    LookUp,
    /// Look up the keys, then insert them.
    LookUpAndInsert,
}

/// A batch of fingerprints in memory.
#[derive(Default)]
pub(crate) struct Batch {
    words: Vec<u32>,
    ends: Vec<usize>,
    one: Vec<u32>,
}

impl Batch {
    /// Adds a fingerprint.
    pub(crate) fn push(&mut self, words: &[u32]) {
        self.words.extend_from_slice(used_words(words));
        self.ends.push(self.words.len());
    }

    /// Replaces the content of the batch: reads the fingerprints of `ids` in order, until the batch has `room` words or
    /// `stop` is set. Reads at least one fingerprint. Returns the range of the fingerprints that were read.
    pub(crate) fn fill<P: Prints + ?Sized>(
        &mut self,
        prints: &P,
        ids: Range<u32>,
        room: usize,
        stop: &AtomicBool,
    ) -> Range<u32> {
        self.words.clear();
        self.ends.clear();
        let mut to = ids.start;
        let is_full = |words: usize, prints: usize| words >= room || prints >= PRINTS || stop.load(Ordering::Relaxed);
        while to < ids.end && (to == ids.start || !is_full(self.words.len(), self.ends.len())) {
            self.words.extend_from_slice(used_words(read(prints, to, &mut self.one)));
            self.ends.push(self.words.len());
            to += 1;
        }
        ids.start..to
    }

    /// The words of one fingerprint of the batch.
    pub(crate) fn get(&self, at: usize) -> &[u32] {
        let begin = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(at).copied().unwrap_or_default();
        self.words.get(begin..end).unwrap_or_default()
    }

    /// The words of all fingerprints, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.ends.len()).map(|at| self.get(at))
    }
}

impl Prints for Batch {
    fn count(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    fn read(&self, at: u32, words: &mut Vec<u32>) {
        words.extend_from_slice(self.get(at as usize));
    }

    fn borrow(&self, at: u32) -> Option<&[u32]> {
        Some(self.get(at as usize))
    }
}

/// A key of a batch.
#[derive(Clone, Copy, Default)]
pub(crate) struct Entry {
    pub(crate) key: u32,
    from: WordOrigin,
}

/// The origin of a key: the number of its fingerprint in the batch, and the position in that fingerprint.
#[derive(Clone, Copy, Default)]
pub(crate) struct WordOrigin(u32);

impl WordOrigin {
    pub(crate) const fn print(self) -> usize {
        (self.0 >> PLACE_BITS) as usize
    }

    pub(crate) const fn position(self) -> u32 {
        self.0 & ((1 << PLACE_BITS) - 1)
    }
}

impl Entry {
    pub(crate) const fn from(self) -> WordOrigin {
        self.from
    }
}

/// The keys of a batch, by partition.
#[derive(Default)]
pub(crate) struct SortedKeys {
    entries: Vec<Entry>,
    ends: Vec<usize>,
}

impl SortedKeys {
    /// Sorts the keys of a batch for an index with 2 to the `bits` buckets.
    pub(crate) fn sort(&mut self, batch: &Batch, bits: u32) {
        let partition = |key: u32| (key >> (KEY_BITS - bits.min(MAX_PARTITION_BITS))) as usize;
        self.ends.clear();
        self.ends.resize(1 << bits.min(MAX_PARTITION_BITS), 0);
        for (key, _) in batch.iter().flat_map(keys) {
            if let Some(size) = self.ends.get_mut(partition(key)) {
                *size += 1;
            }
        }
        let mut total = 0;
        for end in &mut self.ends {
            (*end, total) = (total, total + *end);
        }
        self.entries.resize(total, Entry::default());
        for (words, print) in batch.iter().zip(0_u32..) {
            for (key, place) in keys(words) {
                let Some(end) = self.ends.get_mut(partition(key)) else { continue };
                if let Some(entry) = self.entries.get_mut(*end) {
                    *entry = Entry { key, from: WordOrigin(print << PLACE_BITS | place) };
                }
                *end += 1;
            }
        }
    }

    pub(crate) fn partitions(&self) -> usize {
        self.ends.len()
    }

    /// The keys of some partitions.
    pub(crate) fn of(&self, partitions: Range<usize>) -> &[Entry] {
        let end = |partitions: usize| {
            partitions.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or_default()
        };
        self.entries.get(end(partitions.start)..end(partitions.end.min(self.ends.len()))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_data;
    use super::*;

    #[test]
    fn every_key_is_once_in_its_partition_in_order() {
        let prints = test_data::library(20, 300, 5);
        let (mut batch, mut sorted) = (Batch::default(), SortedKeys::default());
        assert_eq!(batch.fill(&prints[..], 3..20, WORDS, &AtomicBool::new(false)), 3..20);
        for bits in [8, 20] {
            sorted.sort(&batch, bits);
            let mut found = 0;
            for partition in 0..sorted.partitions() {
                let entries = sorted.of(partition..partition + 1);
                found += entries.len();
                let order: Vec<_> =
                    entries.iter().map(|entry| (entry.from().print(), entry.from().position())).collect();
                assert!(order.is_sorted());
                for entry in entries {
                    assert_eq!((entry.key >> (KEY_BITS - bits.min(MAX_PARTITION_BITS))) as usize, partition);
                    let words = &prints[3 + entry.from().print()];
                    assert!(keys(words).any(|(key, place)| (key, place) == (entry.key, entry.from().position())));
                }
            }
            assert_eq!(found, prints[3..].iter().map(|words| keys(words).count()).sum::<usize>());
        }
    }

    #[test]
    fn a_batch_has_at_least_one_fingerprint_and_ends_when_full_or_stopped() {
        let prints = vec![vec![1; LONGEST + 5]; 9];
        let (mut batch, mut stop) = (Batch::default(), AtomicBool::new(false));
        let mut fill = |ids: Range<u32>, room, stop: &AtomicBool| {
            let taken = batch.fill(&prints[..], ids, room, stop);
            assert!(batch.iter().count() == taken.len() && batch.iter().all(|words| words.len() == LONGEST));
            taken
        };
        assert_eq!(fill(0..9, 4 * LONGEST, &stop), 0..4);
        assert_eq!(fill(4..9, 4 * LONGEST + 1, &stop), 4..9);
        assert_eq!(fill(2..9, 0, &stop), 2..3);
        assert_eq!(fill(2..2, LONGEST, &stop), 2..2);
        *stop.get_mut() = true;
        assert_eq!(fill(5..9, WORDS, &stop), 5..6);
    }
}

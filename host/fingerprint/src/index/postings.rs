//! An inverted index over some fingerprints: for each key, the positions of the words that have it.
//!
//! The words of all fingerprints are numbered consecutively. So a position is one number of 32 bits, and the difference of
//! two positions gives the fingerprint and the shift. Keys are divided into buckets of about sixteen positions. One byte for
//! each position (its tag) distinguishes the keys of a bucket. So an entry needs five bytes, and a look-up needs one or two
//! cache lines. The index is filled in the order of its fingerprints, batch by batch (`sweep`). Look-ups are possible
//! between the batches.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use super::batch::{self, Batch, Job, SortedKeys};
use super::key::{KEY_BITS, LONGEST, keys};
use super::numbering::Numbering;
use super::prints::{Prints, read};

/// The maximum number of words in one index: a million fingerprints of 120 s, in 4.5 GB. A position must fit in 32 bits.
pub(crate) const FULL: u64 = 1_000_000_000;

/// The average number of positions in a bucket, as a power of two: sixteen positions, whose tags take a quarter of a cache
/// line.
const BUCKET: u32 = 4;

/// The number of buckets of the smallest and of the largest index, as powers of two. With 2^20 or more buckets, the tag has
/// all remaining bits of the key. With fewer buckets, one key in 256 of a bucket is confused with another key, which causes
/// a false hit.
const BITS: (u32, u32) = (8, 26);

/// A bucket with at least this many positions holds common keys, in an index with 2 to the `bits` buckets. An average bucket
/// has 12 to 24 positions.
///
/// Measured among a million fingerprints, for an average query with 929 keys: 734 keys are in buckets with fewer than 64
/// positions and have 10,003 hits. 561 keys are in buckets with fewer than 32 positions and have half of these hits. So the
/// keys in small buckets are sufficient.
pub(crate) const fn common(bits: u32) -> usize {
    if bits < 24 { 64 } else { 32 }
}

/// The range of positions that a bucket has now.
#[derive(Clone, Copy, Default)]
pub(crate) struct Bucket {
    pub(crate) begin: u32,
    pub(crate) end: u32,
}

/// The index.
pub(crate) struct Postings {
    pub(super) bits: u32,
    pub(super) buckets: Vec<Bucket>,
    pub(super) tags: Vec<u8>,
    pub(super) places: Vec<u32>,
    which: Numbering,
}

impl Postings {
    /// Creates an empty index with room for a part; `None` if `stop` was set.
    pub(crate) fn for_part<P: Prints + ?Sized>(prints: &P, part: Part, stop: &AtomicBool) -> Option<Self> {
        let Part { ids, words, which } = part;
        let bits = (words.max(1).ilog2().saturating_sub(BUCKET)).clamp(BITS.0, BITS.1);
        let mut total = 0;
        let bucket = |size: u32| {
            let begin = total;
            total += size;
            Bucket { begin, end: begin }
        };
        let buckets = sizes(prints, &ids, bits, stop)?.into_iter().map(bucket).collect();
        Some(Self { bits, buckets, tags: vec![0; total as usize], places: vec![0; total as usize], which })
    }

    /// Builds the index of a part; `None` if `stop` was set.
    pub(crate) fn build<P: Prints + ?Sized>(prints: &P, part: Part, stop: &AtomicBool) -> Option<Self> {
        let ids = part.ids.clone();
        let mut index = Self::for_part(prints, part, stop)?;
        let (mut batch, mut sorted, mut answers) = <(Batch, SortedKeys, Vec<_>)>::default();
        let mut left = ids.clone();
        while !left.is_empty() && !stop.load(Ordering::Relaxed) {
            let taken = batch.fill(prints, left.clone(), batch::WORDS, stop);
            sorted.sort(&batch, index.bits);
            let firsts = index.firsts(taken.start - ids.start..taken.end - ids.start);
            index.sweep(&sorted, &firsts, Job::Insert, 0, &mut answers);
            left.start = taken.end;
        }
        left.is_empty().then_some(index)
    }

    /// The first positions of some fingerprints of the index.
    pub(crate) fn firsts(&self, at: Range<u32>) -> Vec<u32> {
        at.map(|at| self.which.first(at)).collect()
    }

    /// The number of buckets, as a power of two.
    pub(crate) const fn bits(&self) -> u32 {
        self.bits
    }

    /// The capacity in positions.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// The bucket of a key. It also contains entries of other keys.
    pub(crate) fn bucket(&self, key: u32) -> Range<u32> {
        let bucket = self.buckets.get((key >> (KEY_BITS - self.bits)) as usize).copied().unwrap_or_default();
        bucket.begin..bucket.end
    }

    /// The entries of a bucket with positions below `limit`. A bucket is sorted by position.
    pub(crate) fn below(&self, bucket: Range<u32>, limit: u32) -> Range<u32> {
        let places = self.places.get(bucket.start as usize..bucket.end as usize).unwrap_or_default();
        let count = places.partition_point(|place| *place < limit);
        bucket.start..bucket.start + u32::try_from(count).unwrap_or_default()
    }

    /// Prefetches the entries of some buckets together. If the entries were read one by one, each access would wait for
    /// memory.
    pub(crate) fn fetch(&self, begins: impl Iterator<Item = u32>) {
        let tags = begins.map(|begin| self.tags.get(begin as usize).copied().unwrap_or_default());
        std::hint::black_box(tags.fold(0_u8, u8::wrapping_add));
    }

    /// Passes the entries of a key in a bucket to `found`, in order, until `found` returns false.
    pub(crate) fn each(&self, bucket: Range<u32>, key: u32, mut found: impl FnMut(u32) -> bool) {
        let begin = bucket.start;
        let there = bucket.start as usize..bucket.end as usize;
        matching(&self.tags, there, tag(key, self.bits), |number| {
            found(begin + u32::try_from(number).unwrap_or_default())
        });
    }

    pub(crate) fn position(&self, entry: u32) -> u32 {
        self.places.get(entry as usize).copied().unwrap_or(u32::MAX)
    }

    pub(crate) fn which(&self) -> &Numbering {
        &self.which
    }
}

/// Passes the indices of the entries with this tag to `found`, in order, until `found` returns false.
#[inline]
pub(crate) fn matching(tags: &[u8], bucket: Range<usize>, tag: u8, mut found: impl FnMut(usize) -> bool) {
    let wanted = u64::from_ne_bytes([tag; 8]);
    for first in bucket.clone().step_by(8) {
        let rest = tags.get(first..).unwrap_or_default();
        let eight = rest.first_chunk().map_or_else(|| padded(rest), |eight| u64::from_le_bytes(*eight));
        let mut equal = equal_bytes(eight, wanted);
        while equal != 0 {
            let at = first + equal.trailing_zeros() as usize / 8;
            if at >= bucket.end || !found(at - bucket.start) {
                return;
            }
            equal &= equal - 1;
        }
    }
}

/// Reads fewer than eight bytes as a number; the missing bytes are zero.
#[cold]
fn padded(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Sets the upper bit of each byte that is equal in `one` and `other`, without a branch (Mycroft's test, in the exact form).
const fn equal_bytes(one: u64, other: u64) -> u64 {
    const LOWER: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let differ = one ^ other;
    !(((differ & LOWER) + LOWER) | differ | LOWER)
}

/// The tag: the bits of a key that its bucket does not determine.
#[expect(clippy::cast_possible_truncation, reason = "no more than eight bits are left")]
pub(crate) const fn tag(key: u32, bits: u32) -> u8 {
    // The highest bits below the bits of the bucket.
    let rest = KEY_BITS - bits;
    let tag = key & ((1 << rest) - 1);
    (if rest > 8 { tag >> (rest - 8) } else { tag }) as u8
}

/// The fingerprints of one index.
pub(crate) struct Part {
    pub(crate) ids: Range<u32>,
    words: u64,
    which: Numbering,
}

impl Part {
    /// The part that starts at fingerprint `from`, with fingerprints of `full` words in total, but with at least one
    /// fingerprint. Ends early if `stop` is set.
    pub(crate) fn fill<P: Prints + ?Sized>(prints: &P, from: u32, full: u64, stop: &AtomicBool) -> Self {
        let (mut which, mut buffer, mut to, mut words) = (Numbering::default(), Vec::new(), from, 0);
        while to < prints.count() && !stop.load(Ordering::Relaxed) {
            let length = prints.length(to).unwrap_or_else(|| read(prints, to, &mut buffer).len()).min(LONGEST);
            let is_full = words + length as u64 > full || !which.has_room(length);
            if is_full && to > from {
                break;
            }
            which.push(length);
            words += length as u64;
            to += 1;
        }
        Self { ids: from..to, words, which }
    }
}

/// The number of keys in each bucket; `None` if `stop` was set.
fn sizes<P: Prints + ?Sized>(prints: &P, ids: &Range<u32>, bits: u32, stop: &AtomicBool) -> Option<Vec<u32>> {
    let (mut sizes, mut words) = (vec![0; 1 << bits], Vec::new());
    for id in ids.clone() {
        if stop.load(Ordering::Relaxed) {
            return None;
        }
        for (key, _) in keys(read(prints, id, &mut words)) {
            if let Some(size) = sizes.get_mut((key >> (KEY_BITS - bits)) as usize) {
                *size += 1;
            }
        }
    }
    Some(sizes)
}

#[cfg(test)]
mod tests {
    use super::super::numbering::ALIGNED;
    use super::super::test_data;
    use super::*;

    fn of(index: &Postings, key: u32) -> Vec<u32> {
        let mut places = Vec::new();
        index.each(index.bucket(key), key, |entry| {
            places.push(index.position(entry));
            true
        });
        places
    }

    #[test]
    fn every_word_is_found_at_its_place() {
        let prints = test_data::library(30, 200, 7);
        let stop = AtomicBool::new(false);
        let index = Postings::build(&prints[3..27], Part::fill(&prints[3..27], 0, FULL, &stop), &stop).unwrap();
        let mut expected = std::collections::HashMap::<u32, Vec<u32>>::new();
        let mut first = 0;
        for print in &prints[3..27] {
            for (key, place) in keys(print) {
                expected.entry(key).or_default().push(first + place);
            }
            first += u32::try_from(print.len()).unwrap().next_multiple_of(ALIGNED);
        }
        assert_eq!(index.which().positions(), first);
        for (key, places) in expected {
            let found = of(&index, key);
            // An index with few buckets confuses some keys.
            assert!(places.iter().all(|place| found.contains(place)), "{key}");
            assert!(found.is_sorted());
        }
    }

    #[test]
    fn equal_bytes_are_detected() {
        assert_eq!(equal_bytes(0x0100_8000_ff01_0002, 0), 0x0080_0080_0000_8000);
        assert_eq!(equal_bytes(u64::MAX, u64::MAX), 0x8080_8080_8080_8080);
    }

    #[test]
    fn a_part_ends_when_full_but_has_at_least_one_fingerprint() {
        let prints = test_data::library(10, 100, 7);
        let words = prints[0].len() as u64;
        let fill = |from, full| Part::fill(&prints[..], from, full, &AtomicBool::new(false)).ids;
        assert_eq!(fill(0, words), 0..1);
        assert_eq!(fill(4, 1), 4..5);
        assert_eq!(fill(0, u64::MAX), 0..10);
        assert_eq!(fill(10, 1), 10..10);
    }
}

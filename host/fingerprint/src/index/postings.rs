//! An inverted index over some fingerprints: for each key, the places of the words that have it.
//!
//! The words of all of them are numbered through, so that a place is one number of 32 bits and the difference of two places
//! tells both which fingerprint it is and how far it is shifted. Keys fall into buckets by a hash; two keys that share a bucket
//! give hits that mean nothing, which is what hits of common keys do as well, and the check of the pair tells. So an entry costs
//! four bytes, and the table about as much again.

use std::collections::HashMap;
use std::ops::Range;

use rayon::prelude::*;

use super::key::{keys, looked_at};
use super::prints::{Prints, read};

/// How many words an index takes at most: 240,000 fingerprints of 120 s, whose index is 1.2 GB.
pub(crate) const FULL: u32 = 230_000_000;

/// Buckets of one pass while the index is built, as a power of two: 4 MB, so that a pass stays in the cache.
const PASS_BITS: u32 = 20;

/// What an index can be asked.
pub(crate) trait Places {
    /// The places of the words whose key falls where this one does, in ascending order.
    fn of(&self, key: u32) -> &[u32];

    /// The first place of each fingerprint, in ascending order; the last number is the end of the last.
    fn firsts(&self) -> &[u32];
}

/// An index that does not change.
pub(crate) struct Postings {
    /// How many bits of the hash choose the bucket.
    bits: u32,
    /// Where each bucket ends in `places`, and so where the next begins.
    ends: Vec<u32>,
    places: Vec<u32>,
    firsts: Vec<u32>,
}

impl Postings {
    /// An index over `ids`, which [`fill`] has measured.
    pub(crate) fn build<P: Prints + ?Sized>(prints: &P, ids: Range<u32>) -> Self {
        let firsts = firsts(prints, ids.clone());
        let words = firsts.last().copied().unwrap_or_default();
        // About one bucket a word; fewer would mix keys, more would cost memory.
        let bits = words.max(1 << 10).ilog2().min(28);
        let mut ends = vec![0; 1 << bits];
        count(prints, &ids, bits, &mut ends);
        let mut total = 0;
        for end in &mut ends {
            // For now, where the bucket begins: what is put in moves it to its end.
            (total, *end) = (total + *end, total);
        }
        let mut places = vec![0; total as usize];
        scatter(prints, &ids, bits, &firsts, &mut ends, &mut places);
        Self { bits, ends, places, firsts }
    }
}

impl Places for Postings {
    fn of(&self, key: u32) -> &[u32] {
        let bucket = bucket(key, self.bits) as usize;
        let end = |bucket: usize| self.ends.get(bucket).copied().unwrap_or_default() as usize;
        let begin = bucket.checked_sub(1).map_or(0, end);
        self.places.get(begin..end(bucket)).unwrap_or_default()
    }

    fn firsts(&self) -> &[u32] {
        &self.firsts
    }
}

/// How many fingerprints from `from` on fill one index.
pub(crate) fn fill<P: Prints + ?Sized>(prints: &P, from: u32) -> Range<u32> {
    let (mut words, mut buffer, mut to) = (0, Vec::new(), from);
    while to < prints.count() && (words < FULL || to == from) {
        words += length(looked_at(read(prints, to, &mut buffer)));
        to += 1;
    }
    from..to
}

/// The bucket of a key, by multiplicative hashing (Knuth, The Art of Computer Programming, 6.4): the upper bits of a product.
const fn bucket(key: u32, bits: u32) -> u32 {
    key.wrapping_mul(0x9e37_79b1) >> (32 - bits)
}

fn length(words: &[u32]) -> u32 {
    // At most `LONGEST`.
    u32::try_from(words.len()).unwrap_or(u32::MAX)
}

fn firsts<P: Prints + ?Sized>(prints: &P, ids: Range<u32>) -> Vec<u32> {
    let (mut words, mut place) = (Vec::new(), 0);
    let mut firsts = vec![0];
    firsts.extend(ids.map(|id| {
        place += length(looked_at(read(prints, id, &mut words)));
        place
    }));
    firsts
}

/// Counts the keys of each bucket; each pass does a part of the buckets.
fn count<P: Prints + ?Sized>(prints: &P, ids: &Range<u32>, bits: u32, counts: &mut [u32]) {
    counts.par_chunks_mut(1 << PASS_BITS).enumerate().for_each(|(pass, counts)| {
        let mut words = Vec::new();
        let base = pass << PASS_BITS;
        for id in ids.clone() {
            for (key, _) in keys(read(prints, id, &mut words)) {
                let bucket = (bucket(key, bits) as usize).wrapping_sub(base);
                if let Some(count) = counts.get_mut(bucket) {
                    *count += 1;
                }
            }
        }
    });
}

/// Puts each place into its bucket; each pass does a part of the buckets.
fn scatter<P: Prints + ?Sized>(
    prints: &P,
    ids: &Range<u32>,
    bits: u32,
    firsts: &[u32],
    begins: &mut [u32],
    places: &mut [u32],
) {
    let mut passes = Vec::new();
    let (mut rest, mut taken) = (places, 0);
    let next = begins.iter().step_by(1 << PASS_BITS).skip(1).copied().collect::<Vec<_>>();
    for (pass, begins) in begins.chunks_mut(1 << PASS_BITS).enumerate() {
        let end = next.get(pass).copied().unwrap_or(u32::MAX);
        let size = (end - taken) as usize;
        let (part, others) = rest.split_at_mut(size.min(rest.len()));
        passes.push((pass << PASS_BITS, taken, begins, part));
        (rest, taken) = (others, end);
    }
    passes.into_par_iter().for_each(|(base, taken, ends, part)| {
        let mut words = Vec::new();
        for (id, first) in ids.clone().zip(firsts) {
            for (key, place) in keys(read(prints, id, &mut words)) {
                let Some(end) = ends.get_mut((bucket(key, bits) as usize).wrapping_sub(base)) else { continue };
                if let Some(slot) = part.get_mut((*end - taken) as usize) {
                    *slot = first + place;
                }
                *end += 1;
            }
        }
    });
}

/// A small index that grows.
#[derive(Default)]
pub(crate) struct Growing {
    places: HashMap<u32, Vec<u32>>,
    firsts: Vec<u32>,
}

impl Growing {
    /// Adds a fingerprint.
    pub(crate) fn push(&mut self, words: &[u32]) {
        if self.firsts.is_empty() {
            self.firsts.push(0);
        }
        let first = self.firsts.last().copied().unwrap_or_default();
        for (key, place) in keys(words) {
            self.places.entry(key).or_default().push(first + place);
        }
        self.firsts.push(first + length(looked_at(words)));
    }

    /// How many fingerprints it has.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.firsts.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

impl Places for Growing {
    fn of(&self, key: u32) -> &[u32] {
        self.places.get(&key).map(Vec::as_slice).unwrap_or_default()
    }

    fn firsts(&self) -> &[u32] {
        &self.firsts
    }
}

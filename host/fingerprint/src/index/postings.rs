//! An inverted index over some fingerprints: for each key, the places of the words that have it.
//!
//! The words of all of them are numbered through, so that a place is one number of 32 bits and the difference of two places
//! tells both which fingerprint it is and how far it is shifted. Keys fall into buckets of about sixteen places; one byte beside
//! each place tells the keys of a bucket apart. So an entry costs five bytes, and a question one or two lines of memory. The
//! index is filled in the order of its fingerprints, and may be asked in between.

use std::ops::Range;

use rayon::prelude::*;

use super::key::{KEY_BITS, keys, looked_at};
use super::places::{Places, Which};
use super::prints::{Prints, read};

/// How many words one index takes at most: a million fingerprints of 120 s, whose index is 4.5 GB. A place must fit in 32 bits.
pub(crate) const FULL: u64 = 1_000_000_000;

/// Places of a bucket on average, as a power of two: sixteen, whose bytes are a quarter of a line of memory.
const BUCKET: u32 = 4;

/// The buckets of the smallest and of the largest index, as powers of two. With 20 or more the byte holds all that the bucket
/// does not say of a key, so that nothing is mixed up.
const BITS: (u32, u32) = (KEY_BITS - 8, 26);

/// Where the places of a bucket begin, and where they end by now.
#[derive(Clone, Copy, Default)]
struct Bucket {
    begin: u32,
    end: u32,
}

/// The index.
pub(crate) struct Postings {
    bits: u32,
    buckets: Vec<Bucket>,
    tags: Vec<u8>,
    places: Vec<u32>,
    which: Which,
}

impl Postings {
    /// An index with room for a part, which has nothing of it yet.
    pub(crate) fn for_part<P: Prints + ?Sized>(prints: &P, part: Part) -> Self {
        let Part { ids, which } = part;
        let bits = (which.words().max(1).ilog2().saturating_sub(BUCKET)).clamp(BITS.0, BITS.1);
        let mut buckets = vec![Bucket::default(); 1 << bits];
        count(prints, &ids, bits, &mut buckets);
        let mut total = 0;
        for bucket in &mut buckets {
            let size = bucket.end;
            *bucket = Bucket { begin: total, end: total };
            total += size;
        }
        let room = total as usize;
        Self { bits, buckets, tags: vec![0; room], places: vec![0; room], which }
    }

    /// An index over a whole part.
    pub(crate) fn build<P: Prints + ?Sized>(prints: &P, part: Part) -> Self {
        let ids = part.ids.clone();
        let mut index = Self::for_part(prints, part);
        let mut batch = Batch::default();
        for begin in ids.clone().step_by(Batch::SIZE as usize) {
            batch.read(prints, begin..(begin + Batch::SIZE).min(ids.end));
            index.add(&batch, begin - ids.start);
        }
        index
    }

    /// Adds the next fingerprints; the first of them is the `at`th of this index.
    pub(crate) fn add(&mut self, batch: &Batch, at: u32) {
        let (bits, which) = (self.bits, &self.which);
        let shares = Share::split(&mut self.buckets, &mut self.tags, &mut self.places);
        shares.into_par_iter().for_each(|mut share| {
            for (words, at) in batch.iter().zip(at..) {
                let first = which.first(at);
                for (key, place) in keys(words) {
                    share.add(key, bits, first + place);
                }
            }
        });
    }
}

impl Places for Postings {
    fn room(&self, key: u32) -> usize {
        let bucket = self.bucket(key);
        (bucket.end - bucket.begin) as usize
    }

    fn each(&self, key: u32, mut found: impl FnMut(u32) -> bool) {
        let bucket = self.bucket(key);
        let range = bucket.begin as usize..bucket.end as usize;
        let tags = self.tags.get(range.clone()).unwrap_or_default();
        let tag = tag(key, self.bits);
        for (there, place) in tags.iter().zip(self.places.get(range).unwrap_or_default()) {
            if *there == tag && !found(*place) {
                break;
            }
        }
    }

    fn which(&self) -> &Which {
        &self.which
    }
}

impl Postings {
    fn bucket(&self, key: u32) -> Bucket {
        self.buckets.get((key >> (KEY_BITS - self.bits)) as usize).copied().unwrap_or_default()
    }
}

/// What a bucket does not say of a key.
const fn tag(key: u32, bits: u32) -> u8 {
    (key & ((1 << (KEY_BITS - bits)) - 1)) as u8
}

/// Some fingerprints in memory.
#[derive(Default)]
pub(crate) struct Batch {
    words: Vec<u32>,
    ends: Vec<usize>,
    one: Vec<u32>,
}

impl Batch {
    /// How many are taken at once: 2 MB of words, which stay in the cache between being added and being asked for.
    pub(crate) const SIZE: u32 = 512;

    /// Reads these and forgets those from before.
    pub(crate) fn read<P: Prints + ?Sized>(&mut self, prints: &P, ids: Range<u32>) {
        self.words.clear();
        self.ends.clear();
        for id in ids {
            self.words.extend_from_slice(looked_at(read(prints, id, &mut self.one)));
            self.ends.push(self.words.len());
        }
    }

    /// The words of the `at`th of them.
    pub(crate) fn get(&self, at: usize) -> &[u32] {
        let begin = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        let end = self.ends.get(at).copied().unwrap_or_default();
        self.words.get(begin..end).unwrap_or_default()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.len()).map(|at| self.get(at))
    }
}

/// The buckets that one thread fills.
struct Share<'a> {
    /// The number of its first bucket.
    from: usize,
    /// The first of its places.
    begin: u32,
    buckets: &'a mut [Bucket],
    tags: &'a mut [u8],
    places: &'a mut [u32],
}

impl<'a> Share<'a> {
    /// One for each thread.
    fn split(buckets: &'a mut [Bucket], mut tags: &'a mut [u8], mut places: &'a mut [u32]) -> Vec<Self> {
        let size = share_size(buckets.len());
        let mut shares: Vec<Self> = Vec::new();
        let mut next: Vec<_> = buckets.chunks(size).skip(1).map(|share| share.first().map_or(0, |one| one.begin)).collect();
        next.push(u32::try_from(places.len()).unwrap_or(u32::MAX));
        let mut begin = 0;
        for ((number, buckets), end) in buckets.chunks_mut(size).enumerate().zip(next) {
            let (own_tags, other_tags) = tags.split_at_mut((end - begin) as usize);
            let (own_places, other_places) = places.split_at_mut((end - begin) as usize);
            shares.push(Self { from: number * size, begin, buckets, tags: own_tags, places: own_places });
            (tags, places, begin) = (other_tags, other_places, end);
        }
        shares
    }

    fn add(&mut self, key: u32, bits: u32, place: u32) {
        let number = ((key >> (KEY_BITS - bits)) as usize).wrapping_sub(self.from);
        let Some(bucket) = self.buckets.get_mut(number) else { return };
        let at = (bucket.end - self.begin) as usize;
        if let (Some(there), Some(slot)) = (self.tags.get_mut(at), self.places.get_mut(at)) {
            (*there, *slot) = (tag(key, bits), place);
            bucket.end += 1;
        }
    }
}

fn share_size(buckets: usize) -> usize {
    buckets.div_ceil(rayon::current_num_threads().max(1)).max(1)
}

/// The fingerprints of one index.
pub(crate) struct Part {
    /// Which ones.
    pub(crate) ids: Range<u32>,
    which: Which,
}

impl Part {
    /// As many from `from` on as have `full` words together, but at least one.
    pub(crate) fn fill<P: Prints + ?Sized>(prints: &P, from: u32, full: u64) -> Self {
        let (mut which, mut words, mut to) = (Which::default(), Vec::new(), from);
        while to < prints.count() {
            let more = looked_at(read(prints, to, &mut words)).len();
            if u64::from(which.words()) + more as u64 > full && to > from {
                break;
            }
            which.push(more);
            to += 1;
        }
        Self { ids: from..to, which }
    }
}

/// Counts the keys of each bucket into its end; each thread does a share of the buckets.
fn count<P: Prints + ?Sized>(prints: &P, ids: &Range<u32>, bits: u32, buckets: &mut [Bucket]) {
    let size = share_size(buckets.len());
    buckets.par_chunks_mut(size).enumerate().for_each(|(number, share)| {
        let (mut words, from) = (Vec::new(), number * size);
        for id in ids.clone() {
            for (key, _) in keys(read(prints, id, &mut words)) {
                let number = ((key >> (KEY_BITS - bits)) as usize).wrapping_sub(from);
                if let Some(bucket) = share.get_mut(number) {
                    bucket.end += 1;
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::made;
    use super::*;

    fn of(index: &impl Places, key: u32) -> Vec<u32> {
        let mut places = Vec::new();
        index.each(key, |place| {
            places.push(place);
            true
        });
        places
    }

    #[test]
    fn every_word_is_found_at_its_place_and_no_other() {
        let prints = made::library(30, 200, 7);
        let index = Postings::build(&prints[3..27], Part::fill(&prints[3..27], 0, FULL));
        let mut expected = std::collections::HashMap::<u32, Vec<u32>>::new();
        let mut first = 0;
        for print in &prints[3..27] {
            for (key, place) in keys(print) {
                expected.entry(key).or_default().push(first + place);
            }
            first += u32::try_from(print.len()).unwrap();
        }
        assert_eq!(index.which().words(), first);
        for (key, places) in expected {
            assert_eq!(of(&index, key), places);
        }
    }

    #[test]
    fn a_part_ends_where_it_is_full_and_takes_one_at_least() {
        let prints = made::library(10, 100, 7);
        let words = prints[0].len() as u64;
        assert_eq!(Part::fill(&prints[..], 0, words).ids, 0..1);
        assert_eq!(Part::fill(&prints[..], 4, 1).ids, 4..5);
        assert_eq!(Part::fill(&prints[..], 0, u64::MAX).ids, 0..10);
        assert_eq!(Part::fill(&prints[..], 10, 1).ids, 10..10);
    }
}

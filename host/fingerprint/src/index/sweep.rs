//! Processes the sorted keys of a batch in the memory order of an index: looks them up, inserts them, or both.
//!
//! Each thread processes a share of the partitions, with the corresponding part of the index. A key is looked up before it
//! is inserted, and the keys of one bucket are in the order of their fingerprints. So each fingerprint finds all earlier
//! fingerprints, also in the same batch. Which hits it finds, and which of its keys are common, does not depend on the
//! division into batches. The number of stored hits is limited. A query that lost a hit is marked, and the caller must look
//! it up separately.

use std::ops::Range;

use rayon::prelude::*;

use super::batch::{Entry, Job, SortedKeys, WordOrigin};
use super::key::KEY_BITS;
use super::postings::{Bucket, Postings, common, matching, tag};

/// The number of keys whose entries are prefetched together, if the batch has few keys for many buckets.
const FETCHED: usize = 256;

const LINE: usize = 64;

/// A hit: the position in the index, and the position in the query.
pub(crate) type Hit = (u32, u32);

/// The answers of one share of an index.
#[derive(Default)]
pub(crate) struct Answers {
    found: Vec<(u32, WordOrigin)>,
    /// The maximum number of hits.
    room: usize,
    queries: Vec<Query>,
    hits: Vec<Hit>,
    ends: Vec<usize>,
}

/// The answer for one query, without its hits.
#[derive(Clone, Copy, Default)]
struct Query {
    /// The number of the query's common keys, which were not looked up.
    common: u32,
    /// True if a hit of the query was dropped.
    is_cut: bool,
}

impl Answers {
    fn clear(&mut self, queries: usize, room: usize) {
        self.room = room;
        self.found.clear();
        self.queries.clear();
        self.queries.resize(queries, Query::default());
    }

    /// Sorts the hits by query.
    fn group(&mut self, queries: usize) {
        self.ends.clear();
        self.ends.resize(queries, 0);
        for (_, from) in &self.found {
            if let Some(size) = self.ends.get_mut(from.print()) {
                *size += 1;
            }
        }
        let mut total = 0;
        for end in &mut self.ends {
            (*end, total) = (total, total + *end);
        }
        self.hits.resize(total, (0, 0));
        for (there, from) in &self.found {
            let Some(end) = self.ends.get_mut(from.print()) else { continue };
            if let Some(hit) = self.hits.get_mut(*end) {
                *hit = (*there, from.position());
            }
            *end += 1;
        }
    }

    /// The hits of a query.
    pub(crate) fn of(&self, query: usize) -> &[Hit] {
        let begin = query.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.hits.get(begin..self.ends.get(query).copied().unwrap_or_default()).unwrap_or_default()
    }

    /// The number of common keys of a query.
    pub(crate) fn common(&self, query: usize) -> usize {
        self.queries.get(query).map_or(0, |query| query.common as usize)
    }

    /// True if all hits of a query were stored.
    pub(crate) fn is_whole(&self, query: usize) -> bool {
        self.queries.get(query).is_none_or(|query| !query.is_cut)
    }
}

impl Postings {
    /// Processes a batch. `firsts` has the first index position of each fingerprint of the batch. A fingerprint finds only
    /// positions before its own first position. `answers` gets one entry for each share of the index; together the entries
    /// store at most `room` hits.
    pub(crate) fn sweep(
        &mut self,
        sorted: &SortedKeys,
        firsts: &[u32],
        job: Job,
        room: usize,
        answers: &mut Vec<Answers>,
    ) {
        let partitions = sorted.partitions().max(1);
        let each = partitions.div_ceil(rayon::current_num_threads().max(1));
        let bits = self.bits;
        let shares = self.shares(each * (1 << bits) / partitions);
        answers.resize_with(shares.len(), Answers::default);
        let (room, buckets) = (room / shares.len().max(1), (1 << bits) / partitions);
        shares.into_par_iter().zip(answers).enumerate().for_each(|(number, (mut share, answers))| {
            answers.clear(firsts.len(), room);
            for partition in number * each..((number + 1) * each).min(partitions) {
                let there = share.entries(partition * buckets..(partition + 1) * buckets);
                share.process_partition(sorted.of(partition..partition + 1), there, firsts, bits, job, answers);
            }
            answers.group(firsts.len());
        });
    }

    /// Divides the index into shares of `size` buckets.
    fn shares(&mut self, size: usize) -> Vec<Share<'_>> {
        let (mut tags, mut places) = (self.tags.as_mut_slice(), self.places.as_mut_slice());
        let begins: Vec<_> = self.buckets.chunks(size).filter_map(|share| Some(share.first()?.begin)).collect();
        let ends = begins.iter().skip(1).copied().chain([u32::try_from(places.len()).unwrap_or(u32::MAX)]);
        let ranges: Vec<Range<u32>> = begins.iter().zip(ends).map(|(begin, end)| *begin..end).collect();
        let mut shares = Vec::new();
        for ((number, buckets), range) in self.buckets.chunks_mut(size).enumerate().zip(ranges) {
            let (own_tags, other_tags) = tags.split_at_mut_checked(range.len()).unwrap_or_default();
            let (own_places, other_places) = places.split_at_mut_checked(range.len()).unwrap_or_default();
            shares.push(Share { from: number * size, begin: range.start, buckets, tags: own_tags, places: own_places });
            (tags, places) = (other_tags, other_places);
        }
        shares
    }
}

/// The buckets of one thread.
struct Share<'a> {
    /// The number of the share's first bucket.
    from: usize,
    /// The number of the share's first entry.
    begin: u32,
    buckets: &'a mut [Bucket],
    tags: &'a mut [u8],
    places: &'a mut [u32],
}

impl Share<'_> {
    /// Processes the keys of a partition: prefetches all entries, then examines them. Without prefetching, each access would
    /// wait for memory, and mispredicted branches would delay other accesses.
    fn process_partition(
        &mut self,
        entries: &[Entry],
        there: Range<usize>,
        firsts: &[u32],
        bits: u32,
        job: Job,
        answers: &mut Answers,
    ) {
        let is_dense = there.len() < LINE * entries.len();
        if is_dense {
            self.fetch_all(there);
        }
        for some in entries.chunks(FETCHED) {
            if !is_dense {
                self.fetch(some, bits);
            }
            for entry in some.iter().copied() {
                let Some(bucket) = self.bucket(entry, bits) else { continue };
                let first = firsts.get(entry.from().print()).copied().unwrap_or_default();
                if job != Job::Insert {
                    self.ask(entry, bucket.clone(), first, bits, answers);
                }
                if job != Job::LookUp {
                    self.put(entry, bucket.end, first, bits);
                }
            }
        }
    }

    /// The entries of the bucket that contains the key of `entry`.
    fn bucket(&self, entry: Entry, bits: u32) -> Option<Range<usize>> {
        let bucket = self.buckets.get(self.number(entry, bits))?;
        Some((bucket.begin - self.begin) as usize..(bucket.end - self.begin) as usize)
    }

    fn number(&self, entry: Entry, bits: u32) -> usize {
        ((entry.key >> (KEY_BITS - bits)) as usize).wrapping_sub(self.from)
    }

    /// The entries of some buckets. They are numbered over the whole index.
    fn entries(&self, buckets: Range<usize>) -> Range<usize> {
        let own = |bucket: usize| self.buckets.get(bucket.wrapping_sub(self.from));
        let (Some(first), Some(last)) = (own(buckets.start), own(buckets.end.wrapping_sub(1))) else { return 0..0 };
        (first.begin - self.begin) as usize..(last.end - self.begin) as usize
    }

    /// Prefetches entries in memory order, which is fastest.
    fn fetch_all(&self, there: Range<usize>) {
        let tags = self.tags.get(there.clone()).unwrap_or_default().iter().step_by(LINE).copied();
        let places = self.places.get(there).unwrap_or_default().iter().step_by(LINE / 4).copied();
        std::hint::black_box(tags.map(u32::from).chain(places).fold(0, |all, one| all ^ one));
    }

    fn fetch(&self, entries: &[Entry], bits: u32) {
        let touched = entries.iter().copied().map(|entry| {
            let bucket = self.bucket(entry, bits).unwrap_or_default();
            let tags = [bucket.start, bucket.end].map(|at| self.tags.get(at).copied().unwrap_or_default());
            let place = self.places.get(bucket.end).copied().unwrap_or_default();
            u32::from(tags[0] ^ tags[1]) ^ place
        });
        std::hint::black_box(touched.fold(0, |all, one| all ^ one));
    }

    fn ask(&self, entry: Entry, bucket: Range<usize>, first: u32, bits: u32, answers: &mut Answers) {
        let (from, places) = (entry.from(), self.places.get(bucket.clone()).unwrap_or_default());
        // The last entries belong to the query, because they were inserted just before.
        let own = places.iter().rev().take_while(|place| **place >= first).count();
        let bucket = bucket.start..bucket.end - own;
        let Some(query) = answers.queries.get_mut(from.print()) else { return };
        if bucket.len() >= common(bits) {
            query.common += 1;
            return;
        }
        matching(self.tags, bucket, tag(entry.key, bits), |number| {
            let has_room = answers.found.len() < answers.room;
            if has_room {
                answers.found.extend(places.get(number).map(|place| (*place, from)));
            } else {
                query.is_cut = true;
            }
            has_room
        });
    }

    fn put(&mut self, entry: Entry, at: usize, first: u32, bits: u32) {
        if let (Some(there), Some(slot)) = (self.tags.get_mut(at), self.places.get_mut(at)) {
            (*there, *slot) = (tag(entry.key, bits), first + entry.from().position());
        }
        let number = self.number(entry, bits);
        if let Some(bucket) = self.buckets.get_mut(number) {
            bucket.end += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::AtomicBool;

    use super::super::batch::Batch;
    use super::super::key::keys;
    use super::super::postings::{FULL, Part};
    use super::super::test_data;
    use super::*;

    /// A hit: fingerprint and position in the index, fingerprint and position in the query.
    type TestHit = (usize, u32, usize, u32);

    /// Every hit of the query `second` in the fingerprint `first`, for all pairs for which `finds(first, second)` is true.
    /// With 2 to the `bits` buckets, keys are distinguished by the `bits` bits of the bucket and eight more bits.
    fn expected(prints: &[Vec<u32>], bits: u32, finds: impl Fn(usize, usize) -> bool) -> Vec<TestHit> {
        let (mut all, tag) = (Vec::new(), |key: u32| key >> (KEY_BITS - bits - 8));
        for (second, query) in prints.iter().enumerate() {
            for (first, other) in prints.iter().enumerate().filter(|(first, _)| finds(*first, second)) {
                for (key, place) in keys(query) {
                    let same = keys(other).filter(|(there, _)| tag(*there) == tag(key));
                    all.extend(same.map(|(_, there)| (first, there, second, place)));
                }
            }
        }
        all.sort_unstable();
        all
    }

    /// An index with room for the first fingerprints, and the functions that the tests call.
    struct TestIndex<'a> {
        prints: &'a [Vec<u32>],
        postings: Postings,
        answers: Vec<Answers>,
    }

    impl<'a> TestIndex<'a> {
        fn new(prints: &'a [Vec<u32>], first: usize) -> Self {
            let (first, stop) = (&prints[..first], AtomicBool::new(false));
            let postings = Postings::for_part(first, Part::fill(first, 0, FULL, &stop), &stop).unwrap();
            Self { prints, postings, answers: Vec::new() }
        }

        /// Processes some of the fingerprints and returns the hits.
        fn hits(&mut self, part: Range<u32>, job: Job, room: usize) -> Vec<TestHit> {
            let (mut batch, mut sorted) = (Batch::default(), SortedKeys::default());
            batch.fill(self.prints, part.clone(), usize::MAX, &AtomicBool::new(false));
            sorted.sort(&batch, self.postings.bits());
            let all = vec![u32::MAX; part.len()];
            let firsts = if job == Job::LookUp { all } else { self.postings.firsts(part.clone()) };
            self.postings.sweep(&sorted, &firsts, job, room, &mut self.answers);
            let mut found = Vec::new();
            for (query, second) in part.enumerate() {
                for (there, place) in self.answers.iter().flat_map(|answers| answers.of(query)) {
                    let (at, first) = self.postings.which().of(*there);
                    found.push((at as usize, there - first, second as usize, *place));
                }
            }
            found.sort_unstable();
            found
        }

        fn common(&self, query: usize) -> usize {
            self.answers.iter().map(|answers| answers.common(query)).sum()
        }
    }

    #[test]
    fn each_fingerprint_finds_all_earlier_ones() {
        let prints = test_data::library(40, 300, 3);
        let mut index = TestIndex::new(&prints, 40);
        let mut found = index.hits(0..25, Job::LookUpAndInsert, usize::MAX);
        found.extend(index.hits(25..40, Job::LookUpAndInsert, usize::MAX));
        assert!(!found.is_empty() && (0..15).all(|query| index.common(query) == 0));
        found.sort_unstable();
        assert_eq!(found, expected(&prints, index.postings.bits(), |first, second| first < second));
    }

    #[test]
    fn a_query_finds_all_entries_and_changes_nothing() {
        let prints = test_data::library(40, 300, 3);
        let mut index = TestIndex::new(&prints, 25);
        assert_eq!(index.hits(0..25, Job::Insert, usize::MAX), []);
        let expected = expected(&prints, index.postings.bits(), |first, second| first < 25 && second >= 25);
        assert!(!expected.is_empty());
        for _ in 0..2 {
            assert_eq!(index.hits(25..40, Job::LookUp, usize::MAX), expected);
        }
    }

    #[test]
    fn common_keys_are_counted_but_not_looked_up() {
        let one = test_data::piece(300, 0.9, 1);
        let prints = vec![one; 100];
        let mut index = TestIndex::new(&prints, 90);
        let found_hits = index.hits(0..90, Job::LookUpAndInsert, usize::MAX);
        let bits = index.postings.bits();
        // The number of keys that a fingerprint has in each bucket.
        let mut each = std::collections::HashMap::new();
        let bucket = |key: u32| key >> (KEY_BITS - bits);
        keys(&prints[0]).for_each(|(key, _)| *each.entry(bucket(key)).or_insert(0) += 1);
        let is_common = |key: u32, before: usize| each[&bucket(key)] * before >= common(bits);
        for (query, words) in prints.iter().enumerate().take(90) {
            let (are, rare): (Vec<_>, Vec<_>) = keys(words).partition(|(key, _)| is_common(*key, query));
            assert_eq!(index.common(query), are.len(), "{query}");
            let places: HashSet<_> = found_hits.iter().filter(|hit| hit.2 == query).map(|hit| hit.3).collect();
            assert_eq!(places.len(), if query == 0 { 0 } else { rare.len() }, "{query}");
        }
        assert_eq!(index.hits(90..100, Job::LookUp, usize::MAX), []);
        assert!((0..10).all(|query| index.common(query) == keys(&prints[0]).count()));
    }

    #[test]
    fn stored_hits_are_limited_and_incomplete_queries_are_marked() {
        let prints = test_data::skewed();
        let last = u32::try_from(prints.len()).unwrap();
        let whole = TestIndex::new(&prints, prints.len()).hits(0..last, Job::LookUpAndInsert, usize::MAX);
        let mut index = TestIndex::new(&prints, prints.len());
        let found_hits = index.hits(0..last, Job::LookUpAndInsert, 1_000);
        assert!(whole.len() > 50_000 && found_hits.len() <= 1_000, "{} and {}", whole.len(), found_hits.len());
        for query in 0..prints.len() {
            let of = |found_hits: &[TestHit]| found_hits.iter().filter(|hit| hit.2 == query).count();
            assert_eq!(
                index.answers.iter().all(|answers| answers.is_whole(query)),
                of(&whole) == of(&found_hits),
                "{query}"
            );
        }
    }
}

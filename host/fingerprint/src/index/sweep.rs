//! Going through an index in its own order with the sorted keys of a batch: asking for them, putting them, or both.
//!
//! Each thread takes a share of the drawers, and with it the part of the index that is theirs. A key asks before it is put, and
//! keys of one bucket come in the order of their fingerprints, so each fingerprint finds those before it, of its own batch too.
//! What it finds, and which of its keys are common, does not depend on where batches end. Of the hits only so many are kept; a
//! query of which one is not is told, and has to be asked for by itself.

use std::ops::Range;

use rayon::prelude::*;

use super::batch::{Entry, From, Sorted};
use super::key::KEY_BITS;
use super::postings::{Bucket, Postings, common, matching, tag};

/// What is done with the keys of a batch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Job {
    /// They are put.
    Put,
    /// They are asked for.
    Ask,
    /// They are asked for and then put.
    Both,
}

/// Keys whose entries are fetched at once, where they are few among many buckets.
const FETCHED: usize = 256;

/// Bytes of a line of memory.
const LINE: usize = 64;

/// A hit: the place in the index, and that in the query.
pub(crate) type Hit = (u32, u32);

/// What one share of an index answered.
#[derive(Default)]
pub(crate) struct Answers {
    found: Vec<(u32, From)>,
    /// How many hits are kept.
    room: usize,
    queries: Vec<Query>,
    hits: Vec<Hit>,
    ends: Vec<usize>,
}

/// What is to be said of a query besides its hits.
#[derive(Clone, Copy, Default)]
struct Query {
    /// How many common keys it has here, which were not asked for.
    common: u32,
    /// Whether there was no room for one of its hits.
    is_cut: bool,
}

impl Answers {
    fn clear(&mut self, queries: usize, room: usize) {
        self.room = room;
        self.found.clear();
        self.queries.clear();
        self.queries.resize(queries, Query::default());
    }

    /// Puts the hits of each query together.
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
                *hit = (*there, from.place());
            }
            *end += 1;
        }
    }

    /// The hits of a query.
    pub(crate) fn of(&self, query: usize) -> &[Hit] {
        let begin = query.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or_default();
        self.hits.get(begin..self.ends.get(query).copied().unwrap_or_default()).unwrap_or_default()
    }

    /// How many common keys a query has.
    pub(crate) fn common(&self, query: usize) -> usize {
        self.queries.get(query).map_or(0, |query| query.common as usize)
    }

    /// Whether all hits of a query are here.
    pub(crate) fn is_whole(&self, query: usize) -> bool {
        self.queries.get(query).is_none_or(|query| !query.is_cut)
    }
}

impl Postings {
    /// Does a job with a batch. `firsts` has the first place of each of its fingerprints: they find only what lies before.
    /// What is answered is in `answers`, of as many shares as there are, which keep `room` hits together.
    pub(crate) fn sweep(&mut self, sorted: &Sorted, firsts: &[u32], job: Job, room: usize, answers: &mut Vec<Answers>) {
        let drawers = sorted.drawers().max(1);
        let each = drawers.div_ceil(rayon::current_num_threads().max(1));
        let bits = self.bits;
        let shares = self.shares(each * (1 << bits) / drawers);
        answers.resize_with(shares.len(), Answers::default);
        let room = room / shares.len().max(1);
        shares.into_par_iter().zip(answers).enumerate().for_each(|(number, (mut share, answers))| {
            answers.clear(firsts.len(), room);
            for drawer in number * each..((number + 1) * each).min(drawers) {
                share.go(sorted.of(drawer..drawer + 1), firsts, bits, job, answers);
            }
            answers.group(firsts.len());
        });
    }

    /// The index in shares of so many buckets.
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

/// The buckets that one thread goes through.
struct Share<'a> {
    /// The number of its first bucket.
    from: usize,
    /// The first of its entries.
    begin: u32,
    buckets: &'a mut [Bucket],
    tags: &'a mut [u8],
    places: &'a mut [u32],
}

impl Share<'_> {
    /// Does a job with the keys of a drawer: first what they need is fetched at once, then it is looked at. Each by itself would
    /// be waited for, and guessing wrongly what comes next would stop the rest.
    fn go(&mut self, entries: &[Entry], firsts: &[u32], bits: u32, job: Job, answers: &mut Answers) {
        let drawer = self.drawer(entries, bits);
        let is_dense = drawer.len() < LINE * entries.len();
        if is_dense {
            self.fetch_all(drawer);
        }
        for some in entries.chunks(FETCHED) {
            if !is_dense {
                self.fetch(some, bits);
            }
            for entry in some.iter().copied() {
                let Some(bucket) = self.bucket(entry, bits) else { continue };
                let first = firsts.get(entry.from().print()).copied().unwrap_or_default();
                if job != Job::Put {
                    self.ask(entry, bucket.clone(), first, bits, answers);
                }
                if job != Job::Ask {
                    self.put(entry, bucket.end, first, bits);
                }
            }
        }
    }

    /// The entries of the bucket of a key.
    fn bucket(&self, entry: Entry, bits: u32) -> Option<Range<usize>> {
        let bucket = self.buckets.get(self.number(entry, bits))?;
        Some((bucket.begin - self.begin) as usize..(bucket.end - self.begin) as usize)
    }

    fn number(&self, entry: Entry, bits: u32) -> usize {
        ((entry.key >> (KEY_BITS - bits)) as usize).wrapping_sub(self.from)
    }

    /// All entries from the first to the last bucket of some keys.
    fn drawer(&self, entries: &[Entry], bits: u32) -> Range<usize> {
        let buckets = entries.iter().map(|entry| self.number(*entry, bits));
        let (first, last) = buckets.fold((usize::MAX, 0), |(first, last), one| (first.min(one), last.max(one)));
        let (Some(first), Some(last)) = (self.buckets.get(first), self.buckets.get(last)) else { return 0..0 };
        (first.begin - self.begin) as usize..(last.end - self.begin) as usize
    }

    /// In their order, which memory is fastest in.
    fn fetch_all(&self, drawer: Range<usize>) {
        let tags = self.tags.get(drawer.clone()).unwrap_or_default().iter().step_by(LINE).copied();
        let places = self.places.get(drawer).unwrap_or_default().iter().step_by(LINE / 4).copied();
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
        // Its own, which were put just now, are the last.
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
            (*there, *slot) = (tag(entry.key, bits), first + entry.from().place());
        }
        let number = self.number(entry, bits);
        if let Some(bucket) = self.buckets.get_mut(number) {
            bucket.end += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::batch::Batch;
    use super::super::key::keys;
    use super::super::made;
    use super::super::postings::{FULL, Part};
    use super::*;

    /// Every hit of two of the prints, as the numbers of both and their places, in an index of so many buckets: it tells keys
    /// apart by the bits of the bucket and eight more.
    fn expected(prints: &[Vec<u32>], bits: u32) -> Vec<(usize, u32, usize, u32)> {
        let (mut all, told) = (Vec::new(), |key: u32| key >> (KEY_BITS - bits - 8));
        for (second, query) in prints.iter().enumerate() {
            for (first, other) in prints.iter().enumerate().take(second) {
                for (key, place) in keys(query) {
                    all.extend(
                        keys(other)
                            .filter(|(there, _)| told(*there) == told(key))
                            .map(|(_, there)| (first, there, second, place)),
                    );
                }
            }
        }
        all.sort_unstable();
        all
    }

    #[test]
    fn each_finds_those_before_it_in_its_batch_and_in_others() {
        let prints = made::library(40, 300, 3);
        let mut index = Postings::for_part(&prints[..], Part::fill(&prints[..], 0, FULL));
        let (mut batch, mut sorted, mut answers) = <(Batch, Sorted, Vec<Answers>)>::default();
        let mut found = Vec::new();
        for part in [0..25, 25..40_u32] {
            batch.fill(&prints[..], part.clone());
            sorted.sort(&batch, index.bits());
            let firsts = index.firsts(part.clone());
            index.sweep(&sorted, &firsts, Job::Both, &mut answers);
            for second in part.clone() {
                let query = (second - part.start) as usize;
                assert_eq!(answers.iter().map(|answers| answers.common(query)).sum::<usize>(), 0);
                for (there, place) in answers.iter().flat_map(|answers| answers.of(query)) {
                    let (at, first) = index.which().of(*there);
                    found.push((at as usize, there - first, second as usize, *place));
                }
            }
        }
        found.sort_unstable();
        assert!(!found.is_empty());
        assert_eq!(found, expected(&prints, index.bits()));
    }
}

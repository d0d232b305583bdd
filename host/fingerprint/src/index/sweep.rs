//! Going through an index in its own order with the sorted keys of a batch: asking for them, putting them, or both.
//!
//! Each thread takes a share of the drawers, and with it the part of the index that is theirs. A key asks before it is put, and
//! keys of one bucket come in the order of their fingerprints, so each fingerprint finds those before it, of its own batch too.

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

/// Keys whose entries are fetched at once.
const FETCHED: usize = 256;

/// A hit: the place in the index, and that in the query.
pub(crate) type Hit = (u32, u32);

/// What one share of an index answered.
#[derive(Default)]
pub(crate) struct Answers {
    found: Vec<(u32, From)>,
    /// How many common keys each query has here, which were not asked for.
    common: Vec<u32>,
    hits: Vec<Hit>,
    ends: Vec<usize>,
}

impl Answers {
    fn clear(&mut self, queries: usize) {
        self.found.clear();
        self.common.clear();
        self.common.resize(queries, 0);
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
        self.common.get(query).map_or(0, |count| *count as usize)
    }
}

impl Postings {
    /// Does a job with a batch. `firsts` has the first place of each of its fingerprints: they find only what lies before.
    /// What is answered is in `answers`, of as many shares as there are.
    pub(crate) fn sweep(&mut self, sorted: &Sorted, firsts: &[u32], job: Job, answers: &mut Vec<Answers>) {
        let drawers = sorted.drawers().max(1);
        let each = drawers.div_ceil(rayon::current_num_threads().max(1));
        let bits = self.bits;
        let shares = self.shares(each * (1 << bits) / drawers);
        answers.resize_with(shares.len(), Answers::default);
        shares.into_par_iter().zip(answers).enumerate().for_each(|(number, (mut share, answers))| {
            answers.clear(firsts.len());
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
    /// Does a job with some keys, a few at a time: first all that they need is fetched at once, then it is looked at.
    fn go(&mut self, entries: &[Entry], firsts: &[u32], bits: u32, job: Job, answers: &mut Answers) {
        for some in entries.chunks(FETCHED) {
            self.fetch(some, bits);
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

    /// Each by itself would be waited for, and guessing wrongly what comes next would stop the rest.
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
        let from = entry.from();
        if bucket.len() < common(bits) {
            let places = self.places.get(bucket.clone()).unwrap_or_default();
            matching(self.tags, bucket, tag(entry.key, bits), |number| {
                answers.found.extend(places.get(number).filter(|place| **place < first).map(|place| (*place, from)));
                true
            });
        } else if let Some(count) = answers.common.get_mut(from.print()) {
            *count += 1;
        }
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

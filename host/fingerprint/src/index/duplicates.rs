//! Finds all duplicates among many fingerprints.
//!
//! The fingerprints are divided into parts that fit into an index. A part is inserted into its index batch by batch. Each
//! key is looked up before it is inserted (`sweep`). Then all fingerprints after the part are looked up too. No list of
//! candidates is stored: memory contains the index, a batch with a limited number of hits, and the pairs that were found.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::align::Alignment;
use super::batch::{Batch, Job, SortedKeys, WORDS};
use super::judge::check;
use super::key::{keys, used_words};
use super::postings::{FULL, Part, Postings};
use super::prints::{Prints, read};
use super::search::{ENOUGH, RARE, Search, SimilarCandidate};
use super::sweep::Answers;

/// The maximum number of pairs of one fingerprint with earlier fingerprints. One pair is enough to add another copy to the
/// same group.
const PARTNERS: usize = 64;

/// The maximum number of hits of a batch: 16 bytes each, 512 MB in total. A batch compared with a million fingerprints has
/// 22 million hits.
const HITS: usize = 1 << 25;

/// The number of index positions for each stored hit. So the hits of a library with very many copies need less memory than
/// its index.
const PLACES_A_HIT: usize = 4;

/// Two similar fingerprints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The earlier fingerprint.
    pub first: u32,
    /// The later fingerprint.
    pub second: u32,
    /// The similarity, from 0.26 to 1: see [`Alignment::contrast`].
    pub score: f32,
    /// The alignment of the two fingerprints.
    pub alignment: Alignment,
}

/// Finds every similar pair, in order, on rayon's threads. `stop` ends the search early; the result is then incomplete.
///
/// Memory in addition to `prints`: 5 bytes a word for at most a billion words (a million fingerprints of 120 s); up to 4
/// bytes a word, but no more than 512 MB, for hits; 24 MB for a batch; 60 bytes for each pair.
#[must_use]
pub fn duplicates<P: Prints + ?Sized>(prints: &P, stop: &AtomicBool) -> Vec<Pair> {
    within(prints, stop, Sizes::default())
}

/// The sizes of the steps. Only `index` affects the result: a key is common if it occurs often in one index, so the division
/// into indexes matters.
#[derive(Clone, Copy)]
struct Sizes {
    index: u64,
    batch: usize,
    hits: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { index: FULL, batch: WORDS, hits: HITS }
    }
}

fn within<P: Prints + ?Sized>(prints: &P, stop: &AtomicBool, sizes: Sizes) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut from = 0;
    while from < prints.count() && !stop.load(Ordering::Relaxed) {
        let part = Part::fill(prints, from, sizes.index, stop);
        let ids = part.ids.clone();
        let Some(mut index) = Postings::for_part(prints, part, stop) else { break };
        let sizes = Sizes { hits: sizes.hits.min(index.len() / PLACES_A_HIT), ..sizes };
        let mut round =
            Round { prints, stop, sizes, index: &mut index, ids: ids.clone(), work: BatchBuffers::default() };
        round.all(ids.clone(), Job::LookUpAndInsert, &mut pairs);
        round.all(ids.end..prints.count(), Job::LookUp, &mut pairs);
        from = ids.end;
    }
    pairs.sort_unstable_by_key(|pair| (pair.first, pair.second));
    pairs
}

/// A part of the fingerprints, and its index.
struct Round<'a, P: Prints + ?Sized> {
    prints: &'a P,
    stop: &'a AtomicBool,
    sizes: Sizes,
    index: &'a mut Postings,
    /// The fingerprints in the part.
    ids: Range<u32>,
    work: BatchBuffers,
}

/// Buffers that are reused for each batch.
#[derive(Default)]
struct BatchBuffers {
    batch: Batch,
    sorted: SortedKeys,
    answers: Vec<Answers>,
}

impl<P: Prints + ?Sized> Round<'_, P> {
    /// Looks up the fingerprints `left` batch by batch. Inserts them if `job` says so.
    fn all(&mut self, mut left: Range<u32>, job: Job, pairs: &mut Vec<Pair>) {
        while !left.is_empty() && !self.stop.load(Ordering::Relaxed) {
            let BatchBuffers { batch, sorted, answers } = &mut self.work;
            let taken = batch.fill(self.prints, left.clone(), self.sizes.batch, self.stop);
            sorted.sort(batch, self.index.bits());
            let firsts = match job {
                Job::LookUp => vec![u32::MAX; taken.len()],
                _ => self.index.firsts(taken.start - self.ids.start..taken.end - self.ids.start),
            };
            self.index.sweep(sorted, &firsts, job, self.sizes.hits, answers);
            let asking: Vec<_> = taken.clone().zip(firsts).collect();
            let found =
                asking.par_iter().enumerate().map_init(QueryMemory::default, |memory, (number, (second, first))| {
                    self.one(memory, number, *second, *first)
                });
            pairs.par_extend(found.flatten_iter());
            left.start = taken.end;
        }
    }

    /// The candidates for one fingerprint of the batch: from the answers of the batch, or from a new look-up if the answers
    /// are incomplete.
    fn suspects<'d>(&self, search: &'d mut Search, number: usize, first: u32) -> &'d [SimilarCandidate] {
        let BatchBuffers { batch, answers, .. } = &self.work;
        let (query, each) = (batch.get(number), answers.iter());
        let common: usize = each.clone().map(|answers| answers.common(number)).sum();
        let hits: usize = each.clone().map(|answers| answers.of(number).len()).sum();
        let is_whole = hits <= RARE && each.clone().all(|answers| answers.is_whole(number));
        if is_whole && (common == 0 || keys(query).count() - common >= ENOUGH) {
            search.run_with(self.index, query.len(), each.map(|answers| answers.of(number)))
        } else {
            search.run(self.index, query, first)
        }
    }

    /// The similar pairs of one fingerprint of the batch with fingerprints at index positions before `first`. If the
    /// fingerprint is in the index, `first` is its own first position.
    fn one(&self, memory: &mut QueryMemory, number: usize, second: u32, first: u32) -> Vec<Pair> {
        let mut pairs = Vec::new();
        let is_stopped = || self.stop.load(Ordering::Relaxed);
        if is_stopped() {
            return pairs;
        }
        let (query, QueryMemory { search, words }) = (self.work.batch.get(number), memory);
        for suspects in self.suspects(search, number, first).chunk_by(|one, other| one.at == other.at) {
            if is_stopped() {
                break;
            }
            let first = self.ids.start + suspects.first().map_or(0, |suspect| suspect.at);
            let words = used_words(read(self.prints, first, words));
            if let Some(alignment) = check(query, words, suspects) {
                pairs.push(Pair {
                    first,
                    second,
                    score: alignment.contrast(),
                    alignment: with_exchanged_roles(alignment),
                });
            }
        }
        if pairs.len() > PARTNERS {
            pairs.sort_unstable_by(|one, other| other.score.total_cmp(&one.score).then(one.first.cmp(&other.first)));
            pairs.truncate(PARTNERS);
        }
        pairs
    }
}

/// The buffers of a thread.
#[derive(Default)]
struct QueryMemory {
    search: Search,
    words: Vec<u32>,
}

/// The same alignment with the two fingerprints exchanged. A query is the later fingerprint, but a pair has the earlier
/// fingerprint first.
fn with_exchanged_roles(alignment: Alignment) -> Alignment {
    Alignment { offset_frames: -alignment.offset_frames, drift: -alignment.drift, ..alignment }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::test_data;
    use super::*;

    fn found(prints: &[Vec<u32>], full: u64) -> Vec<(u32, u32)> {
        within(prints, &AtomicBool::new(false), Sizes { index: full, ..Sizes::default() })
            .iter()
            .map(|pair| (pair.first, pair.second))
            .collect()
    }

    /// A library in which 40 is a copy of 3, and 41 is a copy of 7 without its first 50 frames.
    fn library() -> Vec<Vec<u32>> {
        let mut prints = test_data::library(40, 600, 11);
        prints.push(test_data::distort(&prints[3], 0.03, 1));
        prints.push(test_data::distort(&prints[7][50..], 0.03, 2));
        prints
    }

    #[test]
    fn copies_are_found_and_nothing_else() {
        let pairs = duplicates(&library()[..], &AtomicBool::new(false));
        let matches: Vec<_> =
            pairs.iter().map(|pair| (pair.first, pair.second, pair.alignment.offset_frames)).collect();
        assert_eq!(matches, [(3, 40, 0), (7, 41, -50)]);
        assert!(pairs.iter().all(|pair| pair.score > 0.8));
    }

    #[test]
    fn the_capacity_of_an_index_does_not_change_the_result() {
        let prints = library();
        for full in [1, 2_000, 10_000, FULL] {
            assert_eq!(found(&prints, full), [(3, 40), (7, 41)], "{full} words");
        }
    }

    #[test]
    fn batch_and_hit_limits_do_not_change_the_result() {
        let prints = test_data::skewed();
        let with =
            |batch, hits| within(&prints[..], &AtomicBool::new(false), Sizes { batch, hits, ..Sizes::default() });
        let whole = with(WORDS, usize::MAX);
        for (batch, hits) in [(1, usize::MAX), (7_000, 1_000), (30_000, usize::MAX), (WORDS, 0), (WORDS, 5_000)] {
            assert_eq!(with(batch, hits), whole, "{batch} words, {hits} hits");
        }
        // At the end of the index, all keys of the pieces with a hundred copies are common.
        let last = u32::try_from(prints.len() - 1).unwrap();
        assert_eq!(whole.iter().filter(|pair| pair.second == last).count(), PARTNERS);
    }

    #[test]
    fn the_hits_of_a_batch_are_bounded() {
        let prints = test_data::skewed();
        let stop = AtomicBool::new(false);
        let kept = |hits| {
            let part = Part::fill(&prints[..], 0, FULL, &stop);
            let (ids, mut index) = (part.ids.clone(), Postings::for_part(&prints[..], part, &stop).unwrap());
            let sizes = Sizes { hits, ..Sizes::default() };
            let (index, work) = (&mut index, BatchBuffers::default());
            let mut round = Round { prints: &prints[..], stop: &stop, sizes, index, ids: ids.clone(), work };
            round.all(ids.clone(), Job::LookUpAndInsert, &mut Vec::new());
            let answers = round.work.answers.iter();
            answers.map(|answers| (0..ids.len()).map(|query| answers.of(query).len()).sum::<usize>()).sum::<usize>()
        };
        assert!(kept(usize::MAX) > 50_000);
        assert!((1..=5_000).contains(&kept(5_000)));
        assert_eq!(kept(0), 0);
    }

    #[test]
    fn the_number_of_threads_does_not_change_the_result() {
        let prints = library();
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| duplicates(&prints[..], &AtomicBool::new(false)))
        };
        assert_eq!(with(1), with(3));
    }

    #[test]
    fn drones_silence_and_noise_have_no_copies() {
        let mut prints = vec![vec![627_964_279; 948]; 30];
        prints.extend((0..30).map(|seed| test_data::piece(948, 0.999_99, seed)));
        prints.extend((0..30).map(|seed| test_data::piece(948, 0.0, 100 + seed)));
        let held = test_data::piece(1, 0.9, 5)[0];
        prints.extend((0..30).map(|seed| test_data::distort(&vec![held; 948], 0.02, 200 + seed)));
        assert_eq!(found(&prints, FULL), []);
    }

    #[test]
    fn a_song_with_only_the_same_start_is_not_a_copy() {
        let one = test_data::piece(948, 0.9, 1);
        let other: Vec<_> = one[..400].iter().copied().chain(test_data::piece(548, 0.9, 2)).collect();
        assert_eq!(found(&[one, other], FULL), []);
    }

    #[test]
    fn a_short_overlap_is_not_a_copy() {
        let prints = [test_data::piece(948, 0.9, 1), test_data::piece(948, 0.9, 2)];
        let tail: Vec<_> = prints[0][700..].iter().copied().chain(test_data::piece(700, 0.9, 3)).collect();
        assert_eq!(found(&[prints[0].clone(), prints[1].clone(), tail], FULL), []);
    }

    #[test]
    fn pairs_of_hundreds_of_copies_are_bounded_but_still_connected() {
        let one = test_data::piece(300, 0.9, 1);
        let prints: Vec<_> = (0..300).map(|seed| test_data::distort(&one, 0.02, seed)).collect();
        let pairs = found(&prints, FULL);
        assert!(pairs.len() <= 300 * PARTNERS);
        for second in 1..300 {
            assert!(pairs.iter().any(|pair| pair.1 == second), "{second} is found");
        }
    }

    #[test]
    fn a_stop_ends_the_search() {
        let prints = library();
        assert_eq!(duplicates(&prints[..], &AtomicBool::new(true)), []);
        // Each fingerprint is read three times: for its length, for the number of keys in each bucket, and for insertion and
        // look-up. A candidate is read once more.
        for at in [1, 41, 42, 43, 84, 85, 125, 126, 127] {
            let stopping = test_data::StoppingPrints::new(&prints, at);
            let found = duplicates(&stopping, &stopping.stop).len();
            let read = stopping.read.into_inner();
            let most = at + rayon::current_num_threads();
            assert!((at..=most).contains(&read) && found <= 2, "{found} found, {read} read, {at}");
        }
        let stopping = test_data::StoppingPrints::new(&prints, 0);
        assert_eq!(duplicates(&stopping, &stopping.stop).len(), 2);
        assert!(stopping.read.into_inner() >= 128);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_search_of_any_words_ends(prints in prop::collection::vec(prop::collection::vec(0_u32..40, 0..400), 0..12)) {
            for pair in duplicates(&prints[..], &AtomicBool::new(false)) {
                prop_assert!(pair.first < pair.second);
            }
        }

        #[test]
        fn distorted_and_cut_copies_are_found(seed in 0_u64..500, share in 0.0_f64..0.08, cut in 0_usize..80) {
            let mut prints = test_data::library(12, 700, seed);
            prints.push(test_data::distort(&prints[5][cut..], share, seed));
            prop_assert_eq!(found(&prints, FULL), [(5, 12)]);
        }
    }
}

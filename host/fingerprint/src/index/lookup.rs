//! Looks up one fingerprint among many, to find similar files in the library.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::batch::Batch;
use super::judge::{IndexMatch, check};
use super::key::used_words;
use super::postings::{FULL, Part, Postings};
use super::prints::{Prints, read};
use super::search::Search;

/// The speeds, in thousandths, at which a file is fingerprinted if it may play faster or slower than the copy in the
/// library. They are 0.5 % apart, so every speed within 2 % differs by at most 0.25 % from one of them. A difference of 0.25
/// % changes about as many words as a strong equaliser.
pub const SPEEDS: [u16; 9] = [980, 985, 990, 995, 1000, 1005, 1010, 1015, 1020];

/// An index for many look-ups.
#[derive(Default)]
pub struct Lookup {
    /// The parts of the index, each with the number of its first fingerprint.
    parts: Vec<(u32, Postings)>,
    /// The number of the first fingerprint that was added after the index was built.
    from: u32,
    newer: Batch,
    /// The index of the added fingerprints.
    small: Option<Postings>,
}

impl Lookup {
    /// Builds an index over all fingerprints, on rayon's threads. It needs 5 bytes a word, and consists of parts of a
    /// billion words. If `stop` ends the build early, the index has only the finished parts and must not be extended.
    #[must_use]
    pub fn over<P: Prints + ?Sized>(prints: &P, stop: &AtomicBool) -> Self {
        let mut lookup = Self::default();
        while lookup.from < prints.count() && !stop.load(Ordering::Relaxed) {
            let part = Part::fill(prints, lookup.from, FULL, stop);
            let next = part.ids.end;
            let Some(index) = Postings::build(prints, part, stop) else { break };
            lookup.parts.push((lookup.from, index));
            lookup.from = next;
        }
        lookup
    }

    /// Adds fingerprints at the end of the order. Use it for a few fingerprints: each call indexes all added fingerprints
    /// again, which takes about 10 ms for a thousand fingerprints.
    pub fn extend<'a>(&mut self, prints: impl IntoIterator<Item = &'a [u32]>) {
        prints.into_iter().for_each(|words| self.newer.push(words));
        let goes_on = AtomicBool::new(false);
        self.small = Postings::build(&self.newer, Part::fill(&self.newer, 0, FULL, &goes_on), &goes_on);
    }

    /// The number of fingerprints in the index.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.from + self.newer.count()
    }

    /// The fingerprints that are similar to these words, the most similar first. `prints` are all fingerprints of the index,
    /// including the added fingerprints.
    #[must_use]
    pub fn find<P: Prints + ?Sized>(&self, prints: &P, words: &[u32]) -> Vec<IndexMatch> {
        let words = used_words(words);
        let mut search = Search::default();
        let mut found = Vec::new();
        for (from, part) in &self.parts {
            among(prints, part, *from, words, &mut search, &mut found);
        }
        if let Some(small) = &self.small {
            among(prints, small, self.from, words, &mut search, &mut found);
        }
        found.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.at.cmp(&other.at)));
        found
    }

    /// The fingerprints that are similar to a file at several speeds (see [`SPEEDS`]), the most similar first. Each has the
    /// index of the query that matched best.
    #[must_use]
    pub fn find_at_speeds<P: Prints + ?Sized>(&self, prints: &P, queries: &[&[u32]]) -> Vec<(usize, IndexMatch)> {
        let each = queries
            .par_iter()
            .enumerate()
            .flat_map_iter(|(number, words)| self.find(prints, words).into_iter().map(move |found| (number, found)));
        let mut found: Vec<_> = each.collect();
        found.sort_by(|(_, one), (_, other)| one.at.cmp(&other.at).then(other.score.total_cmp(&one.score)));
        found.dedup_by_key(|(_, found)| found.at);
        found.sort_by(|(_, one), (_, other)| other.score.total_cmp(&one.score).then(one.at.cmp(&other.at)));
        found
    }
}

fn among<P: Prints + ?Sized>(
    prints: &P,
    index: &Postings,
    from: u32,
    query: &[u32],
    search: &mut Search,
    found: &mut Vec<IndexMatch>,
) {
    let mut words = Vec::new();
    for suspects in search.run(index, query, u32::MAX).chunk_by(|one, other| one.at == other.at) {
        let at = from + suspects.first().map_or(0, |suspect| suspect.at);
        let there = used_words(read(prints, at, &mut words));
        let checked = check(query, there, suspects);
        found.extend(checked.map(|alignment| IndexMatch { at, score: alignment.contrast(), alignment }));
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_data;
    use super::*;

    #[test]
    fn a_copy_comes_first_and_added_fingerprints_are_found() {
        let mut prints = test_data::library(30, 600, 21);
        let stop = AtomicBool::new(false);
        let mut lookup = Lookup::over(&prints[..], &stop);
        prints.push(test_data::distort(&prints[4], 0.05, 1));
        lookup.extend(prints[30..].iter().map(Vec::as_slice));
        assert_eq!(lookup.count(), 31);
        let found = lookup.find(&prints[..], &test_data::distort(&prints[4], 0.02, 2));
        assert_eq!(found.iter().map(|found| found.at).collect::<Vec<_>>(), [4, 30]);
    }

    #[test]
    fn an_empty_index_finds_nothing() {
        let none: [Vec<u32>; 0] = [];
        let lookup = Lookup::over(&none[..], &AtomicBool::new(false));
        assert_eq!(lookup.find(&none[..], &test_data::piece(600, 0.9, 1)), []);
        let some = test_data::library(3, 500, 1);
        assert_eq!(Lookup::over(&some[..], &AtomicBool::new(false)).find(&some[..], &[]), []);
    }

    #[test]
    fn a_stop_ends_the_construction_at_once() {
        let prints = test_data::library(20, 100, 41);
        // Each fingerprint is read three times: for its length, for the number of keys in each bucket, and for
        // insertion.
        for at in [1, 19, 20, 21, 40, 41, 59] {
            let stopping = test_data::StoppingPrints::new(&prints, at);
            let lookup = Lookup::over(&stopping, &stopping.stop);
            assert_eq!((lookup.count(), stopping.read.into_inner()), (0, at));
            assert_eq!(lookup.find(&prints[..], &prints[3]), []);
        }
    }

    #[test]
    fn the_best_of_several_speeds_is_reported() {
        let prints = test_data::library(20, 600, 31);
        let lookup = Lookup::over(&prints[..], &AtomicBool::new(false));
        let queries = [
            test_data::piece(600, 0.9, 99),
            test_data::distort(&prints[8], 0.1, 1),
            test_data::distort(&prints[8], 0.02, 2),
        ];
        let queries: Vec<_> = queries.iter().map(Vec::as_slice).collect();
        let found = lookup.find_at_speeds(&prints[..], &queries);
        assert_eq!(found.iter().map(|(query, found)| (*query, found.at)).collect::<Vec<_>>(), [(2, 8)]);
    }
}

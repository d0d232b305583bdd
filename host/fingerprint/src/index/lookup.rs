//! One fingerprint among many: what in the library sounds like this file.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::growing::Growing;
use super::judge::{Found, check};
use super::key::looked_at;
use super::places::Places;
use super::postings::{FULL, Part, Postings};
use super::prints::{Prints, read};
use super::search::Search;

/// The speeds, in thousandths, at which a file is fingerprinted that may be played faster or slower than the copy in the
/// library: 0.5 % apart, so that no speed within 2 % is further than 0.25 % from one of them, which costs about as much of the
/// words as a strong equaliser.
pub const SPEEDS: [u16; 9] = [980, 985, 990, 995, 1000, 1005, 1010, 1015, 1020];

/// An index to ask again and again.
#[derive(Default)]
pub struct Lookup {
    parts: Vec<(u32, Postings)>,
    newer: Growing,
    /// The first of the newer ones.
    from: u32,
}

impl Lookup {
    /// An index over all of these; on rayon's threads, with 5 bytes a word. `stop` ends it early, with a part of them.
    #[must_use]
    pub fn over<P: Prints + ?Sized>(prints: &P, stop: &AtomicBool) -> Self {
        let (mut parts, mut from) = (Vec::new(), 0);
        while from < prints.count() && !stop.load(Ordering::Relaxed) {
            let part = Part::fill(prints, from, FULL);
            let next = part.ids.end;
            parts.push((from, Postings::build(prints, part)));
            from = next;
        }
        Self { parts, newer: Growing::default(), from }
    }

    /// Adds a fingerprint, which comes next in the order. Meant for what arrives one by one; thousands are better built anew.
    pub fn push(&mut self, words: &[u32]) {
        self.newer.push(words);
    }

    /// How many fingerprints it knows.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.from + self.newer.which().count()
    }

    /// What sounds like these words, the most alike first. `prints` are those that the index was built over, and what was
    /// pushed since.
    #[must_use]
    pub fn find<P: Prints + ?Sized>(&self, prints: &P, words: &[u32]) -> Vec<Found> {
        let words = looked_at(words);
        let mut search = Search::default();
        let mut found = Vec::new();
        for (from, part) in &self.parts {
            among(prints, part, *from, words, &mut search, &mut found);
        }
        among(prints, &self.newer, self.from, words, &mut search, &mut found);
        found.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.at.cmp(&other.at)));
        found
    }

    /// What sounds like a file that was fingerprinted at several speeds (see [`SPEEDS`]), the most alike first: each with the
    /// number of the print that found it best.
    #[must_use]
    pub fn find_at_speeds<P: Prints + ?Sized>(&self, prints: &P, queries: &[&[u32]]) -> Vec<(usize, Found)> {
        let each = queries.par_iter().enumerate().flat_map_iter(|(number, words)| {
            self.find(prints, words).into_iter().map(move |found| (number, found))
        });
        let mut found: Vec<_> = each.collect();
        found.sort_by(|(_, one), (_, other)| one.at.cmp(&other.at).then(other.score.total_cmp(&one.score)));
        found.dedup_by_key(|(_, found)| found.at);
        found.sort_by(|(_, one), (_, other)| other.score.total_cmp(&one.score).then(one.at.cmp(&other.at)));
        found
    }
}

fn among<P: Prints + ?Sized>(
    prints: &P,
    index: &impl Places,
    from: u32,
    query: &[u32],
    search: &mut Search,
    found: &mut Vec<Found>,
) {
    let mut words = Vec::new();
    for suspects in search.run(index, query, u32::MAX).chunk_by(|one, other| one.at == other.at) {
        let at = from + suspects.first().map_or(0, |suspect| suspect.at);
        let there = looked_at(read(prints, at, &mut words));
        let checked = check(query, there, suspects);
        found.extend(checked.map(|alignment| Found { at, score: alignment.contrast(), alignment }));
    }
}

//! All duplicates among many fingerprints, in one go.
//!
//! The fingerprints are taken in parts that an index has room for. A part is put into its index batch by batch, and each batch
//! is asked for what came before it; then everything behind the part is asked too. So no list of candidates is ever kept: memory
//! is the index, a batch, and the pairs that are found.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::align::Alignment;
use super::judge::check;
use super::key::looked_at;
use super::places::Places;
use super::postings::{Batch, FULL, Part, Postings};
use super::prints::{Prints, read};
use super::search::Search;

/// Pairs that one fingerprint may have with those before it. What has more copies than that is in one group through any of them.
const PARTNERS: usize = 64;

/// Two fingerprints that sound alike.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// The one that comes first in the order.
    pub first: u32,
    /// The other.
    pub second: u32,
    /// How sure it is, from 0.3 to 1: see [`Alignment::contrast`].
    pub score: f32,
    /// How they lie over each other.
    pub alignment: Alignment,
}

/// Every pair that sounds alike, in order; on rayon's threads. `stop` ends it early, with what was found.
///
/// Memory is 5 bytes a word of at most a billion words (a million fingerprints of 120 s), beside what `prints` itself holds.
#[must_use]
pub fn duplicates<P: Prints + ?Sized>(prints: &P, stop: &AtomicBool) -> Vec<Pair> {
    within(prints, stop, FULL)
}

/// The same with indexes of at most `full` words.
pub(crate) fn within<P: Prints + ?Sized>(prints: &P, stop: &AtomicBool, full: u64) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let mut from = 0;
    while from < prints.count() && !stop.load(Ordering::Relaxed) {
        let part = Part::fill(prints, from, full);
        let ids = part.ids.clone();
        let mut index = Postings::for_part(prints, part);
        inside(prints, &mut index, &ids, stop, &mut pairs);
        behind(prints, &index, &ids, stop, &mut pairs);
        from = ids.end;
    }
    pairs.sort_unstable_by_key(|pair| (pair.first, pair.second));
    pairs
}

/// The pairs within a part, whose index is filled on the way.
fn inside<P: Prints + ?Sized>(
    prints: &P,
    index: &mut Postings,
    ids: &Range<u32>,
    stop: &AtomicBool,
    pairs: &mut Vec<Pair>,
) {
    let mut batch = Batch::default();
    for begin in batches(ids, stop) {
        batch.read(prints, begin..(begin + Batch::SIZE).min(ids.end));
        index.add(&batch, begin - ids.start);
        ask(prints, index, ids.start, &batch, begin, pairs);
    }
}

/// The pairs of a part with what lies behind it.
fn behind<P: Prints + ?Sized>(
    prints: &P,
    index: &Postings,
    ids: &Range<u32>,
    stop: &AtomicBool,
    pairs: &mut Vec<Pair>,
) {
    let (mut batch, rest) = (Batch::default(), ids.end..prints.count());
    for begin in batches(&rest, stop) {
        batch.read(prints, begin..(begin + Batch::SIZE).min(rest.end));
        ask(prints, index, ids.start, &batch, begin, pairs);
    }
}

fn batches(ids: &Range<u32>, stop: &AtomicBool) -> impl Iterator<Item = u32> {
    ids.clone().step_by(Batch::SIZE as usize).take_while(|_| !stop.load(Ordering::Relaxed))
}

/// Asks the index, which begins at `start`, for each of a batch, which begins at `begin`.
fn ask<P: Prints + ?Sized>(
    prints: &P,
    index: &Postings,
    start: u32,
    batch: &Batch,
    begin: u32,
    pairs: &mut Vec<Pair>,
) {
    let found = (0..batch.len()).into_par_iter().map_init(Asking::default, |asking, at| {
        let second = begin + u32::try_from(at).unwrap_or(u32::MAX);
        asking.run(prints, index, start, (second, batch.get(at)))
    });
    pairs.par_extend(found.flatten_iter());
}

/// A search with the memory of its checks.
#[derive(Default)]
struct Asking {
    search: Search,
    words: Vec<u32>,
}

impl Asking {
    fn run<P: Prints + ?Sized>(
        &mut self,
        prints: &P,
        index: &Postings,
        start: u32,
        (second, query): (u32, &[u32]),
    ) -> Vec<Pair> {
        // Of its own part, only those before it.
        let limit = index.which().first(second.wrapping_sub(start));
        let mut pairs = Vec::new();
        for suspects in self.search.run(index, query, limit).chunk_by(|one, other| one.at == other.at) {
            let first = start + suspects.first().map_or(0, |suspect| suspect.at);
            let words = looked_at(read(prints, first, &mut self.words));
            if let Some(alignment) = check(query, words, suspects) {
                pairs.push(Pair { first, second, score: alignment.contrast(), alignment: turned(alignment) });
            }
        }
        if pairs.len() > PARTNERS {
            pairs.sort_unstable_by(|one, other| other.score.total_cmp(&one.score).then(one.first.cmp(&other.first)));
            pairs.truncate(PARTNERS);
        }
        pairs
    }
}

/// The same alignment seen from the other: the later one asks, the earlier one comes first in the pair.
fn turned(alignment: Alignment) -> Alignment {
    Alignment { offset_frames: -alignment.offset_frames, drift: -alignment.drift, ..alignment }
}

//! Which fingerprints of an index may sound like a given one: those with several hits at about one shift.
//!
//! All hits of a query are counted by their *diagonal*, the difference of the two places, in strips of [`STRIP`] frames; only hits
//! in a strip with a second one (or next to it) are looked at closer. How many hits a query may have is bounded: keys that
//! many pieces have (silence, drones, common chords) say the least and are taken last, and of what they share only as much as
//! is left of the bound.

use super::key::keys;
use super::postings::Places;

/// Hits of one query at most. A query among 21,125 real pieces has about 2,000.
const BUDGET: usize = 8_192;

/// Frames of shift that are counted together, as a power of two: 32 frames are 4 s, more than 120 s of music drift at 2 %.
const STRIP: u32 = 5;

/// Counters, as a power of two: 64 kB, which stay in the cache; with 8,192 hits every eighth is taken.
const COUNTERS: usize = 1 << 16;

/// Hits at one shift (and one frame beside it) that make a suspect.
const HITS: usize = 2;

/// Hits within [`DRIFT`] frames that make a suspect of another tempo.
const DRIFTING_HITS: usize = 4;

/// Frames by which two copies of another tempo may drift apart: 2 % of 120 s, and a little more.
const DRIFT: i32 = 24;

/// Shifts of one pair that are checked at most.
const SHIFTS: usize = 3;

/// A fingerprint that may sound alike, at a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suspect {
    /// Which one, counted within the index.
    pub(crate) at: u32,
    /// Its place less that of the query, in frames.
    pub(crate) shift: i32,
    /// How many hits say so.
    pub(crate) hits: usize,
    /// Whether the hits lie within a strip and not at one shift.
    pub(crate) drifting: bool,
}

/// A search with its memory, which is used again for the next.
pub(crate) struct Search {
    counters: Vec<u8>,
    hits: Vec<(u32, u32)>,
    close: Vec<Hit>,
    suspects: Vec<Suspect>,
}

/// A hit, in the order in which it is looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    at: u32,
    shift: i32,
    place: u32,
}

impl Search {
    pub(crate) fn new() -> Self {
        Self { counters: vec![0; COUNTERS], hits: Vec::new(), close: Vec::new(), suspects: Vec::new() }
    }

    /// The suspects among the fingerprints of an index whose places lie below `limit`, in order, best shift first.
    pub(crate) fn run(&mut self, index: &(impl Places + ?Sized), words: &[u32], limit: u32) -> &[Suspect] {
        self.collect(index, words, limit);
        self.narrow(index.firsts());
        self.suspects.clear();
        for hits in self.close.chunk_by(|one, other| one.at == other.at) {
            suspect(hits, &mut self.suspects);
        }
        &self.suspects
    }

    /// Gathers the hits, the rarest keys first when there are too many.
    fn collect(&mut self, index: &(impl Places + ?Sized), words: &[u32], limit: u32) {
        self.hits.clear();
        let mut common = Vec::new();
        for (key, place) in keys(words) {
            let mut found = index.of(key);
            if found.last().is_some_and(|last| *last >= limit) {
                found = found.split_at(found.partition_point(|there| *there < limit)).0;
            }
            match found.len() {
                0 => {}
                1..16 => self.hits.extend(found.iter().map(|there| (*there, place))),
                _ => common.push((found.len(), place, found)),
            }
        }
        common.sort_unstable_by_key(|(size, place, _)| (*size, *place));
        for (_, place, found) in common {
            let left = BUDGET.saturating_sub(self.hits.len());
            self.hits.extend(found.iter().take(left).map(|there| (*there, place)));
        }
    }

    /// Keeps the hits that have another beside them.
    fn narrow(&mut self, firsts: &[u32]) {
        for (there, place) in &self.hits {
            if let Some(counter) = self.counters.get_mut(strip(*there, *place)) {
                *counter = counter.saturating_add(1);
            }
        }
        self.close.clear();
        for (there, place) in &self.hits {
            let strip = strip(*there, *place);
            let count = |strip: usize| self.counters.get(strip % COUNTERS).copied().unwrap_or_default();
            let beside = count(strip + 1).max(count(strip + COUNTERS - 1));
            if usize::from(count(strip).saturating_add(beside)) >= HITS {
                let at = firsts.partition_point(|first| first <= there).saturating_sub(1);
                let first = firsts.get(at).copied().unwrap_or_default();
                let (at, shift) = (u32::try_from(at).unwrap_or(u32::MAX), (there - first).wrapping_sub(*place));
                self.close.push(Hit { at, shift: shift.cast_signed(), place: *place });
            }
        }
        for (there, place) in &self.hits {
            if let Some(counter) = self.counters.get_mut(strip(*there, *place)) {
                *counter = 0;
            }
        }
        self.close.sort_unstable();
    }
}

/// Which counter a hit counts for.
const fn strip(there: u32, place: u32) -> usize {
    (there.wrapping_sub(place) >> STRIP) as usize % COUNTERS
}

/// The shifts of one fingerprint that are worth a check, most hits first; `hits` are in the order of their shift.
fn suspect(hits: &[Hit], suspects: &mut Vec<Suspect>) {
    let begin = suspects.len();
    let mut left = hits;
    while let [first, ..] = left {
        let together = left.iter().take_while(|hit| hit.shift - first.shift <= 2).count();
        // The window that begins at the next shift may hold more: then this one waits for it.
        let next = left.iter().position(|hit| hit.shift > first.shift).unwrap_or(left.len());
        let (same, rest) = left.split_at(next);
        let better = rest.first().map_or(0, |start| rest.iter().take_while(|hit| hit.shift - start.shift <= 2).count());
        if together >= HITS && together >= better {
            let middle = left.get(together / 2).map_or(first.shift, |hit| hit.shift);
            suspects.push(Suspect { at: first.at, shift: middle, hits: together, drifting: false });
            left = left.get(together..).unwrap_or_default();
        } else {
            left = if same.is_empty() { &[] } else { rest };
        }
    }
    if let Some(found) = suspects.get_mut(begin..) {
        found.sort_by_key(|suspect| (std::cmp::Reverse(suspect.hits), suspect.shift));
    }
    suspects.truncate(begin + SHIFTS);
    suspects.extend(drifting(hits));
}

/// The strip of shifts with the most hits, when it has enough of them.
fn drifting(hits: &[Hit]) -> Option<Suspect> {
    let mut best: Option<Suspect> = None;
    let mut end = 0;
    for (begin, first) in hits.iter().enumerate() {
        while hits.get(end).is_some_and(|hit| hit.shift - first.shift <= DRIFT) {
            end += 1;
        }
        let count = end - begin;
        if count >= DRIFTING_HITS && best.is_none_or(|best| best.hits < count) {
            let shift = hits.get(begin + count / 2).map_or(first.shift, |hit| hit.shift);
            best = Some(Suspect { at: first.at, shift, hits: count, drifting: true });
        }
    }
    best
}

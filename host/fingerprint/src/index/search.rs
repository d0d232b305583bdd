//! Finds the fingerprints of an index that may be similar to a query: fingerprints with several hits at about the same
//! shift. A hit is a pair of equal keys.
//!
//! The hits of a query are counted by their *diagonal* (the difference of the two positions), once with a fine and once with
//! a coarse resolution. Only hits that have other hits near their diagonal are examined. The work for one query is bounded:
//! keys of many pieces (silence, drones, common chords) have the lowest priority and fill only the rest of the limit.

use std::ops::Range;

use super::align::SLOPES;
use super::key::keys;
use super::numbering::ALIGNED;
use super::postings::{Postings, common};
use super::sweep::Hit as IndexHit;

/// The maximum number of hits of rare keys for one query; the rarest keys come first. A query among a million fingerprints
/// has 10,003 such hits on average.
pub(crate) const RARE: usize = 32_768;

/// Hits of common keys are added only until the query has this number of hits in total. A query among 21,125 real pieces has
/// about 2,300 hits in total, and a query among a million has 110,000.
const HITS: usize = 16_384;

/// The maximum number of positions of common keys that are examined for one query.
const SCANNED: usize = 131_072;

/// If a query has this many rare keys, common keys are ignored, because they distinguish little and cause most hits. Music
/// has 500 to 800 rare keys in a library without many copies; drones and silence have few.
pub(crate) const ENOUGH: usize = 256;

/// The widths of fine and coarse diagonals, as powers of two. 32 frames are 4 s, more than the drift of 120 s of music at 2 %.
const FINE: u32 = 2;
const COARSE: u32 = 5;

/// The number of counters in the smallest and in the largest table, as powers of two. The tables fit into the cache.
const COUNTERS: (u32, u32) = (12, 19);

/// The minimum number of hits at one shift (plus or minus one or two frames) for a candidate.
const TOGETHER: usize = 2;

/// The minimum distance in the query, in frames, between the first and the last of these hits, unless the shift is near
/// zero. A word covers 16 frames, so hits that are closer together are not independent.
const APART: u32 = 16;

/// The minimum number of hits within [`DRIFT`] frames for a candidate with another tempo.
const DRIFTING: usize = 4;

/// The maximum drift of two copies with different tempo, in frames: 2 % of 120 s, plus a margin.
const DRIFT: i32 = 24;

/// The maximum distance of a hit from a line, in thousandths of a frame.
const BESIDE: i32 = 1500;

/// The minimum distance in the query between the first and the last hit with another tempo, in frames: 20 s. Common melodic
/// phrases are shorter.
const SPREAD: u32 = 160;

/// For shifts up to this number of frames (half a second), one hit of a rare key is sufficient, because most copies start at
/// the same time.
const NEAR: i32 = 4;

/// If a query has more hits of rare keys than this, a single hit has no meaning: a query among a million fingerprints has
/// that many hits by chance. A query among 21,125 fingerprints does not.
const ALONE: usize = 2048;

/// The maximum number of shifts that are checked for one pair.
const SHIFTS: usize = 3;

/// The maximum number of hits of one pair that are used as starting points of lines.
const LINES: usize = 32;

/// A candidate: a fingerprint that may be similar to the query, with a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SimilarCandidate {
    /// The position of the fingerprint in the index.
    pub(crate) at: u32,
    /// The position in the fingerprint minus the position in the query, in frames.
    pub(crate) shift: i32,
    pub(crate) hits: usize,
    /// The growth of the shift, in frames per thousand; 0 for equal speed. Otherwise `shift` is the shift in the middle of
    /// the query.
    pub(crate) slope: i32,
}

/// A search, with buffers that are reused for the next query.
#[derive(Default)]
pub(crate) struct Search {
    keys: Vec<QueryKey>,
    fine: Counters,
    coarse: Counters,
    /// The hits. Each has its position in the index and its position in the query.
    hits: Vec<(u32, u32)>,
    /// The number of hits of rare keys, which come first in `hits`.
    rare: usize,
    close: Vec<Hit>,
    suspects: Vec<SimilarCandidate>,
}

/// A hit, in the order in which hits are examined.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    at: u32,
    shift: i32,
    place: u32,
}

impl Search {
    /// The candidates among the fingerprints at index positions below `limit`, in order, the best shift first.
    pub(crate) fn run(&mut self, index: &Postings, words: &[u32], limit: u32) -> &[SimilarCandidate] {
        self.collect(index, words, limit);
        self.find_suspects(index, words.len())
    }

    /// As [`Self::run`], but from known hits: all hits of the rare keys of a query with `length` words.
    pub(crate) fn run_with<'h>(
        &mut self,
        index: &Postings,
        length: usize,
        hits: impl Iterator<Item = &'h [IndexHit]>,
    ) -> &[SimilarCandidate] {
        self.hits.clear();
        hits.for_each(|hits| self.hits.extend_from_slice(hits));
        self.rare = self.hits.len();
        self.find_suspects(index, length)
    }

    fn find_suspects(&mut self, index: &Postings, length: usize) -> &[SimilarCandidate] {
        self.narrow(index);
        self.suspects.clear();
        for hits in self.close.chunk_by(|one, other| one.at == other.at) {
            suspect(hits, length, &mut self.suspects);
        }
        &self.suspects
    }

    /// Collects the hits. If there are too many, collects the hits of the rarest keys.
    ///
    /// Each step is done for all keys before the next step, so that memory accesses overlap: locate the entries, prefetch
    /// them, select the entries of the key, read their positions.
    fn collect(&mut self, index: &Postings, words: &[u32], limit: u32) {
        self.keys.clear();
        self.keys.extend(keys(words).map(|(key, place)| QueryKey { bucket: index.bucket(key), key, place }));
        index.fetch(self.keys.iter().map(|asked| asked.bucket.start));
        if limit < u32::MAX {
            self.keys.iter_mut().for_each(|asked| asked.bucket = index.below(asked.bucket.clone(), limit));
        }
        let common = common(index.bits());
        let is_rare = |asked: &&QueryKey| asked.bucket.len() < common;
        let is_many = self.keys.iter().filter(is_rare).map(|asked| asked.bucket.len()).sum::<usize>() > RARE;
        let is_enough = self.keys.iter().filter(is_rare).count() >= ENOUGH;
        if is_many || !is_enough {
            self.keys.sort_unstable_by_key(|asked| (asked.bucket.len(), asked.place));
        }
        self.hits.clear();
        self.keys.iter().filter(is_rare).for_each(|asked| asked.take(index, &mut self.hits, RARE));
        self.rare = self.hits.len();
        let mut left = if is_enough { 0 } else { SCANNED };
        for asked in self.keys.iter().filter(|asked| !is_rare(asked)) {
            if left == 0 || self.hits.len() >= HITS {
                break;
            }
            asked.take(index, &mut self.hits, HITS);
            left = left.saturating_sub(asked.bucket.len());
        }
        for (entry, _) in &mut self.hits {
            *entry = index.position(*entry);
        }
    }

    /// Keeps the hits that have other hits near their diagonal, and the hits of rare keys with a shift near zero.
    fn narrow(&mut self, index: &Postings) {
        self.fine.count(&self.hits, FINE);
        self.coarse.count(&self.hits, COARSE);
        self.close.clear();
        let which = index.which();
        let alone = if self.rare <= ALONE { self.rare } else { 0 };
        for (number, (there, place)) in self.hits.iter().enumerate() {
            let many = self.fine.around(*there, *place) >= TOGETHER || self.coarse.around(*there, *place) >= DRIFTING;
            if many || (number < alone && may_be_near(*there, *place)) {
                let (at, first) = which.of(*there);
                let shift = (there - first).wrapping_sub(*place).cast_signed();
                if many || shift.abs() <= NEAR {
                    self.close.push(Hit { at, shift, place: *place });
                }
            }
        }
        self.close.sort_unstable();
    }
}

/// True if a hit may have a shift near zero, according to the lowest bits of its positions.
const fn may_be_near(there: u32, place: u32) -> bool {
    let shift = there.wrapping_sub(place).wrapping_add(NEAR.cast_unsigned());
    shift % ALIGNED <= 2 * NEAR.cast_unsigned()
}

/// A key of the query, and the range of its entries.
struct QueryKey {
    bucket: Range<u32>,
    key: u32,
    place: u32,
}

impl QueryKey {
    /// Adds the entries of the key to `hits`, at most `most` of them.
    fn take(&self, index: &Postings, hits: &mut Vec<(u32, u32)>, most: usize) {
        index.each(self.bucket.clone(), self.key, |entry| {
            let has_room = hits.len() < most;
            if has_room {
                hits.push((entry, self.place));
            }
            has_room
        });
    }
}

/// The number of hits near each diagonal, in a table that uses a few bits of the diagonal as its index.
#[derive(Default)]
struct Counters {
    counts: Vec<u8>,
    width: u32,
}

impl Counters {
    fn count(&mut self, hits: &[(u32, u32)], width: u32) {
        let bits = (hits.len().max(1).ilog2() + 7).clamp(COUNTERS.0, COUNTERS.1);
        self.counts.clear();
        self.counts.resize(1 << bits, 0);
        self.width = width;
        for (there, place) in hits {
            let number = self.number(*there, *place) & (self.counts.len() - 1);
            if let Some(count) = self.counts.get_mut(number) {
                *count = count.saturating_add(1);
            }
        }
    }

    const fn number(&self, there: u32, place: u32) -> usize {
        (there.wrapping_sub(place) >> self.width) as usize
    }

    /// The sum of the counts of a diagonal and its larger neighbour.
    fn around(&self, there: u32, place: u32) -> usize {
        let number = self.number(there, place);
        let count = |number: usize| self.counts.get(number & (self.counts.len() - 1)).copied().unwrap_or_default();
        let beside = count(number.wrapping_add(1)).max(count(number.wrapping_sub(1)));
        usize::from(count(number)) + usize::from(beside)
    }
}

/// Adds the shifts of one fingerprint that must be checked, the shift with the most hits first. `hits` are sorted by shift.
fn suspect(hits: &[Hit], length: usize, suspects: &mut Vec<SimilarCandidate>) {
    let begin = suspects.len();
    let mut left = hits;
    while let [first, ..] = left {
        let together = within(left, 2);
        // Skip this window of shifts if the window that starts at the next shift has more hits.
        let same = within(left, 0);
        let rest = left.get(same..).unwrap_or_default();
        let enough = first.shift.abs() <= NEAR || (together >= TOGETHER && spread(left.iter().take(together)) >= APART);
        if enough && together >= within(rest, 2) {
            let middle = left.get(together / 2).map_or(first.shift, |hit| hit.shift);
            suspects.push(SimilarCandidate { at: first.at, shift: middle, hits: together, slope: 0 });
            left = left.get(together..).unwrap_or_default();
        } else {
            left = rest;
        }
    }
    if let Some(found) = suspects.get_mut(begin..) {
        found.sort_by_key(|suspect| (std::cmp::Reverse(suspect.hits), suspect.shift));
    }
    suspects.truncate(begin + SHIFTS);
    suspects.extend(drifting(hits, length));
}

/// The number of hits near a line through `first` whose slope is in the range of `slopes`.
fn between(hits: &[Hit], first: &Hit, slopes: &[i32]) -> usize {
    let [flat, .., steep] = *slopes else { return hits.len() };
    let is_between = |hit: &&Hit| {
        let (later, by) = (hit.place.wrapping_sub(first.place).cast_signed(), (hit.shift - first.shift) * 1000);
        let ends = [later * flat, later * steep];
        ends[0].min(ends[1]) - BESIDE <= by && by <= ends[0].max(ends[1]) + BESIDE
    };
    hits.iter().filter(is_between).count()
}

/// The number of hits within `frames` frames of the first hit.
fn within(hits: &[Hit], frames: i32) -> usize {
    hits.first().map_or(0, |first| hits.iter().take_while(|hit| hit.shift - first.shift <= frames).count())
}

/// The distance in the query between the first and the last hit, in frames.
fn spread<'h>(hits: impl Iterator<Item = &'h Hit>) -> u32 {
    let ends = |(least, most): (u32, u32), hit: &Hit| (least.min(hit.place), most.max(hit.place));
    let (least, most) = hits.fold((u32::MAX, 0), ends);
    most.saturating_sub(least)
}

/// The line with the most hits, if it has enough hits and they are far enough apart. A line goes through a hit and has one
/// of [`SLOPES`].
fn drifting(hits: &[Hit], length: usize) -> Option<SimilarCandidate> {
    if hits.len() < DRIFTING || spread(hits.iter()) < SPREAD {
        return None;
    }
    let mut best: Option<SimilarCandidate> = None;
    for first in hits.iter().step_by(hits.len().div_ceil(LINES)) {
        // Hits are sorted by shift.
        let begin = hits.partition_point(|hit| hit.shift < first.shift - DRIFT);
        let end = hits.partition_point(|hit| hit.shift <= first.shift + DRIFT);
        let near = hits.get(begin..end).unwrap_or_default();
        let wanted = best.map_or(DRIFTING, |best| best.hits + 1);
        if near.len() < wanted || spread(near.iter()) < SPREAD {
            continue;
        }
        // This count is an upper bound: a line on one side has at most as many hits as the area between the steepest and the
        // flattest line of that side.
        let sides = SLOPES.chunks(SLOPES.len() / 2).filter(|side| between(near, first, side) >= wanted);
        for slope in sides.flatten().copied() {
            let later = |place: u32| place.wrapping_sub(first.place).cast_signed() * slope;
            let off = |hit: &Hit| (hit.shift - first.shift) * 1000 - later(hit.place);
            let on = |hit: &&Hit| off(hit).abs() <= BESIDE;
            let count = near.iter().filter(on).count();
            let wanted = best.map_or(DRIFTING, |best| best.hits + 1);
            if count >= wanted && spread(near.iter().filter(on)) >= SPREAD {
                let middle = first.shift + later(u32::try_from(length / 2).unwrap_or(u32::MAX)) / 1000;
                best = Some(SimilarCandidate { at: first.at, shift: middle, hits: count, slope });
            }
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(shifts: &[i32]) -> Vec<Hit> {
        shifts.iter().zip(0..).map(|(shift, number)| Hit { at: 0, shift: *shift, place: 20 * number }).collect()
    }

    fn shifts(of: &[i32]) -> Vec<(i32, usize)> {
        let mut found = Vec::new();
        suspect(&hits(of), 0, &mut found);
        found.iter().map(|suspect| (suspect.shift, suspect.hits)).collect()
    }

    #[test]
    fn two_hits_at_about_the_same_shift_make_a_suspect() {
        assert_eq!(shifts(&[-300, 70, 71, 400]), [(71, 2)]);
    }

    #[test]
    fn one_hit_makes_a_suspect_only_near_shift_zero() {
        assert_eq!(shifts(&[-300, 3, 400]), [(3, 1)]);
        assert_eq!(shifts(&[-300, 9, 400]), []);
    }

    #[test]
    fn shifts_are_sorted_by_hits_and_limited() {
        let found = shifts(&[-500, -500, -400, -400, 50, 50, 51, 52, 300, 300, 300, 700, 700]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(found[..2], [(51, 4), (300, 3)]);
    }

    #[test]
    fn hits_on_a_line_make_a_suspect_with_another_tempo() {
        // A file that plays 2 % faster: two more frames after 100 frames.
        let line: Vec<_> =
            (0..6).map(|step| Hit { at: 0, shift: 100 + 2 * step, place: 100 * step.unsigned_abs() }).collect();
        let found = drifting(&line, 600).unwrap();
        assert_eq!((found.slope, found.shift, found.hits), (20, 106, 6));
        let spot: Vec<_> = line.iter().map(|hit| Hit { place: hit.place / 20, ..*hit }).collect();
        assert_eq!(drifting(&spot, 600), None);
    }
}

//! Which fingerprints of an index may sound like a given one: those with several hits at about one shift.
//!
//! All hits of a query are counted by their *diagonal*, the difference of the two places, coarsely and finely; only hits that
//! have others at about their diagonal are looked at closer. How much is looked at for one query is bounded: keys that many
//! pieces have (silence, drones, common chords) say the least and come last, and of them only as many as are left of the bound.

use super::key::keys;
use super::places::Places;

/// Hits of one query at most. A query among 21,125 real pieces has about 2,300, one among a million 110,000: the rarest are
/// taken.
const HITS: usize = 16_384;

/// Places of common keys that are looked through for one query at most.
const SCANNED: usize = 131_072;

/// From how many places on a key is common; on average a bucket has 12 to 24.
const COMMON: usize = 96;

/// Diagonals that are counted together finely and coarsely, as powers of two. 32 frames are 4 s, more than 120 s of music drift
/// at 2 %.
const FINE: u32 = 2;
const COARSE: u32 = 5;

/// Counters of the smallest and the largest table, as powers of two; the tables stay in the cache.
const COUNTERS: (u32, u32) = (12, 19);

/// Hits at one shift (and a frame or two beside it) that make a suspect.
const TOGETHER: usize = 2;

/// Hits within [`DRIFT`] frames that make a suspect of another tempo.
const DRIFTING: usize = 4;

/// Frames by which two copies of another tempo may drift apart: 2 % of 120 s, and a little more.
const DRIFT: i32 = 24;

/// A shift of so few frames (half a second) needs only one hit of a rare key: copies mostly begin together.
const NEAR: i32 = 4;

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
    /// Whether the hits lie near each other and not at one shift.
    pub(crate) drifting: bool,
}

/// A search with its memory, which is used again for the next.
#[derive(Default)]
pub(crate) struct Search {
    keys: Vec<(u32, u32, u32)>,
    fine: Counters,
    coarse: Counters,
    /// Each hit: the place in the index, and that in the query.
    hits: Vec<(u32, u32)>,
    /// How many of them are of rare keys; they are the first.
    rare: usize,
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
    /// The suspects among the fingerprints of an index whose places lie below `limit`, in order, best shift first.
    pub(crate) fn run(&mut self, index: &impl Places, words: &[u32], limit: u32) -> &[Suspect] {
        self.collect(index, words, limit);
        self.narrow(index);
        self.suspects.clear();
        for hits in self.close.chunk_by(|one, other| one.at == other.at) {
            suspect(hits, &mut self.suspects);
        }
        &self.suspects
    }

    /// Gathers the hits, those of the rarest keys first when there are too many.
    fn collect(&mut self, index: &impl Places, words: &[u32], limit: u32) {
        self.hits.clear();
        self.keys.clear();
        // All the sizes before the first places: they wait for memory, and so do it together.
        let sizes = keys(words).map(|(key, place)| (u32::try_from(index.room(key)).unwrap_or(u32::MAX), key, place));
        self.keys.extend(sizes);
        for (size, key, place) in &self.keys {
            if (*size as usize) < COMMON {
                take(index, &mut self.hits, (*key, *place), limit);
            }
        }
        self.rare = self.hits.len();
        self.keys.retain(|(size, ..)| *size as usize >= COMMON);
        self.keys.sort_unstable();
        let mut left = SCANNED;
        for (size, key, place) in &self.keys {
            if left == 0 || self.hits.len() >= HITS {
                break;
            }
            take(index, &mut self.hits, (*key, *place), limit);
            left = left.saturating_sub(*size as usize);
        }
    }

    /// Keeps the hits that have others at about their diagonal, and those of rare keys that are hardly shifted.
    fn narrow(&mut self, index: &impl Places) {
        self.fine.count(&self.hits, FINE);
        self.coarse.count(&self.hits, COARSE);
        self.close.clear();
        let which = index.which();
        for (number, (there, place)) in self.hits.iter().enumerate() {
            let many = self.fine.around(*there, *place) >= TOGETHER || self.coarse.around(*there, *place) >= DRIFTING;
            if many || number < self.rare {
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

/// Puts the places of a key below `limit` to the hits.
fn take(index: &impl Places, hits: &mut Vec<(u32, u32)>, (key, place): (u32, u32), limit: u32) {
    index.each(key, |there| {
        let below = there < limit && hits.len() < HITS;
        if below {
            hits.push((there, place));
        }
        below
    });
}

/// How many hits lie at about a diagonal, counted by a few bits of it.
#[derive(Default)]
struct Counters {
    counts: Vec<u8>,
    width: u32,
}

impl Counters {
    fn count(&mut self, hits: &[(u32, u32)], width: u32) {
        let bits = (hits.len().max(1).ilog2() + 5).clamp(COUNTERS.0, COUNTERS.1);
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

    /// The counts of a diagonal and its better neighbour together.
    fn around(&self, there: u32, place: u32) -> usize {
        let number = self.number(there, place);
        let count = |number: usize| self.counts.get(number & (self.counts.len() - 1)).copied().unwrap_or_default();
        let beside = count(number.wrapping_add(1)).max(count(number.wrapping_sub(1)));
        usize::from(count(number)) + usize::from(beside)
    }
}

/// The shifts of one fingerprint that are worth a check, most hits first; `hits` are in the order of their shift.
fn suspect(hits: &[Hit], suspects: &mut Vec<Suspect>) {
    let begin = suspects.len();
    let mut left = hits;
    while let [first, ..] = left {
        let together = within(left, 2);
        // The window that begins at the next shift may hold more: then this one waits for it.
        let same = within(left, 0);
        let rest = left.get(same..).unwrap_or_default();
        let near = first.shift.abs() <= NEAR;
        if (together >= TOGETHER || near) && together >= within(rest, 2) {
            let middle = left.get(together / 2).map_or(first.shift, |hit| hit.shift);
            suspects.push(Suspect { at: first.at, shift: middle, hits: together, drifting: false });
            left = left.get(together..).unwrap_or_default();
        } else {
            left = rest;
        }
    }
    if let Some(found) = suspects.get_mut(begin..) {
        found.sort_by_key(|suspect| (std::cmp::Reverse(suspect.hits), suspect.shift));
    }
    suspects.truncate(begin + SHIFTS);
    suspects.extend(drifting(hits));
}

/// How many hits, from the first on, lie within so many frames of it.
fn within(hits: &[Hit], frames: i32) -> usize {
    hits.first().map_or(0, |first| hits.iter().take_while(|hit| hit.shift - first.shift <= frames).count())
}

/// The run of shifts with the most hits, when it has enough of them.
fn drifting(hits: &[Hit]) -> Option<Suspect> {
    let mut best: Option<Suspect> = None;
    let mut end = 0;
    for (begin, first) in hits.iter().enumerate() {
        while hits.get(end).is_some_and(|hit| hit.shift - first.shift <= DRIFT) {
            end += 1;
        }
        let count = end - begin;
        if count >= DRIFTING && best.is_none_or(|best| best.hits < count) {
            let shift = hits.get(begin + count / 2).map_or(first.shift, |hit| hit.shift);
            best = Some(Suspect { at: first.at, shift, hits: count, drifting: true });
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(shifts: &[i32]) -> Vec<Hit> {
        shifts.iter().map(|shift| Hit { at: 0, shift: *shift, place: 0 }).collect()
    }

    fn shifts(of: &[i32]) -> Vec<(i32, usize, bool)> {
        let mut found = Vec::new();
        suspect(&hits(of), &mut found);
        found.iter().map(|suspect| (suspect.shift, suspect.hits, suspect.drifting)).collect()
    }

    #[test]
    fn two_hits_at_about_one_shift_are_suspect() {
        assert_eq!(shifts(&[-300, 70, 71, 400]), [(71, 2, false)]);
    }

    #[test]
    fn one_hit_is_suspect_only_where_nothing_is_shifted() {
        assert_eq!(shifts(&[-300, 3, 400]), [(3, 1, false)]);
        assert_eq!(shifts(&[-300, 9, 400]), []);
    }

    #[test]
    fn the_shift_with_the_most_hits_comes_first_and_few_are_kept() {
        let found = shifts(&[-500, -500, -400, -400, 50, 50, 51, 52, 300, 300, 300, 700, 700]);
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!((found[0].0, found[0].1), (51, 4));
        assert_eq!((found[1].0, found[1].1), (300, 3));
        assert!(found[3].2);
    }

    #[test]
    fn hits_that_wander_are_suspect_of_another_tempo() {
        assert_eq!(shifts(&[100, 106, 112, 118]), [(112, 4, true)]);
    }
}

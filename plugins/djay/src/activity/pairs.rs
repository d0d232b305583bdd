//! Counts the pairs of tracks in sessions.

use std::collections::HashMap;

/// Two plays with a greater distance in their session are not a pair. A whole night has about 200 plays.
const FAR: usize = 500;
/// The additional count of two consecutive plays.
const NEIGHBOUR: u64 = 2;
/// Maximum number of pairs in memory. They need 64 MiB.
const MOST_PAIRS: usize = 1 << 20;

/// Pairs of tracks with their counts.
#[derive(Debug, Default)]
pub struct PairCounts {
    /// The count of each pair. The key has the indexes of both tracks, the lower index first.
    pub weights: HashMap<(usize, usize), u64>,
    /// The number of sessions with plays that are too far apart for a pair.
    pub long_sessions: usize,
    /// How often a pair was not counted because the limit of pairs was reached.
    pub left_out: u64,
}

/// Counts the pairs of all sessions. A play without a track is not part of a pair, but the plays before and after it are not
/// consecutive.
#[must_use]
pub fn pair_counts(sessions: &[Vec<Option<usize>>]) -> PairCounts {
    let mut counts = PairCounts::default();
    for session in sessions {
        counts.long_sessions += usize::from(session.len() > FAR + 1);
        for (place, one) in session.iter().enumerate() {
            for (distance, other) in session.iter().skip(place + 1).take(FAR).enumerate() {
                if let (Some(one), Some(other)) = (one, other)
                    && one != other
                {
                    counts.add((*one.min(other), *one.max(other)), if distance == 0 { 1 + NEIGHBOUR } else { 1 });
                }
            }
        }
    }
    counts
}

impl PairCounts {
    fn add(&mut self, pair: (usize, usize), weight: u64) {
        if self.weights.len() < MOST_PAIRS {
            *self.weights.entry(pair).or_default() += weight;
        } else if let Some(known) = self.weights.get_mut(&pair) {
            *known += weight;
        } else {
            self.left_out += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_has_weight_one_and_neighbours_have_weight_three() {
        let known = |session: &[usize]| session.iter().copied().map(Some).collect();
        let apart = vec![Some(4), None, Some(5)];
        let found = pair_counts(&[known(&[0, 1, 2]), known(&[2, 0]), known(&[3, 3]), apart]);
        let mut weights: Vec<_> = found.weights.into_iter().collect();
        weights.sort_unstable();
        // Tracks 0 and 2 are a pair in two sessions, and are consecutive in the second one. A track is not a pair with itself.
        // A play without a track is between tracks 4 and 5.
        assert_eq!(weights, [((0, 1), 3), ((0, 2), 4), ((1, 2), 3), ((4, 5), 1)]);
    }

    #[test]
    fn only_neighbouring_plays_of_a_large_session_are_paired() {
        let found = pair_counts(&[(0..5_000).map(Some).collect()]);
        assert_eq!(found.long_sessions, 1);
        assert!(found.weights.contains_key(&(0, FAR)) && !found.weights.contains_key(&(0, FAR + 1)));
        assert!(found.weights.len() <= MOST_PAIRS && found.weights.len() as u64 + found.left_out <= 5_000 * FAR as u64);
        assert_eq!(pair_counts(&[(0..=FAR).map(Some).collect()]).long_sessions, 0);
    }
}

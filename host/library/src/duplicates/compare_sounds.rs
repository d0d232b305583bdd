//! Finds all pairs of similar fingerprints, with the index of `baton-fingerprint`.

use std::sync::atomic::AtomicBool;

use baton_fingerprint::Fingerprint;
use baton_fingerprint::index::{self, duplicates, groups};

use super::{CompareResult, Pair, Similarity};

/// Finds the similar pairs among many fingerprints, on rayon's threads. `stop` ends the search early; the result is then
/// partial.
#[must_use]
pub fn find_similar(prints: &[Fingerprint], stop: &AtomicBool) -> CompareResult {
    let found = groups(prints, &duplicates(prints, stop));
    let pair = |pair: &index::Pair| as_pair(prints, pair);
    CompareResult {
        pairs: found.groups.iter().flat_map(|group| &group.pairs).filter_map(pair).collect(),
        bridges: found.bridges.iter().filter_map(pair).collect(),
    }
}

fn as_pair(prints: &[Fingerprint], pair: &index::Pair) -> Option<Pair> {
    let (one, other) = (usize::try_from(pair.first).ok()?, usize::try_from(pair.second).ok()?);
    let similarity = Similarity::from_alignment(&pair.alignment, pair.score, prints.get(one)?, prints.get(other)?);
    Some(Pair { one, other, similarity })
}

impl Similarity {
    /// Converts an alignment of two fingerprints.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a score is a share, frames are some thousands"
    )]
    pub(crate) fn from_alignment(
        alignment: &index::Alignment,
        score: f32,
        one: &Fingerprint,
        other: &Fingerprint,
    ) -> Self {
        let shorter = one.words().len().min(other.words().len());
        Self {
            bit_error_rate: alignment.bit_error_rate,
            score: (score.clamp(0.0, 1.0) * 100.0).round() as u8,
            overlap: (alignment.overlap_frames as f32 / shorter.max(1) as f32).min(1.0),
            drift: alignment.drift,
            offset_frames: alignment.offset_frames,
            windows: index::windows(one.words(), other.words(), alignment.offset_frames),
            whole: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_sound::words;

    #[test]
    fn a_distorted_and_cut_copy_is_found_without_false_pairs() {
        let mut prints: Vec<Fingerprint> = (1..30).map(|seed| Fingerprint::new(words(seed, 600))).collect();
        // One bit of every fourth word differs, and the first 5 s are cut off.
        let copy = prints[7].words().iter().enumerate().skip(40);
        let copy = copy.map(|(at, word)| if at % 4 == 0 { word ^ (1 << (at % 32)) } else { *word });
        prints.push(Fingerprint::new(copy.collect()));
        let result = find_similar(&prints, &AtomicBool::new(false));
        let pairs: Vec<(usize, usize)> = result.pairs.iter().map(|pair| (pair.one, pair.other)).collect();
        assert_eq!((pairs, result.bridges.len()), (vec![(7, 29)], 0));
        let similarity = result.pairs[0].similarity;
        assert!(
            similarity.score > 90 && similarity.overlap > 0.99 && similarity.bit_error_rate < 0.02,
            "{similarity:?}"
        );
    }

    #[test]
    fn nothing_is_found_in_an_empty_list() {
        assert_eq!(find_similar(&[], &AtomicBool::new(false)), CompareResult::default());
        assert_eq!(find_similar(&[Fingerprint::default()], &AtomicBool::new(false)), CompareResult::default());
    }
}

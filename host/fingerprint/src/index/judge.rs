//! The thresholds for duplicates, and the check of a candidate.
//!
//! Measured on real pieces (bench `fingerprint`, part `quality`): pairs that are not copies have a contrast of at most 0.19
//! over 30 s and more, and of at most 0.24 over 10 s. This holds for every error rate (two drones differ in only 17 % of the
//! bits). The worst of the tested changes of a piece (one channel only, clipped by 9 dB) has a contrast of 0.36.

use super::align::{Alignment, at_equal_speed, at_slope, may_agree};
use super::search::SimilarCandidate;

const CONTRAST: f32 = 0.30;

/// The minimum contrast of a long agreement, and the number of busy frames from which an agreement is long: 75 s. Longer
/// agreements need a lower contrast.
const LONG: f32 = 0.26;
const LONG_FROM: u32 = 600;

/// The minimum contrast of a short agreement, and the number of busy frames below which an agreement is short: 32 s. Short
/// agreements have little data, so they need a higher contrast.
const SHORT: f32 = 0.50;
const SHORT_END: u32 = 256;

/// The minimum number of busy frames: 7 s, which correspond to 9.5 s of audio.
const BUSY: u32 = 56;

/// The minimum share of agreeing windows. With a smaller share, the pair is a remix, a medley or a version with a cut.
const AGREEING: f32 = 0.7;

/// How many frames before and after a suspected shift are tested too.
const REACH: i32 = 2;

/// A fingerprint that is similar to the query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndexMatch {
    /// The position of the fingerprint in the order of the index.
    pub at: u32,
    /// The similarity, from 0.26 to 1: see [`Alignment::contrast`].
    pub score: f32,
    /// The alignment; the query is the first fingerprint.
    pub alignment: Alignment,
}

/// True if an alignment is good enough for duplicates. `shorter` is the length of the shorter fingerprint in frames.
pub(crate) fn is_duplicate(alignment: &Alignment, shorter: usize) -> bool {
    let overlap = alignment.overlap_frames;
    let wanted = match alignment.busy_frames {
        busy if busy < SHORT_END => SHORT,
        busy if busy < LONG_FROM => CONTRAST,
        _ => LONG,
    };
    alignment.busy_frames >= BUSY
        && overlap as usize * 2 >= shorter
        && alignment.agreeing >= AGREEING
        && alignment.contrast() >= wanted
}

/// The best alignment at a shift, if it is good enough.
pub(crate) fn at_shift(one: &[u32], other: &[u32], shift: i32) -> Option<Alignment> {
    at_equal_speed(one, other, shift, REACH).filter(|alignment| is_duplicate(alignment, one.len().min(other.len())))
}

/// The best alignment of one pair at the suspected shifts, if it is good enough.
pub(crate) fn check(one: &[u32], other: &[u32], suspects: &[SimilarCandidate]) -> Option<Alignment> {
    let shorter = one.len().min(other.len());
    let tried = suspects.iter().filter_map(|suspect| match suspect.slope {
        0 if may_agree(one, other, suspect.shift) => at_equal_speed(one, other, suspect.shift, REACH),
        0 => None,
        slope => at_slope(one, other, suspect.shift, slope),
    });
    let mut best: Option<Alignment> = None;
    for alignment in tried.filter(|alignment| is_duplicate(alignment, shorter)) {
        if best.is_none_or(|best| best.contrast() < alignment.contrast()) {
            best = Some(alignment);
        }
        // If the agreement at equal speed is clear, other speeds need no test.
        if alignment.contrast() > 2.0 * CONTRAST {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Full agreement over 75 s of music.
    const SURE: Alignment = Alignment {
        offset_frames: 0,
        overlap_frames: 600,
        busy_frames: 600,
        bit_error_rate: 0.1,
        background: 0.45,
        agreeing: 1.0,
        drift: 0.0,
    };

    #[test]
    fn a_long_and_good_match_is_accepted() {
        assert!(is_duplicate(&SURE, 600));
    }

    #[test]
    fn a_match_of_less_than_half_is_rejected() {
        assert!(!is_duplicate(&SURE, 1201));
    }

    #[test]
    fn a_match_of_one_part_is_rejected() {
        assert!(!is_duplicate(&Alignment { agreeing: 0.6, ..SURE }, 600));
    }

    #[test]
    fn shorter_matches_need_more_contrast() {
        let weak = |busy_frames, bit_error_rate| Alignment { busy_frames, bit_error_rate, ..SURE };
        // Contrasts of 0.27, 0.33 and 0.56.
        assert!(is_duplicate(&weak(600, 0.33), 600) && !is_duplicate(&weak(599, 0.33), 600));
        assert!(is_duplicate(&weak(256, 0.30), 600) && !is_duplicate(&weak(255, 0.30), 600));
        assert!(is_duplicate(&weak(56, 0.20), 600) && !is_duplicate(&weak(55, 0.20), 600));
    }
}

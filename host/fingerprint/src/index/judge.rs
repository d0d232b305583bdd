//! What makes two fingerprints duplicates: the thresholds, and the check of a suspect against them.
//!
//! Measured on real pieces (bench `fingerprint`, part `quality`): what is no copy has a contrast of at most 0.19 over 30 s and
//! more and of at most 0.24 over 10 s, whatever its error rate (two drones differ in 17 % of the bits); of the changes that
//! leave a piece what it is, the worst (one channel only, clipped by 9 dB) keep 0.36.

use super::align::{Alignment, drifting, glance, straight};
use super::search::Suspect;

const CONTRAST: f32 = 0.30;

/// The contrast that duplicates need who agree for long, and how many busy frames are long: over 75 s less is certain.
const LONG: f32 = 0.26;
const LONG_FROM: u32 = 600;

/// The contrast that duplicates need who agree only briefly, and how many busy frames are brief: under 32 s there is little to go by.
const SHORT: f32 = 0.50;
const SHORT_END: u32 = 256;

/// Frames in which something must happen: 7 s, which are 9.5 s of audio.
const BUSY: u32 = 56;

/// The share of windows that must agree: what agrees less is a remix, a medley or another cut.
const AGREEING: f32 = 0.7;

/// Frames round a suspected shift that are tried.
const REACH: i32 = 2;

/// A fingerprint that sounds like a given one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndexMatch {
    /// Which one it is, by its place in the order.
    pub at: u32,
    /// How sure it is, from 0.26 to 1: see [`Alignment::contrast`].
    pub score: f32,
    /// How the two lie over each other; the given one is the first.
    pub alignment: Alignment,
}

/// Whether an alignment is one of duplicates, of which `shorter` frames is the shorter.
pub(crate) fn convinces(alignment: &Alignment, shorter: usize) -> bool {
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

/// The best alignment that convinces, at a shift.
pub(crate) fn at_shift(one: &[u32], other: &[u32], shift: i32) -> Option<Alignment> {
    straight(one, other, shift, REACH).filter(|alignment| convinces(alignment, one.len().min(other.len())))
}

/// The best alignment of the suspected shifts of one pair, when it convinces.
pub(crate) fn check(one: &[u32], other: &[u32], suspects: &[Suspect]) -> Option<Alignment> {
    let shorter = one.len().min(other.len());
    let tried = suspects.iter().filter_map(|suspect| match suspect.slope {
        0 if glance(one, other, suspect.shift) => straight(one, other, suspect.shift, REACH),
        0 => None,
        slope => drifting(one, other, suspect.shift, slope),
    });
    let mut best: Option<Alignment> = None;
    for alignment in tried.filter(|alignment| convinces(alignment, shorter)) {
        if best.is_none_or(|best| best.contrast() < alignment.contrast()) {
            best = Some(alignment);
        }
        // They go alike: there is no need to try whether they do not.
        if alignment.contrast() > 2.0 * CONTRAST {
            break;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Full agreement over 75 s.
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
    fn what_agrees_long_and_well_convinces() {
        assert!(convinces(&SURE, 600));
    }

    #[test]
    fn what_lies_over_less_than_half_does_not() {
        assert!(!convinces(&SURE, 1201));
    }

    #[test]
    fn what_agrees_in_a_part_does_not() {
        assert!(!convinces(&Alignment { agreeing: 0.6, ..SURE }, 600));
    }

    #[test]
    fn the_shorter_the_more_is_asked_for() {
        let weak = |busy_frames, bit_error_rate| Alignment { busy_frames, bit_error_rate, ..SURE };
        // A contrast of 0.27, of 0.33 and of 0.56.
        assert!(convinces(&weak(600, 0.33), 600) && !convinces(&weak(599, 0.33), 600));
        assert!(convinces(&weak(256, 0.30), 600) && !convinces(&weak(255, 0.30), 600));
        assert!(convinces(&weak(56, 0.20), 600) && !convinces(&weak(55, 0.20), 600));
    }
}

//! What makes two fingerprints duplicates: the thresholds, and the check of a suspect against them.
//!
//! Measured on real pieces (bench `fingerprint`, part `quality`): what is no copy has a contrast of at most 0.19 over 30 s and
//! more and of at most 0.24 over 10 s, whatever its error rate (two drones differ in 17 % of the bits); of the changes that
//! leave a piece what it is, the worst (one channel only, clipped by 9 dB) keep 0.36.

use super::align::{Alignment, drifting, glance, straight};
use super::search::Suspect;

/// The contrast that duplicates need.
const CONTRAST: f32 = 0.30;

/// The contrast that duplicates need whose overlap is short, in frames: under 32 s there is less to go by.
const SHORT: (u32, f32) = (256, 0.50);

/// Frames in which something must happen: 10 s.
const BUSY: u32 = 80;

/// The share of windows that must agree: what agrees less is a remix, a medley or another cut.
const AGREEING: f32 = 0.7;

/// Frames round a suspected shift that are tried.
const REACH: i32 = 2;

/// A fingerprint that sounds like a given one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Which one it is, by its place in the order.
    pub at: u32,
    /// How sure it is, from 0.3 to 1: see [`Alignment::contrast`].
    pub score: f32,
    /// How the two lie over each other; the given one is the first.
    pub alignment: Alignment,
}

/// Whether an alignment is one of duplicates, of which `shorter` frames is the shorter.
pub(crate) fn convinces(alignment: &Alignment, shorter: usize) -> bool {
    let overlap = alignment.overlap_frames;
    let wanted = if overlap < SHORT.0 { SHORT.1 } else { CONTRAST };
    alignment.busy_frames >= BUSY
        && overlap as usize * 2 >= shorter
        && alignment.agreeing >= AGREEING
        && alignment.contrast() >= wanted
}

/// The best alignment that convinces, at a shift.
pub(crate) fn at_shift(one: &[u32], other: &[u32], shift: i32) -> Option<Alignment> {
    let alignment = straight(one, other, shift, REACH);
    convinces(&alignment, one.len().min(other.len())).then_some(alignment)
}

/// The best alignment of the suspected shifts of one pair, when it convinces.
pub(crate) fn check(one: &[u32], other: &[u32], suspects: &[Suspect]) -> Option<Alignment> {
    let shorter = one.len().min(other.len());
    let tried = suspects.iter().filter_map(|suspect| match suspect.drifting {
        true => Some(drifting(one, other, suspect.shift)),
        false => glance(one, other, suspect.shift).then(|| straight(one, other, suspect.shift, REACH)),
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

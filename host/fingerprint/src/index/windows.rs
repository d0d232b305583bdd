//! Compares two similar fingerprints in windows of ten seconds, which shows edits that the average over minutes hides.
//!
//! Measured on real pieces, encoded, cut, equalised and edited by `ffmpeg`: the worst window of a copy differs in at most
//! 0.08 of its bits, and hardly more than the median window. (One channel only: 0.31; an equaliser: 0.36; a narrow band:
//! 0.51.) If 12 s or more of a piece are replaced by another piece or another part of the same piece, the worst window
//! differs in 0.42 to 0.60 of its bits.

use super::align::{errors, overlap};

/// The length of a window in frames: 9.9 s.
const WINDOW: usize = 80;

/// The distance between the starts of two windows, in frames: 1 s.
const STEP: usize = 8;

/// The minimum number of busy frames in a window.
const BUSY: u32 = 24;

/// The maximum error rate of a window that may change the shift by a frame. So the comparison follows a copy that plays at a
/// slightly different speed.
const FOLLOWED: f32 = 0.35;

/// The differences of two fingerprints in windows of 9.9 s, one each second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Windows {
    /// The share of differing bits in the worst window, from 0 to 1; unrelated music has 0.5.
    pub worst: f32,
    /// The start of the worst window in the first fingerprint, in frames of 0.1238 s.
    pub worst_at_frame: u32,
    /// The median of the share of differing bits in all windows.
    pub median: f32,
}

/// Compares two fingerprints. Frame `shift` of the second fingerprint matches the first frame of the first fingerprint. A
/// window with too few busy frames counts as equal.
#[must_use]
pub fn windows(one: &[u32], other: &[u32], mut shift: i32) -> Windows {
    let (mut found, mut rates) = (Windows::default(), Vec::new());
    let from = usize::try_from(shift.saturating_neg().max(0)).unwrap_or(usize::MAX);
    let mut at = from;
    // Every window after the first one must have the full length.
    while let Some(window) = one.get(at..).filter(|rest| at == from || rest.len() >= WINDOW) {
        let window = window.get(..WINDOW).unwrap_or(window);
        let here = i32::try_from(at).unwrap_or(i32::MAX);
        let tried =
            [0, -1, 1].map(|by| (rate(window, other, here.saturating_add(shift).saturating_add(by), at == from), by));
        let tried = tried.into_iter().filter_map(|(rate, by)| Some((rate?, by)));
        let Some((rate, by)) = tried.min_by(|(one, _), (other, _)| one.total_cmp(other)) else { break };
        if rate <= FOLLOWED {
            shift += by;
        }
        if rate > found.worst {
            (found.worst, found.worst_at_frame) = (rate, u32::try_from(at).unwrap_or(u32::MAX));
        }
        rates.push(rate);
        at += STEP;
    }
    rates.sort_by(f32::total_cmp);
    found.median = rates.get(rates.len() / 2).copied().unwrap_or_default();
    found
}

/// The error rate of a window. `None` if the other fingerprint ends within the window; the first window may be incomplete.
fn rate(window: &[u32], other: &[u32], at: i32, is_first: bool) -> Option<f32> {
    let (left, right) = overlap(window, other, at);
    // If the shift changed by a frame, the overlap of a window may have one frame less.
    if left.is_empty() || (!is_first && left.len() + 1 < window.len()) {
        return None;
    }
    let errors = errors(left, right);
    Some(if errors.busy < BUSY { 0.0 } else { errors.rate() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::test_data;
    use super::*;

    #[test]
    fn a_copy_has_no_window_that_differs() {
        let words = test_data::piece(900, 0.9, 1);
        let copy = test_data::distort(&words[40..], 0.05, 2);
        assert!(windows(&copy, &words, 40).worst < 0.1);
        assert!(windows(&words, &copy, -40).worst < 0.1);
    }

    #[test]
    fn a_part_of_another_piece_is_the_worst_window_wherever_it_is() {
        let words = test_data::piece(900, 0.9, 1);
        for from in [0, 300, 800] {
            let mut edit = words.clone();
            edit[from..from + 100].copy_from_slice(&test_data::piece(100, 0.9, 7));
            for (one, other) in [(&words, &edit), (&edit, &words)] {
                let found = windows(one, other, 0);
                assert!(found.worst > 0.4 && found.median < 0.1, "{from}: {found:?}");
                assert!((from..from + 24).contains(&(found.worst_at_frame as usize)), "{from}: {found:?}");
            }
        }
    }

    #[test]
    fn a_slightly_faster_copy_is_followed() {
        let words = test_data::piece(8_000, 0.97, 3);
        let faster: Vec<_> = (0..7_900).map(|at| words[at * 1_001 / 1_000]).collect();
        assert!(windows(&faster, &words, 0).worst < 0.3);
    }

    #[test]
    fn silence_differs_nowhere() {
        assert_eq!(windows(&[7; 300], &[9; 300], 0), Windows::default());
    }

    proptest! {
        #[test]
        fn any_words_and_shifts_are_accepted(
            one in prop::collection::vec(any::<u32>(), 0..300),
            other in prop::collection::vec(any::<u32>(), 0..300),
            shift in any::<i32>(),
        ) {
            let found = windows(&one, &other, shift);
            prop_assert!((0.0..=1.0).contains(&found.worst));
        }
    }
}

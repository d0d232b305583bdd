//! Measures how well two fingerprints agree at a shift. Fingerprints are compared in frames (one word each).
//!
//! There are three measures. The **error rate** is the share of differing bits in the busy frames. Frames without a change
//! (silence, a held tone) are not busy and are ignored, because their agreement has no meaning. The **background** is the
//! error rate of the same fingerprints at other shifts nearby: two drones agree at every shift, copies agree at only one.
//! The **agreeing** share shows whether the fingerprints agree everywhere, as copies do, or only in a part, as a remix or a
//! version with a cut does.

use std::sync::LazyLock;

use fearless_simd::{Level, dispatch};

/// The other shifts for the background, in frames: 1.5 s to 14 s. They are unevenly spaced, so that no beat matches all of
/// them. A word covers 16 frames, so two copies would still partly agree at smaller shifts.
const ELSEWHERE: [i32; 16] = [-113, -91, -73, -57, -43, -31, -21, -13, 13, 21, 31, 43, 57, 73, 91, 113];

/// The minimum number of busy frames for an error rate.
const MIN_BUSY_FRAMES: u32 = 24;

/// The number of frames in one window: 16 s. In this time a tempo difference of 2 % causes a drift of 2.6 frames.
const WINDOW: usize = 128;

/// The number of words that the quick check compares in each of its three places.
const QUICK_CHECK_WORDS: usize = 64;

/// A shift with at least this error rate is not examined further. Unrelated pieces have an error rate of 0.42 to 0.48, the
/// worst copy has 0.34.
const CHANCE: f32 = 0.40;

/// A window agrees if its error rate is at most this share of the background.
const AGREEING: f32 = 0.85;

/// The tested tempo differences, in thousandths.
pub(crate) const SLOPES: [i32; 10] = [-25, -20, -15, -10, -5, 5, 10, 15, 20, 25];

/// The comparison of two fingerprints at one shift.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Alignment {
    /// The frame of the second fingerprint that matches the start of the first fingerprint. A frame is 0.1238 s.
    pub offset_frames: i32,
    /// The number of frames in which the fingerprints overlap.
    pub overlap_frames: u32,
    /// The number of frames in the overlap that differ from the previous frame.
    pub busy_frames: u32,
    /// The share of differing bits in the busy frames, 0 to 1; 0.5 is chance.
    pub bit_error_rate: f32,
    /// The error rate at other shifts: an estimate of the error rate of two fingerprints that are not copies.
    pub background: f32,
    /// The share of windows of 16 s that agree, 0 to 1.
    pub agreeing: f32,
    /// How much slower the second fingerprint plays than the first, as a share: 0.02 for 2 %; 0 for the same speed.
    pub drift: f32,
}

impl Alignment {
    /// How much lower the error rate is than the background: 1 for equal words, 0 for unrelated pieces. This is the
    /// contrast.
    #[must_use]
    pub fn contrast(&self) -> f32 {
        if self.background <= 0.0 { 0.0 } else { (1.0 - self.bit_error_rate / self.background).max(0.0) }
    }
}

/// The number of differing bits in the busy frames, and the number of busy frames.
#[derive(Clone, Copy, Default)]
pub(crate) struct BitErrors {
    bits: u32,
    pub(crate) busy: u32,
}

impl BitErrors {
    #[expect(clippy::cast_precision_loss, reason = "there are at most 32 times 32,768 bits")]
    pub(crate) fn rate(self) -> f32 {
        if self.busy == 0 { 1.0 } else { self.bits as f32 / (32 * self.busy) as f32 }
    }

    fn and(self, other: Self) -> Self {
        Self { bits: self.bits + other.bits, busy: self.busy + other.busy }
    }
}

/// A quick check of a shift: whether the differing bits, in three places of the overlap, are fewer than by chance.
pub(crate) fn may_agree(one: &[u32], other: &[u32], shift: i32) -> bool {
    let (left, _) = overlap(one, other, shift);
    let quarter = left.len() / 4;
    let close = |by: i32| {
        let (left, right) = overlap(one, other, shift + by);
        let spot = |at: usize| errors(part(left, at * quarter), part(right, at * quarter));
        (1..=3).map(spot).fold(BitErrors::default(), BitErrors::and).rate() < CHANCE
    };
    [0, -1, 1].into_iter().any(close)
}

/// The words of one place of the quick check.
fn part(words: &[u32], from: usize) -> &[u32] {
    let rest = words.get(from..).unwrap_or_default();
    rest.get(..QUICK_CHECK_WORDS).unwrap_or(rest)
}

/// The best alignment within `reach` frames of a shift, at equal speed; `None` if the fingerprints differ as much as by
/// chance.
pub(crate) fn at_equal_speed(one: &[u32], other: &[u32], shift: i32, reach: i32) -> Option<Alignment> {
    let tried = (shift - reach..=shift + reach).map(|shift| {
        let (left, right) = overlap(one, other, shift);
        (errors(left, right).rate(), shift)
    });
    let (_, shift) = tried.min_by(|(one, _), (other, _)| one.total_cmp(other)).filter(|(rate, _)| *rate < CHANCE)?;
    let (left, right) = overlap(one, other, shift);
    let windows = left.chunks(WINDOW).zip(right.chunks(WINDOW)).map(|(left, right)| errors(left, right));
    Some(summarise(one, other, shift, 0, windows))
}

/// The best alignment at different speeds, near `slope` and near `shift`, which is the shift in the middle of the first
/// fingerprint. `None` if the fingerprints differ as much as by chance.
pub(crate) fn at_slope(one: &[u32], other: &[u32], shift: i32, slope: i32) -> Option<Alignment> {
    let sum =
        |slope: i32, shift: i32| along(one, other, shift, slope, 0).fold(BitErrors::default(), BitErrors::and).rate();
    let tried = [0, -3, 3].into_iter().flat_map(|steeper| [0, -2, 2].map(|by| (slope + steeper, shift + by)));
    let rated = tried.map(|(slope, shift)| (sum(slope, shift), slope, shift));
    let best = rated.min_by(|(one, ..), (other, ..)| one.total_cmp(other)).filter(|(rate, ..)| *rate < CHANCE);
    let (_, slope, shift) = best?;
    Some(summarise(one, other, shift, slope, along(one, other, shift, slope, 2)))
}

/// Computes an alignment from the errors of its windows.
#[expect(clippy::cast_precision_loss, reason = "a slope and a number of windows are small")]
fn summarise(
    one: &[u32],
    other: &[u32],
    shift: i32,
    slope: i32,
    windows: impl Iterator<Item = BitErrors>,
) -> Alignment {
    let background = background(one, other, shift);
    let (mut sum, mut busy, mut agreeing) = (BitErrors::default(), 0_u32, 0_u32);
    for window in windows {
        sum = sum.and(window);
        if window.busy >= MIN_BUSY_FRAMES {
            busy += 1;
            agreeing += u32::from(window.rate() <= background * AGREEING);
        }
    }
    Alignment {
        offset_frames: shift,
        overlap_frames: u32::try_from(overlap(one, other, shift).0.len()).unwrap_or(u32::MAX),
        busy_frames: sum.busy,
        bit_error_rate: sum.rate(),
        background,
        agreeing: if busy == 0 { 0.0 } else { agreeing as f32 / busy as f32 },
        drift: slope as f32 / 1000.0,
    }
}

/// The errors along a line, window by window. A window is compared at the shift that the line has in the middle of the
/// window, or at the best shift that is at most `reach` frames away from it.
fn along(one: &[u32], other: &[u32], shift: i32, slope: i32, reach: i32) -> impl Iterator<Item = BitErrors> {
    let half = whole(one.len()) / 2;
    one.chunks(WINDOW).enumerate().map(move |(number, window)| {
        let begin = whole(number * WINDOW);
        let middle = begin + whole(window.len()) / 2 - half;
        let here = shift + middle * slope / 1000 + begin;
        let tried = (here - reach..=here + reach).map(|shift| {
            let (left, right) = overlap(window, other, shift);
            errors(left, right)
        });
        tried.min_by(|one, other| one.rate().total_cmp(&other.rate())).unwrap_or_default()
    })
}

/// The median of the error rates at other shifts; 0 if there are too few frames.
fn background(one: &[u32], other: &[u32], shift: i32) -> f32 {
    let elsewhere = ELSEWHERE.iter().map(|by| {
        let (left, right) = overlap(one, other, shift + by);
        errors(left, right)
    });
    let mut rates: Vec<_> = elsewhere.filter(|errors| errors.busy >= MIN_BUSY_FRAMES).map(BitErrors::rate).collect();
    rates.sort_by(f32::total_cmp);
    rates.get(rates.len() / 2).copied().unwrap_or_default()
}

/// The overlapping parts of two fingerprints. Frame `shift` of the second fingerprint matches the first frame of the first
/// fingerprint.
pub(crate) fn overlap<'a>(one: &'a [u32], other: &'a [u32], shift: i32) -> (&'a [u32], &'a [u32]) {
    let by = usize::try_from(shift.unsigned_abs()).unwrap_or(usize::MAX);
    let (left, right) = if shift < 0 { (one.get(by..), Some(other)) } else { (Some(one), other.get(by..)) };
    let (left, right) = (left.unwrap_or_default(), right.unwrap_or_default());
    let frames = left.len().min(right.len());
    (left.get(..frames).unwrap_or_default(), right.get(..frames).unwrap_or_default())
}

/// The instruction level of the current processor. An alignment spends most of its time on counting bits.
static LEVEL: LazyLock<Level> = LazyLock::new(Level::new);

/// The errors of two equally long sequences of words. The first frame is only compared with the second frame, to see whether
/// the second is busy.
pub(crate) fn errors(left: &[u32], right: &[u32]) -> BitErrors {
    dispatch!(*LEVEL, _simd => counted(left, right))
}

#[inline(always)]
#[expect(
    clippy::inline_always,
    reason = "a function that is not inlined is not compiled for the current processor level"
)]
fn counted(left: &[u32], right: &[u32]) -> BitErrors {
    let (Some((_, left_next)), Some((_, right_next))) = (left.split_first(), right.split_first()) else {
        return BitErrors::default();
    };
    let mut sum = BitErrors::default();
    // The loop has no branches, so that the compiler can vectorise it.
    for (((left, right), next_left), next_right) in left.iter().zip(right).zip(left_next).zip(right_next) {
        let happens = u32::from(((left ^ next_left) | (right ^ next_right)) != 0);
        sum.bits += ((next_left ^ next_right) & happens.wrapping_neg()).count_ones();
        sum.busy += happens;
    }
    sum
}

fn whole(frames: usize) -> i32 {
    // The number fits, because at most `LONGEST` words of a fingerprint are used.
    i32::try_from(frames).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::test_data;
    use super::*;

    #[test]
    fn equal_words_have_no_error_and_full_contrast() {
        let words = test_data::piece(500, 0.9, 1);
        let alignment = at_equal_speed(&words, &words, 0, 2).unwrap();
        assert_eq!((alignment.offset_frames, alignment.overlap_frames), (0, 500));
        assert!(alignment.bit_error_rate <= 0.0 && alignment.contrast() >= 1.0 && alignment.agreeing >= 1.0);
        assert!((0.3..0.55).contains(&alignment.background), "{alignment:?}");
    }

    #[test]
    fn two_drones_agree_at_every_shift_and_have_no_contrast() {
        let held = test_data::piece(1, 0.9, 5)[0];
        let drone = |seed| test_data::distort(&vec![held; 600], 0.05, seed);
        let alignment = at_equal_speed(&drone(1), &drone(2), 0, 2).unwrap();
        assert!(alignment.bit_error_rate < 0.15 && alignment.contrast() < 0.1, "{alignment:?}");
    }

    #[test]
    fn silence_has_no_busy_frames() {
        let silence = vec![627_964_279; 900];
        assert_eq!(at_equal_speed(&silence, &silence, 0, 2), None);
    }

    #[test]
    fn another_tempo_is_aligned() {
        let words = test_data::piece(1000, 0.97, 3);
        let faster: Vec<_> = (0..950).map(|at| words[at * 1020 / 1000]).collect();
        // The second fingerprint plays 2 % slower than the first: its position advances by 20 additional frames in a
        // thousand.
        let alignment = at_slope(&faster, &words, 10, 20).unwrap();
        assert!(alignment.contrast() > 0.6, "{alignment:?}");
        assert!(at_equal_speed(&faster, &words, 0, 2).is_none_or(|still| still.contrast() < alignment.contrast()));
    }

    proptest! {
        #[test]
        fn any_words_and_shifts_are_accepted(
            one in prop::collection::vec(any::<u32>(), 0..300),
            other in prop::collection::vec(any::<u32>(), 0..300),
            shift in -400_i32..400,
            slope in -30_i32..30,
        ) {
            may_agree(&one, &other, shift);
            for found in [at_equal_speed(&one, &other, shift, 2), at_slope(&one, &other, shift, slope)].into_iter().flatten() {
                prop_assert!((0.0..=1.0).contains(&found.bit_error_rate) && (0.0..=1.0).contains(&found.contrast()));
            }
        }

        #[test]
        fn a_shifted_copy_is_found_at_its_shift(shift in 0_usize..200, seed in 0_u64..1000) {
            let words = test_data::piece(700, 0.9, seed);
            let copy = test_data::distort(&words[shift..], 0.05, seed + 1);
            let alignment = at_equal_speed(&copy, &words, i32::try_from(shift).unwrap() + 1, 2).unwrap();
            prop_assert_eq!(alignment.offset_frames, i32::try_from(shift).unwrap());
            prop_assert!(alignment.contrast() > 0.7);
        }
    }
}

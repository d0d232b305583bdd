//! The polyphase filter bank of libswresample's `build_filter` (`resample.c`): a sinc under a Kaiser window, one row of taps
//! for each phase between two samples.
//!
//! Each row is padded with zeros to a multiple of the lane count, so that the inner loop handles no remainder.

use std::f64::consts::PI;

use super::RATE_HZ;
use super::kernel::Element;

/// `filter_size`: the number of taps when the rate is not reduced.
const FILTER_SIZE: f64 = 16.0;
/// `cutoff`: the cutoff frequency, as a share of half of the lower of the two sample rates.
const CUTOFF: f64 = 0.8;
/// `kaiser_beta`.
const KAISER_BETA: f64 = 9.0;
/// 2 to the `phase_shift`: the maximum number of phases.
const MAX_PHASES: u32 = 1 << 8;

/// The filter taps for one pair of sample rates.
pub(super) struct Bank<T> {
    rows: Vec<T>,
    pub(super) taps: usize,
    /// The number of taps in a row, including padding.
    pub(super) width: usize,
    /// The number of phases between two samples.
    pub(super) phases: usize,
}

impl<T: Element> Bank<T> {
    /// The filter bank that converts `rate_hz` to 11,025 Hz.
    pub(super) fn new(rate_hz: u32) -> Self {
        let factor = (f64::from(RATE_HZ) * CUTOFF / f64::from(rate_hz)).min(1.0);
        let taps = taps(factor);
        let width = taps.next_multiple_of(T::LANES);
        let phases = phases(rate_hz);
        // One additional row, for the interpolation after the last phase.
        let mut bank = Self { rows: vec![T::default(); width * (phases + 1)], taps, width, phases };
        bank.fill(factor);
        bank
    }

    /// The taps of a phase, `width` of them. The row after the last phase is the first row, shifted by one sample.
    pub(super) fn row(&self, phase: usize) -> &[T] {
        self.rows.get(phase * self.width..(phase + 1) * self.width).unwrap_or_default()
    }

    fn fill(&mut self, factor: f64) {
        let gain: f64 = self.phase(0, factor).iter().sum();
        // If the number of phases is even, the rows are symmetric: the second half of them is the reversed first half.
        let computed = if self.phases.is_multiple_of(2) { self.phases / 2 + 1 } else { self.phases };
        for phase in 0..computed {
            let row: Vec<T> = self.phase(phase, factor).into_iter().map(|tap| T::tap(tap / gain)).collect();
            if self.phases.is_multiple_of(2) {
                self.set(self.phases - phase, row.iter().rev().copied());
            }
            self.set(phase, row.iter().copied());
        }
        // The padding must be zero, because the sample window may contain samples of the previous block there.
        let first = self.row(0).to_vec();
        self.set(self.phases, first.iter().cycle().skip(self.width - 1).take(self.taps).copied());
    }

    fn set(&mut self, phase: usize, taps: impl Iterator<Item = T>) {
        let row = self.rows.iter_mut().skip(phase * self.width).take(self.width);
        row.zip(taps).for_each(|(to, from)| *to = from);
    }

    /// The taps of a phase, without scaling.
    #[expect(clippy::cast_precision_loss, reason = "numbers below 2^20")]
    fn phase(&self, phase: usize, factor: f64) -> Vec<f64> {
        let centre = ((self.taps - 1) / 2) as f64;
        let offset = phase as f64 / self.phases as f64;
        (0..self.taps)
            .map(|tap| {
                let x = PI * (tap as f64 - centre - offset) * factor;
                let sinc = if x.abs() < f64::MIN_POSITIVE { 1.0 } else { x.sin() / x };
                let w = 2.0 * x / (factor * self.taps as f64 * PI);
                sinc * bessel(KAISER_BETA * (1.0 - w * w).max(0.0).sqrt())
            })
            .collect()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "16 to some thousands, by the bounds of the rate"
)]
fn taps(factor: f64) -> usize {
    ((FILTER_SIZE / factor).ceil() as usize).next_multiple_of(2)
}

/// The number of phases of the filter. It is 1 if only the first phase is needed. Otherwise it is the largest multiple of
/// the needed phases up to [`MAX_PHASES`]. If more phases are needed, it is [`MAX_PHASES`], with interpolation between them.
fn phases(rate_hz: u32) -> usize {
    match RATE_HZ / gcd(RATE_HZ, rate_hz) {
        1 => 1,
        exact if exact <= MAX_PHASES => (MAX_PHASES / exact * exact) as usize,
        _ => MAX_PHASES as usize,
    }
}

pub(super) fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The modified Bessel function of the first kind of order zero, by its power series (DLMF 10.25.2).
fn bessel(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= quarter / (k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bessel_function_matches_the_tables() {
        // Abramowitz and Stegun, table 9.8: e^-x I0(x).
        for (x, scaled) in [(0.0, 1.0), (1.0, 0.465_759_607_6), (5.0, 0.183_540_812_6), (9.0, 0.134_959_524_6)] {
            assert!((bessel(x) * f64::exp(-x) - scaled).abs() < 1e-9, "{x}");
        }
    }

    #[test]
    fn each_rate_has_the_number_of_phases_that_it_needs() {
        for (rate_hz, expected, taps) in [
            (44_100, 1, 80),
            (22_050, 1, 40),
            (48_000, 147, 88),
            (96_000, 147, 176),
            (12_600, 252, 24),
            (8_000, 256, 16),
            (32_000, 256, 60),
        ] {
            let bank = Bank::<f32>::new(rate_hz);
            assert_eq!((bank.phases, bank.taps), (expected, taps), "{rate_hz}");
        }
    }

    #[test]
    fn the_taps_of_a_phase_have_unit_gain() {
        let bank = Bank::<i16>::new(44_100);
        let sum: i32 = bank.row(0).iter().copied().map(i32::from).sum();
        assert!((sum - 32_768).abs() < 8, "{sum}");
    }

    #[test]
    fn the_row_after_the_last_is_the_first_shifted_by_one_sample() {
        let bank = Bank::<f32>::new(8_000);
        assert_eq!(bank.row(256).get(1..), bank.row(0).get(..bank.width - 1));
    }
}

//! Converts from a file's sample rate to 11,025 Hz. Each output sample is the same as that of libswresample (`resample.c`,
//! `resample_template.c`). `kernel` has the arithmetic.
//!
//! The last samples, which would need input after the end of the file, are not computed: `fpcalc` 1.5.1 with `FFmpeg` 5.1
//! stops at the end of the file without flushing libswresample (this is why it reports `End of file` with `-length 0`).
//!
//! Several lines (channels) are resampled in parallel, with the same position. A line keeps the samples that its filter
//! still needs. Nothing is allocated after [`Resampler::new`]. Output samples have the type of the input samples.

#![expect(
    clippy::indexing_slicing,
    reason = "DSP: every range is within a line's fixed length, see `Line` and `Filter::capacity`"
)]
#![expect(
    clippy::inline_always,
    reason = "a function that is not inlined is not compiled for the current processor level"
)]

use fearless_simd::{Level, Simd, dispatch};

use super::RATE_HZ;
use super::bank::{Bank, gcd};
use super::kernel::{Element, FOUR, Fraction};

/// The lines of samples, and the filter that resamples all of them.
pub(super) struct Resampler<T> {
    filter: Option<Filter<T>>,
    lines: Vec<Line<T>>,
    most: usize,
}

/// One channel.
struct Line<T> {
    /// The samples at the rate of the file, followed by free space. The length is fixed.
    samples: Vec<T>,
    /// The output samples (at 11,025 Hz) of the last step.
    output: Vec<T>,
}

struct Filter<T> {
    bank: Bank<T>,
    step: Step,
    at: Position,
    /// The number of valid samples in each line.
    valid: usize,
    /// The number of samples that are mirrored before the first sample: half of the filter.
    lead: usize,
    /// True if the start was mirrored.
    primed: bool,
    /// The instruction level of the current processor.
    level: Level,
}

/// The position of the next output sample: the first sample under the filter, the phase, and the fraction of the way to the
/// next phase.
#[derive(Clone, Copy, Default)]
struct Position {
    start: usize,
    phase: usize,
    part: u32,
}

/// The distance between two output samples.
#[derive(Clone, Copy)]
struct Step {
    samples: usize,
    phases: usize,
    part: u32,
    whole: u32,
}

impl Step {
    /// The distance of `rate_hz` · `phases` / 11,025 phases, as an integer and a fraction.
    fn new(rate_hz: u32, phases: usize) -> Self {
        let shared = gcd(RATE_HZ, rate_hz);
        let whole = RATE_HZ / shared;
        let distance = u64::from(rate_hz / shared) * phases as u64;
        let steps = usize::try_from(distance / u64::from(whole)).unwrap_or(usize::MAX);
        let part = u32::try_from(distance % u64::from(whole)).unwrap_or(0);
        Self { samples: steps / phases, phases: steps % phases, part, whole }
    }

    #[inline(always)]
    fn from(self, mut at: Position, phases: usize) -> Position {
        at.start += self.samples;
        at.phase += self.phases;
        at.part += self.part;
        if at.part >= self.whole {
            at.part -= self.whole;
            at.phase += 1;
        }
        if at.phase >= phases {
            at.phase -= phases;
            at.start += 1;
        }
        at
    }
}

impl<T: Element> Resampler<T> {
    /// A resampler for `lines` lines at `rate_hz`, in blocks of at most `block` samples.
    pub(super) fn new(rate_hz: u32, lines: usize, block: usize) -> Self {
        let filter = (rate_hz != RATE_HZ).then(|| Filter::new(rate_hz));
        let capacity = filter.as_ref().map_or(block, |filter| filter.capacity(block));
        let most = capacity * RATE_HZ as usize / rate_hz as usize + 1;
        let line = |_| Line { samples: vec![T::default(); capacity], output: Vec::with_capacity(most) };
        Self { filter, lines: (0..lines).map(line).collect(), most }
    }

    /// The maximum number of output samples of one step.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// The buffer for the next `frames` samples of a line.
    pub(super) fn input(&mut self, line: usize, frames: usize) -> &mut [T] {
        let from = self.filter.as_ref().map_or(0, |filter| filter.valid);
        &mut self.lines[line].samples[from..from + frames]
    }

    /// Processes the next `frames` samples of every line.
    pub(super) fn advance(&mut self, frames: usize) {
        let Some(filter) = &mut self.filter else {
            for line in &mut self.lines {
                line.output.clear();
                line.output.extend_from_slice(&line.samples[..frames]);
            }
            return;
        };
        filter.valid += frames;
        if filter.prime(&mut self.lines) {
            filter.run(&mut self.lines);
        }
    }

    /// The output samples of the last step.
    pub(super) fn output(&self, line: usize) -> &[T] {
        &self.lines[line].output
    }
}

impl<T: Element> Filter<T> {
    fn new(rate_hz: u32) -> Self {
        let bank = Bank::new(rate_hz);
        let lead = (bank.taps - 1) / 2;
        let step = Step::new(rate_hz, bank.phases);
        Self { bank, step, at: Position::default(), valid: lead, lead, primed: false, level: Level::new() }
    }

    /// The length of a line: the rest of the previous block, one block, and the padding of a row, which is read after the
    /// last tap. The rest has at most `lead` + taps samples before the start is mirrored, and fewer samples than taps
    /// afterwards.
    fn capacity(&self, block: usize) -> usize {
        2 * self.bank.taps + block + T::LANES + 2
    }

    /// Mirrors the start as soon as there are enough samples. Returns whether it was mirrored.
    fn prime(&mut self, lines: &mut [Line<T>]) -> bool {
        if !self.primed && self.valid > self.lead + self.bank.taps {
            for line in lines {
                for distance in 1..=self.lead {
                    line.samples[self.lead - distance] = line.samples[self.lead + distance];
                }
            }
            self.primed = true;
        }
        self.primed
    }

    /// Computes the output samples of the available input, and discards samples that are no longer needed.
    fn run(&mut self, lines: &mut [Line<T>]) {
        let at = dispatch!(self.level, simd => self.filtered(simd, lines));
        let used = at.start.min(self.valid);
        for line in lines {
            line.samples.copy_within(used..self.valid, 0);
        }
        self.valid -= used;
        self.at = Position { start: at.start - used, ..at };
    }

    #[inline(always)]
    fn filtered<S: Simd>(&self, simd: S, lines: &mut [Line<T>]) -> Position {
        let mut at = self.at;
        for line in lines {
            at = if self.step.part == 0 { self.on_phases(simd, line) } else { self.between_phases(simd, line) };
        }
        at
    }

    /// Filters a line for which every output sample is exactly on a phase of the filter.
    #[inline(always)]
    fn on_phases<S: Simd>(&self, simd: S, line: &mut Line<T>) -> Position {
        let (Bank { taps, width, phases, .. }, mut at) = (&self.bank, self.at);
        let window = |at: Position| &line.samples[at.start..at.start + width];
        line.output.clear();
        while at.start + taps <= self.valid {
            let mut places = [at; FOUR];
            (1..FOUR).for_each(|of| places[of] = self.step.from(places[of - 1], *phases));
            if places[FOUR - 1].start + taps > self.valid {
                line.output.push(T::filtered(simd, self.bank.row(at.phase), window(at)));
                at = self.step.from(at, *phases);
                continue;
            }
            // If the bank has only one row, the compiler must be able to see that all four rows are the same.
            let rows = if *phases == 1 { [self.bank.row(0); FOUR] } else { places.map(|at| self.bank.row(at.phase)) };
            line.output.extend(T::filtered_four(simd, rows, places.map(window)));
            at = self.step.from(places[FOUR - 1], *phases);
        }
        at
    }

    /// Filters a line whose output samples are between two phases, by interpolation.
    #[inline(always)]
    fn between_phases<S: Simd>(&self, simd: S, line: &mut Line<T>) -> Position {
        let (Bank { taps, width, phases, .. }, mut at) = (&self.bank, self.at);
        line.output.clear();
        while at.start + taps <= self.valid {
            let window = &line.samples[at.start..at.start + width];
            let fraction = Fraction { part: at.part, whole: self.step.whole };
            let rows = [self.bank.row(at.phase), self.bank.row(at.phase + 1)];
            line.output.push(T::interpolated(simd, rows, window, fraction));
            at = self.step.from(at, *phases);
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resampled(rate_hz: u32, input: &[i16], block: usize) -> Vec<i16> {
        let mut resampler = Resampler::new(rate_hz, 1, block);
        let mut output = Vec::new();
        for block in input.chunks(block) {
            resampler.input(0, block.len()).copy_from_slice(block);
            resampler.advance(block.len());
            output.extend_from_slice(resampler.output(0));
        }
        output
    }

    #[test]
    fn a_constant_keeps_its_value_and_its_length_except_half_a_filter() {
        for rate_hz in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 384_000] {
            let input = vec![10_000; rate_hz as usize];
            let output = resampled(rate_hz, &input, 1000);
            assert!((RATE_HZ as usize - output.len()) <= 16, "{rate_hz}: {}", output.len());
            assert!(output.iter().all(|sample| sample.abs_diff(10_000) <= 8), "{rate_hz}");
        }
    }

    #[test]
    fn blocks_of_any_size_give_the_same() {
        let input: Vec<i16> = (0..5000_i32).map(|n| i16::try_from(n * n * 31 % 65_521 - 32_760).unwrap()).collect();
        for rate_hz in [8_000, 44_100, 48_000] {
            let whole = resampled(rate_hz, &input, 5000);
            for block in [1, 7, 80, 81, 999] {
                assert_eq!(resampled(rate_hz, &input, block), whole, "{rate_hz}, blocks of {block}");
            }
        }
    }

    /// The row of taps after the last phase is the first row, shifted by one sample: its last tap is beyond the filter.
    #[test]
    fn samples_beyond_the_filter_are_never_read() {
        let loud: Vec<f32> = (0..20_000_u32).map(|n| if n % 97 == 0 { 9e29 } else { 1e-3 }).collect();
        for rate_hz in [8_000, 12_601, 31_999, 32_000, 47_999] {
            let on = |block: usize| -> Vec<u32> {
                let mut resampler = Resampler::<f32>::new(rate_hz, 1, block);
                let mut output = Vec::new();
                for block in loud.chunks(block) {
                    resampler.input(0, block.len()).copy_from_slice(block);
                    resampler.advance(block.len());
                    output.extend(resampler.output(0).iter().map(|sample| sample.to_bits()));
                }
                output
            };
            let whole = on(20_000);
            for block in [1, 7, 777, 4096] {
                assert_eq!(on(block), whole, "{rate_hz} Hz in blocks of {block}");
            }
        }
    }

    /// The instruction level of this processor, and the lowest level.
    fn levels() -> Vec<Level> {
        let best = Level::new();
        let mut levels = vec![Level::fallback(), Level::baseline(), best];
        #[cfg(target_arch = "x86_64")]
        levels.extend([best.as_sse2().map(Level::Sse2), best.as_sse4_2().map(Level::Sse4_2)].into_iter().flatten());
        #[cfg(target_arch = "x86_64")]
        levels.extend([best.as_avx2().map(Level::Avx2), best.as_avx512().map(Level::Avx512)].into_iter().flatten());
        levels
    }

    /// The output of two lines on a processor of the level `level`.
    fn on<T: Element>(level: Level, rate_hz: u32, input: &[T]) -> Vec<T> {
        let mut resampler = Resampler::new(rate_hz, 2, 1000);
        resampler.filter.as_mut().unwrap().level = level;
        let mut output = Vec::new();
        for block in input.chunks(1000) {
            (0..2).for_each(|line| resampler.input(line, block.len()).copy_from_slice(block));
            resampler.advance(block.len());
            assert_eq!(resampler.output(0).len(), resampler.output(1).len());
            output.extend_from_slice(resampler.output(1));
        }
        output
    }

    #[test]
    fn every_kind_of_processor_gives_the_same_bits() {
        let mut state = 1_u32;
        let noise: Vec<i16> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i16::from_ne_bytes([state.to_be_bytes()[0], state.to_be_bytes()[1]])
        })
        .take(20_000)
        .collect();
        let floats: Vec<f32> = noise.iter().map(|sample| f32::from(*sample) / 32_768.0).collect();
        // Upsampling; one row; many rows; interpolation between rows.
        for rate_hz in [8_000, 22_050, 44_100, 48_000, 47_999, 192_000] {
            let whole = on(Level::fallback(), rate_hz, &noise);
            let parts: Vec<_> = on(Level::fallback(), rate_hz, &floats).into_iter().map(f32::to_bits).collect();
            assert!(whole.len() > 500 && parts.len() == whole.len(), "{rate_hz}");
            for level in levels() {
                assert_eq!(on(level, rate_hz, &noise), whole, "{rate_hz}, {level:?}");
                let bits: Vec<_> = on(level, rate_hz, &floats).into_iter().map(f32::to_bits).collect();
                assert_eq!(bits, parts, "{rate_hz}, {level:?}");
            }
        }
    }

    #[test]
    fn input_shorter_than_the_filter_gives_no_output() {
        assert_eq!(resampled(44_100, &[1000; 80], 16), []);
    }

    #[test]
    fn no_block_reallocates_a_line() {
        for rate_hz in [1_000, 11_025, 44_100, 48_000, 768_000] {
            let mut resampler = Resampler::<f32>::new(rate_hz, 2, 4096);
            let places = |resampler: &Resampler<f32>| -> Vec<_> {
                resampler.lines.iter().flat_map(|line| [line.samples.as_ptr(), line.output.as_ptr()]).collect()
            };
            let before = places(&resampler);
            for frames in [4096, 1, 0, 4095, 4096, 80, 4096, 4096] {
                (0..2).for_each(|line| resampler.input(line, frames).fill(0.5));
                resampler.advance(frames);
                assert!(resampler.output(0).len() <= resampler.most());
            }
            assert_eq!(places(&resampler), before, "{rate_hz}");
        }
    }

    #[test]
    fn loud_samples_are_clipped_not_wrapped() {
        let input: Vec<i16> = (0..2000).map(|n| if n / 40 % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
        let output = resampled(22_050, &input, 2000);
        assert!(output.contains(&i16::MAX) && output.contains(&i16::MIN));
    }
}

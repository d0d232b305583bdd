//! Converts blocks of a file's samples to 16-bit mono at 11,025 Hz.
//!
//! There are two paths. Integers are filtered channel by channel and then mixed, as in libswresample. Floats are mixed and
//! then filtered. The parent module explains why only the path for integers must keep libswresample's order.

use std::ops::Range;

use super::layout;
use super::resample::Resampler;
use super::sample::{Kind, Sample, quantise};

/// The maximum number of samples of a channel that one step processes.
pub(crate) const BLOCK: usize = 4096;

/// The path for the format of the source.
pub(crate) enum MonoResampler {
    /// For sources of at most 16 bits.
    Integers(IntegerResampler),
    /// For all other sources.
    Floats(FloatResampler),
}

impl MonoResampler {
    pub(crate) fn new(rate_hz: u32, channels: u16, mask: Option<u32>, kind: Kind) -> Self {
        let weights = layout::weights(channels, mask);
        match kind {
            Kind::S16 => Self::Integers(IntegerResampler::new(rate_hz, &weights)),
            Kind::Float | Kind::S32 => Self::Floats(FloatResampler::new(rate_hz, &weights)),
        }
    }

    /// Converts a range (of at most [`BLOCK`] samples) of each channel. If a channel is too short, its missing samples are
    /// silence.
    pub(crate) fn push<S: Sample>(&mut self, channels: &[&[S]], range: Range<usize>) -> &[i16] {
        match self {
            Self::Integers(path) => path.push(channels, range),
            Self::Floats(path) => path.push(channels, range),
        }
    }
}

/// A channel with a non-zero weight.
#[derive(Clone, Copy)]
struct ChannelState<W> {
    number: usize,
    weight: W,
}

/// Filters each channel, then mixes the channels.
pub(crate) struct IntegerResampler {
    weighted: Vec<ChannelState<i32>>,
    resampler: Resampler<i16>,
    sums: Vec<i32>,
    mono: Vec<i16>,
}

impl IntegerResampler {
    fn new(rate_hz: u32, weights: &[f64]) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "at most 32,768")]
        let weight = |weight: f64| (weight * 32_768.0).round_ties_even() as i32;
        let weighted = weighted_channels(weights.iter().copied().map(weight));
        let resampler = Resampler::new(rate_hz, weighted.len(), BLOCK);
        let most = resampler.most();
        Self { weighted, resampler, sums: Vec::with_capacity(most), mono: Vec::with_capacity(most) }
    }

    fn push<S: Sample>(&mut self, channels: &[&[S]], range: Range<usize>) -> &[i16] {
        for (line, weighted) in self.weighted.iter().enumerate() {
            let samples = channel_range(channels, weighted.number, &range);
            let (filled, lacking) = self.resampler.input(line, range.len()).split_at_mut(samples.len());
            filled.iter_mut().zip(samples).for_each(|(to, sample)| *to = sample.to_i16());
            lacking.fill(0);
        }
        self.resampler.advance(range.len());
        self.mix()
    }

    fn mix(&mut self) -> &[i16] {
        self.sums.clear();
        self.sums.resize(self.resampler.output(0).len(), 1 << 14);
        for (line, weighted) in self.weighted.iter().enumerate() {
            let samples = self.resampler.output(line).iter();
            self.sums.iter_mut().zip(samples).for_each(|(sum, sample)| *sum += weighted.weight * i32::from(*sample));
        }
        #[expect(clippy::cast_possible_truncation, reason = "clamped")]
        let narrowed = |sum: &i32| (sum >> 15).clamp(-32_768, 32_767) as i16;
        self.mono.clear();
        self.mono.extend(self.sums.iter().map(narrowed));
        &self.mono
    }
}

/// Mixes the channels, then filters the mix.
pub(crate) struct FloatResampler {
    weighted: Vec<ChannelState<f32>>,
    resampler: Resampler<f32>,
    mono: Vec<i16>,
}

impl FloatResampler {
    fn new(rate_hz: u32, weights: &[f64]) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "the weights of floats are `float`s")]
        let weighted = weighted_channels(weights.iter().map(|weight| *weight as f32));
        let resampler = Resampler::new(rate_hz, 1, BLOCK);
        let mono = Vec::with_capacity(resampler.most());
        Self { weighted, resampler, mono }
    }

    fn push<S: Sample>(&mut self, channels: &[&[S]], range: Range<usize>) -> &[i16] {
        let mixed = self.resampler.input(0, range.len());
        mixed.fill(0.0);
        for weighted in &self.weighted {
            let samples = channel_range(channels, weighted.number, &range);
            mixed.iter_mut().zip(samples).for_each(|(sum, sample)| *sum += sample.to_f32() * weighted.weight);
        }
        self.resampler.advance(range.len());
        self.quantise()
    }

    fn quantise(&mut self) -> &[i16] {
        self.mono.clear();
        self.mono.extend(self.resampler.output(0).iter().copied().map(quantise));
        &self.mono
    }
}

/// The channels with a non-zero weight; the first channel if all weights are zero.
fn weighted_channels<W: PartialEq + Default + Copy>(weights: impl Iterator<Item = W>) -> Vec<ChannelState<W>> {
    let all: Vec<_> = weights.enumerate().map(|(number, weight)| ChannelState { number, weight }).collect();
    let weighted: Vec<_> = all.iter().copied().filter(|weighted| weighted.weight != W::default()).collect();
    if weighted.is_empty() { all.into_iter().take(1).collect() } else { weighted }
}

/// The samples of a channel in a range.
fn channel_range<'a, S>(channels: &[&'a [S]], number: usize, range: &Range<usize>) -> &'a [S] {
    let channel = channels.get(number).copied().unwrap_or_default();
    channel.get(range.start..range.end.min(channel.len())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chroma::RATE_HZ;

    #[test]
    fn no_block_reallocates_the_mix() {
        let loud = vec![1.0_f32; BLOCK];
        for rate_hz in [1_000, 11_025, 44_100] {
            let mut integers = IntegerResampler::new(rate_hz, &[0.5, 0.5]);
            let mut floats = FloatResampler::new(rate_hz, &[0.5, 0.5]);
            let before = (integers.sums.as_ptr(), integers.mono.as_ptr(), floats.mono.as_ptr());
            for to in [BLOCK, 1, BLOCK, 1000, BLOCK] {
                integers.push(&[&loud, &loud], 0..to);
                floats.push(&[&loud, &loud], 0..to);
            }
            assert_eq!((integers.sums.as_ptr(), integers.mono.as_ptr(), floats.mono.as_ptr()), before, "{rate_hz}");
        }
    }

    #[test]
    fn a_shorter_channel_is_filled_with_silence() {
        let (whole, half) = (vec![1000_i16; BLOCK], vec![1000_i16; BLOCK / 2]);
        let mut path = IntegerResampler::new(RATE_HZ, &[0.5, 0.5]);
        let mono = path.push(&[&whole, &half], 0..BLOCK);
        assert_eq!((mono.first(), mono.last()), (Some(&1000), Some(&500)));
        assert_eq!(path.push(&[&whole], 0..10), [500; 10]);
    }
}

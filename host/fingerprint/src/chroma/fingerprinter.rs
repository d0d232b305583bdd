//! The entry point of fingerprinting: takes blocks of samples and returns a fingerprint.

use std::time::Duration;

use super::RATE_HZ;
use super::algorithm::Algorithm;
use super::mono_resampler::{BLOCK, MonoResampler};
use super::sample::{Kind, Sample};
use super::words::WordEncoder;
use crate::{Error, Fingerprint, Reason};

/// Chromaprint's minimum sample rate (`kMinSampleRate`), in Hz. At a lower rate, one input sample would become more than
/// eleven output samples.
const MIN_RATE_HZ: u32 = 1_000;
/// Twice the highest PCM sample rate on the market, in Hz. A higher rate needs a longer filter: at this rate the filter has
/// 1,394 taps.
const MAX_RATE_HZ: u32 = 768_000;
/// The maximum number of channels of libswresample (`SWR_CH_MAX`).
const MAX_CHANNELS: u16 = 64;

/// Computes the fingerprint of a stream of samples.
///
/// Samples come in blocks of any size, one slice for each channel. The block size does not affect the result.
pub struct Fingerprinter {
    resampler: MonoResampler,
    words: WordEncoder,
    /// The number of samples at 11,025 Hz that are still needed.
    wanted: Option<u64>,
}

impl Fingerprinter {
    /// A fingerprinter for `channels` channels of `rate_hz` samples a second. The channels have the usual order for their
    /// number. Fails unless the rate is 1,000 to 768,000 Hz and there are 1 to 64 channels.
    pub fn new(rate_hz: u32, channels: u16, kind: Kind) -> Result<Self, Error> {
        Self::with_positions(rate_hz, channels, None, kind)
    }

    /// As [`Self::new`], for channels whose positions are given by a `WAVE_FORMAT_EXTENSIBLE` channel mask, in the order of
    /// its bits. A mask for another number of channels is ignored.
    pub fn with_positions(rate_hz: u32, channels: u16, mask: Option<u32>, kind: Kind) -> Result<Self, Error> {
        check_format(rate_hz, channels)?;
        Ok(Self {
            resampler: MonoResampler::new(rate_hz, channels, mask, kind),
            words: WordEncoder::new(Algorithm::Two),
            wanted: None,
        })
    }

    /// Fingerprints only the first `length` of the stream. As with `fpcalc -length`, the length is measured after
    /// resampling.
    #[must_use]
    pub fn limited_to(mut self, length: Duration) -> Self {
        let samples = length.as_nanos() * u128::from(RATE_HZ) / 1_000_000_000;
        self.wanted = Some(u64::try_from(samples).unwrap_or(u64::MAX));
        self
    }

    /// True if all needed samples were received, so that decoding can stop.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.wanted == Some(0)
    }

    /// Receives a block: a slice for each channel. A channel that is shorter than the first channel is padded with silence.
    pub fn push<S: Sample>(&mut self, channels: &[&[S]]) {
        let frames = channels.first().map_or(0, |channel| channel.len());
        let mut from = 0;
        while from < frames && !self.is_full() {
            let to = frames.min(from + BLOCK);
            let mono = self.resampler.push(channels, from..to);
            self.words.push(take_wanted(&mut self.wanted, mono));
            from = to;
        }
    }

    /// Ends the stream. A stream under 2.72 s has no words.
    #[must_use]
    pub fn finish(mut self) -> Fingerprint {
        Fingerprint::new(self.words.take())
    }
}

/// Checks that the rate and the number of channels are supported.
pub(crate) fn check_format(rate_hz: u32, channels: u16) -> Result<(), Error> {
    let refused = |detail| Err(Error::new(Reason::Unsupported, detail));
    if !(MIN_RATE_HZ..=MAX_RATE_HZ).contains(&rate_hz) {
        return refused(format!("audio of {rate_hz} Hz is not supported, only {MIN_RATE_HZ} to {MAX_RATE_HZ} Hz"));
    }
    if !(1..=MAX_CHANNELS).contains(&channels) {
        return refused(format!("audio of {channels} channels is not supported, only 1 to {MAX_CHANNELS} channels"));
    }
    Ok(())
}

/// The samples that are still needed.
fn take_wanted<'a>(wanted: &mut Option<u64>, samples: &'a [i16]) -> &'a [i16] {
    let Some(left) = wanted else { return samples };
    let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(samples.len());
    *left -= taken as u64;
    samples.get(..taken).unwrap_or_default()
}

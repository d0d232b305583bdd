//! Converts samples to words: Chromaprint's algorithm 2 as `fpcalc` 1.5.1 (with `FFmpeg` 5.1) computes it, in one streaming
//! pass. The other four algorithms are available on request (`algorithm`).
//!
//! # The processing steps
//! 1. `sample`: converts the decoder's samples to 16-bit integers ([`Kind::S16`]) or floats ([`Kind::Float`], [`Kind::S32`]),
//!    the two formats in which `FFmpeg`'s libswresample works before it converts to 16 bits.
//! 2. `layout` and `mono_resampler`: weigh and add the channels, as `rematrix.c` does for mono.
//! 3. `bank` and `resample`: convert to 11,025 Hz with libswresample's polyphase filter.
//! 4. `spectrum`: every 1,365 samples, computes the power spectrum of 4,096 samples under a Hamming window, and adds the bins
//!    from 28 to 3,520 Hz into the twelve notes of an octave.
//! 5. `smooth`: combines five such rows into one and normalises it.
//! 6. `image` and `classify`: sixteen rectangle filters over the last sixteen rows give two bits each: a word.
//!
//! A word is computed every 0.1238 s. The first word needs 4,096 + 19 · 1,365 samples (2.72 s), because it uses sixteen rows
//! that are each smoothed from five.
//!
//! # How `fpcalc` uses libswresample
//! Sources: `ffmpeg_audio_processor_swresample.h` of Chromaprint 1.5.1 and `swresample.c`, `resample.c`, `resample_template.c`,
//! `rematrix.c`, `audioconvert.c` of `FFmpeg` 5.1 (with their x86 assembler). Tests compare with `fpcalc`.
//!
//! * `filter_size` 16, `cutoff` 0.8, `phase_shift` 8, `linear_interp` 1; by default a Kaiser window of β 9, `exact_rational`
//!   and no dither. Phases are exact if 11,025 divided by its greatest common divisor with the rate is at most 256 (44,100 →
//!   1, 48,000 → 147 phases); these rates need no interpolation. For other rates (8, 16, 32 kHz) there are 256 phases with
//!   linear interpolation.
//! * Sources of at most 16 bits are filtered in integers with 16-bit taps, **each channel separately**, then mixed.
//!   libswresample does so (`resample_first`) for every source with more than one channel. Both steps round, so this code
//!   keeps the order.
//! * All other sources (including 24 bits) are filtered in floats and rounded to 16 bits at the end. There is no rounding in
//!   between, so this code mixes first: half the work, with a different rounding of about one in 500 samples.
//! * The start is mirrored at the first sample, by half a filter. The end is not mirrored, because `fpcalc` does not flush
//!   the filter.
//! * `-length` counts **output** samples (11,025 a second), not the samples of the file.
//! * Algorithm 2 does not remove silence.
//!
//! # Remaining differences
//! The causes are the order of `f32` additions in the FFT, the fused multiply-add of the assembler on newer processors, and
//! the mix of floats. A word changes only if a filter value is extremely close to a threshold: of 61,266 words (41 pieces) in
//! each of 17 PCM formats, 14 formats had no difference and 3 had one. In the difference that was analysed, the value is
//! 8 · 10⁻¹⁰ from its threshold, and the FFT causes the change: it also occurs with libswresample's own 16-bit samples.
//!
//! At rates below about 3 kHz, `fpcalc` loses samples at the end, because its buffer is too small. This code does not
//! reproduce that fault.
//!
//! # Limits
//! Memory is bounded except for the words (29 kB an hour). After `new`, only the words need new memory. No input causes a
//! panic; a sample that is not a number (NaN) counts as 0.

mod algorithm;
mod bank;
mod chunks;
mod classify;
mod encoded;
mod fingerprinter;
mod image;
mod kernel;
mod layout;
mod mono_resampler;
mod resample;
mod sample;
mod silence;
mod smooth;
mod spectrum;
mod words;

pub use algorithm::Algorithm;
pub(crate) use chunks::Chunks;
pub use chunks::{Chunk, ChunkOptions};
pub use encoded::EncodedError;
pub use fingerprinter::Fingerprinter;
pub(crate) use fingerprinter::check_format;
pub(crate) use mono_resampler::{BLOCK, MonoResampler};
pub use sample::{Kind, Sample};

/// The sample rate after resampling, in Hz.
pub const RATE_HZ: u32 = 11_025;

//! Samples become words: Chromaprint's algorithm 2, as `fpcalc` 1.5.1 (with `FFmpeg` 5.1) computes it, in one streaming pass; the other
//! four where they are asked for (`algorithm`).
//!
//! # The way of a sample
//! 1. `sample`: what the decoder gives becomes 16-bit integers ([`Kind::S16`]) or floats ([`Kind::Float`], [`Kind::S32`]): the two
//!    forms in which `FFmpeg`'s libswresample works on its way to 16 bits.
//! 2. `layout` and `front`: channels are weighed and added, as `rematrix.c` does for mono.
//! 3. `bank` and `resample`: 11,025 Hz, by libswresample's own polyphase filter.
//! 4. `spectrum`: every 1,365 samples, 4,096 of them under a Hamming window become a power spectrum, whose bins from 28 to 3,520 Hz
//!    are added into the twelve notes of an octave.
//! 5. `smooth`: five such rows are weighed into one, which is brought to length one.
//! 6. `image` and `classify`: sixteen rectangle filters on the last sixteen rows give two bits each: a word.
//!
//! A word comes every 0.1238 s, the first one after 4,096 + 19 · 1,365 samples (2.72 s), since 5 + 15 rows must be there.
//!
//! # What `fpcalc` asks of libswresample
//! Found by reading `ffmpeg_audio_processor_swresample.h` of Chromaprint 1.5.1 and `swresample.c`, `resample.c`,
//! `resample_template.c`, `rematrix.c`, `audioconvert.c` of `FFmpeg` 5.1 (with their x86 assembler), and held by tests against
//! `fpcalc`:
//!
//! * `filter_size` 16, `cutoff` 0.8, `phase_shift` 8, `linear_interp` 1; by default a Kaiser window of β 9, `exact_rational` and no
//!   dither. Exact phases are used where 11,025 divided by what it shares with the rate is at most 256 (44,100 → 1, 48,000 → 147
//!   phases), and nothing is then left to interpolate. Elsewhere (8, 16, 32 kHz) there are 256 phases, linearly interpolated.
//! * Sources of at most 16 bits are filtered in integers with 16-bit taps, **each channel by itself**, then mixed: what
//!   `resample_first` comes to for every source of more than one channel. Both steps round, so this order is kept here.
//! * All others (24 bits too) are filtered in floats and rounded to 16 bits at the very end. Nothing rounds between, so they are mixed
//!   first here: half the work, and a rounding of the 16 bits that differs about once in 500 samples.
//! * The start is mirrored about the first sample, by half a filter. The end is not: `fpcalc` never asks for what the filter holds back.
//! * `-length` counts **output** samples (11,025 a second), not those of the file.
//! * Algorithm 2 has no silence remover.
//!
//! # What is left to differ
//! The order of `f32` additions in the FFT, the fused multiply-add that the assembler uses for floats where the processor has it, and
//! the mix of floats. A word flips only where a filter comes that near to a threshold: of 61,266 words (41 pieces) in each of 17 forms
//! of PCM, 14 forms had none and 3 had one. The one that was traced lies 8 · 10⁻¹⁰ from its threshold and flips with libswresample's own
//! 16-bit samples, too: it is the FFT's.
//!
//! Below about 3 kHz `fpcalc` loses samples at the end, since its buffer does not hold what a packet becomes. That is not copied.
//!
//! # Limits
//! Memory is bounded but for the words themselves (29 kB an hour). Nothing is allocated after `new` but for these. No panic, whatever
//! the samples: what is no number counts as 0.

mod algorithm;
mod bank;
mod chunks;
mod classify;
mod encoded;
mod fingerprinter;
mod front;
mod image;
mod kernel;
mod layout;
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
pub(crate) use fingerprinter::accepted;
pub(crate) use front::{BLOCK, Front};
pub use sample::{Kind, Sample};

/// Samples a second of what is fingerprinted, in Hz.
pub const RATE_HZ: u32 = 11_025;

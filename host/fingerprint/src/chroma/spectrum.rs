//! Overlapping frames, their power spectrum, and the energy of twelve notes: `fft.cpp`, `fft_lib_avfft.cpp` and `chroma.cpp` of
//! Chromaprint.

#![expect(
    clippy::indexing_slicing,
    reason = "DSP: the buffer has a fixed length, and what is in it is checked at each turn"
)]

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use super::RATE_HZ;
use super::smooth::{NOTES, Notes};

/// Samples of a frame (0.37 s).
const FRAME: usize = 4096;
/// Samples from one frame to the next (0.12 s): a third of a frame.
const HOP: usize = FRAME / 3;
/// What is heard, in Hz: seven octaves.
const HEARD_HZ: Range<f64> = 28.0..3520.0;
/// The frequency at which the notes begin, in Hz: four octaves below concert pitch.
const FIRST_NOTE_HZ: f64 = 440.0 / 16.0;

/// Twiddle factors and window are the same for all.
static FFT: LazyLock<Arc<dyn RealToComplex<f32>>> = LazyLock::new(|| RealFftPlanner::new().plan_fft_forward(FRAME));
static WINDOW: LazyLock<Vec<f32>> = LazyLock::new(hamming);
static RUNS: LazyLock<Vec<(usize, Range<usize>)>> = LazyLock::new(runs);

/// Samples that are not yet used up.
pub(super) struct Spectrum {
    samples: Vec<f32>,
    begin: usize,
    end: usize,
    frame: Vec<f32>,
    bins: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Spectrum {
    pub(super) fn new() -> Self {
        Self {
            samples: vec![0.0; 2 * FRAME],
            begin: 0,
            end: 0,
            frame: FFT.make_input_vec(),
            bins: FFT.make_output_vec(),
            scratch: FFT.make_scratch_vec(),
        }
    }

    /// Takes samples, and hands on the notes of every frame that is full.
    pub(super) fn push(&mut self, mut samples: &[i16], mut row: impl FnMut(&Notes)) {
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(self.samples.len() - self.end));
            let free = &mut self.samples[self.end..self.end + now.len()];
            free.iter_mut().zip(now).for_each(|(to, sample)| *to = f32::from(*sample));
            self.end += now.len();
            samples = later;
            while self.end - self.begin >= FRAME {
                row(&self.notes());
                self.begin += HOP;
            }
            self.samples.copy_within(self.begin..self.end, 0);
            self.end -= self.begin;
            self.begin = 0;
        }
    }

    /// The notes of the frame at hand.
    fn notes(&mut self) -> Notes {
        let samples = &self.samples[self.begin..self.begin + FRAME];
        for ((to, sample), weight) in self.frame.iter_mut().zip(samples).zip(WINDOW.iter()) {
            *to = sample * weight;
        }
        let done = FFT.process_with_scratch(&mut self.frame, &mut self.bins, &mut self.scratch);
        debug_assert!(done.is_ok(), "the lengths are those of the plan");
        let mut notes = Notes::default();
        for (note, bins) in RUNS.iter() {
            notes[*note] += energy(&self.bins[bins.clone()]);
        }
        notes
    }
}

/// The sum of the power of some bins: four sums side by side.
fn energy(bins: &[Complex32]) -> f64 {
    let power = |bin: &Complex32| f64::from(bin.re * bin.re + bin.im * bin.im);
    let (fours, rest) = bins.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for four in fours {
        for (sum, bin) in sums.iter_mut().zip(four) {
            *sum += power(bin);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(power).sum::<f64>()
}

/// The Hamming window, which also brings 16 bits to −1 to 1 (`PrepareHammingWindow`).
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "computed as double, kept as float")]
fn hamming() -> Vec<f32> {
    let angle = |n: usize| n as f64 * 2.0 * std::f64::consts::PI / (FRAME - 1) as f64;
    (0..FRAME).map(|n| (1.0 / f64::from(i16::MAX) * (0.54 - 0.46 * angle(n).cos())) as f32).collect()
}

/// Neighbouring bins of the same note, from the lowest (`Chroma::PrepareNotes`).
fn runs() -> Vec<(usize, Range<usize>)> {
    let mut runs: Vec<(usize, Range<usize>)> = Vec::new();
    for bin in bin_of(HEARD_HZ.start).max(1)..bin_of(HEARD_HZ.end).min(FRAME / 2) {
        let note = note_of(bin);
        match runs.last_mut() {
            Some((last, bins)) if *last == note => bins.end = bin + 1,
            _ => runs.push((note, bin..bin + 1)),
        }
    }
    runs
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "0 to 2,048")]
fn bin_of(frequency_hz: f64) -> usize {
    (FRAME as f64 * frequency_hz / f64::from(RATE_HZ)).round() as usize
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "0 to 11")]
fn note_of(bin: usize) -> usize {
    let frequency_hz = bin as f64 * f64::from(RATE_HZ) / FRAME as f64;
    let octave = (frequency_hz / FIRST_NOTE_HZ).ln() / std::f64::consts::LN_2;
    ((NOTES as f64 * (octave - octave.floor())) as usize).min(NOTES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(samples: &[i16], block: usize) -> Vec<Notes> {
        let mut spectrum = Spectrum::new();
        let mut rows = Vec::new();
        samples.chunks(block).for_each(|block| spectrum.push(block, |notes| rows.push(*notes)));
        rows
    }

    fn tone(frequency_hz: f64, count: u32) -> Vec<i16> {
        let angle = |n: u32| f64::from(n) * frequency_hz * std::f64::consts::TAU / f64::from(RATE_HZ);
        #[expect(clippy::cast_possible_truncation, reason = "10,000 at most")]
        (0..count).map(|n| (angle(n).sin() * 10_000.0) as i16).collect()
    }

    #[test]
    fn bins_are_those_of_seven_octaves() {
        let runs = runs();
        assert_eq!(runs.first().map(|(_, bins)| bins.start), Some(10));
        assert_eq!(runs.last().map(|(_, bins)| bins.end), Some(1308));
        assert!(runs.windows(2).all(|pair| pair[0].1.end == pair[1].1.start));
    }

    #[test]
    fn a_tone_is_heard_as_its_note_in_every_octave() {
        for octave in [1.0, 2.0, 4.0, 8.0] {
            let [notes] = rows(&tone(255.0 * octave, 4096), 4096)[..] else { panic!("one frame") };
            let loudest = (0..NOTES).max_by(|a, b| notes[*a].total_cmp(&notes[*b]));
            assert_eq!(loudest, Some(2), "{octave}");
        }
    }

    #[test]
    fn frames_come_every_hop_whatever_the_blocks() {
        let samples = tone(440.0, 20_000);
        let whole = rows(&samples, 20_000);
        assert_eq!(whole.len(), (20_000 - FRAME) / HOP + 1);
        for block in [1, 1365, 4096, 4097, 9000] {
            assert_eq!(rows(&samples, block), whole, "{block}");
        }
    }
}

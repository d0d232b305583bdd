//! Divides samples into overlapping frames, and computes their power spectrum and the energy of twelve notes: `fft.cpp`,
//! `fft_lib_avfft.cpp` and `chroma.cpp` of Chromaprint.

#![expect(
    clippy::indexing_slicing,
    reason = "DSP: the buffer has a fixed length, and its content is checked in each iteration"
)]

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use realfft::num_complex::Complex32;
use realfft::{RealFftPlanner, RealToComplex};

use super::RATE_HZ;
use super::smooth::{NOTES, Notes};

/// The used frequencies, in Hz: seven octaves.
const USED_HZ: Range<f64> = 28.0..3520.0;
/// The frequency of the first note, in Hz: four octaves below concert pitch.
const FIRST_NOTE_HZ: f64 = 440.0 / 16.0;

/// The constants for one frame length.
struct Plan {
    frame: usize,
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    /// For each note: ranges of neighbouring bins that belong to the note.
    runs: Vec<(usize, Range<usize>)>,
}

impl Plan {
    fn new(frame: usize) -> Self {
        Self { frame, fft: RealFftPlanner::new().plan_fft_forward(frame), window: hamming(frame), runs: runs(frame) }
    }

    fn for_frame(frame: usize) -> &'static Self {
        static LONG: LazyLock<Plan> = LazyLock::new(|| Plan::new(4096));
        static SHORT: LazyLock<Plan> = LazyLock::new(|| Plan::new(2048));
        if frame == SHORT.frame { &SHORT } else { &LONG }
    }
}

/// Collects samples until a frame is full.
pub(super) struct Spectrum {
    plan: &'static Plan,
    /// The number of samples between the starts of two frames.
    hop: usize,
    samples: Vec<f32>,
    begin: usize,
    end: usize,
    frame: Vec<f32>,
    bins: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Spectrum {
    /// A spectrum for frames of 4,096 or 2,048 samples. `hop` is at most the length of a frame.
    pub(super) fn new(frame: usize, hop: usize) -> Self {
        let plan = Plan::for_frame(frame);
        Self {
            plan,
            hop,
            samples: vec![0.0; 2 * plan.frame],
            begin: 0,
            end: 0,
            frame: plan.fft.make_input_vec(),
            bins: plan.fft.make_output_vec(),
            scratch: plan.fft.make_scratch_vec(),
        }
    }

    /// Discards the waiting samples.
    pub(super) fn restart(&mut self) {
        (self.begin, self.end) = (0, 0);
    }

    /// Receives samples, and passes the notes of every full frame to `row`.
    pub(super) fn push(&mut self, mut samples: &[i16], mut row: impl FnMut(&Notes)) {
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(self.samples.len() - self.end));
            let free = &mut self.samples[self.end..self.end + now.len()];
            free.iter_mut().zip(now).for_each(|(to, sample)| *to = f32::from(*sample));
            self.end += now.len();
            samples = later;
            while self.end - self.begin >= self.plan.frame {
                row(&self.notes());
                self.begin += self.hop;
            }
            self.samples.copy_within(self.begin..self.end, 0);
            self.end -= self.begin;
            self.begin = 0;
        }
    }

    /// The notes of the current frame.
    fn notes(&mut self) -> Notes {
        let Plan { frame, fft, window, runs } = self.plan;
        let samples = &self.samples[self.begin..self.begin + frame];
        for ((to, sample), weight) in self.frame.iter_mut().zip(samples).zip(window) {
            *to = sample * weight;
        }
        let done = fft.process_with_scratch(&mut self.frame, &mut self.bins, &mut self.scratch);
        debug_assert!(done.is_ok(), "the lengths are those of the plan");
        let mut notes = Notes::default();
        for (note, bins) in runs {
            notes[*note] += energy(&self.bins[bins.clone()]);
        }
        notes
    }
}

/// The sum of the power of some bins, computed as four parallel sums.
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

/// The Hamming window. It also scales 16-bit samples to the range from −1 to 1 (`PrepareHammingWindow`).
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "computed as double, kept as float")]
fn hamming(frame: usize) -> Vec<f32> {
    let angle = |n: usize| n as f64 * 2.0 * std::f64::consts::PI / (frame - 1) as f64;
    (0..frame).map(|n| (1.0 / f64::from(i16::MAX) * (0.54 - 0.46 * angle(n).cos())) as f32).collect()
}

/// The runs of neighbouring bins that belong to the same note, from the lowest (`Chroma::PrepareNotes`).
fn runs(frame: usize) -> Vec<(usize, Range<usize>)> {
    let mut runs: Vec<(usize, Range<usize>)> = Vec::new();
    for bin in bin_of(USED_HZ.start, frame).max(1)..bin_of(USED_HZ.end, frame).min(frame / 2) {
        let note = note_of(bin, frame);
        match runs.last_mut() {
            Some((last, bins)) if *last == note => bins.end = bin + 1,
            _ => runs.push((note, bin..bin + 1)),
        }
    }
    runs
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "0 to 2,048")]
fn bin_of(frequency_hz: f64, frame: usize) -> usize {
    (frame as f64 * frequency_hz / f64::from(RATE_HZ)).round() as usize
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "0 to 11")]
fn note_of(bin: usize, frame: usize) -> usize {
    let frequency_hz = bin as f64 * f64::from(RATE_HZ) / frame as f64;
    let octave = (frequency_hz / FIRST_NOTE_HZ).ln() / std::f64::consts::LN_2;
    ((NOTES as f64 * (octave - octave.floor())) as usize).min(NOTES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: usize = 4096;
    const HOP: usize = FRAME / 3;

    fn rows(samples: &[i16], block: usize) -> Vec<Notes> {
        let mut spectrum = Spectrum::new(FRAME, HOP);
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
    fn bins_cover_seven_octaves() {
        let runs = runs(FRAME);
        assert_eq!(runs.first().map(|(_, bins)| bins.start), Some(10));
        assert_eq!(runs.last().map(|(_, bins)| bins.end), Some(1308));
        assert!(runs.windows(2).all(|pair| pair[0].1.end == pair[1].1.start));
    }

    #[test]
    fn a_tone_has_the_same_note_in_every_octave() {
        for octave in [1.0, 2.0, 4.0, 8.0] {
            let [notes] = rows(&tone(255.0 * octave, 4096), 4096)[..] else { panic!("one frame") };
            let loudest = (0..NOTES).max_by(|a, b| notes[*a].total_cmp(&notes[*b]));
            assert_eq!(loudest, Some(2), "{octave}");
        }
    }

    #[test]
    fn frames_start_every_hop_for_any_block_size() {
        let samples = tone(440.0, 20_000);
        let whole = rows(&samples, 20_000);
        assert_eq!(whole.len(), (20_000 - FRAME) / HOP + 1);
        for block in [1, 1365, 4096, 4097, 9000] {
            assert_eq!(rows(&samples, block), whole, "{block}");
        }
    }
}

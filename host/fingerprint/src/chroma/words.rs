//! Combines the steps after resampling: converts 16-bit mono at 11,025 Hz to words.

use super::algorithm::Algorithm;
use super::classify;
use super::image::Image;
use super::silence::Silence;
use super::smooth::Smoother;
use super::spectrum::Spectrum;

/// The words that were computed, and the state for the next words.
pub(super) struct WordEncoder {
    algorithm: Algorithm,
    silence: Option<Silence>,
    spectrum: Spectrum,
    smoother: Smoother,
    image: Image,
    words: Vec<u32>,
}

impl WordEncoder {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        Self {
            algorithm,
            silence: algorithm.silence().map(Silence::below),
            spectrum: Spectrum::new(algorithm.frame(), algorithm.hop()),
            smoother: Smoother::default(),
            image: Image::default(),
            words: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, samples: &[i16]) {
        let Self { algorithm, silence, spectrum, smoother, image, words } = self;
        let samples = silence.as_mut().map_or(samples, |silence| silence.after(samples));
        spectrum.push(samples, |notes| {
            if let Some(row) = smoother.push(notes) {
                image.push(&row);
                words.extend(classify::word(image, algorithm.classifiers()));
            }
        });
    }

    /// Returns the computed words. Later words continue the same stream.
    pub(super) fn take(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.words)
    }

    /// Returns the computed words and starts a new stream.
    pub(super) fn restart(&mut self) -> Vec<u32> {
        if let Some(silence) = &mut self.silence {
            silence.restart();
        }
        self.spectrum.restart();
        (self.smoother, self.image) = (Smoother::default(), Image::default());
        self.take()
    }
}

//! From 16-bit mono at 11,025 Hz to words: the steps after resampling, tied together.

use super::classify;
use super::image::Image;
use super::smooth::Smoother;
use super::spectrum::Spectrum;

/// The words so far, and what is needed for the next.
pub(super) struct Words {
    spectrum: Spectrum,
    smoother: Smoother,
    image: Image,
    words: Vec<u32>,
}

impl Words {
    pub(super) fn new() -> Self {
        Self { spectrum: Spectrum::new(), smoother: Smoother::default(), image: Image::default(), words: Vec::new() }
    }

    pub(super) fn push(&mut self, samples: &[i16]) {
        let Self { spectrum, smoother, image, words } = self;
        spectrum.push(samples, |notes| {
            if let Some(row) = smoother.push(notes) {
                image.push(&row);
                words.extend(classify::word(image));
            }
        });
    }

    pub(super) fn finish(self) -> Vec<u32> {
        self.words
    }
}

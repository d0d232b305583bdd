//! Removes the silence at the start, for algorithm 4: `silence_remover.cpp` and `moving_average.h` of Chromaprint.

/// The number of averaged samples: 5 ms.
const WINDOW: usize = 55;

/// Skips all samples before the first 5 ms that are loud enough.
pub(super) struct Silence {
    threshold: i32,
    /// True until the first loud sample.
    silent: bool,
    last: [i32; WINDOW],
    at: usize,
    filled: i32,
    sum: i32,
}

impl Silence {
    pub(super) fn below(threshold: i32) -> Self {
        Self { threshold, silent: true, last: [0; WINDOW], at: 0, filled: 0, sum: 0 }
    }

    /// Starts a new stream. The moving average is kept, as in Chromaprint.
    pub(super) fn restart(&mut self) {
        self.silent = true;
    }

    /// The samples after the silence.
    pub(super) fn after<'a>(&mut self, samples: &'a [i16]) -> &'a [i16] {
        if !self.silent {
            return samples;
        }
        let loud = samples.iter().position(|sample| self.is_loud(i32::from(*sample).abs()));
        self.silent = loud.is_none();
        loud.and_then(|at| samples.get(at..)).unwrap_or_default()
    }

    fn is_loud(&mut self, loudness: i32) -> bool {
        if let Some(oldest) = self.last.get_mut(self.at) {
            self.sum += loudness - std::mem::replace(oldest, loudness);
        }
        self.at = (self.at + 1) % WINDOW;
        self.filled = (self.filled + 1).min(55);
        self.sum / self.filled > self.threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_skipped_only_at_the_beginning() {
        let mut silence = Silence::below(50);
        assert!(silence.after(&[20; 200]).is_empty());
        let loud = silence.after(&[1_000; 100]);
        assert_eq!(loud.len(), 99, "two samples of 1,000 among 55 are loud enough");
        assert_eq!(silence.after(&[0; 100]).len(), 100);
        silence.restart();
        assert_eq!(silence.after(&[0; 100]).len(), 100, "later silence is kept");
        assert!(Silence::below(50).after(&[0; 100]).is_empty());
    }
}

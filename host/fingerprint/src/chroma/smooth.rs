//! Smooths rows of twelve notes over time and normalises them: `chroma_filter.cpp` and `chroma_normalizer.h` of Chromaprint.

pub(super) const NOTES: usize = 12;
/// The energy of each note; the first note has the pitch of 27.5 Hz.
pub(super) type Notes = [f64; NOTES];

/// The weights of five rows, the oldest first (`kChromaFilterCoefficients`).
const TAPS: [f64; 5] = [0.25, 0.75, 1.0, 0.75, 0.25];
/// A row with a smaller norm is silence.
const SILENCE: f64 = 0.01;

/// The last five rows.
#[derive(Default)]
pub(super) struct Smoother {
    rows: [Notes; TAPS.len()],
    filled: usize,
}

impl Smoother {
    /// Receives a row. Returns the smoothed row once there are five.
    pub(super) fn push(&mut self, notes: &Notes) -> Option<Notes> {
        self.rows.rotate_left(1);
        if let Some(last) = self.rows.last_mut() {
            *last = *notes;
        }
        self.filled = (self.filled + 1).min(TAPS.len());
        (self.filled == TAPS.len()).then(|| normalised(self.weighed()))
    }

    fn weighed(&self) -> Notes {
        let mut sum = Notes::default();
        for (row, tap) in self.rows.iter().zip(TAPS) {
            sum.iter_mut().zip(row).for_each(|(sum, energy)| *sum += energy * tap);
        }
        sum
    }
}

fn normalised(notes: Notes) -> Notes {
    let length = notes.iter().map(|energy| energy * energy).sum::<f64>().sqrt();
    if length < SILENCE { Notes::default() } else { notes.map(|energy| energy / length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_row_is_the_first_to_come_out() {
        let mut smoother = Smoother::default();
        let rows: Vec<_> = (0..6).map(|_| smoother.push(&[1.0; NOTES]).is_some()).collect();
        assert_eq!(rows, [false, false, false, false, true, true]);
    }

    #[test]
    fn rows_have_length_one_or_are_silence() {
        assert!(normalised([3.0; NOTES]).iter().all(|energy| (energy - (1.0_f64 / 12.0).sqrt()).abs() < 1e-12));
        assert!(normalised([0.001; NOTES]).iter().all(|energy| *energy == 0.0));
    }
}

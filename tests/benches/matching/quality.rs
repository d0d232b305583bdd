//! Compares decisions with the truth: precision of accepted matches, recall of existing tracks.

use std::collections::HashSet;

use crate::library::Library;

/// The counts of right and wrong decisions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Quality {
    pub(crate) right: usize,
    pub(crate) wrong: usize,
    /// The tracks that are among the candidates.
    pub(crate) matchable: usize,
}

impl Quality {
    /// Counts the accepted matches (a candidate for each track, or none).
    pub(crate) fn of(library: &Library, accepted: &[Option<usize>]) -> Self {
        let there: HashSet<usize> = library.recordings.iter().copied().collect();
        let mut quality = Self::default();
        for (wanted, accepted) in library.wanted.iter().zip(accepted) {
            quality.matchable += usize::from(there.contains(&wanted.recording));
            if let Some(candidate) = accepted {
                let right = library.recordings.get(*candidate) == Some(&wanted.recording);
                *(if right { &mut quality.right } else { &mut quality.wrong }) += 1;
            }
        }
        quality
    }

    pub(crate) fn precision(&self) -> String {
        tell(self.right, self.right + self.wrong)
    }

    pub(crate) fn recall(&self) -> String {
        tell(self.right, self.matchable)
    }
}

/// A share with its 95 % interval after Wilson (1927).
fn tell(part: usize, of: usize) -> String {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    let (k, n, z) = (number(part), number(of).max(1.0), 1.96_f64);
    let middle = (k + z * z / 2.0) / (n + z * z);
    let half = z / (n + z * z) * (k * (n - k) / n + z * z / 4.0).sqrt();
    let percent = |share: f64| 100.0 * share;
    let (low, high) = (percent(middle - half), percent(middle + half).min(100.0));
    format!("{:.2} % ({part} of {of}, 95 %: {low:.2}–{high:.2})", percent(k / n))
}

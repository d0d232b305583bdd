//! Computes from the number of failures whether a plugin is quarantined, and for how long.
//!
//! An attempt counts as a failure if the plugin crashed or was stopped at a limit. An error that the plugin reports does
//! not count, because it shows that the plugin works.

use std::time::Duration;

/// The policy of quarantines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuarantinePolicy {
    /// The number of failures in a row that starts a quarantine.
    pub after: u32,
    /// The first pause. Each further pause is twice as long.
    pub initial_backoff: Duration,
    /// The longest pause.
    pub max_backoff: Duration,
}

impl Default for QuarantinePolicy {
    /// A quarantine starts after five failures in a row. The pauses are one minute, two, four, and so on, up to an hour.
    /// After each pause Baton tries one task.
    fn default() -> Self {
        Self { after: 5, initial_backoff: Duration::from_mins(1), max_backoff: Duration::from_hours(1) }
    }
}

impl QuarantinePolicy {
    /// The pause after a failure, or `None` if the failure does not cause a quarantine. `failures` is the number of
    /// failures in a row, including this one. `quarantines` is the number of pauses since the last success.
    #[must_use]
    pub fn pause(&self, failures: u32, quarantines: u32) -> Option<Duration> {
        (failures >= self.after.max(1)).then(|| {
            let factor = 2_u32.saturating_pow(quarantines);
            self.initial_backoff.saturating_mul(factor).min(self.max_backoff)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fifth_consecutive_failure_starts_a_pause_and_each_further_pause_is_twice_as_long() {
        let policy = QuarantinePolicy::default();
        assert_eq!(policy.pause(4, 0), None);
        let minutes = |quarantines| policy.pause(5, quarantines).map(|pause| pause.as_secs() / 60);
        assert_eq!([0, 1, 2, 5, 6, 99].map(minutes), [1, 2, 4, 32, 60, 60].map(Some));
    }
}

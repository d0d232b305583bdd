//! Decides whether a plugin that fails repeatedly is quarantined, and for how long, from the count of failures.
//!
//! A failure counts when the plugin crashed or was stopped at a limit. An error that the plugin reports does not count: it
//! shows that the plugin works.

use std::time::Duration;

/// The limits from which on a plugin is quarantined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuarantinePolicy {
    /// Failures in a row after which the plugin is quarantined.
    pub after: u32,
    /// The first pause; each further one doubles it.
    pub initial_backoff: Duration,
    /// No pause is longer.
    pub max_backoff: Duration,
}

impl Default for QuarantinePolicy {
    /// Five failures in a row; then a minute, two, four, up to an hour. After each pause one task is tried.
    fn default() -> Self {
        Self { after: 5, initial_backoff: Duration::from_mins(1), max_backoff: Duration::from_hours(1) }
    }
}

impl QuarantinePolicy {
    /// The pause that begins with a failure, or `None` while it is put up with: `failures` in a row with this one, after
    /// `quarantines` pauses without a success since.
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
    fn the_fifth_failure_in_a_row_begins_a_pause_and_each_further_pause_is_twice_as_long() {
        let policy = QuarantinePolicy::default();
        assert_eq!(policy.pause(4, 0), None);
        let minutes = |quarantines| policy.pause(5, quarantines).map(|pause| pause.as_secs() / 60);
        assert_eq!([0, 1, 2, 5, 6, 99].map(minutes), [1, 2, 4, 32, 60, 60].map(Some));
    }
}

//! When a task that failed `retryable` is tried again. Pure: the failure count goes in, the pause comes out.

use std::time::Duration;

/// How often and how far apart a task is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Attempts in all; then the task is `dead`.
    pub max_attempts: u32,
    /// The pause after the first failure; each further failure doubles it.
    pub first_pause: Duration,
    /// No pause is longer.
    pub longest_pause: Duration,
}

impl Default for Policy {
    /// Three attempts, as the folders that Baton takes over have it (`__RETRY3__`), 2 s and 4 s apart.
    fn default() -> Self {
        Self { max_attempts: 3, first_pause: Duration::from_secs(2), longest_pause: Duration::from_mins(5) }
    }
}

impl Policy {
    /// The pause before the next attempt after `attempts` have been made, or `None` when there is none.
    #[must_use]
    pub fn pause_after(&self, attempts: u32) -> Option<Duration> {
        if attempts >= self.max_attempts {
            return None;
        }
        let factor = 2_u32.saturating_pow(attempts.saturating_sub(1));
        Some(self.first_pause.saturating_mul(factor).min(self.longest_pause))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_then_end() {
        let policy =
            Policy { max_attempts: 5, first_pause: Duration::from_secs(2), longest_pause: Duration::from_secs(7) };
        let pauses: Vec<_> = (1..=5).map(|n| policy.pause_after(n).map(|pause| pause.as_secs())).collect();
        assert_eq!(pauses, [Some(2), Some(4), Some(7), Some(7), None]);
    }
}

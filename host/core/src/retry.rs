//! Computes the pause before a task that failed `retryable` is tried again, from the failure count and the task's id.
//!
//! The pause doubles with each failure. The task's id shortens it by up to half. So a hundred tasks that failed
//! together are tried at different times, and the pause of a task is reproducible.

use std::time::Duration;

use crate::Digest;

/// The number of attempts and the pauses between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The maximum number of attempts. After the last one the task is `dead`.
    pub max_attempts: u32,
    /// The pause after the first failure. Each further pause is twice as long.
    pub initial_backoff: Duration,
    /// The longest pause.
    pub max_backoff: Duration,
}

impl Default for RetryPolicy {
    /// Three attempts, as in existing folders (`__RETRY3__`), with pauses of at most 2 s and 4 s.
    fn default() -> Self {
        Self { max_attempts: 3, initial_backoff: Duration::from_secs(2), max_backoff: Duration::from_mins(5) }
    }
}

impl RetryPolicy {
    /// The pause before the next attempt of the task `id` after `attempts` attempts. `None` if there is no next
    /// attempt.
    #[must_use]
    pub fn pause_after(&self, attempts: u32, id: &str) -> Option<Duration> {
        if attempts >= self.max_attempts {
            return None;
        }
        let factor = 2_u32.saturating_pow(attempts.saturating_sub(1));
        let whole = self.initial_backoff.saturating_mul(factor).min(self.max_backoff);
        Some(whole.mul_f64(1.0 - jitter(id, attempts) / 2.0))
    }
}

/// A number from 0 to 1, evenly distributed, and the same for the same task and attempt.
fn jitter(id: &str, attempts: u32) -> f64 {
    let digest = Digest::of(format!("{id}/{attempts}").as_bytes()).short(8);
    u32::from_str_radix(&digest, 16).map_or(0.0, |number| f64::from(number) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_then_end() {
        let policy = RetryPolicy {
            max_attempts: 5,
            initial_backoff: Duration::from_secs(2),
            max_backoff: Duration::from_secs(7),
        };
        for (attempts, whole) in [(1, 2.0), (2, 4.0), (3, 7.0), (4, 7.0)] {
            let pause = policy.pause_after(attempts, "0a1b").unwrap().as_secs_f64();
            assert!((whole / 2.0..=whole).contains(&pause), "{attempts}: {pause}");
        }
        assert_eq!(policy.pause_after(5, "0a1b"), None);
    }

    #[test]
    fn tasks_that_failed_together_are_tried_again_at_different_times() {
        let policy = RetryPolicy { initial_backoff: Duration::from_secs(100), ..RetryPolicy::default() };
        let pauses: std::collections::BTreeSet<u64> =
            (0..100).map(|n| policy.pause_after(1, &format!("task-{n}")).unwrap().as_secs()).collect();
        assert!(pauses.len() > 25, "{pauses:?}");
        assert_eq!(policy.pause_after(1, "a"), policy.pause_after(1, "a"));
    }
}

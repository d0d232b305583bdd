//! Limits how often an agent may do something: a sliding window for each agent.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The recent uses of each agent.
#[derive(Debug)]
pub(crate) struct RateLimit {
    most: usize,
    window: Duration,
    uses: Mutex<BTreeMap<String, VecDeque<Instant>>>,
}

impl RateLimit {
    /// Allows at most `most` uses in any time span of length `window`.
    pub(crate) fn new(most: usize, window: Duration) -> Self {
        Self { most, window, uses: Mutex::default() }
    }

    /// The maximum number of uses in the window.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// Counts a use. Beyond the limit, the use is not counted, and `Err` has the time until the next use is allowed.
    pub(crate) fn count(&self, agent: &str, now: Instant) -> Result<(), Duration> {
        let mut uses = self.uses.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = uses.entry(agent.to_owned()).or_default();
        while recent.front().is_some_and(|at| now.duration_since(*at) >= self.window) {
            recent.pop_front();
        }
        match recent.front() {
            Some(first) if recent.len() >= self.most => Err(self.window.saturating_sub(now.duration_since(*first))),
            _ => {
                recent.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_beyond_the_limit_wait_until_the_window_has_room() {
        let limit = RateLimit::new(2, Duration::from_secs(10));
        let start = Instant::now();
        let at = |second| start + Duration::from_secs(second);
        assert_eq!(limit.count("a", at(0)), Ok(()));
        assert_eq!(limit.count("a", at(4)), Ok(()));
        assert_eq!(limit.count("a", at(5)), Err(Duration::from_secs(5)));
        assert_eq!(limit.count("b", at(5)), Ok(()), "each agent has its own window");
        assert_eq!(limit.count("a", at(10)), Ok(()));
        assert_eq!(limit.count("a", at(11)), Err(Duration::from_secs(3)));
    }
}

//! Limits the request rate of a plugin to one host. Requests above the rate wait. The counts outlive an attempt, so
//! that many short tasks cannot exceed the rate.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::limits;

/// When each plugin may send the next request to each host.
#[derive(Debug, Default)]
pub(super) struct Rates(Mutex<HashMap<(String, String), Instant>>);

impl Rates {
    /// Waits until `plugin` may send a request to `host`.
    pub(super) async fn turn(&self, plugin: &str, host: &str) {
        tokio::time::sleep_until(self.book(plugin, host, Instant::now())).await;
    }

    /// Reserves the next request and returns the time at which it may be sent. The map stores the time of the following
    /// request at the steady rate. In a burst, a request may be sent up to `HTTP_BURST - 1` pauses before its time at the
    /// steady rate.
    fn book(&self, plugin: &str, host: &str, now: Instant) -> Instant {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= limits::HTTP_RATES {
            known.retain(|_, even| *even > now);
        }
        let even = known.entry((plugin.to_owned(), host.to_owned())).or_insert(now);
        let ahead = limits::HTTP_PAUSE * (limits::HTTP_BURST - 1);
        let turn = even.checked_sub(ahead).map_or(now, |turn| turn.max(now));
        *even = (*even).max(now) + limits::HTTP_PAUSE;
        turn
    }
}

/// The shorter of the plugin's timeout and the host's.
pub(super) fn within(asked: Option<Duration>, allowed: Duration) -> Duration {
    asked.map_or(allowed, |asked| asked.min(allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_burst_is_sent_at_once_and_the_rest_at_the_steady_rate() {
        let (rates, now) = (Rates::default(), Instant::now());
        let turns: Vec<_> =
            (0..limits::HTTP_BURST + 3).map(|_| rates.book("x", "a", now).duration_since(now)).collect();
        let (burst, rest) = turns.split_at(limits::HTTP_BURST as usize);
        assert!(burst.iter().all(Duration::is_zero), "{turns:?}");
        assert_eq!(rest, [1, 2, 3].map(|n| limits::HTTP_PAUSE * n));
        assert_eq!(rates.book("x", "b", now), now, "another host");
        assert_eq!(rates.book("y", "a", now), now, "another plugin");
        let later = now + limits::HTTP_PAUSE * 100;
        assert_eq!(rates.book("x", "a", later), later, "after a pause");
    }
}

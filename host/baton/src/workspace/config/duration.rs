//! Time spans in text form: `"90s"`, `"5m"`, `"2h 30m"`, `"7d"`; a day has 24 hours.

use std::fmt;
use std::time::Duration;

use jiff::{Span, SpanRelativeTo};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeSpan(pub(super) Duration);

pub(crate) fn read(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time span; write it as 90s, 5m, 2h or 7d");
    let span: Span = text.trim().parse().map_err(|_| wrong())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    Duration::try_from(duration).map_err(|_| wrong())
}

impl<'de> Deserialize<'de> for TimeSpan {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        read(&text).map(Self).map_err(D::Error::custom)
    }
}

/// A setting: `true` (the given default), `false` (off), a number of seconds, or a time span as text.
pub(super) struct SwitchOrTimeSpan(pub(super) Duration);

impl Visitor<'_> for SwitchOrTimeSpan {
    type Value = Option<Duration>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, a number of seconds, or a time span like \"5s\"")
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<Self::Value, E> {
        Ok(on.then_some(self.0))
    }

    fn visit_i64<E: Error>(self, seconds: i64) -> Result<Self::Value, E> {
        let seconds = u64::try_from(seconds).ok().filter(|seconds| *seconds > 0);
        seconds
            .map(|seconds| Some(Duration::from_secs(seconds)))
            .ok_or_else(|| E::custom("it must be at least 1 second"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        read(text).map(Some).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_spans_are_parsed_in_each_form() {
        for (text, seconds) in [("90s", 90), ("5m", 300), ("2h 30m", 9_000), ("7d", 604_800), ("1w", 604_800)] {
            assert_eq!(read(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["", "soon", "-5s", "5"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}

//! Usage limits in the texts of clients, and the times at which they end.

use baton_core::text::at_most;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _, Zoned};

/// The most bytes of a text that are searched.
const SEARCHED: usize = 8 << 10;

/// Parts of messages about limits, in lower case.
const LIMITS: [&str; 9] = [
    "usage limit",
    "rate limit",
    "rate_limit",
    "hit your limit",
    "limit reached",
    "too many requests",
    "quota exceeded",
    "status: 429",
    "(429)",
];

/// Whether a text reports a usage or rate limit.
pub(crate) fn is_limit(text: &str) -> bool {
    let text = at_most(text, SEARCHED).to_lowercase();
    LIMITS.iter().any(|limit| text.contains(limit)) || text.contains("api error: 429")
}

/// The time at which a limit ends, as the text states it: `try again at 8:17 PM`, `resets 8pm`, a time stamp, seconds
/// since 1970, or `in 3 days 2 hours 5 minutes`. A time of day means the next such time in `zone`.
pub(crate) fn reset_time(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let text = at_most(text, SEARCHED).to_lowercase();
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || "|,()·".contains(c)).filter(|word| !word.is_empty()).collect();
    let words: Vec<&str> = words.iter().map(|word| word.trim_end_matches(['.', ';', '"'])).collect();
    let begin = words
        .windows(2)
        .position(|pair| matches!(pair, ["again", "at" | "in"] | ["resets" | "reset" | "reached", _]))?;
    let rest = words.get(begin + 1..).unwrap_or_default();
    rest.iter()
        .enumerate()
        .take(6)
        .find_map(|(index, word)| stamp(word).or_else(|| time_of_day(word, rest.get(index + 1).copied(), now, zone)))
        .or_else(|| span(rest, now))
        .filter(|at| *at > now)
}

/// A time stamp, or seconds since 1970.
fn stamp(word: &str) -> Option<Timestamp> {
    if word.len() == 10 && word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Timestamp::from_second(word.parse().ok()?).ok();
    }
    word.contains('t').then(|| word.to_uppercase().parse().ok()).flatten()
}

/// `8:17 pm`, `8pm` or `20:17`.
fn time_of_day(word: &str, next: Option<&str>, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let half = ["am", "pm"].into_iter().find(|half| word.ends_with(half));
    let digits = half.and_then(|half| word.strip_suffix(half)).unwrap_or(word);
    let half = half.or_else(|| next.filter(|next| ["am", "pm"].contains(next)));
    let (hour, minute) = digits.split_once(':').unwrap_or((digits, ""));
    if minute.is_empty() && half.is_none() {
        return None;
    }
    let hour: i8 = hour.parse().ok()?;
    let minute: i8 = if minute.is_empty() { 0 } else { minute.parse().ok()? };
    let hour = match half {
        Some("pm") if hour < 12 => hour + 12,
        Some("am") if hour == 12 => 0,
        _ => hour,
    };
    let today: Zoned = now.to_zoned(zone.clone()).with().time(Time::new(hour, minute, 0, 0).ok()?).build().ok()?;
    let at = if today.timestamp() > now { today } else { today.checked_add(1.day()).ok()? };
    Some(at.timestamp())
}

/// `3 days 2 hours 5 minutes 10 seconds`.
fn span(words: &[&str], now: Timestamp) -> Option<Timestamp> {
    let mut seconds: i64 = 0;
    for pair in words.windows(2).take(12) {
        let [count, unit] = pair else { continue };
        let Ok(count) = count.parse::<i64>() else { continue };
        let one = match unit.trim_end_matches('s') {
            "second" | "sec" => 1,
            "minute" | "min" => 60,
            "hour" => 3_600,
            "day" => 86_400,
            _ => continue,
        };
        seconds = seconds.checked_add(count.checked_mul(one)?)?;
    }
    (seconds > 0).then(|| now.checked_add(SignedDuration::from_secs(seconds)).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_recognised_with_their_end() {
        let now: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
        for (text, end) in [
            ("You've hit your usage limit. Upgrade, or try again at 8:17 PM.", Some("2026-11-25T20:17:00Z")),
            ("You've hit your usage limit. Try again at 11:30 AM.", Some("2026-11-26T11:30:00Z")),
            ("You've hit your limit · resets 3pm (UTC)", Some("2026-11-25T15:00:00Z")),
            ("Claude AI usage limit reached|1795700000", Some("2026-11-26T13:33:20Z")),
            ("usage limit: try again at 2026-11-25T12:00:05Z", Some("2026-11-25T12:00:05Z")),
            ("You've hit your usage limit. Try again in 1 day 2 hours 5 minutes.", Some("2026-11-26T14:05:00Z")),
            ("exceeded retry limit, last status: 429 Too Many Requests", None),
            ("rate limit: try again at 2020-01-01T00:00:00Z", None),
            ("usage limit: try again in 999999999 days", None),
            ("usage limit: try again in 9223372036854775807 seconds", None),
        ] {
            assert!(is_limit(text), "{text}");
            let end: Option<Timestamp> = end.map(|end| end.parse().unwrap());
            assert_eq!(reset_time(text, now, &TimeZone::UTC), end, "{text}");
        }
        assert!(!is_limit("error: cannot open the file"));
    }
}

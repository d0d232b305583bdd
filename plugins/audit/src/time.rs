//! Times as milliseconds since 1970 UTC, parsed from the forms of logs, handoffs and people.
//!
//! Uses no clock: the time of the audit comes with its task.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Parses a time: RFC 3339, a date with or without a time (in UTC), or a number of seconds or milliseconds.
#[must_use]
pub fn read(text: &str) -> Option<i64> {
    let text = text.trim().trim_end_matches(" UTC");
    if text.len() > 64 {
        return None;
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_millisecond());
    }
    if let Ok(number) = text.parse::<f64>() {
        return number_ms(number);
    }
    let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(|date| date.at(0, 0, 0, 0))).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// A number of seconds, or of milliseconds if seconds would be after the year 5138.
#[must_use]
pub fn number_ms(number: f64) -> Option<i64> {
    let ms = if number.abs() >= 1e11 { number } else { number * 1000.0 };
    let there = SignedDuration::try_from_secs_f64(ms / 1000.0).ok()?;
    Timestamp::from_duration(there).ok().map(Timestamp::as_millisecond)
}

/// A time for readers: `2026-01-18 10:15 UTC`.
#[must_use]
pub fn shown(ms: i64) -> String {
    let moment = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    moment.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A duration for readers: `350 ms`, `23.3 s`, `12 min`, `5.0 h`, `3.5 d`.
#[must_use]
pub fn span(ms: u64) -> String {
    let tenths = |unit: u64| format!("{}.{}", ms / unit, ms % unit * 10 / unit);
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{} s", tenths(1_000)),
        120_000..7_200_000 => format!("{} min", ms / 60_000),
        7_200_000..172_800_000 => format!("{} h", tenths(3_600_000)),
        _ => format!("{} d", tenths(86_400_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_the_same_moment() {
        let forms = [
            "2026-01-18T10:15:00Z",
            "2026-01-18T05:15:00-05:00",
            "2026-01-18 10:15:00",
            "2026-01-18T10:15:00.000",
            "2026-01-18 10:15:00 UTC",
            "1768731300",
            "1768731300000",
        ];
        for form in forms {
            assert_eq!(read(form).map(shown).as_deref(), Some("2026-01-18 10:15 UTC"), "{form}");
        }
        assert_eq!(read("2026-01-18").map(shown).as_deref(), Some("2026-01-18 00:00 UTC"));
        for wrong in ["", "soon", "2026-13-40", "1e300", "NaN", "inf"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn lengths_are_short() {
        assert_eq!(
            [span(0), span(23_300), span(720_000), span(18_000_000), span(302_400_000)].join(" | "),
            "0 ms | 23.3 s | 12 min | 5.0 h | 3.5 d"
        );
    }
}

//! Times as milliseconds since 1970 UTC (the form of the catalog), as text, and as Apple's `CFAbsoluteTime`.

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};

/// Seconds from 1970 to 2001, the epoch of `CFAbsoluteTime`.
const APPLE: f64 = 978_307_200.0;

/// The time of a `CFAbsoluteTime` (seconds since 2001-01-01 UTC); `None` if it is not a number or outside the years 1 to 9999.
#[must_use]
pub fn from_apple(seconds: f64) -> Option<i64> {
    let duration = SignedDuration::try_from_secs_f64(seconds + APPLE).ok()?;
    let moment = Timestamp::from_duration(duration).ok()?.round(jiff::Unit::Millisecond).ok()?;
    (moment >= Timestamp::from_second(-62_135_596_800).ok()?).then(|| moment.as_millisecond())
}

/// The `CFAbsoluteTime` of a time.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "milliseconds of the years 1 to 9999 are exact")]
pub fn to_apple(millis: i64) -> f64 {
    millis as f64 / 1_000.0 - APPLE
}

/// A time as text: `2026-01-18T10:15:00.250Z`. A fraction of zero is left out. `None` outside the years 1 to 9999.
#[must_use]
pub fn text(millis: i64) -> Option<String> {
    Timestamp::from_millisecond(millis).ok().map(|moment| moment.to_string())
}

/// The UTC suffix of a file name: `20260118_101500`.
#[must_use]
pub fn stamp(millis: i64) -> Option<String> {
    let moment = Timestamp::from_millisecond(millis).ok()?;
    Some(moment.to_zoned(TimeZone::UTC).strftime("%Y%m%d_%H%M%S").to_string())
}

/// Reads RFC 3339, and in UTC `2026-01-18 10:15`, `2026-01-18T10:15:00` and `2026-01-18` (midnight).
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let time = match text.parse::<civil::DateTime>() {
        Ok(time) => time,
        Err(_) => text.parse::<civil::Date>().ok()?.at(0, 0, 0, 0),
    };
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_of_apple_is_2001() {
        assert_eq!(from_apple(0.0).and_then(text).as_deref(), Some("2001-01-01T00:00:00Z"));
        assert_eq!(from_apple(790_424_100.25).and_then(text).as_deref(), Some("2026-01-18T10:15:00.25Z"));
        assert_eq!(from_apple(-978_307_200.0), Some(0));
        for none in [f64::NAN, f64::INFINITY, 1e300, -1e300, -70_000_000_000.0] {
            assert_eq!(from_apple(none), None, "{none}");
        }
        assert_eq!(from_apple(to_apple(1_768_731_300_250)), Some(1_768_731_300_250));
    }

    #[test]
    fn spellings_of_people_and_services_are_read() {
        let moment = Some(1_768_731_300_000);
        for text in ["2026-01-18T10:15:00Z", "2026-01-18T11:15:00+01:00", "2026-01-18 10:15", " 2026-01-18T10:15:00 "] {
            assert_eq!(parse(text), moment, "{text}");
        }
        assert_eq!(parse("2026-01-18").and_then(stamp).as_deref(), Some("20260118_000000"));
        for none in ["", "yesterday", "2026-13-01", "2026"] {
            assert_eq!(parse(none), None, "{none}");
        }
    }
}

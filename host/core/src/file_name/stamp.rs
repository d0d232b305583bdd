//! Times and dates in file names.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A part of a name that is a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// `20260109T205550Z`.
    Utc(Timestamp),
    /// `20260109T205550`: the local time of some machine.
    Local(DateTime),
    /// `20260109` or `2026-01-09`. Also `20260109_205550`, of which only the date is used.
    Day(Date),
}

/// Parses a part that consists only of a time or date.
pub(super) fn read(part: &str) -> Option<Stamp> {
    let digits = part.strip_suffix('Z').unwrap_or(part);
    match (digits.len(), digits.get(8..9)) {
        (15, Some("T")) => {
            let at = clock(digits)?;
            if digits.len() == part.len() {
                return Some(Stamp::Local(at));
            }
            at.to_zoned(TimeZone::UTC).ok().map(|zoned| Stamp::Utc(zoned.timestamp()))
        }
        (15, Some("_")) if digits.len() == part.len() => clock(digits).map(|at| Stamp::Day(at.date())),
        (8, _) if part.len() == 8 => day(part, [0, 4, 6]).map(Stamp::Day),
        (10, _) if part.get(4..5) == Some("-") && part.get(7..8) == Some("-") => day(part, [0, 5, 8]).map(Stamp::Day),
        _ => None,
    }
}

/// Splits a part into a time and the rest after one `_`: `20251217T195713Z_title`.
pub(super) fn prefix(part: &str) -> Option<(&str, &str)> {
    [16, 15].into_iter().find_map(|length| {
        let (time, rest) = part.split_at_checked(length)?;
        let rest = rest.strip_prefix('_').filter(|rest| !rest.is_empty())?;
        matches!(read(time), Some(Stamp::Utc(_) | Stamp::Local(_))).then_some((time, rest))
    })
}

/// Splits a part at the time or date at its end: `fix-it-20260113` is (`fix-it`, 13 January 2026).
pub(super) fn suffix(part: &str) -> Option<(&str, Stamp)> {
    [16, 15, 10, 8].into_iter().find_map(|length| {
        let (rest, time) = part.split_at_checked(part.len().checked_sub(length)?)?;
        let rest = rest.strip_suffix(['-', '_']).filter(|rest| !rest.is_empty())?;
        read(time).map(|stamp| (rest, stamp))
    })
}

/// Seconds or milliseconds since 1970, depending on the number of digits.
pub(crate) fn epoch(digits: &str) -> Option<Timestamp> {
    let number: i64 = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())??;
    match digits.len() {
        10 => Timestamp::from_second(number).ok(),
        13 => Timestamp::from_millisecond(number).ok(),
        _ => None,
    }
}

fn clock(text: &str) -> Option<DateTime> {
    let date = day(text, [0, 4, 6])?;
    let [hour, minute, second] = [9, 11, 13].map(|from| number(text, from, 2));
    let narrow = |number: Option<i16>| i8::try_from(number?).ok();
    let time = jiff::civil::Time::new(narrow(hour)?, narrow(minute)?, narrow(second)?, 0).ok()?;
    Some(date.to_datetime(time))
}

/// Eight digits are a date only in this century. Otherwise they are a token or a number.
fn day(text: &str, [year, month, day]: [usize; 3]) -> Option<Date> {
    let year = number(text, year, 4).filter(|year| (2000..2100).contains(year))?;
    let narrow = |from: usize| number(text, from, 2).and_then(|number| i8::try_from(number).ok());
    Date::new(year, narrow(month)?, narrow(day)?).ok()
}

fn number(text: &str, from: usize, digits: usize) -> Option<i16> {
    let digits = text.get(from..from + digits)?;
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn reads_each_form_of_a_date_and_rejects_other_text() {
        let utc = "2026-01-09T20:55:50Z".parse().unwrap();
        assert_eq!(read("20260109T205550Z"), Some(Stamp::Utc(utc)));
        assert_eq!(read("20260109T205550"), Some(Stamp::Local(date(2026, 1, 9).at(20, 55, 50, 0))));
        for text in ["20260109_205550", "20260109", "2026-01-09"] {
            assert_eq!(read(text), Some(Stamp::Day(date(2026, 1, 9))), "{text}");
        }
        for text in
            ["20261309T205550Z", "20260109T256060Z", "2026010", "20260109_205550Z", "20260109Z", "99990109", "+2260109"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn reads_times_that_an_underscore_or_hyphen_joins() {
        assert_eq!(prefix("20251217T195713Z_access_lost"), Some(("20251217T195713Z", "access_lost")));
        assert_eq!(prefix("20251217T195713Z_"), None);
        assert_eq!(suffix("fix-it-20260113"), Some(("fix-it", Stamp::Day(date(2026, 1, 13)))));
        assert_eq!(suffix("review_20251130_155625").map(|(rest, _)| rest), Some("review"));
        assert_eq!(suffix("-20260113"), None);
        assert_eq!(epoch("1767225600000").unwrap(), epoch("1767225600").unwrap());
        assert_eq!(epoch("17672256"), None);
    }
}

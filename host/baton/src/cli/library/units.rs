//! Numbers in readable form.

use baton_library::coverage::FINGERPRINTED_MS;

/// Bytes in a unit with one to three digits before the point: `950 B`, `3.4 GB`. A kB is 1,000 B.
pub(super) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    let mut unit = "B";
    let (mut whole, mut tenths) = (bytes, 0);
    for next in UNITS {
        if whole < 1_000 {
            break;
        }
        (whole, tenths, unit) = (whole / 1_000, whole % 1_000 / 100, next);
    }
    if unit == "B" { format!("{whole} B") } else { format!("{whole}.{tenths} {unit}") }
}

/// A number with commas as thousands separators.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let lead = digits.len() % 3;
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == lead {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with a noun: `1 file`, `1,234 files`.
pub(in crate::cli) fn counted(number: u64, one: &str) -> String {
    format!("{} {one}{}", count(number), if number == 1 { "" } else { "s" })
}

/// Tenths of a per cent as `20.1 %`.
pub(super) fn percent(tenths: u64) -> String {
    format!("{}.{} %", tenths / 10, tenths % 10)
}

/// Milliseconds as `3:05`, or with hours as `1:03:05`.
pub(super) fn length(ms: u64) -> String {
    let seconds = ms / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// The length of the fingerprinted part of a file.
pub(super) fn fingerprinted_length() -> String {
    length(FINGERPRINTED_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_formatted_for_people() {
        assert_eq!([0, 999, 1_000, 3_449_999_999].map(bytes), ["0 B", "999 B", "1.0 kB", "3.4 GB"]);
        assert_eq!([0, 999, 1_000, 21_125, 1_234_567].map(count), ["0", "999", "1,000", "21,125", "1,234,567"]);
        assert_eq!(
            ([201, 1_000].map(percent), [5_000, 3_785_000].map(length)),
            (["20.1 %".to_owned(), "100.0 %".to_owned()], ["0:05".to_owned(), "1:03:05".to_owned()])
        );
    }
}

//! The line in the log of an attempt that replaces the omitted bytes between its beginning and its end.

const BEFORE: &str = "… ";

const AFTER: &str = " bytes left out …";

/// The line for a gap of `bytes`.
#[must_use]
pub fn line(bytes: u64) -> String {
    format!("{BEFORE}{bytes}{AFTER}")
}

/// The size of the gap in a line of the log; `None` for a line of the plugin.
#[must_use]
pub fn bytes_of(line: &str) -> Option<u64> {
    line.trim().strip_prefix(BEFORE)?.strip_suffix(AFTER)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_has_the_number_of_omitted_bytes() {
        assert_eq!(line(12), "… 12 bytes left out …");
        assert_eq!(bytes_of(&format!("{}\n", line(12))), Some(12));
        assert_eq!((bytes_of("… many bytes left out …"), bytes_of("12 bytes left out")), (None, None));
    }
}

//! Counts in words.

pub(crate) use baton_plugin_kit::{count, plural};

/// A whole number with commas: `413,280`.
pub(crate) fn grouped(value: impl Into<u128>) -> String {
    let digits = value.into().to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `is` or `are`.
pub(crate) fn is(number: impl TryInto<u64>) -> &'static str {
    if number.try_into().is_ok_and(|number: u64| number == 1) { "is" } else { "are" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_commas_and_one_is_singular() {
        assert_eq!([0_u64, 999, 413_280, 1_000_000].map(grouped), ["0", "999", "413,280", "1,000,000"]);
        assert_eq!((is(1_usize), is(2_usize)), ("is", "are"));
    }
}

//! Formats numbers, texts and absent values as cells of tables.

/// A number with up to three decimals: tempos and lengths are f32 in djay, and further digits are noise.
#[must_use]
pub fn number(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A cell; empty for `None`.
#[must_use]
pub fn or_empty<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map(show).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn numbers_have_no_unnecessary_decimal_places() {
        for (number, text) in
            [(120.0, "120"), (125.97_f32.into(), "125.97"), (0.0, "0"), (367.515_991, "367.516"), (1e6, "1000000")]
        {
            assert_eq!(super::number(number), text);
        }
    }
}

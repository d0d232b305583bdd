//! Counts in words: `1 claim`, `2 claims`, `3 entries`.

/// A number with its noun.
pub(crate) fn count(number: impl TryInto<u64>, one: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{number} {}", plural(number, one))
}

/// The noun for a count: `one` for 1, otherwise its plural.
pub(crate) fn plural(number: u64, one: &str) -> String {
    if number == 1 {
        return one.to_owned();
    }
    // `step forward` and `line of the log`: only the first word gets the plural.
    let (head, tail) = one.find(" of ").or_else(|| one.find(" forward")).map_or((one, ""), |at| one.split_at(at));
    match head.strip_suffix('y').filter(|rest| !rest.ends_with(['a', 'e', 'o', 'u'])) {
        Some(rest) => format!("{rest}ies{tail}"),
        None if head.ends_with(['s', 'x']) => format!("{head}es{tail}"),
        None => format!("{head}s{tail}"),
    }
}

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
    fn one_is_one_and_all_others_are_many() {
        let said = |number: usize, one| count(number, one);
        assert_eq!(
            (said(1, "claim"), said(0, "claim"), said(2, "claim")),
            ("1 claim".into(), "0 claims".into(), "2 claims".into())
        );
        assert_eq!(
            (said(2, "entry"), said(2, "day"), said(2, "process")),
            ("2 entries".into(), "2 days".into(), "2 processes".into())
        );
        assert_eq!(
            (said(2, "step forward"), said(3, "file of code")),
            ("2 steps forward".into(), "3 files of code".into())
        );
        assert_eq!([0_u64, 999, 413_280, 1_000_000].map(grouped), ["0", "999", "413,280", "1,000,000"]);
        assert_eq!((is(1_usize), is(2_usize)), ("is", "are"));
    }
}

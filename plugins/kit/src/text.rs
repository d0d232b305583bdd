//! Counted nouns and shortened texts, for people.

/// A number with its noun: `1 entry`, `2 entries`.
pub fn count(number: impl TryInto<u64>, one: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    format!("{number} {}", plural(number, one))
}

/// The noun for a count: `one` for 1, otherwise its plural.
#[must_use]
pub fn plural(number: u64, one: &str) -> String {
    if number == 1 {
        return one.to_owned();
    }
    // In `step forward` and `line of the log`, only the first word gets the plural.
    let (head, tail) = one.find(" of ").or_else(|| one.find(" forward")).map_or((one, ""), |at| one.split_at(at));
    match head.strip_suffix('y').filter(|rest| !rest.ends_with(['a', 'e', 'o', 'u'])) {
        Some(rest) => format!("{rest}ies{tail}"),
        None if head.ends_with(['s', 'x']) => format!("{head}es{tail}"),
        None => format!("{head}s{tail}"),
    }
}

/// A number with words that [`plural`] cannot form: `1 list was`, `2 lists were`.
#[must_use]
pub fn counted(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// The first `most` characters of a text, on one line.
#[must_use]
pub fn beginning(text: &str, most: usize) -> String {
    text.chars().take(most).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_is_singular() {
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
    }

    #[test]
    fn a_text_is_cut_between_characters_and_stays_on_one_line() {
        assert_eq!((beginning("ä\nb", 2), beginning("ä\nb", 9)), ("ä ".to_owned(), "ä b".to_owned()));
    }
}

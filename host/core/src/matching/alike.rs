//! Words that differ by a slip of the pen.
//!
//! Far stricter than a ratio: one letter of a short word makes another title ("Gone", "Done"), so a difference is only let
//! pass in long words, never at the start of one, and never in a number.

/// The longest text whose slips are looked for, in characters; above it, only equality counts.
const LONGEST: usize = 120;

/// Whether two texts without spaces differ by so few letters that the shorter one's length excuses them.
pub(super) fn is_typo(a: &str, b: &str) -> bool {
    let (len_a, len_b) = (a.chars().count(), b.chars().count());
    let allowed = match len_a.min(len_b) {
        0..=5 => return false,
        6..=11 => 1,
        12..=19 => 2,
        _ => 3,
    };
    let first = a.chars().next() == b.chars().next();
    len_a.max(len_b) <= LONGEST
        && len_a.abs_diff(len_b) <= allowed
        && first
        && a.chars().filter(|c| c.is_numeric()).eq(b.chars().filter(|c| c.is_numeric()))
        && strsim::osa_distance(a, b) <= allowed
}

/// Whether two lists of words differ by slips only: words that differ must be long and begin alike.
pub(super) fn are_typos(a: &[String], b: &[String]) -> bool {
    let slip = |(a, b): (&String, &String)| {
        let allowed = match a.chars().count().min(b.chars().count()) {
            0..=4 => 0,
            // "Major" and "minor" are two letters apart.
            5..=7 => 1,
            _ => 2,
        };
        a == b || (a.chars().next() == b.chars().next() && strsim::osa_distance(a, b) <= allowed)
    };
    let joined = (super::name::compact(a), super::name::compact(b));
    let short_enough = joined.0.len().max(joined.1.len()) <= LONGEST * 4;
    short_enough && is_typo(&joined.0, &joined.1) && (a.len() != b.len() || a.iter().zip(b).all(slip))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typos(a: &str, b: &str) -> bool {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        are_typos(&words(a), &words(b))
    }

    #[test]
    fn slips_in_long_words_pass_and_other_words_do_not() {
        assert!(typos("constelation", "constellation"));
        assert!(typos("midnight caravan", "midnigth caravan"));
        assert!(typos("sun flower", "sunflowr"));
        for (a, b) in [
            ("gone", "done"),
            ("night bus", "light bus"),
            ("track 11", "track 12"),
            ("love me", "love you"),
            ("silver girl", "silver gold"),
            ("i can", "i cant"),
            ("heart", "hearts"),
            ("suite in c major", "suite in c minor"),
        ] {
            assert!(!typos(a, b), "{a} / {b}");
        }
    }
}

//! Lists of words. Each list is written as one text, to keep it short.

/// Splits a text at its single spaces into a constant list of words.
macro_rules! list {
    ($text:literal) => {{
        const WORDS: [&str; $crate::lists::count($text)] = $crate::lists::split($text);
        &WORDS
    }};
}
pub(crate) use list;

/// The number of words.
pub(crate) const fn count(text: &str) -> usize {
    let (mut rest, mut words) = (text.as_bytes(), 1);
    while let [sign, behind @ ..] = rest {
        if *sign == b' ' {
            words += 1;
        }
        rest = behind;
    }
    words
}

/// The words; `N` is their number.
pub(crate) const fn split<const N: usize>(text: &'static str) -> [&'static str; N] {
    let mut words = [""; N];
    let (mut places, mut rest): (&mut [&str], _) = (&mut words, text);
    while let Some((place, others)) = places.split_first_mut() {
        let (word, behind) = rest.split_at(length(rest));
        *place = word;
        places = others;
        rest = if behind.is_empty() { behind } else { behind.split_at(1).1 };
    }
    words
}

/// The length of the first word.
const fn length(text: &str) -> usize {
    let (mut rest, mut length) = (text.as_bytes(), 0);
    while let [sign, behind @ ..] = rest {
        if *sign == b' ' {
            break;
        }
        length += 1;
        rest = behind;
    }
    length
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_text_becomes_its_words() {
        let words: &[&str] = list!(
            "till drawer \u{e4}pfel \
             a"
        );
        assert_eq!(words, ["till", "drawer", "\u{e4}pfel", "a"]);
        assert_eq!(list!("till"), &["till"]);
    }
}

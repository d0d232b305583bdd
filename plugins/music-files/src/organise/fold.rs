//! Keys of names: on macOS and Windows, `Café.mp3` and `CAFÉ.MP3` are the same file, in either Unicode form. Names are
//! compared this way on every system, because music is copied between them.

use unicode_normalization::UnicodeNormalization as _;

/// The key of a name or path: equal keys are the same file on some system. The text is first converted to upper case,
/// because some systems treat `ß` and `SS` as equal.
pub(crate) fn fold(text: &str) -> String {
    text.nfc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn names_of_the_same_file_on_some_system_have_equal_keys() {
        for (a, b) in [("CAFÉ.mp3", "cafe\u{301}.MP3"), ("Straße", "STRASSE"), ("ſ", "s"), ("\u{212a}", "k")] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
        assert_ne!(fold("a"), fold("b"));
        assert_ne!(fold("e"), fold("é"));
    }
}

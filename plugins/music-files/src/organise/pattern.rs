//! Patterns in arguments: `*`, `?`, `[a-z]`, `{a,b}`, without case and in either Unicode form.

use super::fold::fold;
use super::limits::PATTERN_BYTES;

/// Each `{a,b}` multiplies the tried combinations; six are enough for lists of endings or names.
const MOST_BRACES: usize = 6;

/// Checks a pattern.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    if pattern.len() > PATTERN_BYTES {
        return Err(format!("a pattern has more than {PATTERN_BYTES} bytes"));
    }
    if pattern.matches('{').count() > MOST_BRACES {
        return Err(format!("a pattern has more than {MOST_BRACES} lists in braces; write several patterns"));
    }
    fast_glob::validate(fold(pattern)).map_err(|error| format!("the pattern `{}`: {error}", pattern.escape_debug()))
}

/// True if the pattern fits a name; `/` is an ordinary character there.
pub(crate) fn fits_name(pattern: &str, name: &str) -> bool {
    let plain = |text: &str| fold(text).replace('/', "\u{2215}");
    fast_glob::glob_match(plain(pattern), plain(name))
}

/// True if the pattern fits a path: `*` stays in one folder, `**` does not.
pub(crate) fn fits_path(pattern: &str, path: &str) -> bool {
    fast_glob::glob_match(fold(pattern), fold(path))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_paths_are_held_against_patterns() {
        for (pattern, name, fits) in [
            ("ac/dc*", "AC/DC Live", true),
            ("cafe\u{301}", "CAFÉ", true),
            ("{deep,tech} house", "Tech House", true),
            ("a?c", "abbc", false),
            ("*", "a/b", true),
        ] {
            assert_eq!(fits_name(pattern, name), fits, "{pattern} {name}");
        }
        assert!(fits_path("mixes/**", "Mixes/a/b.mp3") && fits_path("*/b.mp3", "a/b.mp3"));
        assert!(!fits_path("*.mp3", "a/b.mp3"));
    }

    #[test]
    fn errors_on_what_would_take_long_or_is_no_pattern() {
        assert!(check(&"x".repeat(501)).is_err() && check(&"{a,b}".repeat(7)).is_err());
        assert!(check("{a,b}*{c,d}").is_ok());
        for broken in ["[", "a[b", "{a,b", "a\\"] {
            assert!(check(broken).unwrap_err().starts_with(&format!("the pattern `{}`: ", broken.escape_debug())));
        }
    }

    proptest! {
        #[test]
        fn no_pattern_is_too_odd(pattern in ".*|[*?{},\\[\\]!\\\\a/]{0,60}", name in ".*|[a/]{0,200}") {
            if check(&pattern).is_ok() {
                let _ = (fits_name(&pattern, &name), fits_path(&pattern, &name));
            }
        }
    }
}
